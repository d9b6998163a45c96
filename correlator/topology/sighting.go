package topology

import (
	"cmp"
	"iter"
	"slices"
	"strings"
	"time"
	"unicode"
)

// Sightings are what devices say of themselves and of what they see, as their metrics tell. Nothing in
// them is trusted: a neighbour's name is whatever the neighbour announces.
type Sightings struct {
	Identities  []Identity
	Ports       []Port
	Neighbors   []Neighbor
	Adjacencies []Adjacency
	Sessions    []Session
}

// Seen bounds when something was seen.
type Seen struct {
	Since, Last time.Time
}

func (s Seen) overlaps(other Seen) bool {
	return !s.Since.After(other.Last) && !other.Since.After(s.Last)
}

// and is the stretch that holds both.
func (s Seen) and(other Seen) Seen {
	if other.Since.Before(s.Since) {
		s.Since = other.Since
	}
	if other.Last.After(s.Last) {
		s.Last = other.Last
	}
	return s
}

// Identity is the name that a device gives itself, which is how its neighbours know it.
type Identity struct {
	Seen
	Device string // the name under which it is observed: that of the inventory
	Site   string // where the observation says that it stands; may be empty
	Name   string
}

// Port is an interface with the MAC address by which its neighbours know it.
type Port struct {
	Device, Interface, MAC string
}

// Neighbor is something that announces itself (LLDP, CDP, MNDP) at an interface of a device.
type Neighbor struct {
	Seen
	Device, Interface string
	// Identity, RemoteInterface, MAC and Platform are what it says of itself; any may be empty.
	Identity, RemoteInterface, MAC, Platform string
}

// Adjacency is an OSPF neighbour in state Full.
type Adjacency struct {
	Seen
	Device, Interface, RouterID string
}

// Session is an established BGP session.
type Session struct {
	Seen
	Device, Peer      string
	RemoteAS, LocalAS string
	Prefixes          int // received; 0 where the device does not say
}

// external says that the session leads out of the network.
func (s Session) external() bool {
	return s.RemoteAS != "" && s.LocalAS != "" && s.RemoteAS != s.LocalAS
}

// interfaceNames are the names that an announced interface may have on its own device: a port of a
// bridge is announced with the bridge before it ("bridge/ether3"). The most likely one comes first.
func interfaceNames(announced string) []string {
	if announced == "" || strings.ContainsFunc(announced, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return nil
	}
	names := []string{announced}
	if i := strings.LastIndex(announced, "/"); i > 0 && i < len(announced)-1 {
		names = []string{announced[i+1:], announced, announced[:i]}
	}
	return names
}

// united says each thing once, however many exporters and servers tell it, in an order of its own: how the
// sightings were read changes nothing.
func (s Sightings) united() Sightings {
	s.Identities = slices.SortedFunc(once(s.Identities, func(i *Identity) *Seen { return &i.Seen }), func(a, b Identity) int {
		return cmp.Or(cmp.Compare(a.Device, b.Device), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Site, b.Site))
	})
	s.Neighbors = slices.SortedFunc(once(s.Neighbors, func(n *Neighbor) *Seen { return &n.Seen }), func(a, b Neighbor) int {
		return cmp.Or(cmp.Compare(a.Device, b.Device), cmp.Compare(a.Interface, b.Interface), cmp.Compare(a.Identity, b.Identity),
			cmp.Compare(a.RemoteInterface, b.RemoteInterface), cmp.Compare(a.MAC, b.MAC), cmp.Compare(a.Platform, b.Platform))
	})
	s.Adjacencies = slices.SortedFunc(once(s.Adjacencies, func(a *Adjacency) *Seen { return &a.Seen }), func(a, b Adjacency) int {
		return cmp.Or(cmp.Compare(a.Device, b.Device), cmp.Compare(a.Interface, b.Interface), cmp.Compare(a.RouterID, b.RouterID))
	})
	s.Sessions = slices.SortedFunc(once(s.Sessions, func(s *Session) *Seen { return &s.Seen }), func(a, b Session) int {
		return cmp.Or(cmp.Compare(a.Device, b.Device), cmp.Compare(a.Peer, b.Peer), cmp.Compare(a.RemoteAS, b.RemoteAS), cmp.Compare(a.LocalAS, b.LocalAS), cmp.Compare(a.Prefixes, b.Prefixes))
	})
	return s
}

// once gives each of the things that are equal but for when they were seen once, seen whenever one was.
func once[T comparable](all []T, seen func(*T) *Seen) iter.Seq[T] {
	when := make(map[T]Seen, len(all))
	for _, t := range all {
		at := *seen(&t)
		*seen(&t) = Seen{}
		if known, ok := when[t]; ok {
			at = known.and(at)
		}
		when[t] = at
	}
	return func(yield func(T) bool) {
		for t, at := range when {
			*seen(&t) = at
			if !yield(t) {
				return
			}
		}
	}
}

// Add takes up what another server tells.
func (s *Sightings) Add(other Sightings) {
	s.Identities = append(s.Identities, other.Identities...)
	s.Ports = append(s.Ports, other.Ports...)
	s.Neighbors = append(s.Neighbors, other.Neighbors...)
	s.Adjacencies = append(s.Adjacencies, other.Adjacencies...)
	s.Sessions = append(s.Sessions, other.Sessions...)
}
