package incident

import (
	"cmp"
	"slices"
	"time"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/configchange"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/topology"
)

// Facts are all that a judgement is made of, besides topology, tables and weights.
type Facts struct {
	Occurrences []Occurrence // all of the incident, at least one
	Onset       Interval
	CameBack    *Interval     // the onset of its present life (ReturnOf); nil while it is in its first
	Lookback    time.Duration // X
	// Changes are those of the devices in Reach that could matter, and of every category of which
	// Rollouts asks; others do no harm.
	Changes []configchange.Change
	// Ahead is, by device, how far the clock that times its sightings is ahead of ours, where that was
	// measured and is worth allowing for (SkewWorthSaying).
	Ahead map[string]time.Duration
	// Elsewhere are occurrences of other incidents that say what was down when this one began: an
	// uplink lost hours ago is no part of this incident, but it leaves the other one alone.
	Elsewhere []Occurrence
	Truncated int // alerts that Alertmanager left out
}

// Judge knows what does not change from incident to incident.
type Judge struct {
	Graph   *topology.Graph
	Rules   *Rules
	Weights Weights
}

// scene is the incident's alerts, arranged by what they are about.
type scene struct {
	graph  *topology.Graph
	alerts []Occurrence // the newest occurrence of each alert, by StartsAt
	// share is what an alert counts for: all alerts of one subject together count 1.
	share     []float64
	bySubject map[string][]int // device, or site, or the alert itself → alerts
	// named are, for a device, the alerts of others that name it as the other end of a link or session.
	named     map[string][]int
	farEndsOf [][]string // alert → the devices at the other ends that it names
	// namedLink are, for a link, the alerts that name it, from either end.
	namedLink map[string][]int
	sites     map[string][]int // alerts that stand for a site
	down      topology.Down
	// outages are the alerts that say that something is down, where some of them were over before
	// others began; else none, since then all that is down is down at once.
	outages   []int
	elsewhere []Occurrence
}

// Subject is what an alert is about: its device, else its site, else only itself.
func (o Occurrence) Subject() string {
	switch {
	case o.Device != "":
		return o.Device
	case o.Site != "":
		return o.Site
	default:
		return o.AlertName
	}
}

// saysDeviceDown: the symptoms that say that a device is down where dependency groups ask.
func saysDeviceDown(symptom string) bool {
	return symptom == SymptomDeviceUnreachable || symptom == SymptomReboot
}

// saysLinkDown: the symptoms that say it of one link or peer alone.
func saysLinkDown(symptom string) bool {
	return symptom == SymptomInterfaceDown || symptom == SymptomOSPFDown || symptom == SymptomBGPDown
}

// SaysDown says whether an alert speaks of a device, link or peer that is down, not merely hot or slow.
func (o Occurrence) SaysDown() bool { return saysDeviceDown(o.Symptom) || saysLinkDown(o.Symptom) }

// markDown notes what an alert says is down.
func markDown(g *topology.Graph, down topology.Down, o Occurrence) {
	switch {
	case o.Device == "":
	case saysDeviceDown(o.Symptom):
		down.Devices[o.Device] = true
	case saysLinkDown(o.Symptom):
		links, _ := farEnds(g, o)
		for _, l := range links {
			down.Links[l] = true
		}
	}
}

func newScene(g *topology.Graph, occurrences, elsewhere []Occurrence) *scene {
	s := &scene{
		graph: g, elsewhere: elsewhere, alerts: newestOfEach(occurrences),
		bySubject: map[string][]int{}, named: map[string][]int{}, namedLink: map[string][]int{}, sites: map[string][]int{},
		down: topology.Down{Devices: map[string]bool{}, Links: map[string]bool{}},
	}
	s.farEndsOf = make([][]string, len(s.alerts))
	learnt := peersByInterface(g, s.alerts)
	for i, o := range s.alerts {
		if o.Device == "" && o.Site != "" {
			s.sites[o.Site] = append(s.sites[o.Site], i)
		}
		s.bySubject[o.Subject()] = append(s.bySubject[o.Subject()], i)
		if o.Device == "" {
			continue
		}
		markDown(g, s.down, o)
		links, others := farEnds(g, o)
		if peer, known := learnt[topology.End{Device: o.Device, Interface: o.Interface}]; known && len(others) == 0 {
			others = []string{peer}
		}
		s.farEndsOf[i] = others
		for _, l := range links {
			s.namedLink[l] = append(s.namedLink[l], i)
		}
		for _, other := range others {
			s.named[other] = append(s.named[other], i)
		}
	}
	for _, o := range elsewhere {
		markDown(g, s.down, o)
	}
	s.outages = s.apartInTime()
	s.share = make([]float64, len(s.alerts))
	for i, o := range s.alerts {
		s.share[i] = 1 / float64(len(s.bySubject[o.Subject()]))
	}
	return s
}

// farEnds are the links that an alert names by its interface or peer, and the devices at their other
// ends. A peer may be a device without a link in the inventory: a route reflector, say.
func farEnds(g *topology.Graph, o Occurrence) (links, devices []string) {
	if o.Interface != "" {
		if l, ok := g.LinkAt(o.Device, o.Interface); ok {
			links, devices = append(links, l.Name()), append(devices, l.Other(o.Device).Device)
		}
	}
	if o.Peer != "" && o.Peer != o.Device && g.Has(o.Peer) && !slices.Contains(devices, o.Peer) {
		devices = append(devices, o.Peer)
		if between := g.LinksBetween(o.Device, o.Peer); len(between) == 1 {
			links = append(links, between[0])
		}
	}
	return links, devices
}

// peersByInterface says what the alerts themselves tell of links that the inventory does not list: one that
// names both its interface and its peer says where that interface leads.
func peersByInterface(g *topology.Graph, alerts []Occurrence) map[topology.End]string {
	out := map[topology.End]string{}
	for _, o := range alerts {
		if o.Device != "" && o.Interface != "" && o.Peer != "" && g.Has(o.Peer) && o.Peer != o.Device {
			out[topology.End{Device: o.Device, Interface: o.Interface}] = o.Peer
		}
	}
	return out
}

// onlyTells says whether all that a device says is that links and sessions to known far ends are lost.
func (s *scene) onlyTells(device string) bool {
	for _, i := range s.bySubject[device] {
		if !saysLinkDown(s.alerts[i].Symptom) || !slices.ContainsFunc(s.farEndsOf[i], func(d string) bool { return d != device }) {
			return false
		}
	}
	return len(s.bySubject[device]) > 0
}

func newestOfEach(occurrences []Occurrence) []Occurrence {
	newest := make(map[string]int, len(occurrences))
	for i := range occurrences {
		o := &occurrences[i]
		if j, ok := newest[o.Fingerprint]; !ok || cmp.Or(o.StartsAt.Compare(occurrences[j].StartsAt), cmp.Compare(o.ID, occurrences[j].ID)) >= 0 {
			newest[o.Fingerprint] = i
		}
	}
	out := make([]Occurrence, 0, len(newest))
	for i := range occurrences {
		if newest[occurrences[i].Fingerprint] == i {
			out = append(out, occurrences[i])
		}
	}
	slices.SortFunc(out, func(a, b Occurrence) int { // in whatever order they were heard
		return cmp.Or(a.StartsAt.Compare(b.StartsAt), cmp.Compare(a.Device, b.Device), cmp.Compare(a.AlertName, b.AlertName), cmp.Compare(a.Fingerprint, b.Fingerprint))
	})
	return out
}

// explained are the alerts that the failure of a candidate explains: all of every device in its
// impact, and those of others that name one of its devices as their far end. Ascending.
func (s *scene) explained(impact, devices []string) []int {
	var out []int
	for _, d := range impact {
		out = append(out, s.bySubject[d]...)
	}
	for _, d := range devices {
		out = append(out, s.named[d]...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// silent counts the devices of an impact that do not alert.
func (s *scene) silent(impact []string) int {
	n := 0
	for _, d := range impact {
		if len(s.bySubject[d]) == 0 {
			n++
		}
	}
	return n
}

// subjects are the names of what the alerts are about, sorted.
func (s *scene) subjects(alerts []int) []string {
	var out []string
	for _, i := range alerts {
		out = append(out, s.alerts[i].Subject())
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Reach are the keys by which later alerts and changes find an incident with these alerts: every
// device that could be a cause of one of them, and the sites.
func Reach(g *topology.Graph, occurrences []Occurrence) []string {
	seen := map[string]bool{}
	for _, o := range occurrences {
		if o.Site != "" {
			seen[SiteKey(o.Site)] = true
		}
		if o.Device == "" {
			seen["alert:"+o.Fingerprint] = true
			continue
		}
		for d := range g.Ancestors(o.Device) {
			seen[DeviceKey(d)] = true
		}
		_, others := farEnds(g, o)
		for _, d := range others {
			seen[DeviceKey(d)] = true
		}
		if site := g.SiteOf(o.Device); site != "" {
			seen[SiteKey(site)] = true
		}
	}
	out := make([]string, 0, len(seen))
	for key := range seen {
		out = append(out, key)
	}
	slices.Sort(out)
	return out
}

// DeviceKey is the reach key of a device.
func DeviceKey(device string) string { return "device:" + device }

// SiteKey is the reach key of a site.
func SiteKey(site string) string { return "site:" + site }

// CategoryKey is the reach key of a category. An incident reaches one when one of its devices had a
// change of it in time: roll-outs have no topology in common.
func CategoryKey(category string) string { return "category:" + category }
