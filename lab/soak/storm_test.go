package soak

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"time"

	"github.com/ispvisualmonitor/ispvisualmonitor/lab/roads"
)

const tenant = "storm"

// message is what a sender sends at once: a batch of observations, or one line of another kind.
type message []roads.Line

// storm is a drawn timeline. The messages of one step have no order among themselves, as those of several
// exporters, Alertmanagers and people have none; a step begins when all of the step before is acknowledged.
// Of one region, a step brings one group of alerts that says something new: which incident takes an alert
// may well depend on which of two groups came first, and then either is right.
//
// All that it tells of lies hours back, further than any timer waits, so that a second more or less on the
// receiver's clock decides nothing; only in the last act alerts end just now, and the incident has to wait
// for its cool-down.
type storm struct {
	steps [][]message
}

// cooldown is long against a round and short against the age of what the storm tells of.
const cooldown = "1h"

// drawing draws a storm.
type drawing struct {
	*rand.Rand
	now     time.Time
	regions []*region
	steps   [][]message
	prints  map[string]int // how often a device's category has changed
}

// region is a part of the network that shares nothing with another.
type region struct {
	name                  string
	edges, hubs, accesses []string
	core                  string
	// category is what is changed here: the same one in three regions would be a roll-out, and one event.
	category string
	work     string // the change record under way, empty: none
	firing   []alert
	over     []alert // what fired and ended in this act
}

// alert is one alert with the labels that identify it.
type alert struct {
	name, device, iface string
	act                 int // an outage has its own alerts, or it would be the one before come again
	starts, ends        time.Time
}

// drawStorm draws a storm that lies before now.
func drawStorm(seed uint64, now time.Time) storm {
	d := &drawing{Rand: rand.New(rand.NewPCG(seed, 0)), now: now.Truncate(time.Second), prints: map[string]int{}} //nolint:gosec // a round must be drawn again the same
	d.network()
	acts := 2 + d.IntN(2)
	for n := range acts {
		d.act(n, n == acts-1)
	}
	return storm{steps: d.steps}
}

func (d *drawing) chance(p float64) bool { return d.Float64() < p }

func (d *drawing) seconds(atMost int) time.Duration {
	return time.Duration(d.IntN(atMost)) * time.Second
}

// step adds one step, unless it is empty.
func (d *drawing) step(messages ...message) {
	if len(messages) > 0 {
		d.steps = append(d.steps, messages)
	}
}

// line makes one line of the timeline.
func line(kind string, fields map[string]any) roads.Line {
	object := map[string]any{"type": kind, "tenant": tenant, "at": time.Time{}}
	for name, value := range fields {
		object[name] = value
	}
	raw, err := json.Marshal(object)
	if err != nil {
		panic(err) // only what was drawn here
	}
	l, err := roads.ParseLine(raw)
	if err != nil {
		panic(err)
	}
	return l
}

// network draws an ISP of a few regions, each with two edges, a core, hubs and access routers.
func (d *drawing) network() {
	type object = map[string]any
	var sites, devices, links []object
	device := func(name, site string, groups ...object) string {
		devices = append(devices, object{"name": name, "site": site, "depends_on": groups})
		return name
	}
	for n := range 2 + d.IntN(2) {
		r := &region{name: fmt.Sprintf("R%d", n), category: categories[n]}
		pop := r.name + "-pop"
		sites = append(sites, object{"name": pop})
		for e := range 2 {
			r.edges = append(r.edges, device(fmt.Sprintf("%s-EDGE%d", r.name, e), pop))
		}
		r.core = device(r.name+"-CORE", pop, object{"any": r.edges})
		for h := range 2 + d.IntN(2) {
			site := fmt.Sprintf("%s-hub%d", r.name, h)
			sites = append(sites, object{"name": site})
			hub := device(fmt.Sprintf("%s-HUB%d", r.name, h), site, object{"all": []string{r.core}})
			r.hubs = append(r.hubs, hub)
			links = append(links, object{"a": object{"device": r.core, "interface": fmt.Sprintf("sfp%d", h)}, "b": object{"device": hub, "interface": "sfp0"}})
			for a := range 2 + d.IntN(4) {
				access := device(fmt.Sprintf("%s-ACC%d%d", r.name, h, a), site, object{"all": []string{hub}})
				r.accesses = append(r.accesses, access)
				links = append(links, object{"a": object{"device": hub, "interface": fmt.Sprintf("ether%d", a+1)}, "b": object{"device": access, "interface": "ether1"}})
			}
		}
		d.regions = append(d.regions, r)
	}
	d.step(message{line("inventory", map[string]any{"sites": sites, "devices": devices, "links": links})})
}

func (r *region) devices() []string {
	return slices.Concat(r.edges, []string{r.core}, r.hubs, r.accesses)
}

// below are the devices that fall with one.
func (r *region) below(device string) []string {
	if device == r.core {
		return slices.Concat(r.hubs, r.accesses)
	}
	if h := slices.Index(r.hubs, device); h >= 0 {
		prefix := fmt.Sprintf("%s-ACC%d", r.name, h)
		return slices.DeleteFunc(slices.Clone(r.accesses), func(a string) bool { return a[:len(prefix)] != prefix })
	}
	return nil
}

// act is one outage in each region, from the quiet before to the quiet after.
func (d *drawing) act(n int, last bool) {
	begins := d.now.Add(-12*time.Hour + time.Duration(n)*3*time.Hour)
	onset, end := begins.Add(10*time.Minute), begins.Add(40*time.Minute)
	if last {
		end = d.now.Add(-2 * time.Minute)
	}
	d.all(func(r *region) []message { return append(d.sightings(r, begins), d.plans(r, begins)...) })
	d.all(func(r *region) []message { return d.breaks(r, n, onset.Add(d.seconds(300))) })
	d.groups(func(r *region) []alert { return r.firing })
	d.all(func(r *region) []message { return d.sightings(r, onset.Add(8*time.Minute)) })
	d.all(func(r *region) []message { return append(d.acknowledgement(r), d.repeats(r)...) })
	d.all(d.consequence)
	d.all(func(r *region) []message { d.ends(r, end.Add(d.seconds(60))); return nil })
	d.groups(func(r *region) []alert { return r.over })
	if last {
		d.all(d.again)
	}
	d.all(d.stale)
	d.all(d.endOfWork)
}

// all adds a step of what happens in each region.
func (d *drawing) all(what func(*region) []message) {
	var step []message
	for _, r := range d.regions {
		step = append(step, what(r)...)
	}
	d.step(step...)
}

// groups adds a step for each group of alerts, in which the HA peer may send it as well, and send the ones
// before once more.
func (d *drawing) groups(of func(*region) []alert) {
	calls := make([][]message, len(d.regions))
	most := 0
	for i, r := range d.regions {
		calls[i] = d.webhooks(of(r))
		most = max(most, len(calls[i]))
	}
	for n := range most {
		var step []message
		for _, region := range calls {
			for i := range min(n+1, len(region)) {
				if i == n {
					step = append(step, region[i])
				}
				if d.chance(0.5) {
					step = append(step, region[i])
				}
			}
		}
		d.step(step...)
	}
}

var categories = []string{"interfaces", "bgp", "firewall"}

// sightings are what two exporters saw of a region, of which often one is away; changed names each "device category" that has
// another fingerprint from now on.
func (d *drawing) sightings(r *region, at time.Time, changed ...string) []message {
	for _, c := range changed {
		d.prints[c]++
	}
	var messages []message
	exporters := []string{"exporter-a", "exporter-b"}
	if d.chance(0.6) { // one of them is away
		n := d.IntN(2)
		exporters = exporters[n : n+1]
	}
	for n, exporter := range exporters {
		var batch message
		for _, device := range r.devices() {
			for _, category := range categories {
				subject := device + " " + category
				fields := map[string]any{
					"device": device, "category": category, "exporter": exporter, "source": "http",
					"observed_at": at.Add(time.Duration(n) * 7 * time.Second), "sha256": digest(fmt.Sprint(subject, d.prints[subject])),
				}
				if slices.Contains(changed, subject) && n == 0 {
					fields["actor"] = map[string]any{"user": "ops1", "via": "winbox"}
				}
				batch = append(batch, line("observation", fields))
			}
		}
		cut := d.IntN(len(batch))
		messages = append(messages, batch[:cut], batch[cut:])
	}
	return slices.DeleteFunc(messages, func(m message) bool { return len(m) == 0 })
}

// plans are change records: one that is under way, and one that is over or canceled, as it comes.
func (d *drawing) plans(r *region, begins time.Time) []message {
	if !d.chance(0.5) {
		return nil
	}
	r.work = fmt.Sprintf("CHG-%s-%d", r.name, len(d.steps))
	scope := map[string]any{"sites": []string{r.name + "-pop"}}
	if d.chance(0.5) {
		scope = map[string]any{"devices": []string{r.core, r.hubs[0]}}
	}
	return []message{{line("change", map[string]any{"op": "create", "change": map[string]any{
		"id": r.work, "title": "work in " + r.name, "starts_at": begins, "ends_at": d.now.Add(24 * time.Hour), "scope": scope,
		"notify_critical": d.chance(0.3),
	}})}}
}

// breaks is an outage of one device, with its own alerts and those of all below. It answers the sight of the
// change that made it, mostly there is one.
func (d *drawing) breaks(r *region, act int, onset time.Time) []message {
	candidates := slices.Concat(r.hubs, r.hubs, []string{r.core, r.edges[0]}, r.accesses[:1])
	cause := candidates[d.IntN(len(candidates))]
	r.firing, r.over = nil, nil
	at := func() time.Time { return onset.Add(d.seconds(40)) }
	r.firing = append(r.firing, alert{name: "InterfaceDown", device: cause, act: act, iface: "sfp0", starts: at()})
	if slices.Contains(r.edges, cause) {
		r.firing = append(r.firing, alert{name: "BGPSessionDown", device: cause, act: act, starts: at()})
	}
	for _, device := range r.below(cause) {
		r.firing = append(r.firing, alert{name: "DeviceUnreachable", device: device, act: act, starts: at()})
	}
	if d.chance(0.3) {
		return nil
	}
	return d.sightings(r, onset.Add(20*time.Second), cause+" "+r.category)
}

// consequence is an alert that comes much later: a battery that dies.
func (d *drawing) consequence(r *region) []message {
	if !d.chance(0.4) {
		return nil
	}
	device := r.accesses[d.IntN(len(r.accesses))]
	for _, a := range r.firing {
		if a.name == "DeviceRebooted" {
			return nil
		}
	}
	a := alert{name: "DeviceRebooted", device: device, act: r.firing[0].act, starts: r.firing[0].starts.Add(20*time.Minute + d.seconds(60))}
	r.firing = append(r.firing, a)
	return d.webhooks([]alert{a})
}

func (d *drawing) acknowledgement(r *region) []message {
	if !d.chance(0.3) {
		return nil
	}
	a := r.firing[0]
	return []message{{line("operator", map[string]any{"op": "acknowledge", "by": "ana", "incident_of": map[string]any{"device": a.device, "alertname": a.name}})}}
}

// repeats are calls once more, after repeat_interval.
func (d *drawing) repeats(r *region) []message {
	if !d.chance(0.5) {
		return nil
	}
	return d.webhooks(r.firing)
}

// ends ends what fires, or most of it.
func (d *drawing) ends(r *region, at time.Time) {
	for i := range r.firing {
		if d.chance(0.9) {
			r.firing[i].ends = at.Add(d.seconds(30))
			r.over = append(r.over, r.firing[i])
		}
	}
}

// again is an alert that comes back before the incident is closed.
func (d *drawing) again(r *region) []message {
	if len(r.over) == 0 || !d.chance(0.5) {
		return nil
	}
	a := r.over[0]
	a.starts, a.ends = d.now.Add(-20*time.Second), time.Time{}
	return d.webhooks([]alert{a})
}

// stale is a call of the HA peer that still has what is over firing.
func (d *drawing) stale(r *region) []message {
	if !d.chance(0.4) {
		return nil
	}
	late := slices.Clone(r.over)
	for i := range late {
		late[i].ends = time.Time{}
	}
	return d.webhooks(late)
}

func (d *drawing) endOfWork(r *region) []message {
	if r.work == "" {
		return nil
	}
	work := r.work
	r.work = ""
	op := []string{"complete", "cancel"}[d.IntN(2)]
	return []message{{line("change", map[string]any{"op": op, "change": map[string]any{"id": work}})}}
}

// webhooks are the calls of Alertmanager for alerts, which it groups by their names.
func (d *drawing) webhooks(alerts []alert) []message {
	groups := map[string][]map[string]any{}
	var names []string
	for _, a := range alerts {
		if groups[a.name] == nil {
			names = append(names, a.name)
		}
		labels := map[string]string{"alertname": a.name, "device": a.device, "severity": "critical", "act": strconv.Itoa(a.act)}
		if a.iface != "" {
			labels["interface"] = a.iface
		}
		told := map[string]any{
			"status": "firing", "labels": labels, "annotations": map[string]string{"onset_lag": "60s"},
			"startsAt": a.starts, "endsAt": "0001-01-01T00:00:00Z", "fingerprint": digest(fmt.Sprint(a.name, a.device, a.iface, a.act))[:16],
		}
		if !a.ends.IsZero() {
			told["status"], told["endsAt"] = "resolved", a.ends
		}
		groups[a.name] = append(groups[a.name], told)
	}
	var messages []message
	for _, name := range names {
		messages = append(messages, message{line("webhook", map[string]any{"body": map[string]any{
			"version": "4", "groupKey": fmt.Sprintf("{}:{alertname=%q}", name), "status": "firing", "receiver": "correlator",
			"groupLabels": map[string]string{"alertname": name}, "alerts": groups[name],
		}})})
	}
	return messages
}

func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}
