package engine

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/calendar"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/configchange"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/incident"
)

// deriveChanges brings the stored changes in line with the runs wherever a boundary moved, and has
// every incident judged again for which that is news.
func (r *run) deriveChanges(ctx context.Context, moved []touched) error {
	var news []configchange.Change
	for _, t := range moved {
		rec, err := r.reconcile(ctx, t)
		if err != nil {
			return fmt.Errorf("deriving changes of %s of %s: %w", t.category, t.device, err)
		}
		saved := slices.Concat(rec.New, rec.Updated)
		if len(saved) > 0 {
			if err := r.store.SaveConfigChanges(ctx, saved); err != nil {
				return fmt.Errorf("saving changes: %w", err)
			}
		}
		if len(rec.Gone) > 0 {
			var ids []string
			for _, c := range rec.Gone {
				ids = append(ids, c.ID)
			}
			if err := r.store.DeleteConfigChanges(ctx, ids); err != nil {
				return fmt.Errorf("deleting changes: %w", err)
			}
		}
		r.tellChanges(rec.New, ConfigChangeDetected)
		r.tellChanges(rec.Updated, ConfigChangeUpdated)
		r.tellChanges(rec.Gone, ConfigChangeRetracted)
		news = append(append(news, saved...), rec.Gone...)
	}
	return r.reconsider(ctx, news)
}

func (r *run) tellChanges(changes []configchange.Change, event EventType) {
	for _, c := range changes {
		r.emit(Effect{Key: fmt.Sprintf("%s/%s/%d", event, c.ID, c.Revision), Type: event, Change: &c})
	}
}

// reconcile derives the changes around a touched stretch. Where a change in view reaches beyond what
// was loaded, more is loaded, so that no change is derived from a part of its boundaries.
func (r *run) reconcile(ctx context.Context, t touched) (configchange.Reconciliation, error) {
	near, far := t.From.Add(-configchange.MaxSkew), t.To.Add(configchange.MaxSkew)
	from, to := near, far
	var derived []configchange.Change
	for {
		runs, err := r.store.RunsAround(ctx, t.device, t.category, from, to)
		if err != nil {
			return configchange.Reconciliation{}, err
		}
		derived = configchange.Derive(runs)
		widerFrom, widerTo := reachOf(derived, near, far)
		if !widerFrom.Before(from) && !widerTo.After(to) {
			break
		}
		from, to = earliest(from, widerFrom), latest(to, widerTo)
	}
	stored, err := r.store.ConfigChanges(ctx, ChangeSelector{Devices: []string{t.device}, Category: t.category, From: from, To: to})
	if err != nil {
		return configchange.Reconciliation{}, err
	}
	rec := configchange.Reconcile(stored, derived, t.From, t.To)
	for i := range rec.New {
		rec.New[i].ID, rec.New[i].DetectedAt = r.store.NewID("change"), r.now
	}
	for _, list := range [][]configchange.Change{rec.New, rec.Updated} {
		if err := r.plan(ctx, list); err != nil {
			return configchange.Reconciliation{}, err
		}
	}
	return rec, nil
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
func (r *run) plan(ctx context.Context, changes []configchange.Change) error {
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
	for i := range changes {
		c := &changes[i]
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
	for _, c := range changes {
		works, err := r.takeUp(ctx, IncidentSelector{
			Reach:     []string{incident.DeviceKey(c.Device), incident.CategoryKey(c.Category)},
			OnsetFrom: c.NotBefore.Add(-maxAhead), OnsetTo: c.NotAfter.Add(settings.lookback()),
			ClosedSince: r.now.Add(-settings.lookback()),
		})
		if err != nil {
			return err
		}
		for _, w := range works {
			w.rescore = true
		}
		if err := r.regroup(ctx, works); err != nil {
			return err
		}
	}
	return nil
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
