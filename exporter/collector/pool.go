package collector

import (
	"context"
	"math"
	"math/big"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/routeros"
)

// pool counts the addresses of pools and how many are given out.
type pool struct {
	family
	size, used, prefixes, prefixesUsed *Metric
}

func newPool() limited {
	c := &pool{family: family{name: "pool", about: "Address pools and IPv6 prefix pools.", every: time.Minute}}
	c.size = c.gauge("addresses", "Addresses in the ranges of the pool.", "pool")
	c.used = c.gauge("addresses_used", "Addresses of the pool that are given out.", "pool")
	c.prefixes = c.gauge("ipv6_prefixes", "Prefixes that the IPv6 pool can give out.", "pool")
	c.prefixesUsed = c.gauge("ipv6_prefixes_used", "Prefixes of the IPv6 pool that are given out.", "pool")
	return c
}

// Collect takes the number of used addresses from the pool where the router
// tells it there, as later versions of RouterOS 7 do, and else has it counted.
func (c *pool) Collect(ctx context.Context, r Router, _ Input, out *Samples) error {
	var tallies []tally
	count := func(menu, name string, m *Metric) {
		tallies = append(tallies, tally{menu, []string{"?pool=" + name}, func(n float64) { out.add(m, n, name) }})
	}
	err := readAll(ctx, r,
		read{"/ip/pool", []string{"name", "ranges", "used"}, nil, func(row routeros.Row) {
			name := row.String("name")
			out.add(c.size, sizeOf(row.String("ranges")), name)
			if used, ok := number(row, "used"); ok {
				out.add(c.used, used, name)
			} else {
				count("/ip/pool/used", name, c.used)
			}
		}},
		read{"/ipv6/pool", []string{"name", "prefix", "prefix-length"}, nil, func(row routeros.Row) {
			name := row.String("name")
			if n, ok := prefixesOf(row.String("prefix"), row.String("prefix-length")); ok {
				out.add(c.prefixes, n, name)
			}
			count("/ipv6/pool/used", name, c.prefixesUsed)
		}},
	)
	if err != nil {
		return err
	}
	return countAll(ctx, r, tallies)
}

// prefixesOf counts the prefixes of a length ("56") in a larger one.
func prefixesOf(prefix, length string) (float64, bool) {
	p, err1 := netip.ParsePrefix(prefix)
	bits, err2 := strconv.Atoi(length)
	if err1 != nil || err2 != nil || bits < p.Bits() || bits > p.Addr().BitLen() {
		return 0, false
	}
	return math.Ldexp(1, bits-p.Bits()), true
}

// sizeOf counts the addresses of "10.0.0.2-10.0.0.9,10.1.0.0/24,10.2.0.1".
// A range that is none counts nothing.
func sizeOf(ranges string) float64 {
	var total float64
	for _, part := range list(ranges) {
		if prefix, err := netip.ParsePrefix(part); err == nil {
			total += math.Ldexp(1, prefix.Addr().BitLen()-prefix.Bits())
			continue
		}
		from, to, ok := strings.Cut(part, "-")
		if !ok {
			to = from
		}
		first, err1 := netip.ParseAddr(from)
		last, err2 := netip.ParseAddr(to)
		if err1 != nil || err2 != nil || last.Less(first) || first.BitLen() != last.BitLen() {
			continue
		}
		distance := new(big.Int).Sub(new(big.Int).SetBytes(last.AsSlice()), new(big.Int).SetBytes(first.AsSlice()))
		n, _ := new(big.Float).SetInt(distance).Float64()
		total += n + 1
	}
	return total
}
