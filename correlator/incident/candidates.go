package incident

import (
	"maps"
	"slices"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/topology"
)

// suspect is a candidate before it is chosen.
type suspect struct {
	kind     Kind
	name     string
	devices  []string // sorted
	links    []string
	impact   []string // devices, sorted
	explains []int    // alerts, ascending
	silent   int
	changes  []weighed // best first
	own      float64   // the best piece of change evidence on its own devices
	alerting bool      // one of its own devices alerts
}

func (c suspect) best() float64 {
	if len(c.changes) == 0 {
		return 0
	}
	return c.changes[0].terms.Product()
}

// suspects are all that could explain something: the alerting devices and all that they depend on,
// far ends, links, sites, roll-outs.
func (j Judge) suspects(s *scene, f Facts) []suspect {
	ev := newChangeEvidence(j, f)
	var out []suspect
	for _, name := range s.deviceNames() {
		c := suspect{kind: KindDevice, name: name, devices: []string{name}}
		c.impact = s.graph.Impact(topology.Failure{Devices: c.devices}, s.downBeside(c.devices))
		s.fill(&c)
		ev.onDevice(s, &c)
		out = append(out, c)
	}
	devices := make(map[string]*suspect, len(out))
	for i := range out {
		devices[out[i].name] = &out[i]
	}
	links := j.linkSuspects(s, ev, devices)
	sites := j.siteSuspects(s, devices)
	rollouts := j.rolloutSuspects(s, f, ev)
	return slices.Concat(out, links, sites, rollouts)
}

func (s *scene) fill(c *suspect) {
	c.explains = s.explained(c.impact, c.devices)
	c.silent = s.silent(c.impact)
	c.alerting = slices.ContainsFunc(c.devices, func(d string) bool { return len(s.bySubject[d]) > 0 })
}

// deviceNames are the alerting devices, all that they depend on, and their far ends. Sorted.
func (s *scene) deviceNames() []string {
	names := map[string]bool{}
	for _, o := range s.alerts {
		if o.Device == "" || names[o.Device] && o.Interface == "" && o.Peer == "" {
			continue
		}
		for d := range s.graph.Ancestors(o.Device) {
			names[d] = true
		}
		_, others := farEnds(s.graph, o)
		for _, d := range others {
			names[d] = true
		}
	}
	return slices.Sorted(maps.Keys(names))
}

// linkSuspects: a link is one when alerts of both its ends name it, and neither end is down or
// changed.
func (j Judge) linkSuspects(s *scene, ev *changeEvidence, devices map[string]*suspect) []suspect {
	var out []suspect
	for _, name := range slices.Sorted(maps.Keys(s.namedLink)) {
		l, _ := s.graph.Link(name)
		ends := []string{l.A.Device, l.B.Device}
		slices.Sort(ends)
		bothName, unfit := true, false
		for _, end := range ends {
			bothName = bothName && slices.ContainsFunc(s.namedLink[name], func(i int) bool { return s.alerts[i].Device == end })
			unfit = unfit || s.down.Devices[end] || devices[end] != nil && devices[end].own >= j.Weights.Counts()
		}
		if !bothName || unfit {
			continue
		}
		c := suspect{kind: KindLink, name: name, devices: ends, links: []string{name}, alerting: true}
		c.impact = s.graph.Impact(topology.Failure{Links: c.links}, s.downBeside(c.devices))
		c.explains = slices.Concat(s.explained(c.impact, nil), s.namedLink[name])
		slices.Sort(c.explains)
		c.explains = slices.Compact(c.explains)
		c.silent = s.silent(c.impact)
		ev.onDevices(s, &c)
		out = append(out, c)
	}
	return out
}

// siteSuspects: a site is one when more than half of its devices alert (or an alert stands for it),
// and no device, nor devices that fail together as legs of one group, explain the same as well. A site
// is power, cooling and ducts: what is changed on one of its devices is no evidence against it.
func (j Judge) siteSuspects(s *scene, devices map[string]*suspect) []suspect {
	names := map[string]bool{}
	for site := range s.sites {
		names[site] = true
	}
	for subject := range s.bySubject {
		if site := s.graph.SiteOf(subject); site != "" {
			names[site] = true
		}
	}
	var out []suspect
	for _, site := range slices.Sorted(maps.Keys(names)) {
		all := s.graph.DevicesAt(site)
		var alerting []int
		hit := 0
		for _, d := range all {
			if len(s.bySubject[d]) > 0 {
				hit++
				alerting = append(alerting, s.bySubject[d]...)
			}
		}
		if 2*hit <= len(all) {
			alerting = nil
		}
		if len(alerting) > 0 && j.explainedOtherwise(s, site, s.seenOf(site, alerting), devices) {
			alerting = nil
		}
		if len(alerting)+len(s.sites[site]) == 0 { // what stands for a site no device can explain
			continue
		}
		c := suspect{kind: KindSite, name: site, devices: all, alerting: true}
		if len(alerting) > 0 {
			c.impact = s.graph.Impact(topology.Failure{Devices: all}, s.down)
			c.silent = s.silent(c.impact)
		}
		c.explains = s.seenOf(site, s.explained(c.impact, nil))
		out = append(out, c)
	}
	return out
}

// seenOf are what the failure of a site makes alert: its devices and what hangs on them, what stands
// for the site, and what others say of the far ends of their links to those of its devices that are
// down. A device that is up is not to blame for what its neighbours lost, so neither is its site.
func (s *scene) seenOf(site string, alerting []int) []int {
	out := slices.Concat(alerting, s.sites[site])
	for _, d := range s.graph.DevicesAt(site) {
		if s.down.Devices[d] {
			out = append(out, s.named[d]...)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// explainedOtherwise says whether one device, or legs of one redundancy group that fail together,
// explain all these alerts, ascending, as well as the site: by its own trouble, or with so few silent ones
// that it would be blamed before each device for itself; who stands elsewhere and only tells of the far ends of
// its links does not. A leg fails when it is down or has a trouble that is not among the alerts:
// one that only tells of the far ends of its links stands.
func (j Judge) explainedOtherwise(s *scene, site string, alerts []int, devices map[string]*suspect) bool {
	for _, c := range devices {
		witness := s.graph.SiteOf(c.name) != site && j.onlyWitness(s, *c)
		blamed := c.alerting && !witness || !c.alerting && s.amount(c.explains)-j.silence(*c) > 1-epsilon
		if blamed && includes(c.explains, alerts) {
			return true
		}
	}
	for members := range s.graph.Redundancy {
		var legs []string
		for _, m := range members {
			if s.down.Devices[m] || !includes(alerts, s.bySubject[m]) {
				legs = append(legs, m)
			}
		}
		if len(legs) < 2 {
			continue
		}
		impact := s.graph.Impact(topology.Failure{Devices: legs}, s.down)
		if includes(s.explained(impact, legs), alerts) {
			return true
		}
	}
	return false
}

// onlyWitness says whether a device does nothing but tell of the far ends of its links: it was not changed
// and is up, so what is down behind them is not its doing.
func (j Judge) onlyWitness(s *scene, c suspect) bool {
	return c.kind == KindDevice && c.own < j.Weights.Counts() && !s.down.Devices[c.name] && s.onlyTells(c.name)
}

// includes says whether the ascending whole has all of the ascending part. A small part of a large
// whole is looked up, not searched for.
func includes(whole, part []int) bool {
	for _, x := range part {
		reach := 1
		for reach < len(whole) && whole[reach] < x {
			reach *= 2
		}
		i, found := slices.BinarySearch(whole[:min(reach+1, len(whole))], x)
		if !found {
			return false
		}
		whole = whole[i+1:]
	}
	return true
}
