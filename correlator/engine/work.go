package engine

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/calendar"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/incident"
)

// work is one incident in hand, with what is to be done about it.
type work struct {
	inc         incident.Incident
	occurrences []incident.Occurrence
	index       map[string]int  // occurrence id → index; rebuilt when it does not fit
	changed     map[string]bool // ids of occurrences to save
	isNew       bool
	dirty       bool // the incident itself is to be saved
	grown       bool // it has other alerts than before: to be saved and told as well, unless it rests
	resting     bool // its judgement waits (see crowded)
	rescore     bool
	page        bool      // an unsuppressed firing alert has just arrived
	acked       bool      // it was acknowledged, or that was taken back: the timer of its expiry is to follow
	reach       []string  // reach keys to add
	event       EventType // what to tell when it is saved; empty: IncidentUpdated
}

func (w *work) touch(id string) {
	if w.changed == nil {
		w.changed = map[string]bool{}
	}
	w.changed[id] = true
}

// add takes an occurrence into the incident.
func (w *work) add(o incident.Occurrence) {
	o.IncidentID = w.inc.ID
	w.occurrences = append(w.occurrences, o)
	w.touch(o.ID)
	w.grown, w.rescore = true, true
}

// reopen begins another life of a closed incident.
func (w *work) reopen(at time.Time) {
	w.inc.State, w.inc.ClosedAt = incident.Open, nil
	w.inc.Reopened++
	w.inc.ReopenedAt = &at
	w.inc.Acknowledged, w.acked = nil, true // on-call is told anew, so somebody has to take it anew
	w.event, w.dirty, w.rescore = IncidentReopened, true, true
}

// find is the occurrence with this id; nil when the incident has none.
func (w *work) find(id string) *incident.Occurrence {
	if len(w.index) != len(w.occurrences) {
		w.index = make(map[string]int, len(w.occurrences))
		for i, o := range w.occurrences {
			w.index[o.ID] = i
		}
	}
	if i, ok := w.index[id]; ok {
		return &w.occurrences[i]
	}
	return nil
}

// news are the occurrences that are new or changed.
func (w *work) news() []incident.Occurrence {
	var out []incident.Occurrence
	for _, o := range w.occurrences {
		if w.changed[o.ID] {
			out = append(out, o)
		}
	}
	return out
}

// end is when the last alert ended; false while one fires.
func (w *work) end() (time.Time, bool) {
	var last time.Time
	for _, o := range w.occurrences {
		if o.Firing() {
			return time.Time{}, false
		}
		last = latest(last, *o.EndsAt)
	}
	return last, true
}

func (w *work) span() incident.Interval {
	onset, last := incident.OnsetOf(w.occurrences)
	return incident.Interval{NotBefore: onset.NotBefore, NotAfter: last}
}

// lastOnset is the latest end of an onset, also where the incident is not settled yet.
func (w *work) lastOnset() time.Time {
	if w.inc.LastOnset.IsZero() {
		return w.span().NotAfter
	}
	return w.inc.LastOnset
}

// takeUp loads the incidents that a selector names, with their occurrences, unless they are in hand
// already. In order of opening.
func (r *run) takeUp(ctx context.Context, s IncidentSelector) ([]*work, error) {
	if works, inHand := r.inHand(s); inHand {
		return works, nil
	}
	found, err := r.store.Incidents(ctx, s)
	if err != nil {
		return nil, fmt.Errorf("loading incidents: %w", err)
	}
	return r.takeFound(ctx, found)
}

// inHand are the incidents that a selector names by ids alone, where at most one is named and that is in
// hand: the store has nothing to add.
func (r *run) inHand(s IncidentSelector) ([]*work, bool) {
	if len(s.IDs) > 1 || s.Latest != nil || len(s.Reach) > 0 || len(s.Causes) > 0 {
		return nil, false
	}
	if len(s.IDs) == 0 {
		return nil, true
	}
	w, ok := r.works[s.IDs[0]]
	if ok && w.inc.State != incident.Merged {
		return []*work{w}, true
	}
	return nil, ok
}

// takeFound takes up what was found, unless it is in hand already, with its occurrences.
func (r *run) takeFound(ctx context.Context, found []incident.Incident) ([]*work, error) {
	var fresh []string
	var works []*work
	for _, inc := range found {
		w, inHand := r.works[inc.ID]
		if !inHand {
			w = &work{inc: inc}
			fresh = append(fresh, inc.ID)
			r.take(w)
		}
		if w.inc.State != incident.Merged {
			works = append(works, w)
		}
	}
	if len(fresh) == 0 {
		return works, nil
	}
	occurrences, err := r.store.Occurrences(ctx, fresh)
	if err != nil {
		return nil, fmt.Errorf("loading occurrences: %w", err)
	}
	if len(fresh) == 1 {
		r.works[fresh[0]].occurrences = occurrences
		return works, nil
	}
	for _, o := range occurrences {
		w := r.works[o.IncidentID]
		w.occurrences = append(w.occurrences, o)
	}
	return works, nil
}

func (r *run) take(w *work) {
	r.works[w.inc.ID] = w
	r.order = append(r.order, w.inc.ID)
}

// open begins a new incident.
func (r *run) open() *work {
	w := &work{
		inc:   incident.Incident{ID: r.store.NewID("incident"), State: incident.Open, OpenedAt: r.now},
		isNew: true, dirty: true, rescore: true, event: IncidentOpened,
	}
	r.take(w)
	return w
}

// flush settles every incident in hand and saves exactly what changed.
func (r *run) flush(ctx context.Context) error {
	var incidents []incident.Incident
	var occurrences []incident.Occurrence
	for _, id := range r.order {
		w := r.works[id]
		if err := r.settle(ctx, w); err != nil {
			return fmt.Errorf("incident %s: %w", id, err)
		}
		occurrences = append(occurrences, w.news()...)
		if w.dirty || w.grown && !w.resting {
			w.inc.Revision++
			incidents = append(incidents, w.inc)
			event := cmp.Or(w.event, IncidentUpdated)
			snapshot := w.inc
			r.emit(Effect{Key: fmt.Sprintf("%s/%s/%d", event, id, w.inc.Revision), Type: event, Incident: &snapshot})
		}
	}
	if len(incidents) > 0 {
		if err := r.store.SaveIncidents(ctx, incidents); err != nil {
			return fmt.Errorf("saving incidents: %w", err)
		}
	}
	if len(occurrences) > 0 {
		if err := r.store.SaveOccurrences(ctx, occurrences); err != nil {
			return fmt.Errorf("saving occurrences: %w", err)
		}
	}
	for _, id := range r.order {
		if w := r.works[id]; len(w.reach) > 0 {
			if err := r.store.AddReach(ctx, id, w.reach); err != nil {
				return fmt.Errorf("saving the reach of incident %s: %w", id, err)
			}
		}
	}
	r.works, r.order = map[string]*work{}, nil
	return nil
}

// settle brings everything about an incident that follows from its alerts up to date: onset, planned
// work, judgement, life, notices.
func (r *run) settle(ctx context.Context, w *work) error {
	touched := w.dirty || w.grown || w.rescore || w.page || len(w.changed) > 0
	if w.inc.State == incident.Merged || !touched {
		return nil
	}
	onset, last := incident.OnsetOf(w.occurrences)
	if !w.inc.Onset.NotBefore.Equal(onset.NotBefore) || !w.inc.Onset.NotAfter.Equal(onset.NotAfter) || !w.inc.LastOnset.Equal(last) {
		w.inc.Onset, w.inc.LastOnset = onset, last
		w.dirty, w.rescore = true, true
	}
	if w.rescore {
		if err := r.during(ctx, w); err != nil {
			return err
		}
		if err := r.rescore(ctx, w); err != nil {
			return err
		}
	}
	if err := r.scheduleClosing(ctx, w); err != nil {
		return err
	}
	if err := r.scheduleAckExpiry(ctx, w); err != nil {
		return err
	}
	return r.notice(ctx, w)
}

// during notes the windows in which one of the incident's alerts began, in scope: of several the one
// that starts first.
func (r *run) during(ctx context.Context, w *work) error {
	from, to := w.inc.Onset.NotAfter, w.inc.LastOnset
	windows, err := r.store.Windows(ctx, suppressing, from, to)
	if err != nil {
		return fmt.Errorf("loading windows: %w", err)
	}
	change, maintenance := "", ""
	if len(windows) > 0 {
		g, err := r.topology(ctx)
		if err != nil {
			return err
		}
		slices.SortStableFunc(windows, compareByStart)
		for _, win := range windows {
			began := slices.ContainsFunc(w.occurrences, func(o incident.Occurrence) bool {
				return win.Active(o.StartsAt) && g.Covers(win.Scope, o.Device, o.Site)
			})
			switch {
			case !began:
			case win.Kind == calendar.Change:
				change = cmp.Or(change, win.ID)
			default:
				maintenance = cmp.Or(maintenance, win.ID)
			}
		}
	}
	if change != w.inc.DuringChangeID || maintenance != w.inc.DuringMaintenanceID {
		w.inc.DuringChangeID, w.inc.DuringMaintenanceID = change, maintenance
		w.dirty = true
	}
	return nil
}

// suppressing are the kinds of window that suppress notifications.
var suppressing = []calendar.Kind{calendar.Change, calendar.Maintenance}
