package metro

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/ispvisualmonitor/ispvisualmonitor/lab/corpus"
)

// teller turns what was drawn into a timeline and its truth.
type teller struct {
	*drawer
	eyes      *rand.Rand // draws what only the configuration's watchers see
	paper     *rand.Rand // and what people write down
	control   bool
	exporters []exporter
	edits     []edit // all that were made
	harmless  []edit
	seen      map[edit]span // between which readings an edit was seen
	lines     []corpus.Line
	answering map[int]map[string]bool // who answers after each instant
}

func (d *drawer) told(name string, control bool, eyes, paper *rand.Rand) corpus.Scenario {
	t := &teller{drawer: d, eyes: eyes, paper: paper, control: control, exporters: drawExporters(eyes, d.plant, d.start), seen: map[edit]span{}}
	end := d.start.Add(7 * time.Hour)
	t.line(d.start.Add(-26*time.Hour), "inventory", d.plant.inventory(d.records))
	t.work()
	t.lines = append(t.lines, d.notify(d.Rand, d.start.Add(-40*time.Minute), end)...)
	t.edit()
	t.watch()
	t.line(d.start.Add(14*time.Hour), "tick", nil)
	truth := corpus.Truth{Loose: t.loose()}
	told := delivered(t.lines)
	for i := range d.course.happenings {
		if e := t.event(i, told); len(e.Alerts) > 0 {
			truth.Events = append(truth.Events, e)
		}
	}
	return corpus.New(name, d.script.about, truth, t.lines)
}

func (t *teller) line(at time.Time, kind string, fields map[string]any) {
	t.lines = append(t.lines, corpus.Line{At: at, Kind: kind, Fields: fields})
}

// work is planned work that runs as planned: the team silences it too, if anybody would notice.
func (t *teller) work() {
	for _, name := range t.works {
		t.planned("CHG-WORK-"+name, name, t.start.Add(-10*time.Minute), t.start.Add(40*time.Minute))
		if t.listed > 0 {
			t.manager.silences = append(t.manager.silences, silence{t.start.Add(-10 * time.Minute), t.start.Add(40 * time.Minute), []string{name}})
		}
	}
}

func (t *teller) planned(id, name string, from, until time.Time) {
	record := map[string]any{
		"id": id, "title": "work on " + name, "starts_at": from.Truncate(time.Minute), "ends_at": until.Truncate(time.Minute),
		"scope": t.scope(name), "notify_critical": chance(t.paper, 0.2), "owner": "noc",
	}
	t.line(from.Add(-90*time.Minute), "change", map[string]any{"op": "create", "change": record})
}

// scope is a node as people write it down: by its name, its site, or what it is.
func (t *teller) scope(name string) map[string]any {
	n := t.plant.node(name)
	switch {
	case chance(t.paper, 0.15):
		return map[string]any{"sites": []string{n.site}}
	case !t.records.noTags && chance(t.paper, 0.1):
		return map[string]any{"tags": []string{string(n.role)}}
	}
	return map[string]any{"devices": []string{name}}
}

// delivered are the fingerprints of all alerts of which the correlator hears.
func delivered(lines []corpus.Line) map[string]bool {
	out := map[string]bool{}
	for _, l := range lines {
		alerts, isList := l.Fields["body"].([]any)
		if body, isWebhook := l.Fields["body"].(map[string]any); isWebhook {
			alerts, isList = body["alerts"].([]any)
		}
		for i := 0; isList && i < len(alerts); i++ {
			if a, is := alerts[i].(map[string]any); is {
				out[a["fingerprint"].(string)] = true
			}
		}
	}
	return out
}

func (t *teller) loose() []string {
	var out []string
	for _, sent := range t.sent {
		for _, o := range sent {
			if id := fingerprintOf(o.labels); o.loose() && !slices.Contains(out, id) {
				out = append(out, id)
			}
		}
	}
	return out
}

// edit makes all edits: those behind what happens, decoys nearby, and the background of a network on
// which people and programs work all day.
func (t *teller) edit() {
	for _, h := range t.course.happenings {
		shift := time.Duration(0)
		if t.control && len(h.edits) > 0 {
			shift = t.sometime().Sub(h.edits[0].at)
		}
		for i, e := range h.edits {
			e.at = e.at.Add(shift)
			t.edits = append(t.edits, e)
			if i == 0 {
				t.plan(e)
			}
		}
	}
	for range t.script.decoys {
		at := t.start.Add(-time.Duration(5+t.eyes.IntN(420)) * time.Second)
		if t.control {
			at = t.sometime()
		}
		t.nearMiss(at)
	}
	for at := t.start.Add(-5 * time.Hour); at.Before(t.start.Add(3 * time.Hour)); {
		at = at.Add(time.Duration(60+t.eyes.IntN(2200)) * time.Second)
		t.harmlessly(at)
	}
	if chance(t.eyes, 0.15) { // automation that does no harm
		at := t.sometime()
		for i, name := range t.plant.readable(core, edge, ring) {
			t.harmless = append(t.harmless, edit{node: name, category: "address_lists", at: at.Add(time.Duration(i*7) * time.Second), by: "ansible"})
		}
	}
	for _, e := range t.aside {
		if t.control {
			e.at = t.sometime()
		}
		t.harmless = append(t.harmless, e)
	}
	t.edits = append(t.edits, t.harmless...)
}

// sometime is any time of a day around the outage.
func (t *teller) sometime() time.Time {
	return t.start.Add(time.Duration(t.eyes.IntN(24*3600))*time.Second - 12*time.Hour)
}

// plan is a change record for an edit: seldom, and not always the right one.
func (t *teller) plan(e edit) {
	id := "CHG-" + e.node
	switch {
	case chance(t.eyes, 0.3):
		t.planned(id, e.node, e.at.Add(-7*time.Minute), e.at.Add(40*time.Minute))
	case chance(t.eyes, 0.1): // for another box
		t.planned(id, pick(t.eyes, t.plant.nodes).name, e.at.Add(-7*time.Minute), e.at.Add(40*time.Minute))
	case chance(t.eyes, 0.1): // for another day
		t.planned(id, e.node, e.at.Add(-3*time.Hour), e.at.Add(-2*time.Hour))
	}
}

// harmlessly edits something that breaks nothing. On a router that is involved in what happens about
// that time it is something that could not have been the cause.
func (t *teller) harmlessly(at time.Time) {
	name := pick(t.eyes, t.plant.readable(core, gateway, border, edge, ring, radio, bng, fabric))
	category := pick(t.eyes, []string{"interfaces", "firewall", "queues", "address_lists", "bgp", "routing", "users", "system", "access"})
	near := at.After(t.start.Add(-time.Hour)) && at.Before(t.start.Add(2*time.Hour))
	if near && t.upwards(t.involved())[name] && !chance(t.eyes, 0.05) {
		category = t.irrelevant()
	}
	for _, e := range slices.Concat(t.edits, t.harmless) {
		if e.node == name && e.category == category && e.at.Sub(at).Abs() < 2*time.Hour {
			return
		}
	}
	by := pick(t.eyes, []string{"mweber", "jkoch", "ansible", ""})
	t.harmless = append(t.harmless, edit{node: name, category: category, at: at, by: by})
}

// nearMiss is an edit that looks as if it could have done it and could not: on a box that merely hangs on
// what broke, on one beside it, or at the same site.
func (t *teller) nearMiss(at time.Time) {
	involved := t.involved()
	var near []string
	for _, n := range t.plant.nodes {
		beside := slices.ContainsFunc(n.hangsOn, func(g need) bool { return slices.ContainsFunc(g.of, func(a string) bool { return involved[a] }) })
		here := slices.ContainsFunc(t.plant.at(n.site), func(other string) bool { return involved[other] })
		if n.read && !t.guilty(n.name) && (beside || here) {
			near = append(near, n.name)
		}
	}
	if len(near) == 0 || chance(t.eyes, 0.4) {
		t.harmlessly(at)
		return
	}
	category := pick(t.eyes, []string{"interfaces", "firewall", "routing", "bgp", "users"})
	t.harmless = append(t.harmless, edit{node: pick(t.eyes, near), category: category, at: at, by: engineer(t.drawer)})
}

// guilty says whether an edit of a node could have been behind what happens: it, or something that
// hangs on it, is broken.
func (t *teller) guilty(name string) bool {
	for _, h := range t.course.happenings {
		for _, cause := range h.event.Causes {
			kind, cause, _ := strings.Cut(cause, "/")
			ends := []string{cause}
			switch kind {
			case "site":
				ends = t.plant.at(cause)
			case "link":
				ends = nil
				for _, c := range t.plant.cables {
					if c.name() == cause {
						ends = []string{c.a.node, c.b.node}
					}
				}
			}
			for _, e := range ends {
				if t.upwards(map[string]bool{e: true})[name] || t.plant.between(e, name) != (cable{}) {
					return true
				}
			}
		}
	}
	return false
}

// irrelevant is a category that could have done nothing of what happens.
func (t *teller) irrelevant() string {
	for _, category := range []string{"users", "queues", "access"} {
		if !slices.ContainsFunc(t.spells, func(s spell) bool { return slices.Contains(plausible[s.kind], category) }) {
			return category
		}
	}
	return "users"
}

// watch is what the exporters read: every edited category before and after the edit, and while
// something is wrong also one category of every router that is involved, or that one of them hangs on.
func (t *teller) watch() {
	if t.script.name == "metro-quiet" || chance(t.eyes, 0.05) {
		for i := range t.exporters {
			t.exporters[i].upgraded = t.start.Add(time.Duration(t.eyes.IntN(90)-60) * time.Minute)
		}
	}
	ends := t.start.Add(10 * time.Minute)
	for _, h := range t.course.happenings {
		if u := h.until().Add(10 * time.Minute); u.After(ends) && len(h.phases) > 0 && h.until().Before(t.start.Add(3*time.Hour)) {
			ends = u
		}
	}
	now := span{t.start.Add(-20 * time.Minute), ends}
	watched := map[[2]string][]span{}
	var order [][2]string
	want := func(node, category string, s span) {
		key := [2]string{node, category}
		if watched[key] == nil {
			order = append(order, key)
		}
		watched[key] = append(watched[key], s)
	}
	relevant := t.upwards(t.involved())
	for _, e := range t.edits {
		long := 30 * time.Minute
		for _, x := range t.exporters {
			long = min(long, 6*x.every)
		}
		want(e.node, e.category, span{e.at.Add(-long), e.at.Add(long)})
		if relevant[e.node] {
			want(e.node, e.category, now)
		}
	}
	for _, n := range t.plant.nodes {
		if relevant[n.name] && n.read {
			want(n.name, "system", now)
		}
	}
	for _, x := range t.exporters {
		for _, key := range order {
			w := watch{node: key[0], category: key[1], when: watched[key]}
			seen, lines := x.read(t.eyes, w, t.edits, t.outlook())
			t.lines = append(t.lines, lines...)
			t.notice(x, w, seen)
		}
	}
}

// outlook is course.answers, remembered between the instants at which something changes.
func (t *teller) outlook() func(string, time.Time) bool {
	instants := t.course.instants()
	return func(name string, at time.Time) bool {
		i, exact := slices.BinarySearchFunc(instants, at, time.Time.Compare)
		if exact {
			i++
		}
		if i == 0 {
			return true
		}
		if t.answering == nil {
			t.answering = map[int]map[string]bool{}
		}
		if t.answering[i] == nil {
			t.answering[i] = t.course.answering(instants[i-1])
		}
		return t.answering[i][name]
	}
}

// notice remembers between which readings each edit was seen, by whoever saw it best.
// A change that falls together with another allowlist is none that anybody can see.
func (t *teller) notice(x exporter, w watch, seen []sighting) {
	state := states(t.edits, w.node, w.category)
	for _, e := range t.edits {
		if e.node != w.node || e.category != w.category {
			continue
		}
		made, _ := state(e.at)
		var found span
		for _, s := range seen {
			switch {
			case s.at.Before(e.at):
				found.from = s.at
			case s.state == made && found.until.IsZero():
				found.until = s.at
			}
		}
		if x.upgraded.After(found.from) && !x.upgraded.After(found.until) {
			continue
		}
		best, known := t.seen[e]
		if !found.from.IsZero() && !found.until.IsZero() && (!known || found.until.Sub(found.from) < best.until.Sub(best.from)) {
			t.seen[e] = found
		}
	}
}

// event is the truth of one happening: what somebody who knows everything that reached the correlator,
// and the plant by heart, would accept as an answer.
func (t *teller) event(number int, told map[string]bool) corpus.Event {
	h := t.course.happenings[number]
	e := h.event
	e.Alerts = slices.DeleteFunc(t.own(number), func(id string) bool { return !told[id] })
	first, fired := t.first(number)
	if !fired {
		return e
	}
	causes := slices.Clone(e.Causes)
	onset := first.fired.Add(t.skew)
	if !first.blunt && first.began.Equal(h.at()) {
		e.Began = first.began.Add(t.skew)
	}
	switch {
	case t.control || len(e.Changes) == 0:
		e.Changes = nil
	default:
		t.blame(&e, h, onset)
	}
	if h.alike || len(h.event.Changes) > 0 && (len(e.Changes) == 0 || e.Arguable) && len(h.event.Causes) == 1 {
		causes = append(causes, t.alike(number)...)
	}
	if e.Arguable && len(h.event.Changes) > 1 { // each by itself, as far as anybody could see
		for _, p := range h.edits {
			causes = append(causes, device(p.node))
		}
	}
	if only := t.witness(number); only != "" {
		causes = append(causes, device(only))
	}
	if len(e.Changes) == 0 {
		e.Arguable = e.Arguable || t.suspicious(number, onset)
	}
	slices.Sort(causes)
	e.Causes = slices.Compact(causes)
	return e
}

// witness is the one node that says anything of a happening, if there is only one: it is all that
// there is to look at.
func (t *teller) witness(number int) string {
	out := ""
	for _, sent := range t.sent {
		for _, o := range sent {
			if name := o.labels["device"]; o.of == number && !o.loose() && name != out {
				if out != "" || name == "" {
					return ""
				}
				out = name
			}
		}
	}
	return out
}

// blame leaves only those changes in the truth that were seen, in time to be suspected.
func (t *teller) blame(e *corpus.Event, h happening, onset time.Time) {
	seen := 0
	for _, x := range h.edits[:len(e.Changes)] {
		s, known := t.seen[x]
		if !known {
			continue
		}
		seen++
		before := onset.Sub(s.from)
		if before < s.until.Sub(s.from)/4 || s.until.Sub(s.from) > 45*time.Minute {
			e.Arguable = true // too wide to mean much, or after the alert by its clock
		}
		for _, w := range t.exporters {
			if w.down.holds(onset) && len(t.exporters) == 1 && s.until.After(onset) && s.until.Sub(s.from) > 3*w.every {
				e.Unseen = []string{x.node}
			}
		}
	}
	if seen == 0 {
		e.Changes = nil
	}
}

// plausible are the categories an edit of which could do it.
var plausible = map[kind][]string{
	unreachable: {"interfaces", "addressing", "ospf", "routing", "firewall", "address_lists", "system"},
	closed:      {"firewall", "address_lists", "services", "users", "system", "access"},
	carrier:     {"interfaces", "system"},
	adjacency:   {"interfaces", "ospf", "firewall", "addressing", "routing", "system"},
	bgpSession:  {"bgp", "routing", "firewall", "interfaces", "addressing", "ospf", "system"},
	prefixes:    {"bgp", "routing", "address_lists", "system"},
	loss:        {"interfaces", "queues", "firewall", "address_lists", "routing", "ospf"},
	latency:     {"interfaces", "queues", "firewall", "address_lists", "routing", "ospf"},
	saturated:   {"interfaces", "queues", "routing", "ospf", "bgp"},
	subscribers: {"access", "addressing", "interfaces", "firewall", "address_lists", "queues", "services", "system"},
	pool:        {"addressing", "services", "access"},
}

// suspicious says whether somebody edited something that could have done it, so near in time and place
// that nobody could tell that it did not.
func (t *teller) suspicious(number int, onset time.Time) bool {
	could := map[string]bool{}
	for _, s := range t.spells {
		if s.of == number {
			for _, c := range plausible[s.kind] {
				could[c] = true
			}
		}
	}
	for _, e := range t.edits {
		s, seen := t.seen[e]
		reach := cmp.Or(s.until, e.at)
		if seen && t.guilty(e.node) && could[e.category] && s.from.Before(onset.Add(time.Minute)) && reach.After(onset.Add(-40*time.Minute)) {
			return !t.control
		}
	}
	return false
}
