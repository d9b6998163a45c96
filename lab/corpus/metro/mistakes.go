package metro

import (
	"slices"
	"strings"
	"time"

	"github.com/ispvisualmonitor/ispvisualmonitor/lab/corpus"
)

// delay is how long an edit takes to hurt: mostly seconds.
func (d *drawer) delay() time.Duration {
	if chance(d.Rand, 0.12) {
		return time.Duration(2*60+d.IntN(12*60)) * time.Second
	}
	return time.Duration(500+d.IntN(9000)) * time.Millisecond
}

func engineer(d *drawer) string { return pick(d.Rand, []string{"mweber", "jkoch", "asahin", "noc2"}) }

// mistake is an edit and what it does. Most are found and undone, or mended by another edit.
func (d *drawer) mistake(node, category string, after time.Duration, what effect) happening {
	at := d.soon()
	h := happening{
		event:  corpus.Event{Name: category + " of " + node, Causes: []string{device(node)}, Changes: []string{node + " " + category}},
		phases: []phase{{at, at.Add(d.lasting()), what}},
		edits:  []edit{{node: node, category: category, at: at.Add(-after), by: engineer(d)}},
	}
	if chance(d.Rand, 0.75) {
		undone := chance(d.Rand, 0.6) && with(what).answers(node) // what nobody could read and is undone was never there
		h.edits = append(h.edits, edit{node: node, category: category, at: h.until().Add(-2 * time.Second), by: h.edits[0].by, back: undone})
	}
	return h
}

func (d *drawer) router(roles ...role) string { return pick(d.Rand, d.plant.readable(roles...)) }

// wire is a cable between a router and another one, and the router's port.
func (d *drawer) wire(name string) (cable, port) {
	var to []cable
	for _, c := range d.plant.cabled[name] {
		if d.plant.node(c.a.node).router() && d.plant.node(c.b.node).router() && c.b.node != d.plant.station {
			to = append(to, c)
		}
	}
	c := pick(d.Rand, to)
	if c.a.node == name {
		return c, c.a
	}
	return c, c.b
}

func portShut(d *drawer) []happening {
	name := d.router(core, edge, ring, bng, border)
	_, at := d.wire(name)
	return []happening{d.mistake(name, "interfaces", d.delay(), shutting(at))}
}

func igpMismatch(d *drawer) []happening {
	name := d.router(core, edge, ring, bng, border)
	c, _ := d.wire(name)
	return []happening{d.mistake(name, "ospf", d.delay(), unroute(c))}
}

// igpCost: a core router's cost goes up, and the traffic of an edge fills its other uplink. The router
// that alerts is a fair answer as well: nobody but the change says that it is not to blame.
func igpCost(d *drawer) []happening {
	low := d.router(edge, bng)
	above := d.plant.node(low).hangsOn[0].of
	i := d.IntN(2)
	full := d.plant.between(low, above[1-i])
	at := full.a
	if full.b.node == low {
		at = full.b
	}
	h := d.mistake(above[i], "ospf", d.delay(), show(condition{kind: saturated, node: low, iface: at.name}))
	h.event.Causes = append(h.event.Causes, device(low))
	if !d.records.noLinks {
		h.event.Causes = append(h.event.Causes, "link/"+full.name())
	}
	return []happening{h}
}

// sessionsOf are the sessions that a reflector has with its clients.
func (d *drawer) sessionsOf(rr string) []session {
	return slices.DeleteFunc(slices.Clone(d.plant.sessions), func(x session) bool { return x.peer != rr })
}

// reflectorEdit: a reflector drops its clients; sometimes the other one is dead already, and then their
// routes are gone as well.
func reflectorEdit(d *drawer) []happening {
	rrs := d.plant.of(reflector)
	d.Shuffle(2, func(i, j int) { rrs[i], rrs[j] = rrs[j], rrs[i] })
	lost := stop(d.sessionsOf(rrs[0])...)
	if chance(d.Rand, 0.6) {
		return []happening{d.mistake(rrs[0], "bgp", d.delay(), lost)}
	}
	var gone []condition
	for _, client := range d.plant.of(edge, bng) {
		gone = append(gone, condition{kind: prefixes, node: client, peer: rrs[0]})
	}
	second := d.mistake(rrs[0], "bgp", d.delay(), both(lost, show(gone...)))
	first := d.dies(rrs[1], d.start.Add(-time.Duration(30+d.IntN(200))*time.Minute))
	first.phases = []phase{{first.at(), second.until().Add(time.Hour), kill(rrs[1])}}
	return []happening{first, second}
}

func filterRejects(d *drawer) []happening {
	outside := slices.DeleteFunc(slices.Clone(d.plant.sessions), func(x session) bool { return !x.external })
	x := pick(d.Rand, outside)
	lost := show(condition{kind: prefixes, node: x.node, peer: x.peer})
	return []happening{d.mistake(x.node, pick(d.Rand, []string{"routing", "bgp"}), d.delay(), lost)}
}

func managementShut(d *drawer) []happening {
	name := d.router(core, edge, ring, radio, bng, border)
	return []happening{d.mistake(name, pick(d.Rand, []string{"firewall", "services", "users"}), d.delay(), closeUp(name))}
}

// forwardsNothing: a rule, or a route, and the router answers and passes nothing on.
func forwardsNothing(d *drawer) []happening {
	name := d.router(ring, radio, bng)
	what := idle(name)
	if chance(d.Rand, 0.6) {
		what = both(what, show(condition{kind: loss, node: name}))
	}
	return []happening{d.mistake(name, pick(d.Rand, []string{"firewall", "routing"}), d.delay(), what)}
}

func addressWrong(d *drawer) []happening {
	name := d.router(edge, ring, radio, bng)
	return []happening{d.mistake(name, "addressing", d.delay(), both(deafen(name), idle(name)))}
}

// poolTooSmall: the addresses last for a while.
func poolTooSmall(d *drawer) []happening {
	name := d.router(bng)
	after := time.Duration(3*60+d.IntN(19*60)) * time.Second
	return []happening{d.mistake(name, pick(d.Rand, []string{"addressing", "services"}), after, show(condition{kind: pool, node: name}))}
}

func queueWrong(d *drawer) []happening {
	name := d.router(bng, edge, ring)
	return []happening{d.mistake(name, "queues", d.delay(), show(condition{kind: pick(d.Rand, []kind{loss, latency, saturated}), node: name}))}
}

func profileWrong(d *drawer) []happening {
	name := d.router(bng)
	return []happening{d.mistake(name, "access", d.delay(), show(condition{kind: subscribers, node: name}))}
}

// upgraded: the router boots another version; it is away for some minutes, as anybody could have said.
func upgraded(d *drawer) []happening {
	name := d.router(core, edge, ring, radio, bng, reflector, border)
	return []happening{d.upgrade(name)}
}

func (d *drawer) upgrade(name string) happening {
	h := d.mistake(name, "system", time.Duration(1+d.IntN(20))*time.Second, kill(name))
	h.edits = h.edits[:1]
	back := h.at().Add(time.Duration(4*60+d.IntN(5*60)) * time.Second)
	h.phases = []phase{{h.at(), back, kill(name)}, {back, back.Add(5 * time.Minute), show(condition{kind: rebooted, node: name})}}
	return h
}

// vlanRemoved: a port stays up and carries nothing any more for what is behind it.
func vlanRemoved(d *drawer) []happening {
	name := d.router(bng)
	var below []cable
	for _, c := range d.plant.cabled[name] {
		if c.a.node == name && !d.plant.node(c.b.node).router() {
			below = append(below, c)
		}
	}
	return []happening{d.mistake(name, "interfaces", d.delay(), unroute(pick(d.Rand, below)))}
}

// pushes are what automation rolls out, and what goes wrong with it.
var pushes = []struct {
	category string
	sign     kind
}{{"firewall", closed}, {"services", closed}, {"queues", loss}, {"queues", latency}}

// rollOut: the same mistake on several routers, one after the other. One of them may fail alone.
func rollOut(alone bool) func(*drawer) []happening {
	return func(d *drawer) []happening {
		push := pick(d.Rand, pushes)
		names := d.plant.readable(ring, edge, bng, radio)
		d.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
		names = names[:min(len(names), 4+d.IntN(3))]
		h := d.mistake(names[0], push.category, d.delay(), func(*state) {})
		first, until := h.edits[0].at, h.until()
		h.phases, h.edits, h.event.Changes = nil, nil, nil
		unlucky := d.IntN(len(names))
		for i, name := range names {
			at := first.Add(time.Duration(i*(8+d.IntN(12))) * time.Second)
			h.edits = append(h.edits, edit{node: name, category: push.category, at: at, by: "ansible"})
			h.event.Changes = append(h.event.Changes, name+" "+push.category)
			if alone && i != unlucky {
				continue
			}
			what := show(condition{kind: push.sign, node: name})
			if push.sign == closed {
				what = closeUp(name)
			}
			h.phases = append(h.phases, phase{at.Add(5 * time.Second), until, what})
		}
		h.event.Name, h.event.Causes = push.category+" everywhere", []string{"rollout/" + push.category}
		if alone {
			h.event.Name, h.event.Causes = push.category+" everywhere, wrong on one", append(h.event.Causes, device(names[unlucky]))
		}
		return []happening{h}
	}
}

// legThenLeg: one of two uplinks is cut; a while later somebody takes the other one down by mistake.
func legThenLeg(d *drawer) []happening {
	name := d.router(edge, bng)
	above := d.plant.node(name).hangsOn[0].of
	i := d.IntN(2)
	first := d.cuts(d.plant.between(above[i], name), d.start.Add(-time.Duration(8+d.IntN(150))*time.Minute))
	other := d.plant.between(above[1-i], name)
	at := other.a
	if other.b.node == above[1-i] {
		at = other.b
	}
	second := d.mistake(above[1-i], "interfaces", d.delay(), shutting(at))
	if chance(d.Rand, 0.4) {
		second = d.mistake(above[1-i], "ospf", d.delay(), unroute(other))
	}
	first.phases[0].until = second.until().Add(time.Duration(10+d.IntN(60)) * time.Minute)
	second.event.Causes = append(second.event.Causes, device(name)) // as far as the dependencies of nodes can tell
	return []happening{first, second}
}

// single are mistakes of one router.
var single = []func(*drawer) []happening{portShut, igpMismatch, filterRejects, managementShut, addressWrong, profileWrong, queueWrong, vlanRemoved}

// fixBreaks: the first mistake is undone, and with it something else is broken.
func fixBreaks(d *drawer) []happening {
	first := pick(d.Rand, single)(d)[0]
	second := pick(d.Rand, single)(d)[0]
	return []happening{first, second.shifted(first.until().Add(time.Duration(60+d.IntN(200)) * time.Second).Sub(second.at()))}
}

// shifted is the same at another time.
func (h happening) shifted(by time.Duration) happening {
	for i := range h.phases {
		h.phases[i].from, h.phases[i].until = h.phases[i].from.Add(by), h.phases[i].until.Add(by)
	}
	for i := range h.edits {
		h.edits[i].at = h.edits[i].at.Add(by)
	}
	return h
}

var byNature = []func(*drawer) []happening{fibreCut, nodeDies, siteDark, transitLost, partFails, switchDies}

func natural(d *drawer) []happening { return pick(d.Rand, byNature)(d) }

func oneMistake(d *drawer) []happening { return pick(d.Rand, single)(d) }

// twoOutages: one by a mistake and one by nature, at about the same time.
func twoOutages(d *drawer) []happening {
	return append(pick(d.Rand, single)(d), pick(d.Rand, byNature)(d)...)
}

// besideMaintenance: a planned upgrade that runs as planned, and an outage somewhere else.
func besideMaintenance(d *drawer) []happening {
	work := d.upgrade(d.router(ring, radio, bng))
	d.works = append(d.works, work.edits[0].node)
	return append([]happening{work}, natural(d)...)
}

// faultInMaintenance: work is planned on a box, and is done; what breaks the box is something else.
func faultInMaintenance(d *drawer) []happening {
	fails := pick(d.Rand, []func(*drawer) []happening{nodeDies, partFails, transitLost})
	hs := fails(d)
	_, name, _ := strings.Cut(hs[0].event.Causes[0], "/")
	d.works = append(d.works, name)
	d.aside = append(d.aside, edit{node: name, category: "users", at: hs[0].at().Add(-time.Duration(30+d.IntN(600)) * time.Second), by: engineer(d)})
	return hs
}

func nothing(*drawer) []happening { return nil }
