package incident

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/configchange"
)

// explain is the sentence that on-call can read aloud: what alerts, what most likely caused it and
// why, what else was changed, and what probably repaired it. Complete adds what was not known.
func (j Judge) explain(s *scene, f Facts, suspects []suspect, picks []pick, out Judgement) string {
	what := s.alerts[0].told()
	if subjects := len(s.bySubject); subjects > 1 {
		what = fmt.Sprintf("%d devices or sites alert, the first with %s", subjects, what)
	}
	if len(picks) == 0 {
		return what + "; nothing in the inventory could explain it."
	}
	text := what + "; the most likely cause is " + entity(out.Candidates[0])
	if passed, ok := j.passedOver(suspects, out); ok {
		text += j.reason(out, true) + j.others(out.Candidates[1:]) +
			"; the " + lowerFirst(j.changeText(passed.changes[0])) + ", which would explain " + passed.name + " alone"
	} else {
		text += j.reason(out, false) + j.others(out.Candidates[1:])
	}
	if c, at, ok := j.changedBeforeReturn(s, f, picks[0]); ok {
		text += fmt.Sprintf("; the %s %s, after the first alert but before it came back at %s", lowerFirst(j.changeTitle(c)), between(c), clock(at))
	}
	if len(out.ProbableFixes) > 0 {
		text += "; probably repaired when the " + lowerFirst(out.ProbableFixes[0].Text)
	}
	return text + "."
}

// reason says why the first candidate is the first, and denies no change that is evidence anywhere.
func (j Judge) reason(out Judgement, passed bool) string {
	first := out.Candidates[0]
	change, weight := bestChange(first)
	if out.Label != "" {
		return ", because " + where(first) + "the " + lowerFirst(change)
	}
	text := fmt.Sprintf(", deduced from what depends on it (%s)", listed(first.Explains))
	if i := slices.IndexFunc(first.Evidence, func(e Evidence) bool { return e.Kind == EvidenceState }); i >= 0 {
		text = " (" + first.Evidence[i].Text + ")"
	}
	elsewhere := 0.0
	for _, c := range out.Candidates[1:] {
		_, w := bestChange(c)
		elsewhere = max(elsewhere, w)
	}
	switch {
	case weight >= j.Weights.Change.MentionShare*j.Weights.Change.Base:
		text += "; weak evidence besides: " + where(first) + "the " + lowerFirst(change)
	case elsewhere >= j.Weights.Counts(): // others tells of it
	case passed:
		text += "; no configuration change that was seen before it explains all of this"
	case max(weight, elsewhere) > 0:
		text += "; no configuration change that was seen before it explains this well"
	default:
		text += "; no configuration change that was seen before it explains this"
	}
	return text
}

// passedOver is a device of the incident that was changed right before and is no candidate, since another one
// explains more: no evidence, and yet nothing to be silent about.
func (j Judge) passedOver(suspects []suspect, out Judgement) (strongest suspect, found bool) {
	for _, s := range suspects {
		if s.kind != KindDevice || !s.alerting || s.own < j.Weights.Counts() || s.changes[0].steps > 0 {
			continue
		}
		shown := slices.ContainsFunc(out.Candidates, func(c Candidate) bool {
			return c.Kind == KindRollout && slices.Contains(c.Devices, s.name) ||
				slices.ContainsFunc(c.Evidence, func(e Evidence) bool { return e.ConfigChangeID == s.changes[0].change.ID })
		})
		if !shown && (!found || s.own > strongest.own) {
			strongest, found = s, true
		}
	}
	return strongest, found
}

// others tells of the contributing causes, first of one that has change evidence that counts.
func (j Judge) others(contributing []Candidate) string {
	if len(contributing) == 0 {
		return ""
	}
	changed := slices.IndexFunc(contributing, func(c Candidate) bool {
		_, weight := bestChange(c)
		return weight >= j.Weights.Counts()
	})
	if changed < 0 {
		return fmt.Sprintf("; %d more contributing, first %s", len(contributing), entity(contributing[0]))
	}
	change, _ := bestChange(contributing[changed])
	text := "; contributing: " + entity(contributing[changed]) + ", because " + where(contributing[changed]) + "the " + lowerFirst(change)
	if more := len(contributing) - 1; more > 0 {
		text += fmt.Sprintf(", and %d more", more)
	}
	return text
}

// where says that the best change lies not on the candidate itself but on what it depends on.
func where(c Candidate) string {
	for _, e := range c.Evidence {
		if e.Kind == EvidenceChange {
			if e.Terms.TopologyProximity < 1 {
				return "upstream of it "
			}
			break
		}
	}
	return ""
}

// bestChange is the text and the weight of the best piece of change evidence; nothing where there is none.
func bestChange(c Candidate) (string, float64) {
	for _, e := range c.Evidence {
		if e.Kind == EvidenceChange {
			return e.Text, e.Weight
		}
	}
	return "", 0
}

// changedBeforeReturn is the newest change of the candidate that came too late to have caused the
// incident, but before one of its alerts fired again: no evidence, and yet nothing to be silent about.
func (j Judge) changedBeforeReturn(s *scene, f Facts, first pick) (change configchange.Change, at time.Time, found bool) {
	returned, again := returnOf(f.Occurrences)
	if !again {
		return change, at, false
	}
	symptoms := s.symptoms(first.explains)
	for _, c := range f.Changes {
		c = f.byOurClock(c)
		late := !c.NotBefore.Before(f.Onset.NotAfter) && c.NotBefore.Before(returned.NotAfter) && !c.NotAfter.Before(returned.NotBefore.Add(-f.Lookback))
		evidence := slices.ContainsFunc(first.changes, func(w weighed) bool { return w.change.ID == c.ID })
		if late && !evidence && slices.Contains(first.devices, c.Device) && j.fits(symptoms, c.Category) &&
			(!found || cmp.Or(c.NotAfter.Compare(change.NotAfter), cmp.Compare(change.ID, c.ID)) > 0) {
			change, found = c, true
		}
	}
	return change, returned.NotAfter, found
}

// listed names a few and counts the rest.
func listed(names []string) string {
	text := strings.Join(names[:min(maxShown, len(names))], ", ")
	if more := len(names) - maxShown; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

// Complete adds what could not be known: the list, and the first of it to the sentence.
func (out Judgement) Complete(unknowns []string) Judgement {
	out.Unknowns = slices.Concat(out.Unknowns, unknowns)
	if len(out.Unknowns) > 0 {
		out.Explanation = strings.TrimSuffix(out.Explanation, ".") + "; not known: " + out.Unknowns[0] + "."
	}
	return out
}
