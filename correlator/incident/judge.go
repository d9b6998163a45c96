package incident

import (
	"cmp"
	"math"
	"slices"
	"time"
)

// Judge weighs the facts of one incident. It is a pure function: the same facts give an equal
// judgement, in whatever order they were learnt. What could not be known is asked afterwards
// (Watched, Unknowns), since it depends on who the candidates are.
func (j Judge) Judge(f Facts) Judgement {
	s := newScene(j.Graph, f.Occurrences, f.Elsewhere)
	out := Judgement{WeightsVersion: j.Weights.Version, RulesVersion: j.Rules.Version()}
	suspects := j.suspects(s, f)
	picks := j.cover(s, suspects)
	for i, p := range picks {
		c := j.candidate(s, p, i == 0)
		if i > 0 { // none is surer than the first, which is the best
			c.Confidence = min(c.Confidence, out.Candidates[0].Confidence)
		}
		out.Candidates = append(out.Candidates, c)
	}
	if len(picks) > 0 {
		first := picks[0]
		out.Impact = j.impactOf(s, first)
		if j.changeRelated(out.Candidates[0]) {
			out.Label = Label
		}
		out.ProbableFixes = j.probableFixes(s, f, picks)
		out.Unknowns = j.ambiguities(s, first)
	}
	out.Explanation = j.explain(s, f, suspects, picks, out)
	return out
}

func (j Judge) candidate(s *scene, p pick, first bool) Candidate {
	c := Candidate{
		Kind: p.kind, Name: p.name, Devices: slices.Clone(p.devices), Role: Contributing,
		Explains: s.subjects(p.explains),
	}
	if first {
		c.Role = Primary
	}
	for _, w := range p.changes {
		c.Evidence = append(c.Evidence, Evidence{
			Kind: EvidenceChange, ConfigChangeID: w.change.ID, Weight: w.terms.Product(), Terms: w.terms,
			Text: j.changeText(w),
		})
	}
	c.Evidence = append(c.Evidence, j.stateEvidence(s, p.suspect)...)
	c.Cover = j.coverOf(s, p.suspect)
	c.Score = round(c.Cover.Weight + sum(c.Evidence))
	c.Confidence = round(j.confidence(s, p))
	return c
}

// coverOf is what the candidate explains of everything, less what is silent.
func (j Judge) coverOf(s *scene, c suspect) Cover {
	explained := s.amount(c.explains)
	return Cover{Explained: round(explained), Silent: c.silent, Weight: round(j.Weights.Cover.Explained * (explained - j.silence(c)))}
}

// silence is what the silent devices in a candidate's impact take away, in explained devices. Changes
// break things partially.
func (j Judge) silence(c suspect) float64 {
	if c.own >= j.Weights.Counts() {
		return j.Weights.Cover.SilentChanged * float64(c.silent)
	}
	return j.Weights.Cover.Silent * float64(c.silent)
}

// amount counts alerts by their shares: all alerts of one subject together are 1.
func (s *scene) amount(alerts []int) float64 {
	total := 0.0
	for _, i := range alerts {
		total += s.share[i]
	}
	return total
}

func (j Judge) changeRelated(first Candidate) bool {
	return slices.ContainsFunc(first.Evidence, func(e Evidence) bool {
		return e.Kind == EvidenceChange && e.Weight >= j.Weights.Counts()
	})
}

func (j Judge) impactOf(s *scene, p pick) Impact {
	sites := map[string]bool{}
	for _, d := range p.impact {
		if site := s.graph.SiteOf(d); site != "" {
			sites[site] = true
		}
	}
	return Impact{
		Sites: len(sites), Devices: len(p.impact), Services: len(s.graph.ServicesHit(p.impact, s.down)),
		Subscribers: s.graph.Subscribers(p.impact),
	}
}

// probableFixes are changes that follow the onset (after a return: that of the present life) and precede
// the recovery by no more than the look-back, on the devices of a candidate or on what it depends on. The
// read that shows a fix may come after the recovery, so half of its interval is enough. Best candidate first.
func (j Judge) probableFixes(s *scene, f Facts, picks []pick) []Fix {
	recovery, over := recoveryOf(s)
	if !over {
		return nil
	}
	onset := f.Onset
	if f.CameBack != nil {
		onset = *f.CameBack
	}
	var out []Fix
	for _, p := range picks {
		symptoms := s.symptoms(p.explains)
		for _, c := range f.Changes {
			c = f.byOurClock(c)
			halfway := c.NotBefore.Add(c.NotAfter.Sub(c.NotBefore) / 2)
			follows := !c.NotBefore.Before(onset.NotAfter) && halfway.Before(recovery) && recovery.Sub(halfway) <= f.Lookback
			known := slices.ContainsFunc(out, func(fix Fix) bool { return fix.ConfigChangeID == c.ID })
			if follows && !known && s.couldRepair(p, c.Device) && j.fits(symptoms, c.Category) {
				out = append(out, Fix{ConfigChangeID: c.ID, Text: j.changeTitle(c) + " " + between(c) + ", before the recovery at " + clock(recovery)})
			}
		}
	}
	return out
}

// couldRepair says whether a change of the device may end what the candidate stands for: it is one of
// its devices, or one that a device candidate depends on.
func (s *scene) couldRepair(p pick, device string) bool {
	if slices.Contains(p.devices, device) {
		return true
	}
	_, above := s.graph.Ancestors(p.name)[device]
	return p.kind == KindDevice && above
}

// fits says whether a change of the category has to do with one of the symptoms.
func (j Judge) fits(symptoms []string, category string) bool {
	return slices.ContainsFunc(symptoms, func(symptom string) bool { return j.Rules.Affinity(symptom, category) >= fitting })
}

// fitting is how well a change must fit a symptom to be spoken of where it is no evidence.
const fitting = 0.5

// recoveryOf is when the last alert ended; false while one fires.
func recoveryOf(s *scene) (time.Time, bool) {
	var last time.Time
	for _, o := range s.alerts {
		if o.EndsAt == nil {
			return time.Time{}, false
		}
		if o.EndsAt.After(last) {
			last = *o.EndsAt
		}
	}
	return last, true
}

func sum(evidence []Evidence) float64 {
	total := 0.0
	for _, e := range evidence {
		total += e.Weight
	}
	return total
}

// round keeps scores readable and equal on every machine.
func round(x float64) float64 { return cmp.Or(math.Round(x*1e6)/1e6, 0) }
