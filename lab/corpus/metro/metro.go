// Package metro draws scenarios of a provider that has nothing in common with the one that package
// corpus draws but the shape of a timeline: rings, radio chains, dual-homed edges, two reflectors,
// BNGs with subscribers, a data centre with servers that need each other and switches that nobody
// watches; another team with other rules, a pair of Prometheus and of Alertmanager that do not agree,
// and exporters that are late, doubled, down or wrong about the time.
//
// The truth is drawn first. What monitoring could see follows from which packets still find a way, and
// only then come rules, groups and polls. Where something else, broken, would have looked the same, the
// truth names it as well: nobody could have told.
package metro

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"time"

	"github.com/ispvisualmonitor/ispvisualmonitor/lab/corpus"
)

// Generated draws so many scenarios of every kind. The same seed draws the same.
func Generated(seed uint64, ofEach int) []corpus.Scenario { return generated(seed, ofEach, false) }

// Controls are the same outages, with the changes that happened at random times of a day around them:
// no change caused anything.
func Controls(seed uint64, ofEach int) []corpus.Scenario { return generated(seed, ofEach, true) }

// script is a kind of scenario.
type script struct {
	name, about string
	draw        func(*drawer) []happening
	decoys      int // edits nearby that have nothing to do with it
}

var scripts = []script{
	{"metro-port-shut", "a port of a redundant router is disabled", portShut, 0},
	{"metro-igp-mismatch", "an adjacency no longer forms after an edit at one end", igpMismatch, 0},
	{"metro-igp-cost", "a cost goes up on a core router, and an edge router's other uplink fills", igpCost, 0},
	{"metro-reflector-edit", "a route reflector drops its clients; perhaps the other one is dead already", reflectorEdit, 0},
	{"metro-filter-rejects", "a border's filter lets in less than it should; the session stays up", filterRejects, 0},
	{"metro-management-shut", "a router shuts its management out and works on", managementShut, 0},
	{"metro-forwards-nothing", "a router answers and forwards nothing", forwardsNothing, 0},
	{"metro-address-wrong", "a router loses its address and all that is behind it", addressWrong, 0},
	{"metro-pool-too-small", "a pool is made too small, and runs out after a while", poolTooSmall, 0},
	{"metro-queue-wrong", "a queue is too narrow", queueWrong, 0},
	{"metro-profile-wrong", "a profile throws the subscribers out", profileWrong, 0},
	{"metro-upgraded", "a router boots another version in the night", upgraded, 0},
	{"metro-vlan-removed", "a port stays up and carries nothing any more", vlanRemoved, 0},
	{"metro-roll-out", "automation brings the same mistake to several routers", rollOut(false), 0},
	{"metro-one-of-many", "automation edits several routers, and one of them fails", rollOut(true), 0},
	{"metro-leg-then-leg", "one uplink is cut, and later the other one is taken down by mistake", legThenLeg, 0},
	{"metro-fix-breaks", "a mistake is undone, and something else breaks with the next edit", fixBreaks, 0},
	{"metro-two-engineers", "two engineers at once; the edits of one of them break something", oneMistake, 3},
	{"metro-fibre-cut", "a cable is cut", fibreCut, 0},
	{"metro-ring-cut", "a ring is cut twice", ringCut, 0},
	{"metro-radio-fade", "a radio link comes and goes", radioFade, 2},
	{"metro-node-dies", "a box loses its power", nodeDies, 0},
	{"metro-site-dark", "a site loses its power; somebody has a battery", siteDark, 0},
	{"metro-transit-lost", "a provider fails", transitLost, 0},
	{"metro-part-fails", "one thing on one router fails by itself", partFails, 0},
	{"metro-switch-dies", "a switch dies that often nobody watches", switchDies, 0},
	{"metro-quorum-lost", "the second of three databases dies", quorumLost, 0},
	{"metro-login-lost", "the second of two login servers dies", loginLost, 0},
	{"metro-coincidence", "something fails by itself while people work nearby", natural, 4},
	{"metro-two-outages", "a mistake and a failure at once, far from each other", twoOutages, 0},
	{"metro-beside-maintenance", "planned work runs as planned; the outage is elsewhere", besideMaintenance, 0},
	{"metro-fault-in-maintenance", "a box fails by itself while planned work that does no harm is done on it", faultInMaintenance, 0},
	{"metro-quiet", "edits, an upgrade of the exporter, and at most a chronic alert", nothing, 6},
}

func generated(seed uint64, ofEach int, control bool) []corpus.Scenario {
	var out []corpus.Scenario
	for _, s := range scripts {
		for i := range ofEach {
			name := fmt.Sprintf("%s-%d", s.name, i+1)
			out = append(out, s.scenario(seed, name, control))
		}
	}
	return out
}

func stream(seed uint64, name string) *rand.Rand {
	h := fnv.New64a()
	h.Write([]byte(name))
	return rand.New(rand.NewPCG(seed, h.Sum64())) //nolint:gosec // a simulation
}

// scenario draws until what happens is seen by somebody, and things that happen at once are apart.
func (s script) scenario(seed uint64, name string, control bool) corpus.Scenario {
	for try := 0; ; try++ {
		if d := draw(stream(seed, fmt.Sprint(name, try)), s); d.fair() {
			return d.told(name, control, stream(seed, name+" eyes"), stream(seed, name+" paper"))
		}
	}
}

// drawer holds what is drawn for one scenario.
type drawer struct {
	*rand.Rand
	script  script
	plant   *plant
	records records
	start   time.Time
	works   []string // nodes with planned work that runs as planned
	aside   []edit   // what else is done, and harms nobody
	course  course
	spells  []spell
	watchers
}

func draw(r *rand.Rand, s script) *drawer {
	d := &drawer{Rand: r, script: s, plant: drawPlant(r), records: drawRecords(r)}
	d.start = time.Date(2026, 11, 17, r.IntN(24), r.IntN(60), r.IntN(60), 0, time.UTC)
	d.watchers = drawWatchers(r, d.plant)
	for i := range d.rules { // one of the two says what is at the other end
		d.rules[i].peer = d.rules[i].peer || d.records.noLinks
	}
	d.course = course{plant: d.plant, happenings: s.draw(d)}
	d.spells = d.course.spells()
	if s.name == "metro-quiet" || chance(r, 0.2) {
		d.course.happenings = append(d.course.happenings, d.chronic())
	}
	if len(d.course.happenings) > 0 && chance(r, 0.15) { // customers notice, and nothing says where
		h := &d.course.happenings[0]
		h.phases = append(h.phases, phase{h.at().Add(time.Minute), h.until(), show(condition{kind: probe, probed: "internet"})})
	}
	d.spells = d.course.spells()
	d.raise(r, d.spells)
	d.echoes()
	return d
}

// chronic is something that has been wrong for hours, far from everything else.
func (d *drawer) chronic() happening {
	in := d.involved()
	var calm []string
	for _, n := range d.plant.of(ring, radio, edge) {
		if !in[n] {
			calm = append(calm, n)
		}
	}
	name := pick(d.Rand, append(calm, d.plant.of(core)[0]))
	at := d.start.Add(-time.Duration(100+d.IntN(400)) * time.Minute)
	return happening{
		event:  corpus.Event{Name: "chronic trouble of " + name, Causes: []string{device(name)}},
		phases: []phase{{at, d.start.Add(5 * time.Hour), show(condition{kind: pick(d.Rand, []kind{latency, heat}), node: name})}},
	}
}

// involved are the nodes of which the conditions speak, and those that were edited.
func (d *drawer) involved() map[string]bool {
	out := map[string]bool{}
	for i := range d.course.happenings {
		for n := range d.touched(i) {
			out[n] = true
		}
	}
	return out
}

// touched are the nodes of one happening.
func (d *drawer) touched(number int) map[string]bool {
	out := map[string]bool{}
	for _, s := range d.spells {
		if s.of == number {
			out[s.node], out[s.peer] = true, true
		}
	}
	for _, e := range d.course.happenings[number].edits {
		out[e.node] = true
	}
	delete(out, "")
	return out
}

// upwards are some nodes and all that they hang on.
func (d *drawer) upwards(from map[string]bool) map[string]bool {
	out := map[string]bool{}
	var add func(string)
	add = func(name string) {
		if out[name] {
			return
		}
		out[name] = true
		for _, n := range d.plant.node(name).hangsOn {
			for _, above := range n.of {
				add(above)
			}
		}
	}
	for name := range from {
		add(name)
	}
	return out
}

// fair says whether everything that happens makes an alert fire that nothing else does, and whether
// what happens at once is apart.
func (d *drawer) fair() bool {
	for i := range d.course.happenings {
		if len(d.own(i)) == 0 && d.script.name != "metro-quiet" {
			return false
		}
	}
	if d.script.name != "metro-two-outages" && d.script.name != "metro-beside-maintenance" && d.script.name != "metro-fix-breaks" {
		return true
	}
	first := d.touched(0)
	for n := range d.touched(1) {
		if first[n] {
			return false
		}
	}
	return true
}
