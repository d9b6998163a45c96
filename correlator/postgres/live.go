package postgres

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/engine"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/incident"
)

// live is what incidents are found by: all that are open, and all that closed since a time. Each alert
// that comes asks several times who could be concerned, and the answer hardly ever changes.
type live struct {
	since  time.Time
	byID   map[string]*liveIncident
	reach  map[string][]string // key → incidents
	causes map[string][]string // device of a first candidate → incidents
	keys   int                 // of all incidents
}

type liveIncident struct {
	from, last time.Time  // the span of onsets
	ended      *time.Time // nil: it is open
	causes     []string
	reach      map[string]bool
}

const (
	// liveSince is how long ago an incident may have closed and still be kept. What asks for older ones asks
	// the database.
	liveSince = time.Hour
	// liveIncidents and liveKeys are how many incidents and keys of their reach are kept: where there are
	// more, nothing is, and the database is asked.
	liveIncidents, liveKeys = 2_000, 50_000
)

func newLive(since time.Time) *live {
	return &live{since: since, byID: map[string]*liveIncident{}, reach: map[string][]string{}, causes: map[string][]string{}}
}

// fits says whether it is small enough to be kept.
func (l *live) fits() bool { return len(l.byID) <= liveIncidents && l.keys <= liveKeys }

// answers says whether the selector asks for nothing that is not here.
func (l *live) answers(sel engine.IncidentSelector) bool {
	return sel.ClosedSince.IsZero() || !sel.ClosedSince.Before(l.since)
}

// find adds the incidents that a selector selects by Reach and by Causes.
func (l *live) find(sel engine.IncidentSelector, found map[string]bool) {
	for _, key := range sel.Reach {
		for _, id := range l.reach[key] {
			i := l.byID[id]
			if i.lives(sel.ClosedSince) && !i.from.After(sel.OnsetTo) && !i.last.Before(sel.OnsetFrom) {
				found[id] = true
			}
		}
	}
	for _, device := range sel.Causes {
		for _, id := range l.causes[device] {
			if l.byID[id].lives(sel.ClosedSince) {
				found[id] = true
			}
		}
	}
}

// lives says whether an incident is open or, where that counts, closed at a time or later.
func (i *liveIncident) lives(closedSince time.Time) bool {
	return i.ended == nil || !closedSince.IsZero() && !i.ended.Before(closedSince)
}

// put notes how an incident stands.
func (l *live) put(id string, from, last time.Time, ended *time.Time, causes []string) {
	i, known := l.byID[id]
	if !known {
		i = &liveIncident{reach: map[string]bool{}}
		l.byID[id] = i
	}
	i.from, i.last, i.ended = from, last, ended
	if slices.Equal(i.causes, causes) {
		return
	}
	for _, device := range i.causes {
		drop(l.causes, device, id)
	}
	i.causes = slices.Compact(slices.Sorted(slices.Values(causes)))
	for _, device := range i.causes {
		l.causes[device] = append(l.causes[device], id)
	}
}

// saved notes an incident as it has been saved; false when more would have to be known of it: its reach is
// in the database alone.
func (l *live) saved(i incident.Incident) bool {
	switch _, known := l.byID[i.ID]; {
	case i.State == incident.Merged:
		l.forget(i.ID)
		return true
	case known:
	case i.State == incident.Closed && i.ClosedAt.Before(l.since):
		return true
	case i.Revision != 1:
		return false
	}
	ended := i.ClosedAt
	if i.State == incident.Open {
		ended = nil
	}
	l.put(i.ID, i.Onset.NotBefore, i.LastOnset, ended, causeDevices(i))
	return true
}

// extend notes keys of an incident's reach, and returns those that are new.
func (l *live) extend(id string, keys []string) []string {
	i, known := l.byID[id]
	if !known {
		return keys
	}
	var fresh []string
	for _, key := range keys {
		if !i.reach[key] {
			i.reach[key] = true
			l.reach[key] = append(l.reach[key], id)
			l.keys++
			fresh = append(fresh, key)
		}
	}
	return fresh
}

func (l *live) forget(id string) {
	i, known := l.byID[id]
	if !known {
		return
	}
	for key := range i.reach {
		drop(l.reach, key, id)
	}
	for _, device := range i.causes {
		drop(l.causes, device, id)
	}
	l.keys -= len(i.reach)
	delete(l.byID, id)
}

func drop(index map[string][]string, key, id string) {
	ids := slices.DeleteFunc(index[key], func(other string) bool { return other == id })
	if len(ids) == 0 {
		delete(index, key)
		return
	}
	index[key] = ids
}

// age forgets what closed too long ago, now and then.
func (l *live) age(now time.Time) {
	since := now.Add(-liveSince)
	if since.Sub(l.since) < liveSince {
		return
	}
	for id, i := range l.byID {
		if i.ended != nil && i.ended.Before(since) {
			l.forget(id)
		}
	}
	l.since = since
}

// liveOnes gives what incidents are found by, nil when that is too much to be kept.
func (s *state) liveOnes(ctx context.Context) (*live, error) {
	switch {
	case s.live == nil && !s.tooManyLive:
		l, err := s.loadLive(ctx, s.row.receivedAt.Add(-liveSince))
		if err != nil {
			return nil, fmt.Errorf("load what incidents are found by: %w", err)
		}
		s.live, s.tooManyLive = l, l == nil
	case s.live != nil && !s.live.fits():
		s.live, s.tooManyLive = nil, true
	}
	return s.live, nil
}

func (s *state) loadLive(ctx context.Context, since time.Time) (*live, error) {
	rows, err := s.query(ctx, `
		SELECT id, onset_not_before, last_onset, closed_at, cause_devices FROM incidents
		 WHERE state <> 'merged' AND closed_at >= $1 LIMIT $2`, since, liveIncidents+1)
	if err != nil {
		return nil, err
	}
	l := newLive(since)
	var id string
	var from, last time.Time
	var ended pgtype.Timestamptz
	var causes []string
	_, err = pgx.ForEachRow(rows, []any{&id, &from, &last, &ended, &causes}, func() error {
		var end *time.Time
		if ended.InfinityModifier == pgtype.Finite {
			at := ended.Time.UTC()
			end = &at
		}
		l.put(id, from, last, end, causes)
		causes = nil
		return nil
	})
	if err != nil || !l.fits() || len(l.byID) == 0 {
		return fitting(l), err
	}
	ids := make([]string, 0, len(l.byID))
	for id := range l.byID {
		ids = append(ids, id)
	}
	rows, err = s.query(ctx, "SELECT incident_id, key FROM incident_reach WHERE incident_id = ANY ($1) LIMIT $2", ids, liveKeys+1)
	if err != nil {
		return nil, err
	}
	var key string
	_, err = pgx.ForEachRow(rows, []any{&id, &key}, func() error {
		l.extend(id, []string{key})
		return nil
	})
	return fitting(l), err
}

func fitting(l *live) *live {
	if !l.fits() {
		return nil
	}
	return l
}
