package corpus

import (
	"math/rand/v2"
	"time"
)

// polling is how configurations are watched, and what is wrong with that.
type polling struct {
	every time.Duration
	skew  time.Duration // by which the exporter's clock is ahead of everybody's
	delay time.Duration // from a reading to its arrival
	// away is when the exporter was down.
	away, back time.Time
}

func drawPolling(r *rand.Rand, around time.Time) polling {
	p := polling{
		every: pick(r, []time.Duration{30 * time.Second, time.Minute, time.Minute, 2 * time.Minute, 5 * time.Minute}),
		delay: time.Duration(1+r.IntN(15)) * time.Second,
	}
	switch {
	case chance(r, 0.12):
		p.skew = time.Duration(r.IntN(360)-180) * time.Second
	case chance(r, 0.1):
		p.away = around.Add(-time.Duration(r.IntN(20)) * time.Minute)
		p.back = p.away.Add(time.Duration(5+r.IntN(30)) * time.Minute)
	}
	return p
}

// rounds is how often a category is read before and after an edit; reading it all day would say no
// more.
const rounds = 5

// watch is what the exporter says of one edited category: the old state at the polls before the edit,
// the new one after it, and nothing while the exporter is down or the router out of reach.
func (p polling) watch(r *rand.Rand, c change, unreachable bool, until time.Time) []Line {
	var out []Line
	phase := time.Duration(r.Int64N(int64(p.every)))
	seen, first := 0, c.at
	if p.away.Before(first) && !p.away.IsZero() && c.at.Before(p.back) { // it was read before the exporter went down
		first = p.away
	}
	for at := first.Add(phase - rounds*p.every); seen < rounds; at = at.Add(p.every) {
		state := "before"
		if !at.Before(c.at) {
			state = "after"
		}
		down := !p.away.IsZero() && at.After(p.away) && at.Before(p.back)
		if down || state == "after" && unreachable && at.Before(until) {
			continue
		}
		if state == "after" {
			seen++
		}
		out = append(out, observation(at.Add(p.delay).Truncate(time.Second), at.Add(p.skew).Truncate(time.Second), c.device, c.category, state))
	}
	return out
}
