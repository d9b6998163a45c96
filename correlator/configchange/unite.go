package configchange

import (
	"cmp"
	"encoding/json"
	"slices"
	"time"
)

// boundary is where one stream saw one fingerprint give way to another.
type boundary struct {
	stream    Stream
	old, new  Run
	baseline  bool // the allowlist changed too, so nobody can say whether the router did
	notBefore time.Time
	notAfter  time.Time
}

func (b boundary) width() time.Duration { return b.notAfter.Sub(b.notBefore) }

// miss is the gap between two intervals, 0 when they meet.
func (b boundary) miss(other boundary) time.Duration {
	return max(0, other.notBefore.Sub(b.notAfter), b.notBefore.Sub(other.notAfter))
}

func (b boundary) compare(other boundary) int {
	return cmp.Or(b.notAfter.Compare(other.notAfter), b.notBefore.Compare(other.notBefore), CompareStreams(b.stream, other.stream))
}

// cluster is one change as all streams saw it.
type cluster struct{ members []boundary }

// byWidth are the members, the narrowest interval first; of equals the earlier one.
func (c cluster) byWidth() []boundary {
	return slices.SortedFunc(slices.Values(c.members), func(a, b boundary) int {
		return cmp.Or(cmp.Compare(a.width(), b.width()), a.compare(b))
	})
}

// Derive gives the changes of one category of one device from the runs of all its streams (ordered
// by stream, then FirstSeen), ordered by NotAfter. Only what the runs say is filled in: no ID, no
// planned work.
func Derive(runs []Run) []Change {
	var out []Change
	knowledge := knowledgeOf(runs)
	for _, c := range unite(boundariesOf(runs)) {
		if slices.ContainsFunc(c.members, func(b boundary) bool { return b.baseline }) {
			continue // one pair of eyes knows that the allowlist changed: for none is it an event
		}
		out = append(out, knowledge.change(c))
	}
	slices.SortFunc(out, CompareChanges)
	return out
}

func boundariesOf(runs []Run) []boundary {
	var out []boundary
	for i := 1; i < len(runs); i++ {
		old, next := runs[i-1], runs[i]
		if old.Stream != next.Stream {
			continue
		}
		baseline := old.AllowlistVersion != next.AllowlistVersion
		if old.Fingerprint == next.Fingerprint {
			continue // a new allowlist that changed nothing
		}
		out = append(out, boundary{
			stream: old.Stream, old: old, new: next, baseline: baseline,
			notBefore: old.LastSeen, notAfter: next.FirstSeen,
		})
	}
	return out
}

// unite sorts boundaries into clusters, one for each change: those come together first that are
// nearest to one another. A stream has at most one boundary in a cluster: what it saw twice happened
// twice.
func unite(boundaries []boundary) []cluster {
	boundaries = slices.DeleteFunc(slices.Clone(boundaries), func(b boundary) bool { return coarse(b, boundaries) })
	slices.SortFunc(boundaries, boundary.compare)
	home := make([]int, len(boundaries)) // boundary → its cluster
	clusters := make([]cluster, len(boundaries))
	for i, b := range boundaries {
		home[i], clusters[i] = i, cluster{members: []boundary{b}}
	}
	for _, p := range twins(boundaries) {
		into, from := home[p.a], home[p.b]
		if into == from || clusters[into].sharesStream(clusters[from]) {
			continue
		}
		clusters[into].members = append(clusters[into].members, clusters[from].members...)
		clusters[from].members = nil
		for i := range home {
			if home[i] == from {
				home[i] = into
			}
		}
	}
	return slices.DeleteFunc(clusters, func(c cluster) bool { return len(c.members) == 0 })
}

func (c cluster) sharesStream(other cluster) bool {
	return slices.ContainsFunc(c.members, func(m boundary) bool {
		return slices.ContainsFunc(other.members, func(o boundary) bool { return o.stream == m.stream })
	})
}

// twin is two boundaries, by their places in a list, that may be one change.
type twin struct {
	a, b     int
	distance time.Duration
}

// twins are those of the boundaries (in the order of compare) that show the same step to two streams
// and miss each other by no more than the skew between their clocks; the nearest first.
func twins(boundaries []boundary) []twin {
	var out []twin
	byStep := map[[2]string][]int{}
	for i, b := range boundaries {
		step := [2]string{b.old.Fingerprint, b.new.Fingerprint}
		byStep[step] = append(byStep[step], i)
	}
	for _, members := range byStep {
		for n, i := range members {
			for _, k := range members[n+1:] {
				a, b := boundaries[i], boundaries[k]
				if a.stream != b.stream && a.miss(b) <= skew(a, b) {
					out = append(out, twin{a: i, b: k, distance: distance(a, b)})
				}
			}
		}
	}
	slices.SortFunc(out, func(x, y twin) int {
		return cmp.Or(cmp.Compare(x.distance, y.distance), cmp.Compare(x.a, y.a), cmp.Compare(x.b, y.b))
	})
	return out
}

// coarse says whether another stream saw several steps from b's old to b's new fingerprint within
// b's interval: then b is only a slower look at them, and no change of its own.
func coarse(b boundary, all []boundary) bool {
	var from *boundary
	for i, step := range all {
		if step.stream == b.stream {
			continue
		}
		if from != nil && from.stream != step.stream {
			from = nil
		}
		off := skew(b, step)
		inside := !step.notBefore.Before(b.notBefore.Add(-off)) && !step.notAfter.After(b.notAfter.Add(off))
		switch {
		case !inside:
			from = nil
		case from == nil && step.old.Fingerprint == b.old.Fingerprint && step.new.Fingerprint != b.new.Fingerprint:
			from = &all[i]
		case from != nil && step.new.Fingerprint == b.new.Fingerprint:
			return true
		}
	}
	return false
}

// knowledge is what any stream knows of a fingerprint.
type knowledge struct {
	hash     map[string]string
	sections map[string]json.RawMessage
}

func knowledgeOf(runs []Run) knowledge {
	k := knowledge{hash: map[string]string{}, sections: map[string]json.RawMessage{}}
	for _, r := range runs {
		if r.SHA256 != "" {
			k.hash[r.Fingerprint] = r.SHA256
		}
		if r.Sections != nil {
			k.sections[r.Fingerprint] = r.Sections
		}
	}
	return k
}

func (k knowledge) change(c cluster) Change {
	members := c.byWidth()
	b := members[0]
	change := Change{
		Device: b.stream.Device, Category: b.stream.Category,
		NotBefore: b.notBefore, NotAfter: b.notAfter,
		OldFingerprint: b.old.Fingerprint, NewFingerprint: b.new.Fingerprint,
		OldHash: k.hash[b.old.Fingerprint], NewHash: k.hash[b.new.Fingerprint],
	}
	for _, m := range members {
		if change.Actor == nil {
			change.Actor = m.new.Actor
		}
	}
	before, hasBefore := k.sections[change.OldFingerprint]
	after, hasAfter := k.sections[change.NewFingerprint]
	if hasBefore && hasAfter {
		change.Summary = Diff(before, after)
	}
	return change
}

// CompareChanges orders changes by NotAfter, then by what else they say: how they came to be stored
// has no part in it but where all else is equal.
func CompareChanges(a, b Change) int {
	return cmp.Or(a.NotAfter.Compare(b.NotAfter), a.NotBefore.Compare(b.NotBefore), cmp.Compare(a.Device, b.Device), cmp.Compare(a.Category, b.Category),
		cmp.Compare(a.OldFingerprint, b.OldFingerprint), cmp.Compare(a.NewFingerprint, b.NewFingerprint), cmp.Compare(a.ID, b.ID))
}

// CompareStreams orders streams by device, category, source, exporter.
func CompareStreams(a, b Stream) int {
	return cmp.Or(cmp.Compare(a.Device, b.Device), cmp.Compare(a.Category, b.Category),
		cmp.Compare(a.Source, b.Source), cmp.Compare(a.Exporter, b.Exporter))
}
