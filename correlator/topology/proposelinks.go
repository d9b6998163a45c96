package topology

import (
	"fmt"
	"maps"
	"slices"
)

// proposeLinks proposes the links of which both interfaces are known. Where several devices share a
// segment there is no link between two of them.
func (p *proposer) proposeLinks() {
	l := linkFinder{proposer: p, taken: map[End]bool{}, found: map[string]*Proposal{}, toward: map[[2]string][]resolved{}, adjacencies: map[End][]Adjacency{}}
	for _, a := range p.seen.Adjacencies {
		l.adjacencies[End{a.Device, a.Interface}] = append(l.adjacencies[End{a.Device, a.Interface}], a)
	}
	for _, link := range p.inventory.Links {
		l.taken[link.A], l.taken[link.B] = true, true
	}
	for end := range p.points.at {
		device, alone := p.points.across(end)
		if !alone || !p.listed[end.Device] || !p.listed[device] {
			continue
		}
		for _, n := range p.points.at[end] {
			if n.device == device {
				l.toward[[2]string{end.Device, device}] = append(l.toward[[2]string{end.Device, device}], n)
			}
		}
	}
	pairs := map[[2]string]bool{}
	for between := range l.toward {
		pairs[pairOf(between[0], between[1])] = true
	}
	for _, pair := range slices.SortedFunc(maps.Keys(pairs), func(a, b [2]string) int { return slices.Compare(a[:], b[:]) }) {
		l.between(pair[0], pair[1])
	}
	l.byOSPF()
	p.add(values(l.found))
}

type linkFinder struct {
	*proposer
	taken  map[End]bool             // interfaces with a link, listed or found
	found  map[string]*Proposal     // by id
	toward map[[2]string][]resolved // who sees whom → how

	adjacencies map[End][]Adjacency
}

// between finds the links between two devices: first those of which either side names the other's
// interface, then those of which one does, then the one that is left when there is only one.
func (l *linkFinder) between(a, b string) {
	here, there := l.open(a, b), l.open(b, a)
	for _, agree := range []func(x, y resolved) bool{
		func(x, y resolved) bool { return x.names(y.Interface) && y.names(x.Interface) },
		func(x, y resolved) bool {
			return x.names(y.Interface) && y.RemoteInterface == "" || y.names(x.Interface) && x.RemoteInterface == ""
		},
	} {
		for _, x := range here {
			for _, y := range there {
				if agree(x, y) {
					l.link(End{a, x.Interface}, End{b, y.Interface}, High, x, y)
				}
			}
		}
		here, there = l.open(a, b), l.open(b, a)
	}
	if ends(here) == 1 && ends(there) == 1 {
		l.link(End{a, here[0].Interface}, End{b, there[0].Interface}, Medium, here[0], there[0])
		return
	}
	for _, side := range [][]resolved{here, there} {
		for _, x := range side {
			l.oneSided(x)
		}
	}
}

// open are the sightings of b by a at interfaces that have no link yet, by interface.
func (l *linkFinder) open(a, b string) []resolved {
	var out []resolved
	for _, n := range l.toward[[2]string{a, b}] {
		if !l.taken[End{n.Device, n.Interface}] {
			out = append(out, n)
		}
	}
	slices.SortStableFunc(out, func(x, y resolved) int {
		return slices.Compare([]string{x.Interface, x.RemoteInterface}, []string{y.Interface, y.RemoteInterface})
	})
	return out
}

func ends(seen []resolved) int {
	interfaces := map[string]bool{}
	for _, n := range seen {
		interfaces[n.Interface] = true
	}
	return len(interfaces)
}

// names says whether the sighting may be of that interface of the neighbour.
func (n resolved) names(iface string) bool {
	return slices.Contains(interfaceNames(n.RemoteInterface), iface)
}

// oneSided proposes a link that one side alone sees. That a device which is observed does not see the other
// one back speaks against it, unless OSPF runs there.
func (l *linkFinder) oneSided(n resolved) {
	names := interfaceNames(n.RemoteInterface)
	if len(names) == 0 {
		return
	}
	near, far := End{n.Device, n.Interface}, End{n.device, names[0]}
	confidence := Medium
	if l.registry.observed[n.device] && len(l.adjacent(near, n.device)) == 0 {
		confidence = Low
	}
	l.link(near, far, confidence, n)
}

// link notes a link, unless one of its interfaces has one already.
func (l *linkFinder) link(a, b End, confidence Confidence, seen ...resolved) {
	if l.taken[a] || l.taken[b] {
		return
	}
	link := Link{A: a, B: b}
	p := &Proposal{ID: linkID(link), Kind: ProposeLink, Confidence: confidence, Link: link}
	if l.dismissed[p.ID] {
		return // and its interfaces stay free
	}
	for _, n := range seen {
		text := fmt.Sprintf("%s sees %s on %s", n.Device, n.device, n.Interface)
		if n.Identity != "" && n.Identity != n.device {
			text += fmt.Sprintf(" as %q", n.Identity)
		}
		if len(interfaceNames(n.RemoteInterface)) > 0 {
			text += fmt.Sprintf(", there %s", n.RemoteInterface)
		}
		p.Evidence = append(p.Evidence, Evidence{n.Seen, n.Device, sourceNeighbor, text + ", by neighbour discovery" + since(n.Seen)})
	}
	for _, side := range [][2]End{{a, b}, {b, a}} {
		p.Evidence = append(p.Evidence, l.adjacent(side[0], side[1].Device)...)
	}
	l.taken[a], l.taken[b] = true, true
	l.found[p.ID] = p
}

// adjacent is the evidence that OSPF has a neighbour at an interface that is that device.
func (l *linkFinder) adjacent(end End, device string) []Evidence {
	var out []Evidence
	for _, a := range l.adjacencies[end] {
		if l.registry.byRouterID[a.RouterID] == device {
			out = append(out, Evidence{a.Seen, a.Device, sourceOSPF, fmt.Sprintf("%s has a full OSPF adjacency with %s (%s) on %s%s", a.Device, device, a.RouterID, a.Interface, since(a.Seen))})
		}
	}
	return out
}

// byOSPF proposes the one link between two devices that OSPF alone tells of, where discovery is off and
// the devices' router ids are known from elsewhere.
func (l *linkFinder) byOSPF() {
	open := map[[2]string][]Adjacency{} // who is adjacent to whom, at interfaces without a link
	for _, a := range l.seen.Adjacencies {
		other := l.registry.byRouterID[a.RouterID]
		if other != "" && a.Interface != "" && other != a.Device && l.listed[a.Device] && l.listed[other] && !l.taken[End{a.Device, a.Interface}] && len(l.points.at[End{a.Device, a.Interface}]) == 0 {
			open[[2]string{a.Device, other}] = append(open[[2]string{a.Device, other}], a)
		}
	}
	for _, pair := range slices.SortedFunc(maps.Keys(open), func(a, b [2]string) int { return slices.Compare(a[:], b[:]) }) {
		here, there := open[pair], open[[2]string{pair[1], pair[0]}]
		if pair[0] < pair[1] && len(here) == 1 && len(there) == 1 {
			l.link(End{pair[0], here[0].Interface}, End{pair[1], there[0].Interface}, Medium)
		}
	}
}
