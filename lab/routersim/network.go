package routersim

import (
	"fmt"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/ispvisualmonitor/ispvisualmonitor/lab/routersim/internal/plane"
	"github.com/ispvisualmonitor/ispvisualmonitor/lab/routersim/internal/schema"
)

// NetworkOptions describe a network.
type NetworkOptions struct {
	// Now is the clock of all routers. Default: time.Now.
	Now func() time.Time
	// Prefixes is how many prefixes a BGP peer outside of the network
	// announces unless Upstream says otherwise. Default: 1000.
	Prefixes int
}

// Network is routers and the cables between them. All methods may be called
// from several goroutines.
type Network struct {
	opts NetworkOptions

	mu        sync.Mutex // guards everything below, in the routers as well
	routers   []*Router
	links     []plane.Link
	cuts      map[plane.Port]bool
	upstreams map[netip.Addr]plane.Upstream
	schemas   map[string]*schema.Schema
	views     map[string]view
}

// Port names an interface of a router.
type Port struct{ Router, Interface string }

func (p Port) String() string { return p.Router + " " + p.Interface }

// Upstream describes a BGP speaker outside of the network.
type Upstream struct {
	Address  netip.Addr
	AS       uint32 // 0: whatever its peer expects
	Prefixes int    // how many prefixes it announces
	Down     bool   // it does not answer
}

// NewNetwork returns a network without routers.
func NewNetwork(o NetworkOptions) *Network {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Prefixes == 0 {
		o.Prefixes = 1000
	}
	n := &Network{
		opts: o, cuts: map[plane.Port]bool{}, upstreams: map[netip.Addr]plane.Upstream{},
		schemas: map[string]*schema.Schema{}, views: views(),
	}
	return n
}

// Add puts a router into the network.
func (n *Network) Add(o Options) (*Router, error) {
	o.Now = n.opts.Now
	if err := o.setDefaults(); err != nil {
		return nil, err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.find(o.Name) != nil {
		return nil, fmt.Errorf("the network already has a router %s", o.Name)
	}
	r, err := newRouter(n, o)
	if err != nil {
		return nil, err
	}
	n.routers = append(n.routers, r)
	n.update(r)
	return r, nil
}

// Router returns the router of that name, nil if there is none.
func (n *Network) Router(name string) *Router {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.find(name)
}

// Routers returns all routers in the order in which they were added.
func (n *Network) Routers() []*Router {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Clone(n.routers)
}

// Close closes every router.
func (n *Network) Close() {
	for _, r := range n.Routers() {
		r.Close()
	}
}

// Link runs a cable between two ports.
func (n *Network) Link(a, b Port) error {
	return n.Segment(a, b)
}

// Segment puts a switch between several ports, or a cable between two.
func (n *Network) Segment(ports ...Port) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	link := plane.Link{}
	for _, p := range ports {
		port, err := n.freePort(p)
		if err != nil {
			return err
		}
		if slices.Contains(link.Ends, port) {
			return fmt.Errorf("link: %s is named twice", p)
		}
		link.Ends = append(link.Ends, port)
	}
	if len(link.Ends) < 2 {
		return fmt.Errorf("link: it takes two ports")
	}
	n.links = append(n.links, link)
	n.update(n.find(ports[0].Router))
	return nil
}

func (n *Network) freePort(p Port) (plane.Port, error) {
	r := n.find(p.Router)
	if r == nil {
		return plane.Port{}, fmt.Errorf("link: no router %s", p.Router)
	}
	port, ok := r.port(p.Interface)
	if !ok {
		return plane.Port{}, fmt.Errorf("link: %s is no port that a cable goes into", p)
	}
	for _, link := range n.links {
		if slices.Contains(link.Ends, port) {
			return plane.Port{}, fmt.Errorf("link: %s has a cable already", p)
		}
	}
	return port, nil
}

// Cut makes the cable at a port fail, whoever is at its other end: a fibre
// that breaks by itself, with no configuration changed anywhere.
func (n *Network) Cut(p Port) error { return n.setCut(p, true) }

// Restore repairs the cable at a port.
func (n *Network) Restore(p Port) error { return n.setCut(p, false) }

func (n *Network) setCut(p Port, cut bool) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	r := n.find(p.Router)
	if r == nil {
		return fmt.Errorf("cable at %s: no such router", p)
	}
	port, ok := r.port(p.Interface)
	if !ok {
		return fmt.Errorf("cable at %s: no such port", p)
	}
	inside := false
	for i := range n.links {
		if slices.Contains(n.links[i].Ends, port) {
			n.links[i].Cut, inside = cut, true
		}
	}
	if !inside {
		n.cuts[port] = cut
	}
	n.update(r)
	return nil
}

// SetUpstream describes a BGP speaker outside of the network, or changes its
// description.
func (n *Network) SetUpstream(u Upstream) {
	n.mu.Lock()
	defer n.mu.Unlock()
	up := plane.Upstream{Address: u.Address, Prefixes: u.Prefixes, Down: u.Down}
	if u.AS != 0 {
		up.AS = fmt.Sprint(u.AS)
	}
	n.upstreams[u.Address] = up
	n.update(n.routers...)
}

func (n *Network) find(name string) *Router {
	for _, r := range n.routers {
		if r.opts.Name == name {
			return r
		}
	}
	return nil
}

// update works out anew what the given routers and all that cables join to
// them do, notes in their memories what became different, and wakes whoever
// listens. The lock is held.
func (n *Network) update(touched ...*Router) {
	now := n.opts.Now()
	done := map[*Router]bool{}
	for _, r := range touched {
		if done[r] {
			continue
		}
		in := n.input(r)
		out := plane.Derive(in)
		for _, model := range in.Routers {
			other := n.find(model.Name)
			done[other] = true
			other.out, other.dialled = out, nil
			other.live.observe(now, other, out.States[model.Name])
			close(other.changed)
			other.changed = make(chan struct{})
		}
	}
}

// input is the part of the network that cables join to a router.
func (n *Network) input(r *Router) plane.Input {
	in := plane.Input{Cuts: n.cuts, Upstreams: n.upstreams, DefaultPrefixes: n.opts.Prefixes}
	joined := map[string]bool{r.opts.Name: true}
	taken := make([]bool, len(n.links))
	for grew := true; grew; {
		grew = false
		for i, link := range n.links {
			if taken[i] || !slices.ContainsFunc(link.Ends, func(p plane.Port) bool { return joined[p.Router] }) {
				continue
			}
			taken[i], grew = true, true
			in.Links = append(in.Links, link)
			for _, end := range link.Ends {
				joined[end.Router] = true
			}
		}
	}
	for _, other := range n.routers {
		if joined[other.opts.Name] {
			in.Routers = append(in.Routers, other.model())
		}
	}
	return in
}

func (n *Network) schema(version schema.Version) (*schema.Schema, error) {
	s, ok := n.schemas[version.Text]
	if !ok {
		var err error
		if s, err = schema.New(version); err != nil {
			return nil, err
		}
		n.schemas[version.Text] = s
	}
	return s, nil
}
