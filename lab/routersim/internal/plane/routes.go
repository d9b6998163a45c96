package plane

import (
	"cmp"
	"encoding/binary"
	"net/netip"
	"slices"
)

// Route is one route of a router's table.
type Route struct {
	Dst       netip.Prefix
	Gateway   string     // as the router prints it: an address, an interface, or address%interface
	Interface string     // the way out, where known
	Local     netip.Addr // of a connected route: the router's own address
	Protocol  string     // connect, static, ospf or bgp
	Distance  int
	Active    bool
	Row       uint32 // of a static route: its configuration row
	From      string // of a BGP route: the peer's name
}

// NearRoutes returns a router's connected, static and OSPF routes, in that
// order.
func (o *Output) NearRoutes(name string) []Route {
	r := o.routers[name]
	if r == nil || !r.Powered {
		return nil
	}
	routes, known := o.near[name]
	if !known {
		routes = slices.Concat(o.connectedRoutes(r), o.staticRoutes(r), o.ospfRoutes(r))
		o.near[name] = routes
	}
	return routes
}

// Feed is BGP routes of one session that differ in nothing but their
// destinations, which are made up.
type Feed struct {
	Route // the first of them
	Count int

	first int
}

// Routes yields the routes of a feed.
func (f Feed) Routes(yield func(Route) bool) {
	route := f.Route
	for i := range f.Count {
		route.Dst = announcedPrefix(f.first+i, route.Dst.Addr().Is4())
		if !yield(route) {
			return
		}
	}
}

// Feeds returns a router's BGP routes, as many as its sessions count. Sessions
// announce the same prefixes: the first that does holds them.
func (o *Output) Feeds(name string) []Feed {
	r := o.routers[name]
	if r == nil || !r.Powered {
		return nil
	}
	var out []Feed
	held := 0
	for _, s := range o.states[name].Sessions {
		distance := 200
		if s.EBGP {
			distance = 20
		}
		way, _ := o.direct(r, s.Peer.Remote)
		add := func(first, beyond int, active bool) {
			if first >= beyond {
				return
			}
			out = append(out, Feed{first: first, Count: beyond - first, Route: Route{
				Dst: announcedPrefix(first, s.Peer.Remote.Is4()), Gateway: s.Peer.Remote.String(), Interface: way.address.Interface,
				Protocol: "bgp", Distance: distance, Active: active, From: s.Peer.Name,
			}})
		}
		add(0, min(held, s.Prefixes), false)
		add(held, s.Prefixes, true)
		held = max(held, s.Prefixes)
	}
	return out
}

func (n *network) connectedRoutes(r *Router) []Route {
	var out []Route
	for _, a := range r.Addresses {
		if n.addressUp(r, a) {
			out = append(out, Route{
				Dst: a.Prefix.Masked(), Gateway: a.Interface, Interface: a.Interface, Protocol: "connect", Active: true, Local: a.Prefix.Addr(),
			})
		}
	}
	return out
}

func (n *network) staticRoutes(r *Router) []Route {
	var out []Route
	for _, s := range r.Statics {
		route := Route{Dst: s.Dst, Protocol: "static", Distance: 1, Row: s.Row, Active: s.Blackhole && !s.Disabled}
		for _, gateway := range s.Gateways {
			if !s.Disabled && n.gatewayUp(r, gateway) {
				route.Active, route.Gateway = true, gateway
				if way, ok := n.direct(r, parseAddr(gateway)); ok {
					route.Interface = way.address.Interface
				}
			}
		}
		out = append(out, route)
	}
	return out
}

// ospfRoutes walks the adjacencies breadth first: every prefix of every router
// reached, by the neighbour that the walk began with.
func (n *network) ospfRoutes(r *Router) []Route {
	type hop struct{ router, gateway, iface string }
	own := map[netip.Prefix]bool{}
	for _, route := range n.connectedRoutes(r) {
		own[route.Dst] = true
	}
	var out []Route
	seen := map[string]bool{r.Name: true}
	var queue []hop
	for _, nb := range n.states[r.Name].Neighbors {
		queue = append(queue, hop{nb.Router, nb.Address.String(), nb.Speaker.Interface})
	}
	for len(queue) > 0 {
		at := queue[0]
		queue = queue[1:]
		if seen[at.router] {
			continue
		}
		seen[at.router] = true
		for _, dst := range n.ospfPrefixes(n.routers[at.router]) {
			if !own[dst] {
				own[dst] = true
				out = append(out, Route{
					Dst: dst, Gateway: at.gateway + "%" + at.iface, Interface: at.iface, Protocol: "ospf", Distance: 110, Active: true,
				})
			}
		}
		for _, nb := range n.states[at.router].Neighbors {
			queue = append(queue, hop{nb.Router, at.gateway, at.iface})
		}
	}
	slices.SortFunc(out, func(a, b Route) int {
		return cmp.Or(a.Dst.Addr().Compare(b.Dst.Addr()), cmp.Compare(a.Dst.Bits(), b.Dst.Bits()))
	})
	return out
}

func (n *network) ospfPrefixes(r *Router) []netip.Prefix {
	var out []netip.Prefix
	if r.Default {
		out = append(out, netip.PrefixFrom(netip.IPv4Unspecified(), 0))
	}
	for _, s := range r.Speakers {
		if n.states[r.Name].Running[s.Interface] {
			out = append(out, s.Address.Masked())
		}
	}
	if r.Connected {
		for _, route := range n.connectedRoutes(r) {
			out = append(out, route.Dst)
		}
	}
	return out
}

// announcedPrefix makes up the i-th prefix of the internet: /24 from 16.0.0.0
// up, or /48 below 2a00::/16.
func announcedPrefix(i int, v4 bool) netip.Prefix {
	if v4 {
		var b [4]byte
		binary.BigEndian.PutUint32(b[:], 16<<24+uint32(i)<<8)
		return netip.PrefixFrom(netip.AddrFrom4(b), 24)
	}
	b := [16]byte{0x2a}
	binary.BigEndian.PutUint32(b[2:], uint32(i))
	return netip.PrefixFrom(netip.AddrFrom16(b), 48)
}
