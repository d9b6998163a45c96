package topology

import "slices"

// Down is what is known to be down, whatever the reason.
type Down struct {
	Devices map[string]bool // by name
	Links   map[string]bool // by Link.Name
}

// Failure is a supposed cause: these devices and links fail together.
type Failure struct {
	Devices []string
	Links   []string // by Link.Name
}

// Impact is what would fail if the failure happened, given all else that is down: the failed
// devices themselves, and every device of which a dependency group fails *with the help of* the
// failure. One leg of a redundant pair takes nothing with it while the other stands; when the other
// is down as well, it takes everything below. What already fails for other reasons alone is no
// impact of this failure. Sorted.
func (g *Graph) Impact(f Failure, down Down) []string {
	if len(f.Links) == 0 && len(f.Devices) == 1 && len(g.dependents[f.Devices[0]]) == 0 {
		return []string{f.Devices[0]} // nothing stands on it: most devices are like that
	}
	if len(f.Links) == 0 && len(f.Devices) == 1 && g.Has(f.Devices[0]) {
		if alone := g.impactAlone(f.Devices[0]); len(down.Devices)+len(down.Links) <= len(alone) && !g.sparesTouched(down) {
			return slices.Clone(alone)
		}
	}
	return g.walkImpact(f, down)
}

// impactAlone is the impact of one device while all else stands. The slice is the graph's own: a storm asks
// for the same few again and again.
func (g *Graph) impactAlone(device string) []string {
	if known, ok := g.alone.Load(device); ok {
		return known.([]string)
	}
	impact := g.walkImpact(Failure{Devices: []string{device}}, Down{})
	g.alone.Store(device, impact)
	return impact
}

// sparesTouched says whether something of what is down is a leg of a group that can do without one. All
// other groups break with whatever member fails, so what else is down makes no difference to an impact.
func (g *Graph) sparesTouched(down Down) bool {
	for d, is := range down.Devices {
		if is && g.spareDevices[d] {
			return true
		}
	}
	for l, is := range down.Links {
		if is && g.spareLinks[l] {
			return true
		}
	}
	return false
}

func (g *Graph) walkImpact(f Failure, down Down) []string {
	w := impactWalk{g: g, down: down, failed: make(map[string]bool, len(f.Devices)), links: map[string]bool{}}
	w.start(f)
	w.spread()
	slices.Sort(w.order)
	return w.order
}

// Hits says whether a device is in the impact of a failure. What happens to a device is decided by what
// it depends on alone, so that is all it looks at, however much else the failure takes along.
func (g *Graph) Hits(f Failure, down Down, device string) bool {
	above := g.Ancestors(device)
	w := impactWalk{g: g, down: down, within: above, failed: map[string]bool{}, links: map[string]bool{}}
	w.start(f)
	w.spread()
	return w.failed[device]
}

// ServicesHit are the services of which a group fails with the help of the given devices, in
// listing order.
func (g *Graph) ServicesHit(impact []string, down Down) []string {
	w := impactWalk{g: g, down: down, failed: make(map[string]bool, len(impact))}
	for _, d := range impact {
		w.failed[d] = true
	}
	var hit []string
	for _, s := range g.services {
		if slices.ContainsFunc(s.DependsOn, func(group Group) bool { return w.breaks(s.Name, group) }) {
			hit = append(hit, s.Name)
		}
	}
	return hit
}

type impactWalk struct {
	g      *Graph
	down   Down
	within map[string]int  // the devices that are looked at; nil: all
	failed map[string]bool // by the failure, so far
	links  map[string]bool // failed by the failure
	order  []string
	queue  []string
}

// start fails what the failure is made of, and what lost its last link by it.
func (w *impactWalk) start(f Failure) {
	for _, l := range f.Links {
		w.links[l] = true
	}
	for _, d := range f.Devices {
		w.fail(d)
	}
	for _, name := range f.Links {
		if l, ok := w.g.links[name]; ok {
			w.checkPair(l.A.Device, l.B.Device)
			w.checkPair(l.B.Device, l.A.Device)
		}
	}
}

// spread fails what depends on what has failed, until nothing more does.
func (w *impactWalk) spread() {
	for len(w.queue) > 0 {
		device := w.queue[0]
		w.queue = w.queue[1:]
		w.dependentsOf(device, w.check)
	}
}

// dependentsOf calls f with the groups that name the device, as far as their devices are looked at.
func (w *impactWalk) dependentsOf(device string, f func(groupRef)) {
	if w.within == nil || len(w.g.dependents[device]) <= len(w.within) {
		for _, ref := range w.g.dependents[device] {
			f(ref)
		}
		return
	}
	for dependent := range w.within { // fewer than those that depend on the device
		for _, group := range w.g.devices[dependent].DependsOn {
			if slices.Contains(group.Members(), device) {
				f(groupRef{device: dependent, group: group})
			}
		}
	}
}

func (w *impactWalk) fail(device string) {
	if _, inside := w.within[device]; w.within != nil && !inside {
		return
	}
	if !w.failed[device] {
		w.failed[device] = true
		w.order = append(w.order, device)
		w.queue = append(w.queue, device)
	}
}

func (w *impactWalk) check(ref groupRef) {
	if !w.failed[ref.device] && w.breaks(ref.device, ref.group) {
		w.fail(ref.device)
	}
}

// checkPair looks at the groups of device that name the other end of a failed link.
func (w *impactWalk) checkPair(device, other string) {
	w.dependentsOf(other, func(ref groupRef) {
		if ref.device == device {
			w.check(ref)
		}
	})
}

// breaks says whether the group cannot hold any more and the failure has a part in that.
func (w *impactWalk) breaks(dependent string, group Group) bool {
	standing, mine := 0, false
	for _, member := range group.Members() {
		down, byFailure := w.leg(dependent, member)
		mine = mine || byFailure
		if !down {
			standing++
		}
	}
	return mine && standing < group.Needs()
}

// leg says whether the member is lost to the dependent (it is down, or every link between the two
// is), and whether the failure has a part in that.
func (w *impactWalk) leg(dependent, member string) (down, byFailure bool) {
	if w.failed[member] {
		return true, true
	}
	links := w.g.LinksBetween(dependent, member)
	linksDown := len(links) > 0
	for _, l := range links {
		byFailure = byFailure || w.links[l]
		if !w.links[l] && !w.down.Links[l] {
			linksDown = false
		}
	}
	if linksDown {
		return true, byFailure
	}
	return w.down.Devices[member], false
}
