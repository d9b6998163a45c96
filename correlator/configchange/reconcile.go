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
	Gone    []Change // stored, and shown by later sightings to have been another change
}

// Reconcile matches derived changes to stored ones of the same category of the same device, so that
// a change keeps its ID while its interval narrows. Only stored changes that meet [from, to] can be
// gone, and only derived ones that do can be new: beyond it the runs in view may be incomplete.
func Reconcile(stored, derived []Change, from, to time.Time) Reconciliation {
	var r Reconciliation
	taken := make([]bool, len(stored))
	for _, d := range derived {
		i := closest(stored, taken, d)
		if i < 0 {
			if meets(d, from, to) {
				r.New = append(r.New, d)
			}
			continue
		}
		taken[i] = true
		if meets(d, from, to) || meets(stored[i], from, to) {
			if merged, differs := refresh(stored[i], d); differs {
				r.Updated = append(r.Updated, merged)
			}
		}
	}
	for i, s := range stored {
		if !taken[i] && meets(s, from, to) {
			r.Gone = append(r.Gone, s)
		}
	}
	return r
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
	sameTimes := a.NotBefore.Equal(b.NotBefore) && a.NotAfter.Equal(b.NotAfter)
	b.NotBefore, b.NotAfter = a.NotBefore, a.NotAfter
	return sameTimes && a.OldHash == b.OldHash && a.NewHash == b.NewHash &&
		slices.Equal(a.Summary, b.Summary) && reflect.DeepEqual(a.Actor, b.Actor)
}

// closest is the index of the free stored change of the same step whose interval is nearest.
func closest(stored []Change, taken []bool, d Change) int {
	best, nearest := -1, MaxSkew+1
	for i, s := range stored {
		if taken[i] || s.OldFingerprint != d.OldFingerprint || s.NewFingerprint != d.NewFingerprint {
			continue
		}
		if miss := max(0, s.NotBefore.Sub(d.NotAfter), d.NotBefore.Sub(s.NotAfter)); miss < nearest {
			best, nearest = i, miss
		}
	}
	return best
}

func meets(c Change, from, to time.Time) bool {
	return !c.NotAfter.Before(from) && !c.NotBefore.After(to)
}
