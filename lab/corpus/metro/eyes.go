package metro

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/ispvisualmonitor/ispvisualmonitor/lab/corpus"
)

// edit is one change of one category of a node's configuration. Each makes a state that was never
// there before, unless it goes back to an earlier one.
type edit struct {
	node, category string
	at             time.Time
	by             string
	back           bool // undoes the edit before it
}

type span struct{ from, until time.Time }

func (s span) holds(t time.Time) bool { return !t.Before(s.from) && t.Before(s.until) }

// exporter reads configurations by its own clock and reports them over one road.
type exporter struct {
	name, road string
	every      time.Duration
	skew       time.Duration
	down       span      // it does not run
	spooled    span      // it runs, and nothing of it gets through until the end
	upgraded   time.Time // when it got another allowlist; zero: never
	blindTo    []string  // nodes that it does not read
}

func drawExporters(r *rand.Rand, p *plant, around time.Time) []exporter {
	every := pick(r, []time.Duration{30 * time.Second, time.Minute, time.Minute, time.Minute, 2 * time.Minute, 5 * time.Minute})
	out := []exporter{{name: "exporter-a", road: pick(r, []string{"prometheus", "prometheus", "http", "nats"}), every: every}}
	if chance(r, 0.35) {
		second := exporter{name: "exporter-b", road: pick(r, []string{"prometheus", "http"}), every: pick(r, []time.Duration{time.Minute, 2 * time.Minute})}
		for _, n := range p.nodes {
			if chance(r, 0.4) {
				second.blindTo = append(second.blindTo, n.name)
			}
		}
		out = append(out, second)
	}
	for i := range out {
		e := &out[i]
		switch {
		case chance(r, 0.12):
			e.skew = time.Duration(r.IntN(361)-180) * time.Second
		case chance(r, 0.1):
			from := around.Add(-time.Duration(r.IntN(20)) * time.Minute)
			e.down = span{from, from.Add(time.Duration(8+r.IntN(30)) * time.Minute)}
		case e.road != "prometheus" && chance(r, 0.15):
			from := around.Add(-time.Duration(r.IntN(10)) * time.Minute)
			e.spooled = span{from, from.Add(time.Duration(5+r.IntN(20)) * time.Minute)}
		}
	}
	return out
}

// watch is what an exporter is asked to look at: a category of a node, and when.
type watch struct {
	node, category string
	when           []span
}

// sighting is one reading of a category.
type sighting struct {
	at    time.Time // by true time
	state int       // by number
}

// states are what a category was over time, by number.
func states(edits []edit, node, category string) func(time.Time) (int, *edit) {
	var own []edit
	for _, e := range edits {
		if e.node == node && e.category == category {
			own = append(own, e)
		}
	}
	slices.SortStableFunc(own, func(a, b edit) int { return a.at.Compare(b.at) })
	numbers := make([]int, len(own))
	for i, e := range own {
		numbers[i] = i + 1
		if e.back && i > 0 {
			numbers[i] = 0
			if i > 1 {
				numbers[i] = numbers[i-2]
			}
		}
	}
	return func(at time.Time) (int, *edit) {
		number, latest := 0, (*edit)(nil)
		for i := range own {
			if !own[i].at.After(at) {
				number, latest = numbers[i], &own[i]
			}
		}
		return number, latest
	}
}

// read is what an exporter sees of a watch, and what it reports.
func (e exporter) read(r *rand.Rand, w watch, edits []edit, answers func(string, time.Time) bool) ([]sighting, []corpus.Line) {
	if slices.Contains(e.blindTo, w.node) {
		return nil, nil
	}
	phase := time.Duration(r.Int64N(int64(e.every)))
	state := states(edits, w.node, w.category)
	var seen []sighting
	var out []corpus.Line
	before := 0
	for _, at := range e.instants(w.when, phase) {
		at = at.Add(time.Duration(r.IntN(2000)) * time.Millisecond).Truncate(time.Millisecond)
		if !answers(w.node, at) {
			if e.road != "prometheus" && chance(r, 0.3) {
				out = append(out, e.arriving(r, at, "observation_failed", w, map[string]any{"reason": pick(r, []string{"timeout", "dial"})}))
			}
			continue
		}
		if chance(r, 0.01) {
			continue // a reading that failed for reasons of its own
		}
		number, last := state(at)
		fields := e.fields(w, number, at)
		if last != nil && number != before && last.by != "" && e.road != "prometheus" {
			fields["actor"] = map[string]any{"user": last.by, "address": "192.0.2.7", "via": "ssh"}
		}
		before = number
		seen = append(seen, sighting{at: at, state: number})
		l := e.arriving(r, at, "observation", w, fields)
		out = append(out, l)
		if chance(r, 0.02) {
			l.At = l.At.Add(time.Duration(r.IntN(20)) * time.Second)
			out = append(out, l)
		}
	}
	return seen, out
}

// instants are when a category is read within the spans.
func (e exporter) instants(when []span, phase time.Duration) []time.Time {
	var out []time.Time
	for _, s := range when {
		for at := next(s.from, e.every, phase); at.Before(s.until); at = at.Add(e.every) {
			if !e.down.holds(at) {
				out = append(out, at)
			}
		}
	}
	slices.SortFunc(out, time.Time.Compare)
	return slices.CompactFunc(out, time.Time.Equal)
}

func (e exporter) fields(w watch, state int, at time.Time) map[string]any {
	version := 7
	if !e.upgraded.IsZero() && !at.Before(e.upgraded) {
		version = 8
	}
	hash := digest(fmt.Sprint(w.node, w.category, state, version))
	if e.road == "prometheus" {
		return map[string]any{"fingerprint": hash[:12], "allowlist_version": version}
	}
	return map[string]any{"sha256": hash, "allowlist_version": version}
}

// arriving is a reading on its way: Prometheus has to scrape it first and be asked for it, and what is
// pushed comes at once unless it has to wait in the spool.
func (e exporter) arriving(r *rand.Rand, at time.Time, kind string, w watch, fields map[string]any) corpus.Line {
	arrives := at.Add(time.Duration(100+r.IntN(2000)) * time.Millisecond)
	switch {
	case e.road == "prometheus":
		arrives = at.Add(time.Duration(1+r.IntN(30)) * time.Second)
	case e.spooled.holds(at):
		arrives = e.spooled.until.Add(time.Duration(r.IntN(3000)) * time.Millisecond)
	}
	fields["device"], fields["category"], fields["observed_at"] = w.node, w.category, at.Add(e.skew)
	fields["source"], fields["exporter"] = e.road, e.name
	return corpus.Line{At: arrives, Kind: kind, Fields: fields}
}
