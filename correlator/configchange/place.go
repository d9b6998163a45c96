package configchange

import (
	"slices"
	"time"
)

// Placement is what one sighting did to the runs of its stream.
type Placement struct {
	Runs []Run // the stream's runs as they now are, by FirstSeen
	// Saved are the indexes into Runs of those that are new or differ.
	Saved []int
	// Touched is where a boundary appeared, moved, vanished, or is better known. None did in the usual
	// case: the newest run grew, or the sighting was known.
	Touched []Stretch
}

// Stretch is a stretch of time, both ends included.
type Stretch struct{ From, To time.Time }

// Hull is the least stretch that holds both.
func (s Stretch) Hull(other Stretch) Stretch {
	if other.From.Before(s.From) {
		s.From = other.From
	}
	if other.To.After(s.To) {
		s.To = other.To
	}
	return s
}

// Place puts a sighting among the runs of its stream. runs are ordered by FirstSeen and include the
// run that holds the instant, if any, and its nearest neighbours on both sides; newID names a new
// run. The same sighting placed again changes nothing. Of two different fingerprints at one and the
// same instant the first to arrive stands.
func Place(runs []Run, o Observation, newID func() string) Placement {
	p := Placement{Runs: slices.Clone(runs)}
	next := 0
	for next < len(p.Runs) && !p.Runs[next].FirstSeen.After(o.ObservedAt) {
		next++
	}
	prev := next - 1
	switch {
	case prev >= 0 && !o.ObservedAt.After(p.Runs[prev].LastSeen):
		p.inside(prev, o, newID)
	case prev >= 0 && p.Runs[prev].accepts(o):
		p.growForward(prev, o)
	case next < len(p.Runs) && p.Runs[next].acceptsBefore(o, prev >= 0 && p.Runs[prev].AllowlistVersion != p.Runs[next].AllowlistVersion):
		p.growBackward(next, o)
	default:
		p.begin(next, o, newID())
	}
	return p
}

// accepts says whether the sighting continues the run: an allowlist version that is not said is the
// one from before.
func (r Run) accepts(o Observation) bool {
	return r.Fingerprint == o.Fingerprint && (o.AllowlistVersion == 0 || o.AllowlistVersion == r.AllowlistVersion)
}

// acceptsBefore says whether the sighting belongs to the run that follows it. An unsaid version then
// is that of the run before, where there is one.
func (r Run) acceptsBefore(o Observation, otherVersionBefore bool) bool {
	return r.accepts(o) && (o.AllowlistVersion != 0 || !otherVersionBefore)
}

// inside handles a sighting between the first and the last one of a run.
func (p *Placement) inside(i int, o Observation, newID func() string) {
	run := &p.Runs[i]
	at, known := slices.BinarySearchFunc(run.Trail, o.ObservedAt, time.Time.Compare)
	known = known || o.ObservedAt.Equal(run.FirstSeen) || o.ObservedAt.Equal(run.LastSeen)
	if run.accepts(o) {
		delay := run.Delay
		changed := run.learn(o) || run.Delay != delay
		if !known && (at > 0 || len(run.Trail) < MaxTrail) {
			run.Trail = remember(slices.Insert(slices.Clone(run.Trail), at, o.ObservedAt))
			changed = true
		}
		if changed {
			p.save(i)
			p.touchEnds(i)
		}
		return
	}
	if known {
		return
	}
	p.cut(i, at, o, newID)
}

// cut splits a run around a sighting of something else. at is how many sightings of its trail lie
// before. Where the trail no longer reaches back that far the left part ends at the one sighting
// that is certain, the first: the interval comes out wider than it was, never wrong.
func (p *Placement) cut(i, at int, o Observation, newID func() string) {
	left, right := p.Runs[i], p.Runs[i]
	left.Trail, right.Trail = slices.Clone(left.Trail[:at]), slices.Clone(right.Trail[at:])
	left.LastSeen = left.FirstSeen
	if n := len(left.Trail); n > 0 {
		left.LastSeen, left.Trail = left.Trail[n-1], left.Trail[:n-1]
	}
	right.FirstSeen = right.LastSeen
	if len(right.Trail) > 0 {
		right.FirstSeen, right.Trail = right.Trail[0], right.Trail[1:]
	}
	right.ID, right.Actor = newID(), nil
	mid := runOf(o, left.AllowlistVersion, newID())
	p.Runs = slices.Replace(p.Runs, i, i+1, left, mid, right)
	p.Saved = []int{i, i + 1, i + 2}
	p.touch(left.LastSeen, right.FirstSeen)
	p.touchNeighbours(i, i+2)
}

func (p *Placement) growForward(i int, o Observation) {
	run := &p.Runs[i]
	if run.LastSeen.After(run.FirstSeen) {
		run.Trail = pushNewest(run.Trail, run.LastSeen)
	}
	old := run.LastSeen
	run.LastSeen = o.ObservedAt
	learnt := run.learn(o)
	p.save(i)
	if i+1 < len(p.Runs) {
		p.touch(old, p.Runs[i+1].FirstSeen)
	}
	if learnt { // such as who did it, which a router may tell a poll later
		p.touchEnds(i)
	}
}

func (p *Placement) growBackward(i int, o Observation) {
	run := &p.Runs[i]
	old := run.FirstSeen
	if run.LastSeen.After(run.FirstSeen) && len(run.Trail) < MaxTrail {
		run.Trail = append([]time.Time{run.FirstSeen}, run.Trail...)
	}
	run.FirstSeen = o.ObservedAt
	run.learn(o)
	p.save(i)
	p.touchEnds(i)
	if i > 0 {
		p.touch(p.Runs[i-1].LastSeen, old)
	}
}

func (p *Placement) begin(i int, o Observation, id string) {
	version := 0
	switch {
	case i > 0:
		version = p.Runs[i-1].AllowlistVersion
	case len(p.Runs) > 0:
		version = p.Runs[0].AllowlistVersion
	}
	p.Runs = slices.Insert(p.Runs, i, runOf(o, version, id))
	p.save(i)
	p.touchNeighbours(i, i)
}

// touchNeighbours touches the boundaries on both sides of runs[from…to].
func (p *Placement) touchNeighbours(from, to int) {
	if from > 0 {
		p.touch(p.Runs[from-1].LastSeen, p.Runs[from].FirstSeen)
	}
	if to+1 < len(p.Runs) {
		p.touch(p.Runs[to].LastSeen, p.Runs[to+1].FirstSeen)
	}
}

// touchEnds touches the boundaries at both ends of a run of which more is known now, whether or not its
// neighbours are at hand.
func (p *Placement) touchEnds(i int) {
	run := p.Runs[i]
	p.touch(run.FirstSeen, run.FirstSeen)
	p.touch(run.LastSeen, run.LastSeen)
}

func (p *Placement) touch(from, to time.Time) {
	p.Touched = append(p.Touched, Stretch{From: from, To: to})
}

func (p *Placement) save(i int) { p.Saved = append(p.Saved, i) }

// learn takes over what a sighting of the same fingerprint knows better, and says whether there was
// anything to show; a shorter Delay is not.
func (r *Run) learn(o Observation) bool {
	learnt := false
	if r.SHA256 == "" && o.SHA256 != "" {
		r.SHA256, learnt = o.SHA256, true
	}
	if r.Sections == nil && o.Sections != nil {
		r.Sections, learnt = o.Sections, true
	}
	if r.Actor == nil && o.Actor != nil {
		r.Actor, learnt = o.Actor, true
	}
	r.Delay = min(r.Delay, o.Delay)
	return learnt
}

// remember keeps the newest MaxTrail sightings.
func remember(trail []time.Time) []time.Time {
	if extra := len(trail) - MaxTrail; extra > 0 {
		return slices.Clone(trail[extra:])
	}
	return trail
}

// pushNewest is the trail with one more sighting, in memory of its own: the steady case, so it is
// copied once.
func pushNewest(trail []time.Time, at time.Time) []time.Time {
	kept := trail[max(0, len(trail)+1-MaxTrail):]
	return append(append(make([]time.Time, 0, len(kept)+1), kept...), at)
}

func runOf(o Observation, versionBefore int, id string) Run {
	version := o.AllowlistVersion
	if version == 0 {
		version = versionBefore
	}
	return Run{
		ID: id, Stream: o.Stream, Fingerprint: o.Fingerprint, SHA256: o.SHA256, AllowlistVersion: version,
		FirstSeen: o.ObservedAt, LastSeen: o.ObservedAt, Sections: o.Sections, Actor: o.Actor, Delay: o.Delay,
	}
}

// sightings is how many sightings of the run are remembered.
func (r Run) sightings() int {
	if r.LastSeen.After(r.FirstSeen) {
		return len(r.Trail) + 2
	}
	return 1
}

// Poll is the usual time between two sightings of the run: the median over the newest of them; 0
// where there are too few to tell.
func (r Run) Poll() time.Duration {
	const enough = 3
	sightings := append(slices.Clone(r.Trail[max(0, len(r.Trail)-8):]), r.LastSeen)
	if len(sightings) < enough {
		return 0
	}
	var gaps []time.Duration
	for i := 1; i < len(sightings); i++ {
		gaps = append(gaps, sightings[i].Sub(sightings[i-1]))
	}
	slices.Sort(gaps)
	return gaps[len(gaps)/2]
}
