package topology

import "slices"

// points are the interfaces at which something was seen, with who was seen there: what stands at the other
// end of a point-to-point link is alone there; a switch between several shows all of them at once.
type points struct {
	at      map[End][]resolved
	farSide map[End]string // of point-to-point links: the device there
}

// resolved is a neighbour whose device is known by name.
type resolved struct {
	Neighbor
	device string // which it is; "" where that cannot be told
	known  bool   // it has a name of ours
}

func newPoints(r *registry, neighbors []Neighbor) *points {
	p := &points{at: map[End][]resolved{}, farSide: map[End]string{}}
	for _, n := range neighbors {
		device, known := r.deviceOf(n)
		if device == n.Device || n.Interface == "" { // a loop, or two ports of it on one switch; or nowhere
			continue
		}
		end := End{n.Device, n.Interface}
		p.at[end] = append(p.at[end], resolved{Neighbor: n, device: device, known: known})
	}
	for end, all := range p.at {
		if newest := slices.MaxFunc(all, func(a, b resolved) int { return a.Last.Compare(b.Last) }); newest.device != "" && !shared(all) {
			p.farSide[end] = newest.device // an older one was there before it
		}
	}
	return p
}

// across is the device at the other end of the link at an interface, where there is but one.
func (p *points) across(end End) (device string, alone bool) {
	device, alone = p.farSide[end]
	return device, alone
}

// shared says that different neighbours were at an interface at the same time.
func shared(all []resolved) bool {
	for i, a := range all {
		for _, b := range all[i+1:] {
			if a.overlaps(b.Seen) && (a.device != b.device || a.device == "" && a.MAC != b.MAC) {
				return true
			}
		}
	}
	return false
}
