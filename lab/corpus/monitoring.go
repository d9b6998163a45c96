package corpus

import (
	"math/rand/v2"
	"slices"
	"time"
)

// monitoring is how one ISP's Prometheus and Alertmanager are set up, and what is wrong with them.
type monitoring struct {
	scrape, wait, evaluate time.Duration // scrape_interval, `for`, evaluation_interval
	groupWait, groupEvery  time.Duration
	groupBy                string        // label; empty: one group
	saysLag                bool          // rules carry onset_lag
	saysPeer               bool          // rules of neighbours carry peer
	pair                   bool          // two Alertmanagers that do not see each other
	skew                   time.Duration // by which Prometheus' clock is ahead
	blind                  []string      // routers that nobody watches
	misses                 float64       // how likely it is that an alert never comes
}

func drawMonitoring(r *rand.Rand, n *network) monitoring {
	m := monitoring{
		scrape: pick(r, []time.Duration{15 * time.Second, 30 * time.Second, time.Minute}), wait: pick(r, []time.Duration{0, 30 * time.Second, time.Minute, 2 * time.Minute}),
		evaluate:  pick(r, []time.Duration{15 * time.Second, 30 * time.Second}),
		groupWait: pick(r, []time.Duration{5 * time.Second, 30 * time.Second}), groupEvery: pick(r, []time.Duration{time.Minute, 5 * time.Minute}),
		groupBy: pick(r, []string{"", "alertname", "device", "alertname"}),
		saysLag: chance(r, 0.75), saysPeer: chance(r, 0.6), pair: chance(r, 0.4),
	}
	if chance(r, 0.1) {
		m.skew = time.Duration(r.IntN(120)-60) * time.Second
	}
	m.misses = pick(r, []float64{0, 0.03, 0.03, 0.2})
	unwatched := pick(r, []float64{0, 0.05, 0.05, 0.3})
	for _, d := range n.tiers("access", "radio") {
		if chance(r, unwatched) {
			m.blind = append(m.blind, d)
		}
	}
	return m
}

// raise turns signs into alerts: what happens between two scrapes is seen at the second, held for
// `for`, and stamped by an evaluation. Some are missed.
func (m monitoring) raise(r *rand.Rand, signs []sign, at, until time.Time) []alert {
	var out []alert
	for i, s := range signs {
		if slices.Contains(m.blind, s.device) || i > 0 && chance(r, m.misses) {
			continue
		}
		peer := s.peer
		if s.alert == "OSPFNeighborDown" && !m.saysPeer {
			peer = ""
		}
		a := newAlert(s.alert, s.device, s.iface, peer)
		lag := m.scrape + m.wait + m.evaluate
		if m.saysLag {
			a.lag = lag
		}
		seen := time.Duration(r.Int64N(int64(m.scrape)))
		a.starts = at.Add(s.after + seen + m.wait + time.Duration(r.Int64N(int64(m.evaluate)))).Add(m.skew).Truncate(time.Second)
		a.ends = until.Add(s.after/4 + time.Duration(r.Int64N(int64(m.scrape)))).Add(m.skew).Truncate(time.Second)
		if a.ends.After(a.starts) {
			out = append(out, a)
		}
	}
	return out
}

// notify is what Alertmanager sends: groups, after group_wait first and at every group_interval in
// which something changed; twice where the pair does not see each other.
func (m monitoring) notify(r *rand.Rand, alerts []alert, end time.Time) []Line {
	groups := map[string][]alert{}
	var order []string
	for _, a := range alerts {
		key := a.labels[m.groupBy]
		if groups[key] == nil {
			order = append(order, key)
		}
		groups[key] = append(groups[key], a)
	}
	var out []Line
	for _, key := range order {
		out = append(out, m.flushes(r, groups[key], end)...)
	}
	return out
}

func (m monitoring) flushes(r *rand.Rand, group []alert, end time.Time) []Line {
	slices.SortStableFunc(group, func(a, b alert) int { return a.starts.Compare(b.starts) })
	var out []Line
	told := map[string]bool{} // alerts whose end was told
	last := ""
	for at := group[0].starts.Add(-m.skew).Add(m.groupWait); at.Before(end); at = at.Add(m.groupEvery) {
		var batch []alert
		state := ""
		for _, a := range group {
			over := !a.ends.Add(-m.skew).After(at)
			if a.starts.Add(-m.skew).After(at) || told[a.fingerprint()] {
				continue
			}
			batch = append(batch, a)
			state += a.fingerprint()
			if over {
				told[a.fingerprint()] = true
				state += "!"
			}
		}
		if len(batch) == 0 || state == last && !chance(r, 0.05) {
			continue
		}
		last = state
		out = append(out, webhook(at, m.stamped(batch, at)))
		if m.pair {
			out = append(out, webhook(at.Add(time.Duration(2+r.IntN(13))*time.Second), m.stamped(m.otherEyes(batch), at)))
		}
	}
	return out
}

// stamped leaves an alert that ended open as long as Alertmanager could not know of its end.
func (m monitoring) stamped(batch []alert, at time.Time) []alert {
	out := slices.Clone(batch)
	for i, a := range out {
		if a.ends.Add(-m.skew).After(at) {
			out[i].ends = time.Time{}
		}
	}
	return out
}

// otherEyes are the alerts as the second Prometheus of a pair stamps them.
func (m monitoring) otherEyes(batch []alert) []alert {
	out := slices.Clone(batch)
	for i := range out {
		out[i].starts = out[i].starts.Add(time.Duration(i%3) * 5 * time.Second)
	}
	return out
}
