package metro

import (
	"maps"
	"slices"
)

// state is what is broken at an instant.
type state struct {
	dead     map[string]bool // without power, or booting
	deaf     map[string]bool // forwards, and answers nobody
	closed   map[string]bool // answers a ping and nothing else
	idle     map[string]bool // answers, and forwards nothing
	cut      map[cable]bool  // carries no light
	unrouted map[cable]bool  // carries light and no packets: no adjacency, no VLAN
	shut     map[port]bool   // told to be down: its own router raises no alarm
	stopped  map[session]bool
	signs    []condition // what else goes wrong
}

func newState() *state {
	return &state{
		dead: map[string]bool{}, deaf: map[string]bool{}, closed: map[string]bool{}, idle: map[string]bool{},
		cut: map[cable]bool{}, unrouted: map[cable]bool{}, shut: map[port]bool{}, stopped: map[session]bool{},
	}
}

// answers says whether a node, reached, lets its configuration be read.
func (s *state) answers(name string) bool { return !s.dead[name] && !s.deaf[name] && !s.closed[name] }

// kind is what a condition is.
type kind string

const (
	unreachable kind = "unreachable" // no answer to a ping
	closed      kind = "closed"      // a ping answers, the API does not
	carrier     kind = "carrier"
	adjacency   kind = "adjacency"
	bgpSession  kind = "session"
	prefixes    kind = "prefixes"
	loss        kind = "loss"
	latency     kind = "latency"
	saturated   kind = "saturated"
	subscribers kind = "subscribers"
	pool        kind = "pool"
	rebooted    kind = "rebooted"
	heat        kind = "heat"
	mains       kind = "mains" // the power supply of a site
	probe       kind = "probe" // a service as its customers see it
)

// condition is something that monitoring could see.
type condition struct {
	kind                            kind
	node, iface, peer, site, probed string
}

// carries says whether packets pass a cable.
func (p *plant) carries(s *state, c cable) bool {
	return !s.cut[c] && !s.shut[c.a] && !s.shut[c.b] && !s.dead[c.a.node] && !s.dead[c.b.node] && !s.unrouted[c]
}

// reached are the nodes to which packets from one of them find a way.
func (p *plant) reached(s *state, from string) map[string]bool {
	seen := map[string]bool{}
	if s.dead[from] {
		return seen
	}
	for queue := []string{from}; len(queue) > 0; queue = queue[1:] {
		at := queue[0]
		if seen[at] {
			continue
		}
		seen[at] = true
		if n := p.node(at); n.role == server || s.idle[at] && at != from {
			continue
		}
		for _, c := range p.cabled[at] {
			if p.carries(s, c) {
				queue = append(queue, c.a.node, c.b.node)
			}
		}
	}
	return seen
}

// met says whether all that a node needs besides a path works.
func met(needs []need, works func(string) bool) bool {
	return !slices.ContainsFunc(needs, func(n need) bool {
		standing := 0
		for _, name := range n.of {
			if works(name) {
				standing++
			}
		}
		return standing < n.k
	})
}

// conditions are all that monitoring could see of a state. A router that cannot be reached tells
// nothing of itself: its metrics are absent.
func (p *plant) conditions(s *state) []condition {
	reach := p.reached(s, p.station)
	answers := func(name string) bool { return reach[name] && !s.deaf[name] }
	works := func(name string) bool {
		return answers(name) && (p.node(name).role != server || met(p.node(name).works, answers))
	}
	var out []condition
	tell := func(c condition) {
		if !slices.Contains(out, c) {
			out = append(out, c)
		}
	}
	scraped := func(name string) bool { return p.node(name).watched && answers(name) && !s.closed[name] }
	for _, n := range p.nodes {
		switch {
		case !n.watched:
		case !works(n.name):
			tell(condition{kind: unreachable, node: n.name})
		case s.closed[n.name]:
			tell(condition{kind: closed, node: n.name})
		case n.role == bng && !met(n.works, answers):
			tell(condition{kind: subscribers, node: n.name})
		}
	}
	for _, c := range p.cables {
		for _, e := range c.ends() {
			near, far := e[0], e[1]
			if !scraped(near.node) || p.node(near.node).role == server {
				continue
			}
			dark := s.cut[c] || s.dead[far.node] || s.shut[far]
			if dark && !s.shut[near] {
				tell(condition{kind: carrier, node: near.node, iface: near.name, peer: far.node})
			}
			routed := p.node(near.node).router() && p.node(far.node).router()
			if routed && !p.carries(s, c) {
				tell(condition{kind: adjacency, node: near.node, iface: near.name, peer: far.node})
			}
		}
	}
	p.sessionsLost(s, func(c condition) {
		if scraped(c.node) {
			tell(c)
		}
	})
	for _, c := range s.signs {
		if c.node == "" || scraped(c.node) {
			tell(c)
		}
	}
	return out
}

// sessionsLost tells of each BGP session that is down, at both of its ends.
func (p *plant) sessionsLost(s *state, tell func(condition)) {
	from := map[string]map[string]bool{}
	for _, rr := range p.of(reflector) {
		from[rr] = p.reached(s, rr)
	}
	for _, x := range p.sessions {
		if s.stopped[x] || !x.external && !from[x.peer][x.node] {
			tell(condition{kind: bgpSession, node: x.node, peer: x.peer})
			if !x.external {
				tell(condition{kind: bgpSession, node: x.peer, peer: x.node})
			}
		}
	}
}

// effect changes a state.
type effect func(*state)

func kill(names ...string) effect {
	return func(s *state) {
		for _, n := range names {
			s.dead[n] = true
		}
	}
}

func deafen(name string) effect  { return func(s *state) { s.deaf[name] = true } }
func closeUp(name string) effect { return func(s *state) { s.closed[name] = true } }
func idle(name string) effect    { return func(s *state) { s.idle[name] = true } }
func cutting(c cable) effect     { return func(s *state) { s.cut[c] = true } }
func unroute(c cable) effect     { return func(s *state) { s.unrouted[c] = true } }
func shutting(at port) effect    { return func(s *state) { s.shut[at] = true } }

func stop(sessions ...session) effect {
	return func(s *state) {
		for _, x := range sessions {
			s.stopped[x] = true
		}
	}
}

func show(signs ...condition) effect {
	return func(s *state) { s.signs = append(s.signs, signs...) }
}

func both(effects ...effect) effect {
	return func(s *state) {
		for _, e := range effects {
			e(s)
		}
	}
}

// with is the state in which all of the effects are at work.
func with(effects ...effect) *state {
	s := newState()
	both(effects...)(s)
	return s
}

// missing are the conditions of a that b lacks.
func missing(a, b []condition) []condition {
	in := map[condition]bool{}
	for _, c := range b {
		in[c] = true
	}
	return slices.DeleteFunc(slices.Clone(a), func(c condition) bool { return in[c] })
}

func keys[K comparable, V any](m map[K]V) []K { return slices.Collect(maps.Keys(m)) }
