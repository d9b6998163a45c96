package incident

import (
	"cmp"
	"math"
	"slices"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/configchange"
)

// maxPieces bounds how many pieces of change evidence a candidate carries: beyond the ten best they
// are noise.
const maxPieces = 10

// weighed is one change with the terms it has for one candidate.
type weighed struct {
	timed
	terms Terms
	steps int // dependency steps from the candidate to the changed device
}

// changeEvidence weighs the changes of an incident for one candidate after the other.
type changeEvidence struct {
	judge    Judge
	byDevice map[string][]timed
}

// timed is a change that could precede an onset, with the terms that no candidate alters.
type timed struct {
	change   configchange.Change
	timing   timing
	onset    Interval // the one that it is weighed against
	cameBack bool     // that of the present life, not the first
}

func newChangeEvidence(j Judge, f Facts) *changeEvidence {
	ev := &changeEvidence{judge: j, byDevice: map[string][]timed{}}
	for _, c := range f.Changes {
		if t := j.timed(f, f.byOurClock(c)); t.timing.share > 0 {
			ev.byDevice[c.Device] = append(ev.byDevice[c.Device], t)
		}
	}
	return ev
}

// timed weighs a change against the onset, and where the incident came back after it had been closed
// against that onset too: the better of both.
func (j Judge) timed(f Facts, c configchange.Change) timed {
	against := func(onset Interval) timed {
		w := j.Weights.Change
		return timed{change: c, onset: onset, timing: timingOf(c.NotBefore, c.NotAfter, onset, f.Lookback, w.PrecedenceOdds, w.DecayFloor)}
	}
	best := against(f.Onset)
	if f.CameBack != nil {
		again := against(*f.CameBack)
		again.cameBack = true
		if again.timing.weight() > best.timing.weight() {
			return again
		}
	}
	return best
}

// byOurClock is the change with its interval as our clock would have timed it.
func (f Facts) byOurClock(c configchange.Change) configchange.Change {
	ahead := f.Ahead[c.Device]
	c.NotBefore, c.NotAfter = c.NotBefore.Add(-ahead), c.NotAfter.Add(-ahead)
	return c
}

// onDevice gives a device candidate the changes of itself and of all that it depends on.
func (ev *changeEvidence) onDevice(s *scene, c *suspect) {
	if len(ev.byDevice) == 0 {
		return
	}
	symptoms := s.symptoms(c.explains)
	for device, steps := range s.graph.Ancestors(c.name) {
		for _, t := range ev.byDevice[device] {
			c.changes = append(c.changes, ev.weigh(t, symptoms, steps))
		}
	}
	ev.settle(c)
}

// onDevices gives a candidate the changes of its own devices alone.
func (ev *changeEvidence) onDevices(s *scene, c *suspect) {
	symptoms := s.symptoms(c.explains)
	for _, device := range c.devices {
		for _, t := range ev.byDevice[device] {
			c.changes = append(c.changes, ev.weigh(t, symptoms, 0))
		}
	}
	ev.settle(c)
}

// ofRollout gives a roll-out one piece, the best of its changes.
func (ev *changeEvidence) ofRollout(s *scene, c *suspect, changes []configchange.Change) {
	symptoms := s.symptoms(c.explains)
	for _, change := range changes {
		for _, t := range ev.byDevice[change.Device] {
			if t.change.ID == change.ID {
				c.changes = append(c.changes, ev.weigh(t, symptoms, 0))
			}
		}
	}
	ev.settle(c)
	c.changes = c.changes[:min(1, len(c.changes))]
}

// settle drops what weighs nothing, sorts best first, and notes the candidate's own best.
func (ev *changeEvidence) settle(c *suspect) {
	c.changes = slices.DeleteFunc(c.changes, func(w weighed) bool { return w.terms.Product() <= 0 })
	slices.SortFunc(c.changes, func(a, b weighed) int {
		return cmp.Or(cmp.Compare(b.terms.Product(), a.terms.Product()),
			b.change.NotAfter.Compare(a.change.NotAfter), cmp.Compare(a.change.ID, b.change.ID))
	})
	for _, w := range c.changes {
		if w.steps == 0 {
			c.own = max(c.own, w.terms.Product())
		}
	}
	c.changes = c.changes[:min(maxPieces, len(c.changes))]
}

func (ev *changeEvidence) weigh(t timed, symptoms []string, steps int) weighed {
	affinity := 0.0
	for _, symptom := range symptoms { // of several alerts the best counts
		affinity = max(affinity, ev.judge.Rules.Affinity(symptom, t.change.Category))
	}
	return weighed{timed: t, steps: steps, terms: Terms{
		Base:              ev.judge.Weights.Change.Base,
		Precedence:        t.timing.precedence,
		TimeDecay:         t.timing.decay,
		CategoryAffinity:  affinity,
		TopologyProximity: math.Pow(ev.judge.Weights.Change.Step, float64(steps)),
	}}
}

// symptoms are the distinct symptoms of alerts, in order of first appearance.
func (s *scene) symptoms(alerts []int) []string {
	var out []string
	for _, i := range alerts {
		if !slices.Contains(out, s.alerts[i].Symptom) {
			out = append(out, s.alerts[i].Symptom)
		}
	}
	return out
}
