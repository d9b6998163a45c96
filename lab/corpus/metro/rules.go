package metro

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"
)

// rule is an alerting rule of Prometheus.
type rule struct {
	on       kind
	name     string
	symptom  string // label; empty: the name has to do
	severity string
	wait     time.Duration // its `for`
	lag      string        // annotation onset_lag; empty: it has none
	peer     bool          // the condition's peer is a label
	iface    bool          // and its interface
	every    time.Duration // evaluation_interval
	phase    [2]time.Duration
	roles    []role // on which nodes; empty: on all
}

// title is an alert's name, and the symptom that its rule says it is.
type title struct{ name, symptom string }

// titles are what teams call things: first the names that everybody knows, then names of their own.
var titles = map[kind][]title{
	unreachable: {{"DeviceDown", ""}, {"DeviceUnreachable", ""}, {"NodeNotPingable", "device_unreachable"}},
	closed:      {{"APIUnreachable", ""}, {"RouterApiSilent", "api_unreachable"}},
	carrier:     {{"InterfaceDown", ""}, {"PortLostCarrier", "interface_down"}},
	adjacency:   {{"OSPFNeighborDown", ""}, {"IgpAdjacencyLost", "ospf_down"}},
	bgpSession:  {{"BGPSessionDown", ""}, {"PeeringGone", "bgp_down"}},
	prefixes:    {{"BGPPrefixesDropped", ""}, {"FewerRoutesThanUsual", "prefixes_lost"}},
	loss:        {{"PacketLoss", ""}, {"ProbesLost", "loss"}},
	latency:     {{"HighLatency", ""}, {"SlowPing", "loss"}},
	saturated:   {{"LinkSaturated", ""}, {"PortFull", "congestion"}},
	subscribers: {{"PPPoESessionsDropped", ""}, {"CustomersGone", "sessions_dropped"}},
	pool:        {{"DHCPPoolExhausted", ""}, {"NoAddressesLeft", "dhcp_exhausted"}},
	rebooted:    {{"DeviceRebooted", ""}, {"UptimeReset", "reboot"}},
	heat:        {{"RouterTempCritical", ""}, {"ChassisHot", "hardware"}},
	mains:       {{"MainsLost", "hardware"}},
	probe:       {{"ServiceProbeFailed", "other"}},
}

// kinds in a fixed order.
func kinds() []kind {
	out := keys(titles)
	slices.Sort(out)
	return out
}

// drawRules draws what a team has rules for. Hardly a team has a rule for everything, and some have
// two for what matters most, with different patience.
func drawRules(r *rand.Rand) []rule {
	own := chance(r, 0.4) // a team that likes names of its own
	says := pick(r, []float64{1, 1, 0.5, 0})
	every := pick(r, []time.Duration{15 * time.Second, 30 * time.Second, time.Minute})
	var out []rule
	add := func(on kind, t title, severity string, wait time.Duration) {
		x := rule{
			on: on, name: t.name, symptom: t.symptom, severity: severity, wait: wait, every: every,
			phase: [2]time.Duration{time.Duration(r.Int64N(int64(every))), time.Duration(r.Int64N(int64(every)))},
			peer:  chance(r, 0.7), iface: true,
		}
		if on == adjacency && x.peer {
			x.iface = chance(r, 0.6)
		}
		if chance(r, says) {
			x.lag = "yes" // how much is known when scrapes are
		}
		out = append(out, x)
	}
	wait := func() time.Duration {
		return pick(r, []time.Duration{0, 30 * time.Second, time.Minute, time.Minute, 2 * time.Minute})
	}
	for _, k := range kinds() {
		of := titles[k]
		t := of[0]
		if own && len(of) > 1 {
			t = of[len(of)-1]
		}
		switch k {
		case unreachable:
			add(k, t, "critical", wait())
			if chance(r, 0.4) {
				add(k, of[1], "critical", wait()+3*time.Minute)
			}
		case adjacency:
			if chance(r, 0.85) {
				add(k, t, "warning", wait())
			}
		case latency, mains, probe:
			if chance(r, 0.5) {
				add(k, t, "warning", wait())
			}
		case loss, saturated, heat, subscribers, pool, prefixes:
			add(k, t, pick(r, []string{"warning", "critical"}), wait()+pick(r, []time.Duration{0, time.Minute, 3 * time.Minute}))
		case rebooted:
			if chance(r, 0.6) {
				add(k, t, "warning", 0)
			}
		case bgpSession:
			add(k, t, "critical", wait())
			if chance(r, 0.4) { // what the reflectors themselves say of their clients is switched off
				out[len(out)-1].roles = []role{border, edge, bng}
			}
		default:
			add(k, t, "critical", wait())
		}
	}
	return out
}

// occurrence is one firing stretch of an alert, as one Prometheus of a pair dates it.
type occurrence struct {
	labels map[string]string
	lag    string
	on     kind
	fired  time.Time // by true time; stamps are by Prometheus' clock
	ended  time.Time
	began  time.Time // when the condition began
	of     int       // the happening, by number
	blunt  bool      // it may be older than what its lag says
	echo   bool      // and another rule said the same before
}

// prometheus scrapes every node and evaluates the rules. The other one of a pair does so at other
// instants.
type prometheus struct {
	scrape time.Duration
	other  bool
}

// fires says what a rule makes of a spell.
func (m prometheus) fires(x rule, s spell, phase time.Duration) (occurrence, bool) {
	seen := next(s.from, m.scrape, phase)
	fine := next(s.until, m.scrape, phase)
	if !seen.Before(fine) {
		return occurrence{}, false // between two scrapes
	}
	tick := x.phase[0]
	if m.other {
		tick = x.phase[1]
	}
	pending := next(seen, x.every, tick)
	fired := next(pending.Add(x.wait), x.every, tick)
	over := next(fine, x.every, tick)
	if !fired.Before(over) {
		return occurrence{}, false
	}
	o := occurrence{labels: x.labels(s.condition), fired: fired, ended: over}
	if x.lag != "" {
		o.lag = fmt.Sprintf("%ds", int(m.lagOf(x).Seconds()))
	}
	return o, true
}

// lagOf is how long it may take from the beginning of a condition until the rule fires.
func (m prometheus) lagOf(x rule) time.Duration {
	wait := (x.wait + x.every - 1) / x.every * x.every
	return wait + x.every + m.scrape
}

// next is the first of the instants phase, phase+every, … that is not before t.
func next(t time.Time, every, phase time.Duration) time.Time {
	base := t.Truncate(every).Add(phase - every)
	for base.Before(t) {
		base = base.Add(every)
	}
	return base
}

func (x rule) labels(c condition) map[string]string {
	out := map[string]string{"alertname": x.name, "severity": x.severity}
	set := func(name, value string, wanted bool) {
		if value != "" && wanted {
			out[name] = value
		}
	}
	set("device", c.node, true)
	set("site", c.site, true)
	set("service", c.probed, true)
	set("interface", c.iface, x.iface)
	set("peer", c.peer, x.peer || x.on == bgpSession)
	set("symptom", x.symptom, true)
	return out
}
