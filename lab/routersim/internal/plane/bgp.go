package plane

import (
	"net/netip"
	"slices"
)

// establishSessions finds the BGP sessions that stand and counts the prefixes
// that come over them.
func (n *network) establishSessions() {
	for _, r := range n.in.Routers {
		for _, p := range r.Peers {
			if s, ok := n.session(r, p); ok {
				n.states[r.Name].Sessions = append(n.states[r.Name].Sessions, s)
			}
		}
	}
	n.countPrefixes()
}

// session decides whether a configured peer has a session.
func (n *network) session(r *Router, p Peer) (Session, bool) {
	if p.Disabled || !r.Powered || !p.Remote.IsValid() || p.Remote.IsUnspecified() {
		return Session{}, false
	}
	way, direct := n.direct(r, p.Remote)
	if !direct && (!p.IBGP && !p.Multihop || !n.reaches(r, p.Remote, 0)) {
		return Session{}, false
	}
	s := Session{Peer: p, Local: p.Local, RemoteAS: p.RemoteAS, EBGP: !p.IBGP}
	if !s.Local.IsValid() {
		s.Local = way.address.Prefix.Addr()
	}
	if !s.Local.IsValid() {
		s.Local = r.RouterID
	}
	if p.Local.IsValid() && !n.ownsActive(r, p.Local) {
		return Session{}, false
	}
	inside := false
	for _, o := range n.owners[p.Remote] {
		if o.router == r || direct && way.owner != o.router {
			continue
		}
		inside = true
		far, ok := n.counterpart(o.router, r, p, s.Local)
		if ok && o.active && n.tcpBetween(r, way.address.Interface, o.router, p, s.Local) {
			s.Router, s.RemoteID, s.RemoteAS = o.router.Name, far.LocalID, far.LocalAS
			return s, true
		}
	}
	upstream := n.in.Upstreams[p.Remote]
	if inside || !r.tcpPasses(p.Remote, s.Local, way.address.Interface, false) {
		return Session{}, false
	}
	if upstream.Down || upstream.AS != "" && p.RemoteAS != "" && upstream.AS != p.RemoteAS {
		return Session{}, false
	}
	s.External, s.RemoteID = true, p.Remote
	s.RemoteAS = first(upstream.AS, p.RemoteAS)
	if !s.RemoteID.Is4() {
		s.RemoteID = netip.AddrFrom4([4]byte{192, 0, 2, p.Remote.As16()[15]})
	}
	return s, true
}

// tcpBetween says whether the firewalls of two routers let one call the other.
func (n *network) tcpBetween(near *Router, iface string, far *Router, p Peer, local netip.Addr) bool {
	way, _ := n.direct(far, local)
	in := func(call bool) bool { return near.tcpPasses(p.Remote, local, iface, call) }
	out := func(call bool) bool { return far.tcpPasses(local, p.Remote, way.address.Interface, call) }
	return in(true) && out(false) || in(false) && out(true)
}

func (n *network) ownsActive(r *Router, addr netip.Addr) bool {
	return slices.ContainsFunc(n.owners[addr], func(o owner) bool { return o.router == r && o.active })
}

// counterpart finds the other end's configuration of a session: it must speak
// to the address that we come from, agree on the AS numbers and the key, and
// find the way back.
func (n *network) counterpart(far, near *Router, p Peer, from netip.Addr) (Peer, bool) {
	for _, q := range far.Peers {
		match := !q.Disabled && q.Remote == from && q.Key == p.Key &&
			(q.RemoteAS == "" || q.RemoteAS == p.LocalAS) && (p.RemoteAS == "" || p.RemoteAS == q.LocalAS) &&
			(!q.Local.IsValid() || q.Local == p.Remote) && (!p.Passive || !q.Passive)
		if !match {
			continue
		}
		if way, ok := n.direct(far, from); ok && way.owner == near {
			return q, true
		}
		if (q.IBGP || q.Multihop) && n.reaches(far, from, 0) {
			return q, true
		}
	}
	return Peer{}, false
}

// countPrefixes spreads counts of prefixes over the sessions: what comes from
// outside and what routers originate themselves, then what they pass on. The
// prefixes themselves have no names; a count is never more than exact for a
// route that reaches a router twice.
func (n *network) countPrefixes() {
	for _, r := range n.in.Routers {
		for i := range n.states[r.Name].Sessions {
			s := &n.states[r.Name].Sessions[i]
			if s.External && r.passes(s.Peer.In) {
				s.Prefixes = n.announced(s.Peer.Remote)
			}
		}
	}
	// Two passes: over a reflector, and from there to the next AS.
	for range 2 {
		received := map[string][]Session{}
		for name, state := range n.states {
			received[name] = slices.Clone(state.Sessions)
		}
		for _, r := range n.in.Routers {
			for i := range n.states[r.Name].Sessions {
				s := &n.states[r.Name].Sessions[i]
				if !s.External && r.passes(s.Peer.In) {
					s.Prefixes = n.advertised(n.routers[s.Router], r, received[s.Router])
				}
			}
		}
	}
}

func (n *network) announced(addr netip.Addr) int {
	if up, ok := n.in.Upstreams[addr]; ok {
		return up.Prefixes
	}
	return n.in.DefaultPrefixes
}

// advertised counts what one router tells another: its own networks, what it
// has from outside its AS, and, to another AS or as a reflector, what it has
// from inside.
func (n *network) advertised(from, to *Router, sessions []Session) int {
	i := slices.IndexFunc(sessions, func(s Session) bool { return s.Router == to.Name })
	if i < 0 || !from.passes(sessions[i].Peer.Out) {
		return 0
	}
	us := sessions[i]
	count := from.Networks
	if us.Peer.DefaultOut {
		count++
	}
	for _, s := range sessions {
		if s.Router != to.Name && (s.EBGP || us.EBGP || us.Peer.Reflector || s.Peer.Reflector) {
			count += s.Prefixes
		}
	}
	return count
}
