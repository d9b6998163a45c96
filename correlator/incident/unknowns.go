package incident

import (
	"fmt"
	"maps"
	"slices"
	"time"
)

// Sighting is how well a device is observed.
type Sighting struct {
	LastSeen time.Time     // newest sighting of any category; zero: never seen
	Poll     time.Duration // usual time between two sightings
	Delay    time.Duration // the least time from a sighting to its arrival; negative: a clock is ahead
	Failed   string        // reason of the newest failed reading, when that is newer than LastSeen
	// Categories are the same for each category by itself.
	Categories map[string]CategorySighting
}

// CategorySighting is how well one category of a device is observed.
type CategorySighting struct {
	LastSeen time.Time
	Failed   string // as for the device
}

// SkewWorthSaying is the skew between clocks below which nothing is said or done about it.
const SkewWorthSaying = 30 * time.Second

const (
	defaultPoll = time.Minute
	maxUnknowns = 20
)

// Watched are the devices whose sightings Unknowns asks for: the alerting ones of a small incident,
// the first candidates, and what those depend on. Sorted.
func (j Judge) Watched(f Facts, out Judgement) []string {
	watched := map[string]bool{}
	alerts := newestOfEach(f.Occurrences)
	for _, o := range alerts[:min(len(alerts), maxUnknowns)] {
		if j.Graph.Has(o.Device) {
			watched[o.Device] = true
		}
	}
	for _, c := range out.Candidates[:min(len(out.Candidates), maxUnknowns)] {
		for _, d := range c.Devices[:min(len(c.Devices), maxUnknowns)] {
			watched[d] = true
			if c.Kind != KindDevice {
				continue
			}
			for ancestor := range j.Graph.Ancestors(d) {
				watched[ancestor] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(watched))
}

// Unknowns says what could not be known about the incident: of the first candidate and of what alerts
// first, then of what those depend on. A device without a sighting is not spoken of, since
// nobody watches its configuration and nobody said that somebody should; but for the first candidate, where
// others around it are watched.
func (j Judge) Unknowns(f Facts, out Judgement, watched []string, sightings map[string]Sighting) []string {
	concerned := map[string]bool{}
	for _, o := range f.Occurrences {
		concerned[o.Device] = true
	}
	if len(out.Candidates) > 0 {
		for _, d := range out.Candidates[0].Devices {
			concerned[d] = true
		}
	}
	var never []string
	if len(out.Candidates) > 0 && len(sightings) > 0 {
		for _, d := range out.Candidates[0].Devices {
			if _, seen := sightings[d]; !seen && slices.Contains(watched, d) {
				never = append(never, fmt.Sprintf("the configuration of %s was never observed", d))
			}
		}
	}
	near, far := j.unknownsOf(f, watched, sightings, concerned, true), j.unknownsOf(f, watched, sightings, concerned, false)
	unknowns := slices.Concat(never, near, far)
	if f.Truncated > 0 {
		unknowns = append(unknowns, fmt.Sprintf("Alertmanager left %d alerts out of its notification", f.Truncated))
	}
	if extra := len(unknowns) - maxUnknowns; extra > 0 {
		unknowns = append(unknowns[:maxUnknowns], fmt.Sprintf("and %d more", extra))
	}
	return unknowns
}

// unknownsOf are those of the watched devices that are concerned, or of the others.
func (j Judge) unknownsOf(f Facts, watched []string, sightings map[string]Sighting, concerned map[string]bool, wanted bool) []string {
	var out []string
	for _, d := range watched {
		if seen, ok := sightings[d]; ok && concerned[d] == wanted {
			out = append(out, sightingUnknowns(d, seen, f.Onset)...)
			out = append(out, j.categoryUnknowns(d, seen, f)...)
		}
	}
	for _, c := range f.Changes {
		width := c.NotAfter.Sub(c.NotBefore)
		spoken := concerned[c.Device] == wanted && slices.Contains(watched, c.Device)
		if spoken && overlaps(c.NotBefore, c.NotAfter, f.Onset) && width > 2*poll(sightings[c.Device]) {
			out = append(out, fmt.Sprintf("the %s change of %s happened somewhere in %s (%s), too long to say whether it came before the first alert",
				j.Rules.Title(c.Category), c.Device, span(width), between(c)))
		}
	}
	return out
}

// ambiguities are what the alerts themselves leave open about the first candidate: it tells that links are
// lost whose other ends say nothing.
func (j Judge) ambiguities(s *scene, first pick) []string {
	if first.kind != KindDevice || first.own >= j.Weights.Counts() {
		return nil
	}
	var out []string
	for _, i := range s.bySubject[first.name] {
		o, mute := s.alerts[i], s.mute(i)
		if len(mute) == 0 {
			continue
		}
		text := fmt.Sprintf("whether %s, the link or its other end failed: %s says nothing", o.about(), listed(mute))
		if len(s.farEndsOf[i]) == 0 {
			text = fmt.Sprintf("what is at the other end of %s, which may have failed as well", o.about())
		}
		if !slices.Contains(out, text) && len(out) < maxShown {
			out = append(out, text)
		}
	}
	return out
}

func poll(s Sighting) time.Duration {
	if s.Poll > 0 {
		return s.Poll
	}
	return defaultPoll
}

func sightingUnknowns(device string, seen Sighting, onset Interval) []string {
	var out []string
	if seen.LastSeen.Before(onset.NotBefore.Add(-2 * poll(seen))) {
		text := device + " was never observed"
		if !seen.LastSeen.IsZero() {
			text = fmt.Sprintf("%s not observed since %s", device, clock(seen.LastSeen))
		}
		if seen.Failed != "" {
			text += " (" + seen.Failed + ")"
		}
		out = append(out, text)
	}
	switch {
	case -seen.Delay >= SkewWorthSaying:
		out = append(out, fmt.Sprintf("the clock that times the sightings of %s is at least %s ahead", device, span(-seen.Delay)))
	case seen.Poll > 0 && seen.Delay >= max(SkewWorthSaying, 2*seen.Poll):
		out = append(out, fmt.Sprintf("the sightings of %s come %s late, or the clock that times them is behind", device, span(seen.Delay)))
	}
	return out
}

// categoryUnknowns are the categories that are not observed any more, though the device is, and that could
// have to do with what alerts.
func (j Judge) categoryUnknowns(device string, seen Sighting, f Facts) []string {
	stale := f.Onset.NotBefore.Add(-2 * poll(seen))
	if seen.LastSeen.Before(stale) {
		return nil // the device as a whole is spoken of
	}
	var out []string
	for _, category := range slices.Sorted(maps.Keys(seen.Categories)) {
		c := seen.Categories[category]
		matters := slices.ContainsFunc(f.Occurrences, func(o Occurrence) bool { return j.Rules.Affinity(o.Symptom, category) >= fitting })
		if !c.LastSeen.Before(stale) || !matters {
			continue
		}
		text := fmt.Sprintf("the %s configuration of %s not observed since %s", j.Rules.Title(category), device, clock(c.LastSeen))
		if c.Failed != "" {
			text += " (" + c.Failed + ")"
		}
		out = append(out, text)
	}
	return out
}

// overlaps says whether the change may lie on both sides of the onset.
func overlaps(notBefore, notAfter time.Time, onset Interval) bool {
	return notBefore.Before(onset.NotAfter) && notAfter.After(onset.NotBefore)
}
