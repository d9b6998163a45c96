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
	Skew     time.Duration // how far the observer's clock was ahead of ours, at least
	Failed   string        // reason of the newest failed reading, when that is newer than LastSeen
}

// What is too small to speak of.
const (
	skewWorthSaying = 30 * time.Second
	defaultPoll     = time.Minute
	maxUnknowns     = 20
)

// unknowns says what could not be known about the incident, for the devices that could be the cause.
func (j Judge) unknowns(s *scene, f Facts, picks []pick) []string {
	suspects := map[string]bool{}
	for _, o := range s.alerts {
		if s.graph.Has(o.Device) && len(s.alerts) <= maxUnknowns {
			suspects[o.Device] = true
		}
	}
	for _, p := range picks[:min(len(picks), maxUnknowns)] {
		for _, d := range p.devices[:min(len(p.devices), maxUnknowns)] {
			suspects[d] = true
			if p.kind == KindDevice {
				for ancestor := range s.graph.Ancestors(d) {
					suspects[ancestor] = true
				}
			}
		}
	}
	var out []string
	for _, d := range slices.Sorted(maps.Keys(suspects)) {
		out = append(out, sightingUnknowns(d, f)...)
	}
	for _, c := range f.Changes {
		if suspects[c.Device] && wideOverOnset(c.NotBefore, c.NotAfter, f) && c.NotAfter.Sub(c.NotBefore) > 2*poll(f.Sightings[c.Device]) {
			out = append(out, fmt.Sprintf("the %s change of %s happened somewhere in %s (%s), which is too long to say whether it came before the first alert",
				j.Rules.Title(c.Category), c.Device, span(c.NotAfter.Sub(c.NotBefore)), between(c)))
		}
	}
	if f.Truncated > 0 {
		out = append(out, fmt.Sprintf("Alertmanager left %d alerts out of its notification", f.Truncated))
	}
	if extra := len(out) - maxUnknowns; extra > 0 {
		out = append(out[:maxUnknowns], fmt.Sprintf("and %d more", extra))
	}
	return out
}

func poll(s Sighting) time.Duration {
	if s.Poll > 0 {
		return s.Poll
	}
	return defaultPoll
}

func sightingUnknowns(device string, f Facts) []string {
	seen, observed := f.Sightings[device]
	if !observed {
		return nil // nobody watches its configuration, and nobody said that somebody should
	}
	var out []string
	if seen.LastSeen.Before(f.Onset.NotBefore.Add(-2 * poll(seen))) {
		text := fmt.Sprintf("%s not observed since %s", device, clock(seen.LastSeen))
		if seen.LastSeen.IsZero() {
			text = device + " was never observed"
		}
		if seen.Failed != "" {
			text += " (" + seen.Failed + ")"
		}
		out = append(out, text)
	}
	if seen.Skew >= skewWorthSaying {
		out = append(out, fmt.Sprintf("the clock that times %s runs at least %s ahead", device, span(seen.Skew)))
	}
	return out
}

// wideOverOnset says whether the change may lie on both sides of the onset.
func wideOverOnset(notBefore, notAfter time.Time, f Facts) bool {
	return notBefore.Before(f.Onset.NotAfter) && notAfter.After(f.Onset.NotBefore)
}
