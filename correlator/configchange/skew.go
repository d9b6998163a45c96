package configchange

import "time"

// MaxSkew is by how much the intervals of two streams may miss each other and still be one change:
// no skew between the clocks of two exporters that anybody tolerates is larger.
const MaxSkew = 2 * time.Minute

const (
	// roadDelay is by how much two roads may differ in how long a sighting travels at least: one is
	// pushed at once, the other waits for a scrape and for the look at Prometheus.
	roadDelay = 30 * time.Second
	// enoughSightings is from how many sightings on the least delay of a run says something about the
	// clock, and not about the one time when the road was slow.
	enoughSightings = 5
)

// skew is the most by which the clocks that timed two boundaries may differ. Both were held against
// ours: a sighting takes the road's time and seems to take the clock's error as well, so the least
// delays of two streams differ by the skew of their clocks and what the roads differ by. It is taken
// from the runs before the boundary, which are over: what is derived does not depend on how long the
// new state has lasted. Where there is too little to measure, it is MaxSkew.
func skew(a, b boundary) time.Duration {
	if a.old.sightings() < enoughSightings || b.old.sightings() < enoughSightings {
		return MaxSkew
	}
	return min(MaxSkew, (a.old.Delay-b.old.Delay).Abs()+roadDelay)
}

// distance is by how much two intervals miss each other when both are told by one clock. A difference
// that no skew explains is how late one stream was sent (a spool), and says nothing about the clock.
func distance(a, b boundary) time.Duration {
	if off := a.old.Delay - b.old.Delay; off.Abs() <= MaxSkew {
		a.notBefore, a.notAfter = a.notBefore.Add(off), a.notAfter.Add(off)
	}
	return a.miss(b)
}
