package incident

import (
	"time"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/topology"
)

// apartInTime gives the alerts that say that something is down, when one of them had ended before
// another could have begun.
func (s *scene) apartInTime() []int {
	var out []int
	var lastStart, firstEnd time.Time
	for i, o := range s.alerts {
		if !o.SaysDown() {
			continue
		}
		out = append(out, i)
		if start := o.Onset().NotBefore; start.After(lastStart) {
			lastStart = start
		}
		if o.EndsAt != nil && (firstEnd.IsZero() || o.EndsAt.Before(firstEnd)) {
			firstEnd = *o.EndsAt
		}
	}
	if firstEnd.IsZero() || !firstEnd.Before(lastStart) {
		return nil
	}
	return out
}

// downBeside is what is down at some moment while the devices are in trouble: a leg that stood again
// before the other one fell did not help to take anything down. A device that nothing is said of may
// have been in trouble at any time.
func (s *scene) downBeside(devices []string) topology.Down {
	if s.outages == nil {
		return s.down
	}
	var trouble []int
	for _, d := range devices {
		trouble = append(trouble, s.bySubject[d]...)
		trouble = append(trouble, s.named[d]...)
	}
	if len(trouble) == 0 {
		return s.down
	}
	down := topology.Down{Devices: map[string]bool{}, Links: map[string]bool{}}
	mark := func(o Occurrence) {
		if s.overlapsAny(o, trouble) {
			markDown(s.graph, down, o)
		}
	}
	for _, i := range s.outages {
		mark(s.alerts[i])
	}
	for _, o := range s.elsewhere {
		mark(o)
	}
	return down
}

// overlapsAny says whether an alert may have been true at the same time as one of the others.
func (s *scene) overlapsAny(o Occurrence, others []int) bool {
	for _, i := range others {
		other := s.alerts[i]
		before := o.EndsAt != nil && o.EndsAt.Before(other.Onset().NotBefore)
		after := other.EndsAt != nil && other.EndsAt.Before(o.Onset().NotBefore)
		if !before && !after {
			return true
		}
	}
	return false
}
