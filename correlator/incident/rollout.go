package incident

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/configchange"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/topology"
)

// rollout is one category that changed on many devices at about the same time.
type rollout struct {
	category string
	changes  []configchange.Change
}

// rollouts finds stretches in which a category changed on enough devices with the ends of the
// intervals within the window.
func (j Judge) rollouts(changes []configchange.Change) []rollout {
	byCategory := map[string][]configchange.Change{}
	for _, c := range changes {
		byCategory[c.Category] = append(byCategory[c.Category], c)
	}
	var out []rollout
	for _, category := range slices.Sorted(maps.Keys(byCategory)) {
		list := byCategory[category]
		slices.SortStableFunc(list, func(a, b configchange.Change) int {
			return cmp.Or(a.NotAfter.Compare(b.NotAfter), cmp.Compare(a.ID, b.ID))
		})
		out = append(out, j.rolloutsIn(category, list)...)
	}
	return out
}

// rolloutsIn takes the stretch with most devices, the earliest of equals, and looks again before and after
// it: an edit of the same kind some minutes before must not cut a roll-out short. By NotAfter.
func (j Judge) rolloutsIn(category string, list []configchange.Change) []rollout {
	bestFrom, bestTo, most := 0, 0, 0
	devices := map[string]int{} // in the stretch → changes of it
	to := 0
	for from := range list {
		for to < len(list) && list[to].NotAfter.Sub(list[from].NotAfter) <= j.Weights.Rollout.Window {
			devices[list[to].Device]++
			to++
		}
		if len(devices) > most {
			bestFrom, bestTo, most = from, to, len(devices)
		}
		if devices[list[from].Device]--; devices[list[from].Device] == 0 {
			delete(devices, list[from].Device)
		}
	}
	if most < j.Weights.Rollout.Devices {
		return nil
	}
	found := rollout{category: category, changes: list[bestFrom:bestTo]}
	return slices.Concat(j.rolloutsIn(category, list[:bestFrom]), []rollout{found}, j.rolloutsIn(category, list[bestTo:]))
}

// Rollouts says which categories changed on two of these devices or more, so that the changes of all
// devices in them must be looked at.
func Rollouts(changes []configchange.Change) []string {
	devices := map[string]map[string]bool{}
	for _, c := range changes {
		if devices[c.Category] == nil {
			devices[c.Category] = map[string]bool{}
		}
		devices[c.Category][c.Device] = true
	}
	var out []string
	for _, category := range slices.Sorted(maps.Keys(devices)) {
		if len(devices[category]) > 1 {
			out = append(out, category)
		}
	}
	return out
}

func (j Judge) rolloutSuspects(s *scene, f Facts, ev *changeEvidence) []suspect {
	var out []suspect
	for _, r := range j.rollouts(slices.Clone(f.Changes)) {
		earliest := r.changes[0].NotBefore
		devices := map[string]bool{}
		for _, change := range r.changes {
			earliest = earlier(earliest, change.NotBefore)
			devices[change.Device] = true
		}
		c := suspect{
			kind: KindRollout, name: r.category + "@" + earliest.UTC().Format(time.RFC3339),
			devices: slices.Sorted(maps.Keys(devices)),
		}
		c.impact = s.graph.Impact(topology.Failure{Devices: c.devices}, s.down)
		s.fill(&c)
		if len(c.explains) == 0 {
			continue
		}
		ev.ofRollout(s, &c, r.changes)
		if len(c.changes) == 0 { // all of it came after the onset, or cannot have caused this
			continue
		}
		out = append(out, c)
	}
	return out
}
