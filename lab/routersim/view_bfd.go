package routersim

import (
	"net/netip"
	"strconv"
	"time"

	"github.com/ispvisualmonitor/ispvisualmonitor/lab/routersim/internal/config"
)

// bfdRows shows /routing/bfd/session, in version 6 /routing/bfd/neighbor: a
// session with each neighbour that a protocol is told to watch by BFD. It is
// up exactly while that neighbour can be reached.
func bfdRows(r *Router, _ *config.Table, want ask) rows {
	return func(yield func(*record) bool) {
		seen := map[netip.Addr]bool{}
		for _, n := range r.state().Neighbors {
			if e := r.live.neighbors[neighborKey(n)]; n.Speaker.BFD && !seen[n.Address] {
				seen[n.Address] = true
				if !yield(r.bfdSession(n.Speaker.Interface, "ospf", n.Address, n.Speaker.Address.Addr(), false, e, want.now)) {
					return
				}
			}
		}
		local := map[string]netip.Addr{}
		for _, s := range r.state().Sessions {
			local[s.Peer.Name] = s.Local
		}
		for _, p := range r.model().Peers {
			if !p.BFD || p.Disabled || seen[p.Remote] {
				continue
			}
			seen[p.Remote] = true
			e := r.live.sessions[p.Name]
			if e == nil {
				e = &episode{since: want.now}
			}
			iface, _ := r.out.WayTo(r.opts.Name, p.Remote)
			if !yield(r.bfdSession(iface, "bgp", p.Remote, local[p.Name], p.Multihop, e, want.now)) {
				return
			}
		}
	}
}

func (r *Router) bfdSession(iface, protocol string, remote, local netip.Addr, multihop bool, e *episode, now time.Time) *record {
	state, packets := "down", "0"
	if e.up {
		state, packets = "up", strconv.Itoa(int(now.Sub(e.since)/(200*time.Millisecond)))
	}
	rec := &record{}
	rec.set(".id", config.FormatID(r.live.id("bfd\x00"+remote.String(), 0x3000000)))
	if r.store.Schema.Version.Major >= 7 {
		address := remote.String()
		if iface != "" && !multihop {
			address += "%" + iface
		}
		rec.setBool("up", e.up)
		rec.setBool("multihop", multihop)
		rec.setAll("vrf", "main", "remote-address", address)
		if local.IsValid() {
			rec.set("local-address", local.String())
		}
	} else {
		rec.setAll("interface", iface, "address", remote.String(), "protocols", protocol)
		rec.setBool("up", e.up)
	}
	rec.setAll("state", state, "state-changes", strconv.Itoa(e.changes), "desired-tx-interval", "200ms", "actual-tx-interval", "200ms",
		"required-min-rx", "200ms", "multiplier", "5", "hold-time", "1s", "packets-rx", packets, "packets-tx", packets)
	if e.up {
		rec.set("uptime", duration(now.Sub(e.since)))
	}
	return rec
}

// ldpNeighborRows shows who exchanges labels with the router: the others on
// networks on which LDP runs at both ends.
func ldpNeighborRows(r *Router, t *config.Table, want ask) rows {
	return concat(storedRows(r, t, want), func(yield func(*record) bool) {
		seen := map[string]bool{}
		for _, s := range r.peersSeen() {
			other := s.router
			if seen[other.opts.Name] || !r.out.Labels(r.opts.Name, s.iface) || !r.out.Labels(other.opts.Name, s.remoteIface) {
				continue
			}
			seen[other.opts.Name] = true
			id := other.model().LSR.String()
			rec := &record{}
			rec.setAll(".id", config.FormatID(r.live.id("ldp\x00"+other.opts.Name, 0x2000000)), "transport", id,
				"local-transport", r.model().LSR.String(), "peer", id+":0", "addresses", s.address.String(),
				"operational", "true", "sending-targeted-hello", "false", "dynamic", "true", "disabled", "false")
			if !yield(rec) {
				return
			}
		}
	})
}
