package collector

import (
	"context"
	"math/big"
	"net/netip"
	"strings"
	"time"

	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/routeros"
)

// pool counts the addresses of pools and how many are given out.
type pool struct {
	family
	size, used *Metric
}

func newPool() Collector {
	c := &pool{family: family{name: "pool", about: "IPv4 address pools.", every: time.Minute}}
	c.size = c.gauge("addresses", "Addresses in the ranges of the pool.", "pool")
	c.used = c.gauge("addresses_used", "Addresses of the pool that are given out.", "pool")
	return c
}

func (c *pool) Collect(ctx context.Context, r Router, _ Input, out *Samples) error {
	var names []string
	err := readAll(ctx, r, read{"/ip/pool", []string{"name", "ranges"}, nil, func(row routeros.Row) {
		names = append(names, row.String("name"))
		out.add(c.size, sizeOf(row.String("ranges")), row.String("name"))
	}})
	if err != nil {
		return err
	}
	for _, name := range names {
		used, err := r.Count(ctx, "/ip/pool/used", "?pool="+name)
		if routeros.IsMissing(err) {
			return nil
		} else if err != nil {
			return err
		}
		out.add(c.used, float64(used), name)
	}
	return nil
}

// sizeOf counts the addresses of "10.0.0.2-10.0.0.9,10.1.0.0/24,10.2.0.1".
// A range that is none counts nothing.
func sizeOf(ranges string) float64 {
	var total float64
	for _, part := range list(ranges) {
		if prefix, err := netip.ParsePrefix(part); err == nil {
			total += float64(uint64(1) << min(prefix.Addr().BitLen()-prefix.Bits(), 63))
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
