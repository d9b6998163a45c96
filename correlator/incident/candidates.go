package incident

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/configchange"
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
		c.impact = s.graph.Impact(topology.Failure{Devices: c.devices}, s.down)
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
		c.impact = s.graph.Impact(topology.Failure{Links: c.links}, s.down)
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
// and no device, nor devices that fail together as legs of one group, explain the same as well.
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
		if len(alerting) > 0 && s.explainedOtherwise(alerting, devices) {
			alerting = nil
		}
		own := s.sites[site]
		if len(alerting)+len(own) == 0 {
			continue
		}
		c := suspect{kind: KindSite, name: site, devices: all, alerting: true}
		if len(alerting) > 0 {
			c.impact = s.graph.Impact(topology.Failure{Devices: all}, s.down)
			c.silent = s.silent(c.impact)
		}
		c.explains = slices.Concat(s.explained(c.impact, nil), own)
		slices.Sort(c.explains)
		c.explains = slices.Compact(c.explains)
		out = append(out, c)
	}
	return out
}

// explainedOtherwise says whether one device, or the alerting legs of one redundancy group together,
// explain all these alerts.
func (s *scene) explainedOtherwise(alerts []int, devices map[string]*suspect) bool {
	slices.Sort(alerts)
	for _, c := range devices {
		if includes(c.explains, alerts) {
			return true
		}
	}
	for members := range s.graph.Redundancy {
		var legs []string
		for _, m := range members {
			if len(s.bySubject[m]) > 0 {
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

// includes says whether the ascending whole has all of the ascending part.
func includes(whole, part []int) bool {
	i := 0
	for _, x := range part {
		for i < len(whole) && whole[i] < x {
			i++
		}
		if i == len(whole) || whole[i] != x {
			return false
		}
	}
	return true
}

// rollout is one category that changed on many devices at about the same time.
type rollout struct {
	category string
	changes  []configchange.Change
}

// rollouts finds stretches in which a category changed on enough devices with the ends of the
// intervals within the window.
func (j Judge) rollouts(changes []configchange.Change) []rollout {
	byCategory := map[string][]configchange.Change{}
	for _, c := range changes {
		byCategory[c.Category] = append(byCategory[c.Category], c)
	}
	var out []rollout
	for _, category := range slices.Sorted(maps.Keys(byCategory)) {
		list := byCategory[category]
		slices.SortStableFunc(list, func(a, b configchange.Change) int {
			return cmp.Or(a.NotAfter.Compare(b.NotAfter), cmp.Compare(a.ID, b.ID))
		})
		for from := 0; from < len(list); {
			to := from
			devices := map[string]bool{}
			for to < len(list) && list[to].NotAfter.Sub(list[from].NotAfter) <= j.Weights.Rollout.Window {
				devices[list[to].Device] = true
				to++
			}
			if len(devices) >= j.Weights.Rollout.Devices {
				out = append(out, rollout{category: category, changes: list[from:to]})
				from = to
			} else {
				from++
			}
		}
	}
	return out
}

// Rollouts says which categories changed on two of these devices or more, so that the changes of all
// devices in them must be looked at.
func Rollouts(changes []configchange.Change) []string {
	devices := map[string]map[string]bool{}
	for _, c := range changes {
		if devices[c.Category] == nil {
			devices[c.Category] = map[string]bool{}
		}
		devices[c.Category][c.Device] = true
	}
	var out []string
	for _, category := range slices.Sorted(maps.Keys(devices)) {
		if len(devices[category]) > 1 {
			out = append(out, category)
		}
	}
	return out
}

func (j Judge) rolloutSuspects(s *scene, f Facts, ev *changeEvidence) []suspect {
	var out []suspect
	for _, r := range j.rollouts(slices.Clone(f.Changes)) {
		earliest := r.changes[0].NotBefore
		devices := map[string]bool{}
		for _, change := range r.changes {
			earliest = earlier(earliest, change.NotBefore)
			devices[change.Device] = true
		}
		c := suspect{
			kind: KindRollout, name: r.category + "@" + earliest.UTC().Format(time.RFC3339),
			devices: slices.Sorted(maps.Keys(devices)),
		}
		c.impact = s.graph.Impact(topology.Failure{Devices: c.devices}, s.down)
		s.fill(&c)
		if len(c.explains) == 0 {
			continue
		}
		ev.ofRollout(s, &c, r.changes)
		out = append(out, c)
	}
	return out
}
