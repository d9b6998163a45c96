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
// anything to say to another. Those of one category that lie far apart take their turns.
func (r *run) deriveChanges(ctx context.Context, moved []touched) error {
	var news []configchange.Change
	for _, turn := range turns(moved) {
		recs, err := r.reconcile(ctx, turn)
		if err != nil {
			return fmt.Errorf("deriving changes: %w", err)
		}
		if err := r.saveChanges(ctx, recs); err != nil {
			return err
		}
		for _, rec := range recs {
			// What a change was is news where it no longer is.
			news = slices.Concat(news, rec.New, rec.Updated, rec.Was, rec.Gone)
		}
	}
	return r.reconsider(ctx, news)
}

// saveChanges saves what reconciliations came to, and tells of it.
func (r *run) saveChanges(ctx context.Context, recs []configchange.Reconciliation) error {
	var saved []configchange.Change
	var gone []string
	for _, rec := range recs {
		saved = append(append(saved, rec.New...), rec.Updated...)
		for _, c := range rec.Gone {
			gone = append(gone, c.ID)
		}
		r.tellChanges(rec.New, ConfigChangeDetected)
		r.tellChanges(rec.Updated, ConfigChangeUpdated)
		r.tellChanges(rec.Gone, ConfigChangeRetracted)
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
	return nil
}

func (r *run) tellChanges(changes []configchange.Change, event EventType) {
	for _, c := range changes {
		r.emit(Effect{Key: fmt.Sprintf("%s/%s/%d", event, c.ID, c.Revision), Type: event, Change: &c})
	}
}

// apart is how far two stretches of one category lie apart at least when each is looked at by itself.
const apart = time.Hour

// turns sorts touched stretches: in a turn there is one stretch for each category of a device. Several
// streams of a category may have moved, and stretches that lie near one another are one; those that lie
// apart follow in later turns, so that nothing is loaded of what lies between them.
func turns(moved []touched) [][]touched {
	type subject struct{ device, category string }
	slices.SortStableFunc(moved, func(a, b touched) int { return a.From.Compare(b.From) })
	bySubject := make(map[subject][]touched, len(moved))
	var order []subject
	for _, t := range moved {
		s := subject{t.device, t.category}
		known := bySubject[s]
		if n := len(known); n > 0 && t.From.Sub(known[n-1].To) <= apart {
			known[n-1].Stretch = known[n-1].Hull(t.Stretch)
			continue
		}
		if len(known) == 0 {
			order = append(order, s)
		}
		bySubject[s] = append(known, t)
	}
	var out [][]touched
	for _, s := range order {
		for i, t := range bySubject[s] {
			if i == len(out) {
				out = append(out, nil)
			}
			out[i] = append(out[i], t)
		}
	}
	return out
}

// reconcile derives the changes around touched stretches, one reconciliation for each.
func (r *run) reconcile(ctx context.Context, moved []touched) ([]configchange.Reconciliation, error) {
	views, err := r.derive(ctx, moved)
	if err != nil {
		return nil, err
	}
	in := make([]Stretch, len(views))
	for i, v := range views {
		in[i] = v.seen
	}
	stored, err := r.store.ConfigChangesIn(ctx, in)
	if err != nil {
		return nil, err
	}
	recs := make([]configchange.Reconciliation, len(moved))
	var planned []*configchange.Change
	for i, v := range views {
		rec := &recs[i]
		*rec = configchange.Reconcile(stored[i], v.changes, v.judged.From, v.judged.To)
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

// view is what the runs say of a category of a device around a touched stretch.
type view struct {
	changes []configchange.Change
	judged  Stretch // how far what moved can tell
	seen    Stretch // how far was looked at
}

// judgedLinks is how many neighbours on what moved can tell, seenLinks how many are looked at: twice as
// many, since each of the former depends on as many of its own.
const (
	judgedLinks = 2
	seenLinks   = 2 * judgedLinks
	// atFirst is how far is looked at the first time: a category that changes by the minute is seen far
	// enough at once, and one that does not has no more to load.
	atFirst = 15 * time.Minute
)

// derive gives a view around each touched stretch. Where it reaches beyond what was loaded, more is
// loaded, so that no change is derived from a part of its boundaries.
func (r *run) derive(ctx context.Context, moved []touched) ([]view, error) {
	views := make([]view, len(moved))
	open := make([]int, len(moved)) // those of which more is to be seen
	for i, t := range moved {
		views[i].seen = Stretch{Device: t.device, Category: t.category, From: t.From.Add(-atFirst), To: t.To.Add(atFirst)}
		open[i] = i
	}
	for len(open) > 0 {
		ask := make([]Stretch, len(open))
		for k, i := range open {
			ask[k] = views[i].seen
		}
		runs, err := r.store.RunsAround(ctx, ask)
		if err != nil {
			return nil, err
		}
		var wider []int
		for k, i := range open {
			v, t := &views[i], moved[i]
			from, to := configchange.Reach(runs[k], t.From, t.To, seenLinks)
			from, to = from.Add(-configchange.MaxSkew), to.Add(configchange.MaxSkew)
			if from.Before(v.seen.From) || to.After(v.seen.To) {
				v.seen.From, v.seen.To = earliest(v.seen.From, from), latest(v.seen.To, to)
				wider = append(wider, i)
				continue
			}
			v.changes = configchange.Derive(runs[k])
			v.judged = v.seen
			v.judged.From, v.judged.To = configchange.Reach(runs[k], t.From, t.To, judgedLinks)
		}
		open = wider
	}
	return views, nil
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
