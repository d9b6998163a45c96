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
		for from := 0; from < len(list); {
			to := from
			devices := map[string]bool{}
			for to < len(list) && list[to].NotAfter.Sub(list[from].NotAfter) <= j.Weights.Rollout.Window {
				devices[list[to].Device] = true
				to++
			}
			if len(devices) >= j.Weights.Rollout.Devices {
				out = append(out, rollout{category: category, changes: list[from:to]})
				from = to
			} else {
				from++
			}
		}
	}
	return out
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
