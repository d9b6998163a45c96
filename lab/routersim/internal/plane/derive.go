package plane

import "net/netip"

// Output is what a network does. It keeps what is needed to answer questions
// about routes; only one goroutine at a time may ask.
type Output struct {
	States map[string]*State

	*network
	near map[string][]Route // all but those of BGP, of the routers that were asked about
}

// network is the input with its indexes, filled in step by step.
type network struct {
	in        Input
	routers   map[string]*Router
	links     map[Port]*Link
	states    map[string]*State
	segments  *unionFind
	owners    map[netip.Addr][]owner // every configured address, up or not
	attached  map[place][]string     // the segment ends under an interface
	neighbors map[string]*unionFind  // OSPF: who can reach whom, by version
}

// place names an interface of any kind.
type place struct{ router, iface string }

// owner is an address on a router's interface.
type owner struct {
	router *Router
	iface  string
	active bool
}

// Derive works out what the network does.
func Derive(in Input) *Output {
	n := &network{
		in: in, routers: map[string]*Router{}, links: map[Port]*Link{}, states: map[string]*State{},
		owners: map[netip.Addr][]owner{}, attached: map[place][]string{},
	}
	for _, r := range in.Routers {
		n.routers[r.Name] = r
		n.states[r.Name] = &State{Running: map[string]bool{}, Servers: map[string]bool{}, Hosts: map[string]bool{}}
	}
	for i := range in.Links {
		for _, end := range in.Links[i].Ends {
			n.links[end] = &in.Links[i]
		}
	}
	n.runInterfaces()
	n.joinSegments()
	n.indexAddresses()
	n.formAdjacencies()
	n.establishSessions()
	for _, r := range in.Routers {
		state := n.states[r.Name]
		state.Uplink = r.Powered && n.hasUplink(r)
		for _, server := range r.Servers {
			state.Servers[server.Service] = !server.Disabled && state.Running[server.Interface] && state.Uplink
		}
		for _, host := range r.Watched {
			state.Hosts[host.String()] = n.answers(r, host)
		}
	}
	return &Output{States: n.states, network: n, near: map[string][]Route{}}
}

// unionFind joins names into groups.
type unionFind struct{ parent map[string]string }

func newUnionFind() *unionFind { return &unionFind{map[string]string{}} }

func (u *unionFind) find(x string) string {
	for {
		p, ok := u.parent[x]
		if !ok || p == x {
			return x
		}
		if g, ok := u.parent[p]; ok {
			u.parent[x] = g
		}
		x = p
	}
}

func (u *unionFind) join(a, b string) {
	if ra, rb := u.find(a), u.find(b); ra != rb {
		u.parent[ra] = rb
	}
}

func (u *unionFind) same(a, b string) bool { return u.find(a) == u.find(b) }
