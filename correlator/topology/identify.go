package topology

import (
	"strings"
	"unicode"
)

// registry knows which device is meant by what a neighbour announces.
type registry struct {
	devices    map[string]bool   // all that have a name of ours: listed or observed
	observed   map[string]bool   // those that are observed
	folded     map[string]string // lower-case name → device; "" where several have it
	byIdentity map[string]string // "" where several devices call themselves that
	byMAC      map[string]string // "" where several devices have it (clones)
	byRouterID map[string]string // "" where sightings contradict each other
}

func newRegistry(inv Inventory, seen Sightings) *registry {
	r := &registry{
		devices: map[string]bool{}, observed: map[string]bool{}, folded: map[string]string{}, byIdentity: map[string]string{},
		byMAC: map[string]string{}, byRouterID: map[string]string{},
	}
	for _, d := range inv.Devices {
		r.devices[d.Name] = true
	}
	for _, i := range seen.Identities {
		r.devices[i.Device], r.observed[i.Device] = true, true
		learn(r.byIdentity, i.Name, i.Device)
	}
	for name := range r.devices {
		learn(r.folded, strings.ToLower(name), name)
	}
	for _, p := range seen.Ports {
		learn(r.byMAC, strings.ToLower(p.MAC), p.Device)
	}
	return r
}

// learn notes whose a key is, or that it tells nothing since it is of several.
func learn(of map[string]string, key, device string) {
	if key == "" {
		return
	}
	if known, ok := of[key]; ok && known != device {
		device = ""
	}
	of[key] = device
}

// deviceOf is the device that a neighbour is, and whether we have a name for it. A MAC address that
// only one device has is the surest; then the name that it gives itself, as that device does; then a
// name of ours. Where there is none, the device is what it calls itself, or "" where that is no name.
func (r *registry) deviceOf(n Neighbor) (device string, known bool) {
	if found := r.byMAC[strings.ToLower(n.MAC)]; found != "" {
		return found, true
	}
	if !isName(n) {
		return "", false
	}
	if found, told := r.byIdentity[n.Identity]; told {
		return found, found != ""
	}
	if r.devices[n.Identity] {
		return n.Identity, true
	}
	if found := r.folded[strings.ToLower(n.Identity)]; found != "" {
		return found, true
	}
	return n.Identity, false
}

// maxName bounds the names that are taken over from strangers.
const maxName = 200

// isName says whether what a neighbour calls itself can name it: something that can be printed, and not
// what all devices of its kind call themselves before anybody has given them a name.
func isName(n Neighbor) bool {
	return n.Identity != "" && len(n.Identity) <= maxName && n.Identity != n.Platform && n.Identity == strings.TrimSpace(n.Identity) &&
		!strings.ContainsFunc(n.Identity, func(r rune) bool { return !unicode.IsPrint(r) })
}

// learnRouterIDs finds out whose router ids are: where exactly one device and one router id are seen at an
// interface, they belong together.
func (r *registry) learnRouterIDs(points *points, adjacencies []Adjacency) {
	at := map[End]map[string]bool{}
	for _, a := range adjacencies {
		end := End{a.Device, a.Interface}
		if at[end] == nil {
			at[end] = map[string]bool{}
		}
		at[end][a.RouterID] = true
	}
	for end, ids := range at {
		other, alone := points.across(end)
		if len(ids) != 1 || !alone {
			continue
		}
		for id := range ids {
			learn(r.byRouterID, id, other)
		}
	}
}
