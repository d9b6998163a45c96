package configchange

import (
	"cmp"
	"encoding/json"
	"slices"
	"time"
)

// MaxSkew is by how much the intervals of two streams may miss each other and still be one change:
// no skew between the clocks of two exporters that anybody tolerates is larger.
const MaxSkew = 2 * time.Minute

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

func (b boundary) sameStep(other boundary) bool {
	return b.old.Fingerprint == other.old.Fingerprint && b.new.Fingerprint == other.new.Fingerprint
}

// cluster is one change as all streams saw it.
type cluster struct{ members []boundary }

// best is the member with the narrowest interval; of equals the earlier one.
func (c cluster) best() boundary {
	return slices.MinFunc(c.members, func(a, b boundary) int {
		return cmp.Or(cmp.Compare(a.width(), b.width()), a.notAfter.Compare(b.notAfter), CompareStreams(a.stream, b.stream))
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
	slices.SortFunc(out, func(a, b Change) int {
		return cmp.Or(a.NotAfter.Compare(b.NotAfter), a.NotBefore.Compare(b.NotBefore), cmp.Compare(a.NewFingerprint, b.NewFingerprint))
	})
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

// unite sorts boundaries into clusters, one for each change. A stream has at most one boundary in a
// cluster: what it saw twice happened twice.
func unite(boundaries []boundary) []cluster {
	boundaries = slices.DeleteFunc(slices.Clone(boundaries), func(b boundary) bool { return coarse(b, boundaries) })
	slices.SortStableFunc(boundaries, func(a, b boundary) int {
		return cmp.Or(a.notAfter.Compare(b.notAfter), a.notBefore.Compare(b.notBefore), CompareStreams(a.stream, b.stream))
	})
	var clusters []cluster
	for _, b := range boundaries {
		home, nearest := -1, MaxSkew+1
		for i, c := range clusters {
			if !c.members[0].sameStep(b) || slices.ContainsFunc(c.members, func(m boundary) bool { return m.stream == b.stream }) {
				continue
			}
			miss := nearest
			for _, m := range c.members {
				miss = min(miss, m.miss(b))
			}
			if miss < nearest {
				home, nearest = i, miss
			}
		}
		if home < 0 {
			clusters = append(clusters, cluster{members: []boundary{b}})
		} else {
			clusters[home].members = append(clusters[home].members, b)
		}
	}
	return clusters
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
		inside := !step.notBefore.Before(b.notBefore.Add(-MaxSkew)) && !step.notAfter.After(b.notAfter.Add(MaxSkew))
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
	b := c.best()
	change := Change{
		Device: b.stream.Device, Category: b.stream.Category,
		NotBefore: b.notBefore, NotAfter: b.notAfter,
		OldFingerprint: b.old.Fingerprint, NewFingerprint: b.new.Fingerprint,
		OldHash: k.hash[b.old.Fingerprint], NewHash: k.hash[b.new.Fingerprint],
	}
	for _, m := range c.members {
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

// CompareStreams orders streams by device, category, source, exporter.
func CompareStreams(a, b Stream) int {
	return cmp.Or(cmp.Compare(a.Device, b.Device), cmp.Compare(a.Category, b.Category),
		cmp.Compare(a.Source, b.Source), cmp.Compare(a.Exporter, b.Exporter))
}
