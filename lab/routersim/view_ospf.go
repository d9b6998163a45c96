package routersim

import (
	"strconv"

	"github.com/ispvisualmonitor/ispvisualmonitor/lab/routersim/internal/config"
	"github.com/ispvisualmonitor/ispvisualmonitor/lab/routersim/internal/plane"
)

// ospfNeighborRows shows /routing/ospf/neighbor. Version 6 names the
// interface, version 7 the area.
func ospfNeighborRows(r *Router, _ *config.Table, want ask) rows {
	v7 := r.store.Schema.Version.Major >= 7
	return func(yield func(*record) bool) {
		for _, n := range r.state().Neighbors {
			episode := r.live.neighbors[neighborKey(n)]
			adjacency := duration(want.now.Sub(episode.since))
			changes := strconv.Itoa(episode.changes)
			rec := &record{}
			rec.set(".id", config.FormatID(r.live.id("ospf\x00"+neighborKey(n), 0x1400000)))
			if v7 {
				address := n.Address.String()
				if n.Speaker.Version == 3 {
					address += "%" + n.Speaker.Interface
				}
				rec.setAll("instance", n.Speaker.Instance, "area", n.Speaker.Area, "address", address,
					"priority", n.Priority, "router-id", n.RouterID.String(), "state", "Full", "state-changes", changes,
					"adjacency", adjacency, "timeout", "36s", "ls-retransmits", "0", "ls-requests", "0", "db-summaries", "0", "dynamic", "true", "inactive", "false")
			} else {
				rec.setAll("instance", n.Speaker.Instance, "router-id", n.RouterID.String(), "address", n.Address.String(),
					"interface", n.Speaker.Interface, "priority", n.Priority, "dr-address", "0.0.0.0", "backup-dr-address", "0.0.0.0",
					"state", "Full", "state-changes", changes, "ls-retransmits", "0", "ls-requests", "0", "db-summaries", "0",
					"adjacency", adjacency)
			}
			if !yield(rec) {
				return
			}
		}
	}
}

// ospfInterfaceRows shows the interfaces on which OSPF runs: in version 7 all
// of them by themselves, in version 6 those configured and, as dynamic rows,
// those that a network takes in.
func ospfInterfaceRows(r *Router, t *config.Table, want ask) rows {
	full := map[string]int{}
	for _, n := range r.state().Neighbors {
		full[n.Speaker.Instance+"\x00"+n.Speaker.Interface]++
	}
	v7 := r.store.Schema.Version.Major >= 7
	configured := storedRows(r, t, want)
	if v7 {
		configured = list()
	}
	return concat(configured, func(yield func(*record) bool) {
		for _, s := range r.model().Speakers {
			if !v7 && (find(t, "interface", s.Interface) != nil) || !r.state().Running[s.Interface] {
				continue
			}
			neighbors := strconv.Itoa(full[s.Instance+"\x00"+s.Interface])
			rec := &record{}
			rec.set(".id", config.FormatID(r.live.id("ospf-interface\x00"+s.Instance+s.Interface, 0x1500000)))
			if v7 {
				rec.setAll("address", s.Address.Addr().String()+"%"+s.Interface, "area", s.Area, "state", ospfState(s),
					"network-type", s.Network, "cost", s.Cost, "priority", s.Priority, "use-bfd", "false",
					"retransmit-interval", "5s", "transmit-delay", "1s", "hello-interval", s.Hello, "dead-interval", s.Dead)
				if s.Passive {
					rec.set("passive", "true")
				}
				rec.setAll("dynamic", "true", "inactive", "false")
			} else {
				rec.setAll("interface", s.Interface, "cost", s.Cost, "priority", s.Priority, "authentication", "none",
					"network-type", s.Network, "hello-interval", s.Hello, "dead-interval", s.Dead)
				rec.setBool("passive", s.Passive)
				rec.setAll("instance", s.Instance, "area", s.Area, "ip-address", s.Address.Addr().String(), "state", ospfState(s),
					"neighbors", neighbors, "adjacent-neighbors", neighbors, "dynamic", "true", "inactive", "false", "disabled", "false")
			}
			if !yield(rec) {
				return
			}
		}
	})
}

func ospfState(s plane.Speaker) string {
	switch s.Network {
	case "ptp", "point-to-point", "ptp-unnumbered":
		return "ptp"
	default:
		return "dr"
	}
}
