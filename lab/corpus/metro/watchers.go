package metro

import (
	"math/rand/v2"
	"slices"
	"time"

	"github.com/ispvisualmonitor/ispvisualmonitor/lab/corpus"
)

// watchers are the team's Prometheus and Alertmanager, one of each or a pair.
type watchers struct {
	rules     []rule
	scrape    time.Duration
	skew      time.Duration // of Prometheus' clock
	pair      bool          // two Prometheus
	estranged bool          // and two Alertmanagers that do not see each other, one for each
	manager   alertmanager
	listed    time.Duration // how often the correlator asks for the list of alerts; 0: never
	without   map[string]bool

	sent [2][]occurrence // by each Prometheus
}

func drawWatchers(r *rand.Rand, p *plant) watchers {
	w := watchers{
		rules: drawRules(r), scrape: pick(r, []time.Duration{15 * time.Second, 30 * time.Second, time.Minute}),
		pair: chance(r, 0.4), without: map[string]bool{},
		manager: alertmanager{
			groupBy: pick(r, [][]string{{}, {"alertname"}, {"device"}, {"alertname", "device"}, {"severity"}}),
			wait:    pick(r, []time.Duration{5 * time.Second, 10 * time.Second, 30 * time.Second}),
			every:   pick(r, []time.Duration{time.Minute, 5 * time.Minute}), repeat: 4 * time.Hour,
			started: time.Date(2026, 11, 10, 3, 0, 0, 0, time.UTC),
		},
	}
	w.estranged = w.pair && chance(r, 0.3)
	if chance(r, 0.1) {
		w.manager.repeat = 30 * time.Minute
	}
	if chance(r, 0.12) {
		w.skew = time.Duration(r.IntN(361)-180) * time.Second
	}
	if chance(r, 0.5) {
		w.listed = pick(r, []time.Duration{30 * time.Second, time.Minute, 2 * time.Minute})
		if chance(r, 0.25) {
			w.manager.most = 3 + r.IntN(8)
		}
	}
	gaps := pick(r, []float64{0, 0, 0.03, 0.1}) // rules that do not hold for a node
	for _, x := range w.rules {
		for _, n := range p.nodes {
			w.without[x.name+" "+n.name] = chance(r, gaps) || x.roles != nil && !slices.Contains(x.roles, n.role)
		}
	}
	return w
}

// raise turns spells into what each Prometheus sends.
func (w *watchers) raise(r *rand.Rand, spells []spell) {
	phases := [2]map[string]time.Duration{{}, {}}
	for _, s := range spells {
		for which := range w.sent {
			if _, known := phases[which][s.node]; !known {
				phases[which][s.node] = time.Duration(r.Int64N(int64(w.scrape)))
			}
			if which == 1 && !w.pair {
				continue
			}
			m := prometheus{scrape: w.scrape, other: which == 1}
			for _, x := range w.rules {
				if x.on != s.kind || w.without[x.name+" "+s.node] {
					continue
				}
				if o, fires := m.fires(x, s, phases[which][s.node]); fires {
					o.on, o.began, o.of, o.blunt = s.kind, s.from, s.of, x.lag == "" && m.lagOf(x) > 2*time.Minute
					w.sent[which] = append(w.sent[which], o)
				}
			}
		}
	}
}

// echoes marks what a second, more patient rule says long after the first one without saying so itself.
func (w *watchers) echoes() {
	for which := range w.sent {
		for i := range w.sent[which] {
			o := &w.sent[which][i]
			o.echo = o.blunt && slices.ContainsFunc(w.sent[which], func(before occurrence) bool {
				return before.of == o.of && before.on == o.on && before.labels["device"] == o.labels["device"] &&
					before.labels["alertname"] != o.labels["alertname"] && before.fired.Before(o.fired)
			})
		}
	}
}

// own are the fingerprints of the alerts that one happening makes fire and no other does, but
// the loose ones.
func (w *watchers) own(number int) []string {
	whose := map[string]int{}
	for _, sent := range w.sent {
		for _, o := range sent {
			id := fingerprintOf(o.labels)
			if of, known := whose[id]; known && of != o.of {
				whose[id] = min(of, o.of)
				continue
			}
			whose[id] = o.of
		}
	}
	var out []string
	for _, sent := range w.sent {
		for _, o := range sent {
			id := fingerprintOf(o.labels)
			if whose[id] == number && !o.loose() && !slices.Contains(out, id) {
				out = append(out, id)
			}
		}
	}
	return out
}

// loose says whether nothing ties an occurrence to what happens: a service says not where, a router
// that has booted says so long after, and so does a rule that waits for longer than it says.
func (o occurrence) loose() bool {
	return o.labels["device"] == "" && o.labels["site"] == "" || o.on == rebooted || o.echo
}

// first is the occurrence of a happening that fired first.
func (w *watchers) first(number int) (occurrence, bool) {
	var out occurrence
	found := false
	for _, sent := range w.sent {
		for _, o := range sent {
			if o.of == number && !o.loose() && (!found || o.fired.Before(out.fired)) {
				out, found = o, true
			}
		}
	}
	return out, found
}

// notify is everything that reaches the correlator from Alertmanager.
func (w *watchers) notify(r *rand.Rand, from, end time.Time) []corpus.Line {
	managers := [][]occurrence{slices.Concat(w.sent[0], w.sent[1])}
	if w.estranged {
		managers = [][]occurrence{w.sent[0], w.sent[1]}
	}
	var out []corpus.Line
	for i, sent := range managers {
		held := hold(sent, w.skew)
		out = append(out, w.manager.notify(r, held, end)...)
		if i == 0 && w.listed > 0 {
			for at := from; at.Before(w.calm()); at = at.Add(w.listed) {
				out = append(out, w.manager.list(held, at))
			}
		}
	}
	return out
}

// calm is some time after the last alert but what is chronic.
func (w *watchers) calm() time.Time {
	var out time.Time
	for _, o := range slices.Concat(w.sent[0], w.sent[1]) {
		if o.ended.After(out) && o.ended.Sub(o.fired) < 4*time.Hour {
			out = o.ended
		}
	}
	return out.Add(15 * time.Minute)
}
