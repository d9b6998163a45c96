package engine

import (
	"context"
	"fmt"
	"time"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/incident"
)

// elsewhere are the occurrences of other incidents that say what was down when these alerts began:
// dependency groups are evaluated against all that is down, not only against what this incident knows.
// Those that matter have something that the alerts depend on as their first candidate.
func (r *run) elsewhere(ctx context.Context, occurrences []incident.Occurrence, devices []string, onset incident.Interval) ([]incident.Occurrence, error) {
	own := map[string]bool{}
	began := map[string]time.Time{} // alert → when it first fired: what it says again later is no new beginning
	for _, o := range occurrences {
		own[o.IncidentID] = true
		if at, known := began[o.Fingerprint]; !known || o.StartsAt.Before(at) {
			began[o.Fingerprint] = o.StartsAt
		}
	}
	last := onset.NotAfter
	for _, at := range began {
		last = latest(last, at)
	}
	others, err := r.takeUp(ctx, IncidentSelector{Causes: devices, ClosedSince: onset.NotBefore})
	if err != nil {
		return nil, fmt.Errorf("loading what else is down: %w", err)
	}
	var out []incident.Occurrence
	for _, w := range others {
		if own[w.inc.ID] {
			continue
		}
		for _, o := range w.occurrences {
			if o.SaysDown() && lasted(o, onset.NotBefore, last) {
				out = append(out, o)
			}
		}
	}
	return out, nil
}

// lasted says whether an occurrence met a stretch of time.
func lasted(o incident.Occurrence, from, to time.Time) bool {
	return !o.Onset().NotBefore.After(to) && (o.EndsAt == nil || !o.EndsAt.Before(from))
}
