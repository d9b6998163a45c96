package plane

import (
	"cmp"
	"slices"
)

// formAdjacencies finds the OSPF neighbours: two speakers on one segment that
// agree on all that a hello packet carries (RFC 2328, section 10.5).
func (n *network) formAdjacencies() {
	n.neighbors = map[string]*unionFind{"2": newUnionFind(), "3": newUnionFind()}
	type side struct {
		router  *Router
		speaker Speaker
	}
	groups := map[string][]side{} // speakers that may meet, by segment end
	for _, r := range n.in.Routers {
		for _, s := range r.Speakers {
			if s.Passive || !n.states[r.Name].Running[s.Interface] {
				continue
			}
			roots := map[string]bool{}
			for _, e := range n.attached[place{r.Name, s.Interface}] {
				if root := n.segments.find(e); !roots[root] {
					roots[root] = true
					groups[root] = append(groups[root], side{r, s})
				}
			}
		}
	}
	met := map[[4]string]bool{}
	for _, sides := range groups {
		for i, a := range sides {
			for _, b := range sides[i+1:] {
				key := [4]string{a.router.Name, a.speaker.Interface + a.speaker.Instance, b.router.Name, b.speaker.Interface + b.speaker.Instance}
				if a.router == b.router || met[key] || !agree(a.speaker, b.speaker) ||
					!a.router.helloPasses(a.speaker, b.speaker) || !b.router.helloPasses(b.speaker, a.speaker) {
					continue
				}
				met[key] = true
				n.addNeighbor(a.router, a.speaker, b.router, b.speaker)
				n.addNeighbor(b.router, b.speaker, a.router, a.speaker)
				version := "2"
				if a.speaker.Version == 3 {
					version = "3"
				}
				n.neighbors[version].join(a.router.Name, b.router.Name)
			}
		}
	}
	for _, state := range n.states {
		slices.SortFunc(state.Neighbors, func(a, b Neighbor) int {
			return cmp.Or(cmp.Compare(a.Speaker.Instance, b.Speaker.Instance),
				cmp.Compare(a.Speaker.Interface, b.Speaker.Interface), a.Address.Compare(b.Address))
		})
	}
}

func (n *network) addNeighbor(r *Router, own Speaker, peer *Router, far Speaker) {
	state := n.states[r.Name]
	state.Neighbors = append(state.Neighbors, Neighbor{
		Speaker: own, Router: peer.Name, RouterID: far.RouterID, Address: far.Address.Addr(), Priority: far.Priority,
	})
}

// agree: version, area, subnet, timers, authentication and router ids. Whether
// a network is point-to-point does not stand in the hello, but RouterOS forms
// no adjacency between ptp and broadcast that carries routes.
func agree(a, b Speaker) bool {
	sameNet := a.Address.Masked() == b.Address.Masked() && a.Address.Addr() != b.Address.Addr()
	return a.Version == b.Version && a.AreaID == b.AreaID && (sameNet || a.Version == 3) &&
		a.Hello == b.Hello && a.Dead == b.Dead && a.Auth == b.Auth && a.RouterID != b.RouterID &&
		pointToPoint(a.Network) == pointToPoint(b.Network)
}

func pointToPoint(network string) bool {
	return network == "ptp" || network == "point-to-point" || network == "ptp-unnumbered"
}
