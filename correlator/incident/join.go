package incident

import (
	"slices"
	"time"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/topology"
)

// Standing is what the first candidate of an open incident still takes with it: the entities whose
// later alerts are consequences, however late they come.
type Standing struct {
	graph   *topology.Graph
	failure topology.Failure
	down    topology.Down
	own     string // the candidate itself, which may have another trouble of its own
	from    time.Time
}

// DownIn is what firing alerts say is down: those that count, or all where counts is nil.
func (j Judge) DownIn(counts func(Occurrence) bool, occurrences ...[]Occurrence) topology.Down {
	down := topology.Down{Devices: map[string]bool{}, Links: map[string]bool{}}
	for _, list := range occurrences {
		for i := range list {
			if list[i].Firing() && list[i].SaysDown() && (counts == nil || counts(list[i])) {
				markDown(j.Graph, down, list[i])
			}
		}
	}
	return down
}

// StandingOf gives the standing of an incident whose first candidate is still down (the device, link
// or peer, not merely hot or slow); false when it is not. down is what is down now, by this
// incident's alerts and by those of others that began no later. It looks at each alert once, and at
// nothing of what the candidate takes with it: that is asked of the alerts that come.
func (j Judge) StandingOf(judgement Judgement, onset Interval, occurrences []Occurrence, down topology.Down) (Standing, bool) {
	if len(judgement.Candidates) == 0 {
		return Standing{}, false
	}
	cause := judgement.Candidates[0]
	failure, stands := j.failureOf(cause, occurrences, down)
	if !stands {
		return Standing{}, false
	}
	standing := Standing{graph: j.Graph, failure: failure, down: down, from: onset.NotBefore}
	if cause.Kind == KindDevice {
		standing.own = cause.Name
	}
	return standing, true
}

// failureOf is what of the candidate is down now.
func (j Judge) failureOf(cause Candidate, occurrences []Occurrence, down topology.Down) (topology.Failure, bool) {
	var spoken, device, link, deduced bool
	for i := range occurrences {
		o := &occurrences[i]
		if !o.Firing() {
			continue
		}
		if saysDeviceDown(o.Symptom) && !deduced {
			_, deduced = slices.BinarySearch(cause.Explains, o.Device)
		}
		if !j.speaksOf(cause, o) {
			continue
		}
		spoken = true
		device = device || saysDeviceDown(o.Symptom) && slices.Contains(cause.Devices, o.Device)
		link = link || saysLinkDown(o.Symptom)
	}
	switch {
	case cause.Kind == KindLink:
		return topology.Failure{Links: []string{cause.Name}}, link
	case device, cause.Kind != KindDevice && link:
		return topology.Failure{Devices: cause.Devices}, true
	case !spoken && cause.Kind == KindDevice:
		// It never said anything itself; what it took down speaks for it.
		return topology.Failure{Devices: cause.Devices}, deduced
	case link && len(cause.Explains) > 1:
		return topology.Failure{Devices: cause.Devices}, true // the outage has shown that it takes others along
	case link:
		return topology.Failure{Links: j.downLinksOf(cause.Name, down)}, true
	default:
		return topology.Failure{}, false
	}
}

// speaksOf says whether an alert is about the candidate, or names it as the far end of a link or session.
func (j Judge) speaksOf(cause Candidate, o *Occurrence) bool {
	if o.Device == "" {
		return o.Site != "" && o.Site == cause.Name || slices.Contains(cause.Devices, o.Subject())
	}
	if slices.Contains(cause.Devices, o.Device) {
		return true
	}
	if o.Interface == "" && o.Peer == "" {
		return false
	}
	_, others := farEnds(j.Graph, *o)
	return slices.ContainsFunc(others, func(d string) bool { return slices.Contains(cause.Devices, d) })
}

// downLinksOf are the links of a device that an alert says are down.
func (j Judge) downLinksOf(device string, down topology.Down) []string {
	var out []string
	for name := range down.Links {
		if l, ok := j.Graph.Link(name); ok && (l.A.Device == device || l.B.Device == device) {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

// Takes says whether an alert is a consequence of what is still down: it is of something in its impact, or
// tells that a link or session to it is lost.
func (st Standing) Takes(o Occurrence, joinWindow time.Duration) bool {
	if o.Device == "" || o.Device == st.own || o.StartsAt.Before(st.from.Add(-joinWindow)) {
		return false
	}
	return st.lostTo(o) || st.graph.Hits(st.failure, st.down, o.Device)
}

func (st Standing) lostTo(o Occurrence) bool {
	if !saysLinkDown(o.Symptom) {
		return false
	}
	_, others := farEnds(st.graph, o)
	return slices.ContainsFunc(others, func(d string) bool { return slices.Contains(st.failure.Devices, d) })
}

// Unit is what grouping moves as a whole: the alerts of an existing incident, or one new alert.
type Unit struct {
	Occurrences []Occurrence // at least one
	Span        Interval     // of the onsets
}

// Group says which units are one event: those that one candidate of the greedy cover over all of
// them explains, where each follows the one before within the join window (gap of the spans of
// onsets). It returns groups of indexes into units, every unit in exactly one group, in order of
// their first members.
func (j Judge) Group(units []Unit, f Facts, joinWindow time.Duration) [][]int {
	f.Occurrences = nil
	unitsOf := map[string][]int{} // fingerprint → units
	for u, unit := range units {
		for _, o := range unit.Occurrences {
			if known := unitsOf[o.Fingerprint]; len(known) == 0 || known[len(known)-1] != u {
				unitsOf[o.Fingerprint] = append(known, u)
			}
		}
		f.Occurrences = append(f.Occurrences, unit.Occurrences...)
		if u == 0 {
			f.Onset = onsetFrom(unit.Occurrences)
		} else {
			onset := onsetFrom(unit.Occurrences)
			f.Onset.NotBefore = earlier(f.Onset.NotBefore, onset.NotBefore)
			f.Onset.NotAfter = earlier(f.Onset.NotAfter, onset.NotAfter)
		}
	}
	s := newScene(j.Graph, f.Occurrences, f.Elsewhere)
	sets := newUnion(len(units))
	for _, p := range j.cover(s, j.suspects(s, f)) {
		sets.chain(units, s.unitsIn(p.explains, unitsOf), joinWindow)
	}
	return sets.groups()
}

func onsetFrom(occurrences []Occurrence) Interval {
	onset, _ := OnsetOf(occurrences)
	return onset
}

// unitsIn are the units of the alerts, each once.
func (s *scene) unitsIn(alerts []int, unitsOf map[string][]int) []int {
	var out []int
	for _, i := range alerts {
		out = append(out, unitsOf[s.alerts[i].Fingerprint]...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// union is a disjoint-set forest over units.
type union struct{ parent []int }

func newUnion(n int) *union {
	u := &union{parent: make([]int, n)}
	for i := range u.parent {
		u.parent[i] = i
	}
	return u
}

func (u *union) find(i int) int {
	for u.parent[i] != i {
		u.parent[i] = u.parent[u.parent[i]]
		i = u.parent[i]
	}
	return i
}

func (u *union) join(a, b int) {
	a, b = u.find(a), u.find(b)
	u.parent[max(a, b)] = min(a, b) // the first unit leads its group
}

// chain joins the members whose spans of onsets follow each other within the window.
func (u *union) chain(units []Unit, members []int, window time.Duration) {
	slices.SortStableFunc(members, func(a, b int) int { return units[a].Span.NotBefore.Compare(units[b].Span.NotBefore) })
	var reached Interval
	for i, m := range members {
		if i > 0 && reached.Gap(units[m].Span) <= window {
			u.join(members[i-1], m)
			reached = reached.hull(units[m].Span)
		} else {
			reached = units[m].Span
		}
	}
}

func (u *union) groups() [][]int {
	index := map[int]int{}
	var out [][]int
	for i := range u.parent {
		root := u.find(i)
		at, known := index[root]
		if !known {
			at = len(out)
			index[root] = at
			out = append(out, nil)
		}
		out[at] = append(out[at], i)
	}
	return out
}
