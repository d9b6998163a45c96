package corpus

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"
)

// Seed is where the committed corpus begins; another one draws scenarios that nobody has looked at.
const Seed = 20260310

// Generated draws so many scenarios of every kind. The same seed draws the same.
func Generated(seed uint64, ofEach int) []Scenario { return generated(seed, ofEach, false) }

// Controls are the same outages, with the changes that happened at random times of a day around them:
// no change caused anything.
func Controls(seed uint64, ofEach int) []Scenario { return generated(seed, ofEach, true) }

// script is a kind of scenario: how its faults are drawn.
type script struct {
	name, about string
	draw        func(r *rand.Rand, n *network) []fault
	decoy       bool // somebody edits something else just before
}

func scripts() []script {
	var out []script
	one := func(name, about string, draw func(*rand.Rand, *network) fault) {
		out = append(out, script{name: name, about: about, draw: func(r *rand.Rand, n *network) []fault { return []fault{draw(r, n)} }})
	}
	one("port-shut", "a port of an uplink is disabled", portShut)
	one("ospf-mismatch", "an OSPF setting no longer fits the neighbour's", ospfMismatch)
	one("bgp-disabled", "a BGP session is disabled", bgpDisabled)
	one("filter-rejects", "a filter lets no prefix in", filterRejects)
	one("firewall-drops", "a firewall rule shuts out too much", firewallDrops)
	one("route-lost", "a router no longer forwards", routeLost)
	one("address-wrong", "a router loses its address", addressWrong)
	one("service-broken", "a service of one router is misconfigured", serviceBroken)
	one("system-upgraded", "a router reboots into another version", systemUpgraded)
	one("roll-out", "automation pushes a mistake to several routers", rollOut)
	one("fibre-cut", "a fibre is cut", fibreCut)
	one("power-lost", "a router loses power", powerLost)
	one("site-power-lost", "a site loses power", sitePowerLost)
	one("upstream-lost", "an upstream fails", upstreamLost)
	one("part-fails", "something on one router fails by itself", partFails)
	out = append(out,
		script{
			name: "coincidence", about: "something fails by itself just after an edit that has nothing to do with it", decoy: true,
			draw: func(r *rand.Rand, n *network) []fault { return []fault{pick(r, byNature)(r, n)} },
		},
		script{name: "two-at-once", about: "two outages at once in different parts, one of them caused by a change", draw: twoAtOnce},
		script{name: "calm", about: "edits, and nothing but a chronic alert", draw: func(*rand.Rand, *network) []fault { return nil }, decoy: true},
	)
	return out
}

// twoAtOnce draws until the two have no router in common.
func twoAtOnce(r *rand.Rand, n *network) []fault {
	for {
		a, b := pick(r, byChange)(r, n), pick(r, byNature)(r, n)
		in, apart := hits(n.consequences(a)), true
		for device := range hits(n.consequences(b)) {
			apart = apart && !in[device]
		}
		if apart {
			return []fault{a, b}
		}
	}
}

func generated(seed uint64, ofEach int, control bool) []Scenario {
	var out []Scenario
	for k, s := range scripts() {
		for i := range ofEach {
			g := &generator{Rand: rand.New(rand.NewPCG(seed, uint64(k*1000+i))), control: control} //nolint:gosec // a simulation
			out = append(out, g.scenario(s, i))
		}
	}
	return out
}

// generator draws one scenario.
type generator struct {
	*rand.Rand
	control bool
	network *network
	monitor monitoring
	poll    polling
	start   time.Time
}

// outageAt is when things break, give or take.
var outageAt = time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)

func (g *generator) scenario(s script, number int) Scenario {
	g.network = drawNetwork(g.Rand)
	g.monitor = drawMonitoring(g.Rand, g.network)
	g.start = outageAt.Add(time.Duration(g.IntN(3600)) * time.Second)
	g.poll = drawPolling(g.Rand, g.start)
	out := Scenario{Name: fmt.Sprintf("%s-%d", s.name, number+1), About: s.about}
	faults := s.draw(g.Rand, g.network)
	g.schedule(faults)
	end := g.start.Add(4 * time.Hour)

	out.lines = append(out.lines, Line{At: g.start.Add(-26 * time.Hour), Kind: "inventory", Fields: g.network.inventory()})
	var alerts []alert
	for _, f := range faults {
		raised := g.monitor.raise(g.Rand, g.network.consequences(f), f.at, f.until)
		for _, a := range raised {
			f.event.Alerts = append(f.event.Alerts, a.fingerprint())
		}
		if len(raised) > 0 {
			out.Truth.Events = append(out.Truth.Events, g.controlled(f.event))
		}
		alerts = append(alerts, raised...)
	}
	if s.name == "calm" || chance(g.Rand, 0.2) {
		event, chronic := g.chronic(faults)
		out.Truth.Events = append(out.Truth.Events, event)
		alerts = append(alerts, chronic)
	}
	out.lines = append(out.lines, g.monitor.notify(g.Rand, alerts, end)...)
	out.lines = append(out.lines, g.edits(faults, s.decoy)...)
	out.lines = append(out.lines, Line{At: g.start.Add(14 * time.Hour), Kind: "tick"})
	return out
}

// controlled takes the change out of the truth where the changes are moved to random times.
func (g *generator) controlled(e Event) Event {
	if g.control {
		e.Changes = nil
	}
	return e
}

// schedule says when each fault begins and ends, and when the edits behind it were made.
func (g *generator) schedule(faults []fault) {
	for i := range faults {
		f := &faults[i]
		f.at = g.start.Add(time.Duration(g.IntN(60)) * time.Second)
		f.until = f.at.Add(time.Duration(12+g.IntN(60)) * time.Minute)
		slow := time.Duration(1+g.IntN(10)) * time.Second
		if chance(g.Rand, 0.12) { // it takes a while until it hurts
			slow = time.Duration(2+g.IntN(15)) * time.Minute
		}
		for j := range f.changes {
			f.changes[j].at = f.at.Add(-slow).Add(time.Duration(j) * 20 * time.Second)
		}
		if len(f.event.Changes) > 0 && f.changes[0].category == "system" {
			f.until = f.at.Add(time.Duration(4+g.IntN(4)) * time.Minute)
		}
	}
}

// chronic is an alert that has fired for hours and has nothing to do with anything.
func (g *generator) chronic(faults []fault) (Event, alert) {
	devices := g.network.tiers("access", "radio")
	for _, f := range faults {
		in := hits(g.network.consequences(f))
		devices = slices.DeleteFunc(devices, func(d string) bool { return in[d] })
	}
	device := "CORE1"
	if len(devices) > 0 {
		device = pick(g.Rand, devices)
	}
	a := newAlert("HighLatency", device, "", "")
	a.starts = g.start.Add(-time.Duration(2+g.IntN(8)) * time.Hour)
	a.ends = g.start.Add(3 * time.Hour)
	return Event{Name: "chronic latency of " + device, Causes: []string{"device/" + device}, Alerts: []string{a.fingerprint()}}, a
}

// edits are all changes of configuration that happen: those behind the faults, and others that have
// nothing to do with them, some of them planned.
func (g *generator) edits(faults []fault, decoy bool) []Line {
	var out []Line
	for _, f := range faults {
		reach := g.network.reachable(f)
		for _, c := range f.changes {
			if g.control {
				c.at = g.sometime()
			}
			out = append(out, g.poll.watch(g.Rand, c, !g.control && !reach[c.device], f.until)...)
			if chance(g.Rand, 0.3) {
				out = append(out, planned(c)...)
			}
		}
	}
	for range g.IntN(5) {
		out = append(out, g.poll.watch(g.Rand, g.unrelated(faults, g.sometime()), false, time.Time{})...)
	}
	if decoy {
		c := g.unrelated(faults, g.start.Add(-time.Duration(10+g.IntN(300))*time.Second))
		if g.control {
			c.at = g.sometime()
		}
		out = append(out, g.poll.watch(g.Rand, c, false, time.Time{})...)
	}
	return out
}

// sometime is any time of a day around the outage.
func (g *generator) sometime() time.Time {
	return g.start.Add(time.Duration(g.IntN(24*3600))*time.Second - 12*time.Hour)
}

// unrelated is an edit that does no harm: anything on a router that the faults do not touch, or on
// any router something that nobody notices.
func (g *generator) unrelated(faults []fault, at time.Time) change {
	in := map[string]bool{}
	for _, f := range faults {
		for d := range hits(g.network.consequences(f)) {
			in[d] = true
		}
		for _, c := range f.changes {
			in[c.device] = true
		}
	}
	device := pick(g.Rand, g.network.routers).name
	categories := []string{"interfaces", "firewall", "queues", "address_lists", "bgp", "routing", "users"}
	if in[device] {
		categories = []string{"users"}
	}
	return change{device: device, category: pick(g.Rand, categories), at: at}
}

// planned is a change record around an edit.
func planned(c change) []Line {
	from, to := c.at.Add(-5*time.Minute).Truncate(time.Second), c.at.Add(30*time.Minute).Truncate(time.Second)
	record := map[string]any{
		"id": "CHG-" + c.device + "-" + c.category, "title": "work on " + c.device, "starts_at": from, "ends_at": to,
		"scope": map[string]any{"devices": []string{c.device}},
	}
	return []Line{{At: from.Add(-time.Hour), Kind: "change", Fields: map[string]any{"op": "create", "change": record}}}
}
