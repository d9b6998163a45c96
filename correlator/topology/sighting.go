package topology

import (
	"cmp"
	"slices"
	"strings"
	"time"
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
	if announced == "" {
		return nil
	}
	names := []string{announced}
	if i := strings.LastIndex(announced, "/"); i > 0 && i < len(announced)-1 {
		names = []string{announced[i+1:], announced, announced[:i]}
	}
	return names
}

// sorted puts sightings into an order of their own, so that the order in which they were read changes
// nothing.
func (s Sightings) sorted() Sightings {
	s.Identities = slices.SortedFunc(slices.Values(s.Identities), func(a, b Identity) int {
		return cmp.Or(cmp.Compare(a.Device, b.Device), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Site, b.Site))
	})
	s.Neighbors = slices.SortedFunc(slices.Values(s.Neighbors), func(a, b Neighbor) int {
		return cmp.Or(cmp.Compare(a.Device, b.Device), cmp.Compare(a.Interface, b.Interface), cmp.Compare(a.Identity, b.Identity),
			cmp.Compare(a.RemoteInterface, b.RemoteInterface), cmp.Compare(a.MAC, b.MAC), cmp.Compare(a.Platform, b.Platform), a.Since.Compare(b.Since))
	})
	s.Adjacencies = slices.SortedFunc(slices.Values(s.Adjacencies), func(a, b Adjacency) int {
		return cmp.Or(cmp.Compare(a.Device, b.Device), cmp.Compare(a.Interface, b.Interface), cmp.Compare(a.RouterID, b.RouterID), a.Since.Compare(b.Since))
	})
	s.Sessions = slices.SortedFunc(slices.Values(s.Sessions), func(a, b Session) int {
		return cmp.Or(cmp.Compare(a.Device, b.Device), cmp.Compare(a.Peer, b.Peer), cmp.Compare(a.RemoteAS, b.RemoteAS), a.Since.Compare(b.Since))
	})
	return s
}
