package engine

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/calendar"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/configchange"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/incident"
)

// deriveChanges brings the stored changes in line with the runs wherever a boundary moved, and has
// every incident judged again for which that is news. What it needs is loaded for all boundaries at
// once and saved at once, however many moved: they are of different categories or devices, so none has
// anything to say to another.
func (r *run) deriveChanges(ctx context.Context, moved []touched) error {
	if len(moved) == 0 {
		return nil
	}
	recs, err := r.reconcile(ctx, united(moved))
	if err != nil {
		return fmt.Errorf("deriving changes: %w", err)
	}
	var saved, news []configchange.Change
	var gone []string
	for _, rec := range recs {
		saved = append(append(saved, rec.New...), rec.Updated...)
		for _, c := range rec.Gone {
			gone = append(gone, c.ID)
		}
		r.tellChanges(rec.New, ConfigChangeDetected)
		r.tellChanges(rec.Updated, ConfigChangeUpdated)
		r.tellChanges(rec.Gone, ConfigChangeRetracted)
		news = slices.Concat(news, rec.New, rec.Updated, rec.Gone)
	}
	if len(saved) > 0 {
		if err := r.store.SaveConfigChanges(ctx, saved); err != nil {
			return fmt.Errorf("saving changes: %w", err)
		}
	}
	if len(gone) > 0 {
		if err := r.store.DeleteConfigChanges(ctx, gone); err != nil {
			return fmt.Errorf("deleting changes: %w", err)
		}
	}
	return r.reconsider(ctx, news)
}

func (r *run) tellChanges(changes []configchange.Change, event EventType) {
	for _, c := range changes {
		r.emit(Effect{Key: fmt.Sprintf("%s/%s/%d", event, c.ID, c.Revision), Type: event, Change: &c})
	}
}

// united is one stretch for each category of a device: several streams of one may have moved.
func united(moved []touched) []touched {
	type subject struct{ device, category string }
	at := make(map[subject]int, len(moved))
	var out []touched
	for _, t := range moved {
		s := subject{t.device, t.category}
		if i, known := at[s]; known {
			out[i].Stretch = out[i].Hull(t.Stretch)
			continue
		}
		at[s] = len(out)
		out = append(out, t)
	}
	return out
}

// reconcile derives the changes around touched stretches, one reconciliation for each.
func (r *run) reconcile(ctx context.Context, moved []touched) ([]configchange.Reconciliation, error) {
	derived, in, err := r.derive(ctx, moved)
	if err != nil {
		return nil, err
	}
	stored, err := r.store.ConfigChangesIn(ctx, in)
	if err != nil {
		return nil, err
	}
	recs := make([]configchange.Reconciliation, len(moved))
	var planned []*configchange.Change
	for i, t := range moved {
		rec := &recs[i]
		*rec = configchange.Reconcile(stored[i], derived[i], t.From, t.To)
		for k := range rec.New {
			rec.New[k].ID, rec.New[k].DetectedAt = r.store.NewID("change"), r.now
			planned = append(planned, &rec.New[k])
		}
		for k := range rec.Updated {
			planned = append(planned, &rec.Updated[k])
		}
	}
	return recs, r.plan(ctx, planned)
}

// derive gives what the runs say around each touched stretch, and how far that was looked at. Where a
// change in view reaches beyond what was loaded, more is loaded, so that no change is derived from a
// part of its boundaries.
func (r *run) derive(ctx context.Context, moved []touched) ([][]configchange.Change, []Stretch, error) {
	derived, in := make([][]configchange.Change, len(moved)), make([]Stretch, len(moved))
	open := make([]int, len(moved)) // those of which more is to be seen
	for i, t := range moved {
		in[i] = Stretch{Device: t.device, Category: t.category, From: t.From.Add(-configchange.MaxSkew), To: t.To.Add(configchange.MaxSkew)}
		open[i] = i
	}
	near := slices.Clone(in)
	for len(open) > 0 {
		ask := make([]Stretch, len(open))
		for k, i := range open {
			ask[k] = in[i]
		}
		runs, err := r.store.RunsAround(ctx, ask)
		if err != nil {
			return nil, nil, err
		}
		var wider []int
		for k, i := range open {
			derived[i] = configchange.Derive(runs[k])
			from, to := reachOf(derived[i], near[i].From, near[i].To)
			if from.Before(in[i].From) || to.After(in[i].To) {
				in[i].From, in[i].To = earliest(in[i].From, from), latest(in[i].To, to)
				wider = append(wider, i)
			}
		}
		open = wider
	}
	return derived, in, nil
}

// reachOf widens [from, to] by the changes that meet it.
func reachOf(changes []configchange.Change, from, to time.Time) (time.Time, time.Time) {
	widerFrom, widerTo := from, to
	for _, c := range changes {
		if c.NotAfter.Before(from) || c.NotBefore.After(to) {
			continue
		}
		if c.NotBefore.Before(widerFrom) {
			widerFrom = c.NotBefore
		}
		if c.NotAfter.After(widerTo) {
			widerTo = c.NotAfter
		}
	}
	return widerFrom, widerTo
}

// plan notes for each change the change record and the blackout window that it fell into: of several
// the one that starts first.
func (r *run) plan(ctx context.Context, changes []*configchange.Change) error {
	if len(changes) == 0 {
		return nil
	}
	from, to := changes[0].NotBefore, changes[0].NotAfter
	for _, c := range changes {
		from, to = earliest(from, c.NotBefore), latest(to, c.NotAfter)
	}
	windows, err := r.store.Windows(ctx, []calendar.Kind{calendar.Change, calendar.Blackout}, from, to)
	if err != nil {
		return fmt.Errorf("loading windows: %w", err)
	}
	g, err := r.topology(ctx)
	if err != nil {
		return err
	}
	slices.SortStableFunc(windows, compareByStart)
	for _, c := range changes {
		c.PlannedChangeID, c.InBlackoutID = "", ""
		for _, w := range windows {
			if !w.Overlaps(c.NotBefore, c.NotAfter) || !g.Covers(w.Scope, c.Device, "") {
				continue
			}
			if w.Kind == calendar.Change {
				c.PlannedChangeID = cmp.Or(c.PlannedChangeID, w.ID)
			} else {
				c.InBlackoutID = cmp.Or(c.InBlackoutID, w.ID)
			}
		}
	}
	return nil
}

func compareByStart(a, b calendar.Window) int {
	fromA, _, _ := a.Interval()
	fromB, _, _ := b.Interval()
	return cmp.Or(fromA.Compare(fromB), cmp.Compare(a.ID, b.ID))
}

// reconsider has the incidents judged again to which these changes are news: open ones and, for the
// look-back, closed ones. Open ones that a change shows to be one event are merged.
func (r *run) reconsider(ctx context.Context, changes []configchange.Change) error {
	if len(changes) == 0 {
		return nil
	}
	settings, err := r.tenantSettings(ctx)
	if err != nil {
		return err
	}
	selectors := make([]IncidentSelector, len(changes))
	for i, c := range changes {
		selectors[i] = IncidentSelector{
			Reach:     []string{incident.DeviceKey(c.Device), incident.CategoryKey(c.Category)},
			OnsetFrom: c.NotBefore.Add(-maxAhead), OnsetTo: c.NotAfter.Add(settings.lookback()),
			ClosedSince: r.now.Add(-settings.lookback()),
		}
	}
	reached, err := r.store.IncidentsReaching(ctx, selectors)
	if err != nil {
		return fmt.Errorf("loading incidents: %w", err)
	}
	works, err := r.takeUp(ctx, IncidentSelector{IDs: distinct(reached)})
	if err != nil {
		return err
	}
	regrouped := map[string]bool{} // sets of incidents that were looked at; what is news to them is stored by now
	for _, ids := range reached {
		members := slices.DeleteFunc(slices.Clone(works), func(w *work) bool {
			return w.inc.State == incident.Merged || !slices.Contains(ids, w.inc.ID)
		})
		for _, w := range members {
			w.rescore = true
		}
		if set := idsOf(members); !regrouped[set] {
			regrouped[set] = true
			if err := r.regroup(ctx, members); err != nil {
				return err
			}
		}
	}
	return nil
}

// distinct are all ids of the lists, each once, sorted.
func distinct(lists [][]string) []string {
	out := slices.Concat(lists...)
	slices.Sort(out)
	return slices.Compact(out)
}

func idsOf(works []*work) string {
	ids := make([]string, len(works))
	for i, w := range works {
		ids[i] = w.inc.ID
	}
	return strings.Join(ids, " ")
}

func earliest(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

func latest(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
