package configchange

import (
	"cmp"
	"reflect"
	"slices"
	"time"
)

// Reconciliation is the difference between what is stored and what the runs say now.
type Reconciliation struct {
	New     []Change // without ID
	Updated []Change // with the ID of the stored one, and its revision counted up
	Was     []Change // what is stored of the updated ones, in their order
	Gone    []Change // stored, and shown by later sightings to have been another change
}

// Reach is how far [from, to] reaches over the boundaries of the runs (ordered as for Derive): to those
// that it meets, or misses by no more than MaxSkew, from there on to those that these meet, and so on
// for as many links. Whatever moves in [from, to] can tell on nothing beyond: the chance that boundaries
// of several streams are sorted otherwise ends with the chain of their neighbours.
func Reach(runs []Run, from, to time.Time, links int) (time.Time, time.Time) {
	boundaries := boundariesOf(runs)
	for range links {
		widerFrom, widerTo := from, to
		for _, b := range boundaries {
			if b.notAfter.Before(from.Add(-MaxSkew)) || b.notBefore.After(to.Add(MaxSkew)) {
				continue
			}
			if b.notBefore.Before(widerFrom) {
				widerFrom = b.notBefore
			}
			if b.notAfter.After(widerTo) {
				widerTo = b.notAfter
			}
		}
		if widerFrom.Equal(from) && widerTo.Equal(to) {
			break
		}
		from, to = widerFrom, widerTo
	}
	return from, to
}

// Reconcile matches derived changes to stored ones of the same category of the same device, so that
// a change keeps its ID while its interval narrows. Only stored changes that meet [from, to] can be
// gone, and only derived ones that do can be new: beyond it the runs in view may be incomplete.
func Reconcile(stored, derived []Change, from, to time.Time) Reconciliation {
	var r Reconciliation
	partner := match(stored, derived, from, to)
	kept := make([]bool, len(stored))
	for i, d := range derived {
		switch k := partner[i]; {
		case k >= 0:
			kept[k] = true
			if merged, differs := refresh(stored[k], d); differs && (meets(d, from, to) || meets(stored[k], from, to)) {
				r.Updated, r.Was = append(r.Updated, merged), append(r.Was, stored[k])
			}
		case meets(d, from, to):
			r.New = append(r.New, d)
		}
	}
	for k, s := range stored {
		if !kept[k] && meets(s, from, to) {
			r.Gone = append(r.Gone, s)
		}
	}
	return r
}

// match gives for each derived change the index of the stored one that it is, or -1. What is stored
// just so comes first: a neighbour of the same step must not take its place. What is left in [from,
// to] is matched to the nearest.
func match(stored, derived []Change, from, to time.Time) []int {
	partner, taken := make([]int, len(derived)), make([]bool, len(stored))
	for i, d := range derived {
		partner[i] = slices.IndexFunc(stored, func(s Change) bool { return s.sameStep(d) && s.sameTimes(d) })
		if k := partner[i]; k >= 0 {
			taken[k] = true
		}
	}
	for i, d := range derived {
		if partner[i] < 0 && meets(d, from, to) {
			if partner[i] = closest(stored, taken, d); partner[i] >= 0 {
				taken[partner[i]] = true
			}
		}
	}
	return partner
}

// refresh takes over what the runs say now and keeps what they cannot say.
func refresh(stored, derived Change) (Change, bool) {
	derived.ID, derived.DetectedAt, derived.Revision = stored.ID, stored.DetectedAt, stored.Revision
	derived.PlannedChangeID, derived.InBlackoutID = stored.PlannedChangeID, stored.InBlackoutID
	if derived.Actor == nil {
		derived.Actor = stored.Actor
	}
	if len(derived.Summary) == 0 {
		derived.Summary = stored.Summary
	}
	derived.OldHash = cmp.Or(derived.OldHash, stored.OldHash)
	derived.NewHash = cmp.Or(derived.NewHash, stored.NewHash)
	if equal(stored, derived) {
		return stored, false
	}
	derived.Revision++
	return derived, true
}

func equal(a, b Change) bool {
	return a.sameTimes(b) && a.OldHash == b.OldHash && a.NewHash == b.NewHash &&
		slices.Equal(a.Summary, b.Summary) && reflect.DeepEqual(a.Actor, b.Actor)
}

// closest is the index of the free stored change of the same step whose interval is nearest.
func closest(stored []Change, taken []bool, d Change) int {
	best, nearest := -1, MaxSkew+1
	for i, s := range stored {
		if taken[i] || !s.sameStep(d) {
			continue
		}
		if miss := max(0, s.NotBefore.Sub(d.NotAfter), d.NotBefore.Sub(s.NotAfter)); miss < nearest {
			best, nearest = i, miss
		}
	}
	return best
}

func (c Change) sameStep(other Change) bool {
	return c.OldFingerprint == other.OldFingerprint && c.NewFingerprint == other.NewFingerprint
}

func (c Change) sameTimes(other Change) bool {
	return c.NotBefore.Equal(other.NotBefore) && c.NotAfter.Equal(other.NotAfter)
}

func meets(c Change, from, to time.Time) bool {
	return !c.NotAfter.Before(from) && !c.NotBefore.After(to)
}
