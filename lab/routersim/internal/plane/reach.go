package plane

import (
	"net/netip"
	"slices"
)

// indexAddresses notes who has which address.
func (n *network) indexAddresses() {
	for _, r := range n.in.Routers {
		for _, a := range r.Addresses {
			addr := a.Prefix.Addr()
			n.owners[addr] = append(n.owners[addr], owner{r, a.Interface, n.addressUp(r, a)})
		}
	}
}

func (n *network) addressUp(r *Router, a Address) bool {
	return r.Powered && !a.Disabled && n.states[r.Name].Running[a.Interface]
}

// wayOut is how a router sends to an address on a connected network.
type wayOut struct {
	address Address // ours on that network
	owner   *Router // who has the other address, nil outside of the network
}

// direct finds the connected network that an address is on, if somebody can
// answer there: a router on the same segment, or the world outside where the
// port leads to no router that has the address.
func (n *network) direct(r *Router, to netip.Addr) (wayOut, bool) {
	for _, a := range r.Addresses {
		if !n.addressUp(r, a) || !a.Prefix.Masked().Contains(to) || a.Prefix.Addr() == to || a.Prefix.IsSingleIP() {
			continue
		}
		for _, o := range n.owners[to] {
			if o.router != r && o.active && n.adjacent(place{r.Name, a.Interface}, place{o.router.Name, o.iface}) {
				return wayOut{a, o.router}, true
			}
		}
		if n.outside(r, a.Interface, to) {
			return wayOut{a, nil}, true
		}
	}
	return wayOut{}, false
}

// outside says whether an address that an interface faces may belong to
// somebody who is no router of the network. On a cable between two routers
// there is nobody else.
func (n *network) outside(r *Router, iface string, to netip.Addr) bool {
	linked := n.linkedTo(r, iface, 0)
	for _, o := range n.owners[to] {
		if linked[o.router.Name] {
			return false
		}
	}
	if up, described := n.in.Upstreams[to]; described {
		return !up.Down
	}
	return len(linked) != 1
}

// maxHops bounds the search along static routes, which may form loops.
const maxHops = 8

// reaches says whether a router can send to an address: its own, a connected
// one, one that OSPF carries, or along static routes.
func (n *network) reaches(r *Router, to netip.Addr, hops int) bool {
	if !r.Powered || hops > maxHops {
		return false
	}
	for _, o := range n.owners[to] {
		if o.router == r && o.active {
			return true
		}
	}
	if _, ok := n.direct(r, to); ok {
		return true
	}
	for _, o := range n.owners[to] {
		if o.active && n.carries(r, o, to) {
			return true
		}
	}
	return n.reachesByStatic(r, to, hops)
}

// carries says whether OSPF brings r to an address of another router.
func (n *network) carries(r *Router, o owner, to netip.Addr) bool {
	version := "3"
	if to.Is4() {
		version = "2"
	}
	if !n.neighbors[version].same(r.Name, o.router.Name) || r == o.router {
		return false
	}
	if o.router.Connected {
		return true
	}
	for _, s := range o.router.Speakers {
		if s.Interface == o.iface && s.Address.Masked().Contains(to) {
			return true
		}
	}
	return false
}

func (n *network) reachesByStatic(r *Router, to netip.Addr, hops int) bool {
	best := -1
	found := false
	for _, s := range r.Statics {
		if s.Disabled || !s.Dst.Contains(to) || s.Dst.Bits() < best {
			continue
		}
		if s.Dst.Bits() > best {
			best, found = s.Dst.Bits(), false
		}
		for _, gateway := range s.Gateways {
			found = found || !s.Blackhole && n.gatewayReaches(r, gateway, to, hops)
		}
	}
	return found
}

func (n *network) gatewayReaches(r *Router, gateway string, to netip.Addr, hops int) bool {
	if n.states[r.Name].Running[gateway] {
		return true // an interface as gateway: whoever is there
	}
	addr := parseAddr(gateway)
	if !addr.IsValid() {
		return false
	}
	way, ok := n.direct(r, addr)
	switch {
	case !ok:
		return false
	case way.owner == nil:
		return len(n.owners[to]) == 0 // the world outside does not lead back in
	default:
		return n.reaches(way.owner, to, hops+1)
	}
}

// gatewayUp says whether a static route's gateway answers.
func (n *network) gatewayUp(r *Router, gateway string) bool {
	if n.states[r.Name].Running[gateway] {
		return true
	}
	addr := parseAddr(gateway)
	if !addr.IsValid() || !r.Powered {
		return false
	}
	if _, ok := n.direct(r, addr); ok {
		return true
	}
	return n.reaches(r, addr, 1) // recursive next hop
}

// answers says whether a host answers a ping: a router of the network that can
// be reached, or anybody outside of it as long as there is a way up.
func (n *network) answers(r *Router, host netip.Addr) bool {
	if n.reaches(r, host, 0) {
		return true
	}
	return len(n.owners[host]) == 0 && r.Powered && n.states[r.Name].Uplink && len(n.states[r.Name].Sessions) > 0
}

// hasUplink says whether a router has a way up: a BGP session, an OSPF
// neighbour or a route whose gateway answers. A router with nothing of the kind
// configured is taken to be used as it is.
func (n *network) hasUplink(r *Router) bool {
	state := n.states[r.Name]
	if len(state.Sessions) > 0 || len(state.Neighbors) > 0 {
		return true
	}
	ways := len(r.Peers)
	for _, s := range r.Speakers {
		if !s.Passive {
			ways++
		}
	}
	for _, s := range r.Statics {
		if s.Disabled || s.Blackhole {
			continue
		}
		ways++
		for _, gateway := range s.Gateways {
			if n.gatewayUp(r, gateway) {
				return true
			}
		}
	}
	return ways == 0
}

// OnLink is another router's address on a network that a router is connected to.
type OnLink struct {
	Interface       string // ours
	Router          string
	RemoteInterface string
	Address         netip.Addr
}

// WayTo returns the interface by which a router reaches an address on one of
// its networks.
func (o *Output) WayTo(router string, to netip.Addr) (iface string, ok bool) {
	r := o.routers[router]
	if r == nil {
		return "", false
	}
	way, ok := o.direct(r, to)
	return way.address.Interface, ok
}

// Labels says whether LDP runs on an interface.
func (o *Output) Labels(router, iface string) bool {
	r := o.routers[router]
	return r != nil && slices.Contains(r.Labels, iface)
}

// OnLink returns who answers on a router's connected networks.
func (o *Output) OnLink(name string) []OnLink {
	r := o.routers[name]
	if r == nil {
		return nil
	}
	var out []OnLink
	for _, a := range r.Addresses {
		if !o.addressUp(r, a) || a.Prefix.IsSingleIP() {
			continue
		}
		for _, other := range o.in.Routers {
			for _, b := range other.Addresses {
				if other != r && b.Prefix.Masked() == a.Prefix.Masked() && o.addressUp(other, b) &&
					o.adjacent(place{r.Name, a.Interface}, place{other.Name, b.Interface}) {
					out = append(out, OnLink{a.Interface, other.Name, b.Interface, b.Prefix.Addr()})
				}
			}
		}
	}
	return out
}
