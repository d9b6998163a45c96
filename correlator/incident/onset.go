package incident

import "time"

// OnsetOf is when the trouble of an incident began, that of its first alerts: [earliest start of an
// onset, earliest end of one]. last is the latest end of an onset. There must be an occurrence.
func OnsetOf(occurrences []Occurrence) (onset Interval, last time.Time) {
	onset = occurrences[0].Onset()
	last = onset.NotAfter
	for _, o := range occurrences[1:] {
		at := o.Onset()
		onset.NotBefore = earlier(onset.NotBefore, at.NotBefore)
		onset.NotAfter = earlier(onset.NotAfter, at.NotAfter)
		if at.NotAfter.After(last) {
			last = at.NotAfter
		}
	}
	return onset, last
}

// ReturnOf is the onset of an incident's present life: that of the alerts that were first heard since it
// was reopened and were not over by then. False where there are none, or where it never was.
func ReturnOf(occurrences []Occurrence, reopenedAt *time.Time) (Interval, bool) {
	if reopenedAt == nil {
		return Interval{}, false
	}
	var life []Occurrence
	for _, o := range occurrences {
		if !o.HeardAt.Before(*reopenedAt) && (o.EndsAt == nil || o.EndsAt.After(*reopenedAt)) {
			life = append(life, o)
		}
	}
	if len(life) == 0 {
		return Interval{}, false
	}
	onset, _ := OnsetOf(life)
	return onset, true
}

// returnOf is the newest onset of an alert that had been over before; false when none came back.
func returnOf(occurrences []Occurrence) (newest Interval, again bool) {
	ended := map[string]time.Time{} // fingerprint → its earliest end
	for _, o := range occurrences {
		if at, known := ended[o.Fingerprint]; o.EndsAt != nil && (!known || o.EndsAt.Before(at)) {
			ended[o.Fingerprint] = *o.EndsAt
		}
	}
	for _, o := range occurrences {
		onset := o.Onset()
		if at, known := ended[o.Fingerprint]; known && onset.NotAfter.After(at) && (!again || onset.NotAfter.After(newest.NotAfter)) {
			newest, again = onset, true
		}
	}
	return newest, again
}

// Gap is the time between two intervals, 0 when they meet.
func (i Interval) Gap(other Interval) time.Duration {
	return max(0, other.NotBefore.Sub(i.NotAfter), i.NotBefore.Sub(other.NotAfter))
}

// hull is the least interval that holds both.
func (i Interval) hull(other Interval) Interval {
	i.NotBefore = earlier(i.NotBefore, other.NotBefore)
	if other.NotAfter.After(i.NotAfter) {
		i.NotAfter = other.NotAfter
	}
	return i
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// timing is the part of change evidence that depends on time alone.
type timing struct {
	share      float64 // p: of the interval, what lies before the onset's end and within the look-back
	precedence float64
	decay      float64
}

// weight is what the timing leaves of a change's weight.
func (t timing) weight() float64 { return t.precedence * t.decay }

// timingOf weighs the interval (notBefore, notAfter] of a change against an onset. The true moment
// is taken as uniform over the interval.
//
//	p          = the share before the onset's end and at most lookback before the onset's start
//	precedence = odds·p / (odds·p + 1 − p)
//	decay      = the mean over that share of a line from 1 at the onset's start to floor at lookback
//	             before it (and 1 within the onset)
func timingOf(notBefore, notAfter time.Time, onset Interval, lookback time.Duration, odds, floor float64) timing {
	earliest := onset.NotBefore.Add(-lookback)
	from, to := notBefore, notAfter
	if from.Before(earliest) {
		from = earliest
	}
	if to.After(onset.NotAfter) {
		to = onset.NotAfter
	}
	width := notAfter.Sub(notBefore)
	switch {
	case to.Before(from), width > 0 && !to.After(from):
		return timing{}
	case width <= 0: // a point, as only a source other than polling could give
		return timing{share: 1, precedence: 1, decay: decayAt(onset.NotBefore.Sub(notAfter), lookback, floor)}
	}
	p := float64(to.Sub(from)) / float64(width)
	return timing{
		share:      p,
		precedence: odds * p / (odds*p + 1 - p),
		decay:      meanDecay(onset.NotBefore.Sub(from), onset.NotBefore.Sub(to), lookback, floor),
	}
}

// decayAt is the line itself; age is how long before the onset's start.
func decayAt(age, lookback time.Duration, floor float64) float64 {
	if age <= 0 {
		return 1
	}
	return 1 - (1-floor)*float64(age)/float64(lookback)
}

// meanDecay is the mean of decayAt over ages from oldest down to youngest; negative ages lie within
// the onset. The line is straight on both sides of 0, so the mean of each side is that of its ends.
func meanDecay(oldest, youngest, lookback time.Duration, floor float64) float64 {
	whole := float64(oldest - youngest)
	within := float64(max(0, min(oldest, 0)-youngest))
	before := whole - within
	end := max(youngest, 0)
	return (within + before*(decayAt(oldest, lookback, floor)+decayAt(end, lookback, floor))/2) / whole
}
