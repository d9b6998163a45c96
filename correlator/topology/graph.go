package topology

import (
	"maps"
	"slices"
	"sync"
)

// Graph is an inventory indexed for questions. It never changes after NewGraph, so any number of
// goroutines may ask it. Cycles of dependencies are tolerated everywhere: every walk visits a
// device once.
type Graph struct {
	devices    map[string]Device
	sites      map[string][]string    // site → devices, sorted
	dependents map[string][]groupRef  // device → the groups that name it
	services   []Service              // as listed
	linkAt     map[End]Link           // interface → link
	linksOf    map[[2]string][]string // both devices, sorted → names of the links between them
	links      map[string]Link        // by name
	groups     []groupRef             // all groups with two members or more, in listing order
	ancestors  *sync.Map              // device → map[string]int, as asked for
	measured   map[string]int         // device → subscribers, where the inventory does not say

	spareDevices map[string]bool // members of groups that can do without one
	spareLinks   map[string]bool // links between such a member and what depends on it
	alone        *sync.Map       // device → []string, its impact while all else stands, as asked for
}

// groupRef is one dependency group of one device.
type groupRef struct {
	device string
	group  Group
}

// NewGraph indexes an inventory. Devices that are only referred to get an entry without a site.
func NewGraph(inv Inventory) *Graph {
	g := &Graph{
		devices:    make(map[string]Device, len(inv.Devices)),
		sites:      map[string][]string{},
		dependents: map[string][]groupRef{},
		services:   inv.Services,
		linkAt:     map[End]Link{},
		linksOf:    map[[2]string][]string{},
		links:      map[string]Link{},
		ancestors:  &sync.Map{},

		spareDevices: map[string]bool{},
		spareLinks:   map[string]bool{},
		alone:        &sync.Map{},
	}
	for _, d := range inv.Devices {
		g.devices[d.Name] = d
		if d.Site != "" {
			g.sites[d.Site] = append(g.sites[d.Site], d.Name)
		}
	}
	for _, d := range inv.Devices {
		for _, group := range d.DependsOn {
			ref := groupRef{device: d.Name, group: group}
			for _, member := range group.Members() {
				g.dependents[member] = append(g.dependents[member], ref)
				g.mention(member)
			}
			if len(group.Members()) > 1 {
				g.groups = append(g.groups, ref)
			}
		}
	}
	for _, l := range inv.Links {
		pair := pairOf(l.A.Device, l.B.Device)
		g.links[l.Name()] = l
		g.linksOf[pair] = append(g.linksOf[pair], l.Name())
		for _, end := range []End{l.A, l.B} {
			g.linkAt[end] = l
			g.mention(end.Device)
		}
	}
	for _, ref := range g.groups {
		if ref.group.Needs() == len(ref.group.Members()) {
			continue
		}
		for _, member := range ref.group.Members() {
			g.spareDevices[member] = true
			for _, l := range g.LinksBetween(ref.device, member) {
				g.spareLinks[l] = true
			}
		}
	}
	for _, devices := range g.sites {
		slices.Sort(devices)
	}
	return g
}

func (g *Graph) mention(device string) {
	if _, known := g.devices[device]; !known {
		g.devices[device] = Device{Name: device}
	}
}

func pairOf(a, b string) [2]string {
	if b < a {
		a, b = b, a
	}
	return [2]string{a, b}
}

// Has says whether the inventory lists the device or refers to it.
func (g *Graph) Has(device string) bool {
	_, ok := g.devices[device]
	return ok
}

// SiteOf is the site that the device stands at, or "".
func (g *Graph) SiteOf(device string) string { return g.devices[device].Site }

// DevicesAt are the devices of a site, sorted. The slice is the graph's own.
func (g *Graph) DevicesAt(site string) []string { return g.sites[site] }

// LinkAt is the link that an interface of a device belongs to.
func (g *Graph) LinkAt(device, iface string) (Link, bool) {
	l, ok := g.linkAt[End{Device: device, Interface: iface}]
	return l, ok
}

// LinksBetween are the names of the links that join two devices, in listing order.
func (g *Graph) LinksBetween(a, b string) []string { return g.linksOf[pairOf(a, b)] }

// Link by its name.
func (g *Graph) Link(name string) (Link, bool) {
	l, ok := g.links[name]
	return l, ok
}

// Ancestors are the device itself (0 steps) and all that it depends on, directly or not, each with
// the least number of dependency steps to it. The map is the graph's own: it is asked for again and
// again in a storm.
func (g *Graph) Ancestors(device string) map[string]int {
	if known, ok := g.ancestors.Load(device); ok {
		return known.(map[string]int)
	}
	steps := g.findAncestors(device)
	if g.Has(device) {
		g.ancestors.Store(device, steps)
	}
	return steps
}

func (g *Graph) findAncestors(device string) map[string]int {
	steps := map[string]int{device: 0}
	frontier := []string{device}
	for distance := 1; len(frontier) > 0; distance++ {
		var next []string
		for _, d := range frontier {
			for _, group := range g.devices[d].DependsOn {
				for _, member := range group.Members() {
					if _, seen := steps[member]; !seen {
						steps[member] = distance
						next = append(next, member)
					}
				}
			}
		}
		frontier = next
	}
	return steps
}

// DependsDirectly says whether some group of the device names the other.
func (g *Graph) DependsDirectly(device, on string) bool {
	for _, group := range g.devices[device].DependsOn {
		if slices.Contains(group.Members(), on) {
			return true
		}
	}
	return false
}

// Carries says whether some group of another device names the device.
func (g *Graph) Carries(device string) bool { return len(g.dependents[device]) > 0 }

// Redundancy calls yield with the members of every group of two or more, until it returns false.
func (g *Graph) Redundancy(yield func(members []string) bool) {
	for _, ref := range g.groups {
		if !yield(ref.group.Members()) {
			return
		}
	}
}

// Resolve turns a scope into the devices that it means now.
func (g *Graph) Resolve(s Scope) map[string]bool {
	in := map[string]bool{}
	for _, d := range s.Devices {
		in[d] = true
	}
	for _, site := range s.Sites {
		for _, d := range g.sites[site] {
			in[d] = true
		}
	}
	for _, service := range g.services {
		if slices.Contains(s.Services, service.Name) {
			for _, group := range service.DependsOn {
				for _, d := range group.Members() {
					in[d] = true
				}
			}
		}
	}
	if len(s.Tags)+len(s.Services) > 0 {
		for name, d := range g.devices {
			if meets(d.Tags, s.Tags) || meets(d.Services, s.Services) {
				in[name] = true
			}
		}
	}
	return in
}

// Covers says whether a device (or, for what stands for a site, the site) is in the scope now.
func (g *Graph) Covers(s Scope, device, site string) bool {
	if device == "" {
		return site != "" && slices.Contains(s.Sites, site)
	}
	if slices.Contains(s.Devices, device) {
		return true
	}
	d, known := g.devices[device]
	if !known {
		return site != "" && slices.Contains(s.Sites, site)
	}
	if slices.Contains(s.Sites, d.Site) || meets(d.Tags, s.Tags) || meets(d.Services, s.Services) {
		return true
	}
	for _, service := range g.services {
		if slices.Contains(s.Services, service.Name) {
			for _, group := range service.DependsOn {
				if slices.Contains(group.Members(), device) {
					return true
				}
			}
		}
	}
	return false
}

func meets(a, b []string) bool {
	return slices.ContainsFunc(a, func(x string) bool { return slices.Contains(b, x) })
}

// Devices are the names of all devices, sorted.
func (g *Graph) Devices() []string { return slices.Sorted(maps.Keys(g.devices)) }
