package routersim

import (
	"encoding/binary"
	"net/netip"
	"strings"

	"github.com/ispvisualmonitor/ispvisualmonitor/lab/routersim/internal/plane"
)

// addressPool is where subscribers' addresses come from.
type addressPool struct {
	name   string // "" for addresses that nobody configured
	ranges []addressRange
}

// addressRange is IPv4 addresses from first on.
type addressRange struct{ first, count uint32 }

// profile is what a PPP profile gives subscribers.
type profile struct {
	pool         addressPool
	local, limit string
}

func (r *Router) profile(name string) profile {
	t := r.store.Table("/ppp/profile")
	p := profile{local: "10.112.112.1"} // where nobody says, RouterOS makes one up as well
	row := find(t, "name", name)
	if row == nil {
		return p
	}
	p.pool, p.limit = r.pool(t.Value(row, "remote-address")), t.Value(row, "rate-limit")
	if local := t.Value(row, "local-address"); local != "" {
		p.local = local
	}
	return p
}

// pool returns the pool of that name, one without ranges if there is none.
func (r *Router) pool(name string) addressPool {
	t := r.store.Table("/ip/pool")
	row := find(t, "name", name)
	if name == "" || row == nil {
		return addressPool{}
	}
	p := addressPool{name: name}
	for _, text := range strings.Split(t.Value(row, "ranges"), ",") {
		if r, ok := parseRange(text); ok {
			p.ranges = append(p.ranges, r)
		}
	}
	return p
}

// parseRange reads "10.0.0.2-10.0.0.9", "10.1.0.0/24" or a single address.
func parseRange(text string) (addressRange, bool) {
	from, to, ranged := strings.Cut(text, "-")
	prefix, ok := plane.ParsePrefix(from)
	if !ok || !prefix.Addr().Is4() {
		return addressRange{}, false
	}
	first := number(prefix.Masked().Addr())
	if !ranged {
		return addressRange{first, uint32(1) << min(32-prefix.Bits(), 31)}, true
	}
	last, err := netip.ParseAddr(to)
	if err != nil || !last.Is4() || number(last) < first {
		return addressRange{}, false
	}
	return addressRange{first, number(last) - first + 1}, true
}

// next returns the address of the i-th who asks, and the pool that it is from;
// whoever comes when the pool is empty gets one that nobody configured.
func (p addressPool) next(i int) (address, pool string) {
	left := uint32(i)
	for _, r := range p.ranges {
		if left < r.count {
			return addressOf(r.first + left), p.name
		}
		left -= r.count
	}
	return addressOf(100<<24 + 64<<16 + uint32(i+2)), "" // 100.64.0.0/10, RFC 6598
}

func number(a netip.Addr) uint32 {
	b := a.As4()
	return binary.BigEndian.Uint32(b[:])
}

func addressOf(n uint32) string {
	var b [4]byte
	binary.BigEndian.PutUint32(b[:], n)
	return netip.AddrFrom4(b).String()
}
