package engine

import (
	"context"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"time"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/calendar"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/configchange"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/incident"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/suppress"
)

// window applies one command of the calendar.
func (r *run) window(ctx context.Context, in WindowInput) error {
	if in.Window.ID == "" {
		return refuse(Invalid, "name it by its id", "the %s has no id", in.Window.Kind)
	}
	old, known, err := r.store.Window(ctx, in.Window.Kind, in.Window.ID)
	if err != nil {
		return fmt.Errorf("loading %s %s: %w", in.Window.Kind, in.Window.ID, err)
	}
	if in.Op == OpCreate {
		return r.createWindow(ctx, in.Window, old, known)
	}
	if !known {
		return refuse(NotFound, "create it first", "there is no %s %q", in.Window.Kind, in.Window.ID)
	}
	var w calendar.Window
	switch in.Op {
	case OpUpdate:
		if w, err = r.updated(old, in.Window); err != nil {
			return err
		}
		if in.IfRevision != 0 && in.IfRevision != old.Revision && !sameContent(old, w) {
			return refuse(Conflict, "read it again and update what is there now", "%s %q is at revision %d, not at %d", old.Kind, old.ID, old.Revision, in.IfRevision)
		}
	case OpStart:
		w, err = old.Start(r.now), over(old, calendar.InProgress)
	case OpComplete:
		w, err = old.Complete(r.now), over(old, calendar.Completed)
	case OpCancel:
		w, err = old.Cancel(r.now), over(old, calendar.Canceled)
	default:
		return refuse(Invalid, "use create, update, start, complete or cancel", "unknown operation %q on a %s", in.Op, in.Window.Kind)
	}
	if err != nil {
		return err
	}
	return r.replaceWindow(ctx, old, w)
}

// over refuses to move on what has ended otherwise: whoever starts work that was canceled must not be
// told that it began. Asking again for what it already is changes nothing.
func over(w calendar.Window, asked calendar.Status) error {
	if (w.Status == calendar.Completed || w.Status == calendar.Canceled) && w.Status != asked {
		return refuse(Conflict, "create a new one", "%s %q is %s already", w.Kind, w.ID, w.Status)
	}
	return nil
}

func (r *run) createWindow(ctx context.Context, w, old calendar.Window, known bool) error {
	if err := w.Validate(); err != nil {
		return refuse(Invalid, "correct it and send it again", "%s %q: %v", w.Kind, w.ID, err)
	}
	if known {
		if sameContent(old, w) {
			return nil
		}
		return refuse(Conflict, "update it instead, or choose another id", "%s %q exists with other content", w.Kind, w.ID)
	}
	asked := w.Status
	w.Status, w.StartedAt, w.EndedAt, w.Revision = calendar.Planned, nil, nil, 1
	switch asked {
	case calendar.InProgress:
		w = w.Start(earliest(w.StartsAt, r.now))
	case calendar.Completed: // recorded afterwards
		w = w.Start(w.StartsAt).Complete(earliest(w.EndsAt, latest(w.StartsAt, r.now)))
	case calendar.Canceled:
		w = w.Cancel(r.now)
	}
	return r.replaceWindow(ctx, calendar.Window{}, w)
}

func sameContent(a, b calendar.Window) bool {
	return a.Title == b.Title && a.Description == b.Description && a.Owner == b.Owner &&
		a.StartsAt.Equal(b.StartsAt) && a.EndsAt.Equal(b.EndsAt) &&
		a.NotifyCritical == b.NotifyCritical && reflect.DeepEqual(a.Scope, b.Scope)
}

// updated is the window with the content of an update. One that is over keeps its times; one that is
// in progress ends now when its end is moved into the past.
func (r *run) updated(old, in calendar.Window) (calendar.Window, error) {
	w := old
	w.Title, w.Description, w.Owner = in.Title, in.Description, in.Owner
	w.Scope, w.NotifyCritical = in.Scope, in.NotifyCritical
	w.StartsAt, w.EndsAt = in.StartsAt, in.EndsAt
	if err := w.Validate(); err != nil {
		return old, refuse(Invalid, "correct it and send it again", "%s %q: %v", w.Kind, w.ID, err)
	}
	over := old.Status == calendar.Completed || old.Status == calendar.Canceled
	moved := !w.StartsAt.Equal(old.StartsAt) || !w.EndsAt.Equal(old.EndsAt)
	if over && moved {
		return old, refuse(Conflict, "create a new one", "%s %q is %s: its times cannot be moved", w.Kind, w.ID, old.Status)
	}
	if sameContent(old, w) {
		return old, nil
	}
	w.Revision++
	if w.Status == calendar.InProgress && beganByItself(old) {
		begins := w.StartsAt
		w.StartedAt = &begins
		if w.StartsAt.After(r.now) {
			w.Status, w.StartedAt = calendar.Planned, nil
		}
	}
	if w.Status == calendar.InProgress && !w.EndsAt.After(r.now) {
		w = w.Complete(r.now)
	}
	return w, nil
}

// beganByItself says that nobody started the window before or after its time: where that is moved, so is
// its beginning.
func beganByItself(w calendar.Window) bool {
	return w.StartedAt != nil && w.StartedAt.Equal(w.StartsAt)
}

// advanceWindow does what time does to a window.
func (r *run) advanceWindow(ctx context.Context, kind calendar.Kind, id string) error {
	old, known, err := r.store.Window(ctx, kind, id)
	if err != nil || !known {
		return err
	}
	return r.replaceWindow(ctx, old, old.Advance(r.now))
}

// replaceWindow saves a window and does what follows from its new shape: timers, which config
// changes are planned, which incidents began in it, and what its end uncovers.
func (r *run) replaceWindow(ctx context.Context, old, w calendar.Window) error {
	if reflect.DeepEqual(old, w) {
		return nil
	}
	if err := r.store.SaveWindow(ctx, w); err != nil {
		return fmt.Errorf("saving %s %s: %w", w.Kind, w.ID, err)
	}
	r.emit(Effect{Key: fmt.Sprintf("%s/%s/%s/%d", WindowChanged, w.Kind, w.ID, w.Revision), Type: WindowChanged, Window: &w})
	if err := r.scheduleWindow(ctx, w); err != nil {
		return err
	}
	if w.Kind != calendar.Maintenance {
		if err := r.replan(ctx, old, w); err != nil {
			return err
		}
	}
	if w.Kind == calendar.Blackout {
		return nil
	}
	if err := r.redate(ctx, old, w); err != nil {
		return err
	}
	if old.Status == calendar.InProgress {
		return r.uncover(ctx)
	}
	return nil
}

func (r *run) scheduleWindow(ctx context.Context, w calendar.Window) error {
	subject := windowTimerSubject(w.Kind, w.ID)
	for _, t := range []struct {
		kind TimerKind
		due  time.Time
		want bool
	}{
		{TimerWindowStart, w.StartsAt, w.Status == calendar.Planned},
		{TimerWindowEnd, w.EndsAt, w.Status == calendar.Planned || w.Status == calendar.InProgress},
	} {
		var err error
		if t.want {
			err = r.store.SetTimer(ctx, Timer{Kind: t.kind, Subject: subject, Due: t.due})
		} else {
			err = r.store.ClearTimer(ctx, t.kind, subject)
		}
		if err != nil {
			return fmt.Errorf("scheduling %s %s: %w", w.Kind, w.ID, err)
		}
	}
	return nil
}

// touchedBy are the devices in the scope of a window, before or after it was altered, and the hull of
// its intervals.
func (r *run) touchedBy(ctx context.Context, old, w calendar.Window) (devices []string, from, to time.Time, err error) {
	g, err := r.topology(ctx)
	if err != nil {
		return nil, from, to, err
	}
	in := g.Resolve(w.Scope)
	maps.Copy(in, g.Resolve(old.Scope))
	from, to, _ = w.Interval()
	if old.ID != "" {
		oldFrom, oldTo, _ := old.Interval()
		from, to = earliest(from, oldFrom), latest(to, oldTo)
	}
	return slices.Sorted(maps.Keys(in)), from, to, nil
}

// replan looks again which config changes were planned or fell into a blackout.
func (r *run) replan(ctx context.Context, old, w calendar.Window) error {
	devices, from, to, err := r.touchedBy(ctx, old, w)
	if err != nil || len(devices) == 0 {
		return err
	}
	changes, err := r.store.ConfigChanges(ctx, ChangeSelector{Devices: devices, From: from, To: to})
	if err != nil {
		return fmt.Errorf("loading changes in %s %s: %w", w.Kind, w.ID, err)
	}
	before := slices.Clone(changes)
	planned := make([]*configchange.Change, len(changes))
	for i := range changes {
		planned[i] = &changes[i]
	}
	if err := r.plan(ctx, planned); err != nil {
		return err
	}
	var altered []configchange.Change
	for i, c := range changes {
		if c.PlannedChangeID != before[i].PlannedChangeID || c.InBlackoutID != before[i].InBlackoutID {
			c.Revision++
			altered = append(altered, c)
		}
	}
	if len(altered) == 0 {
		return nil
	}
	r.tellChanges(altered, ConfigChangeUpdated)
	return r.store.SaveConfigChanges(ctx, altered)
}

// redate has the incidents looked at again that may have begun in the window.
func (r *run) redate(ctx context.Context, old, w calendar.Window) error {
	devices, from, to, err := r.touchedBy(ctx, old, w)
	if err != nil {
		return err
	}
	var keys []string
	for _, d := range devices {
		keys = append(keys, incident.DeviceKey(d))
	}
	for _, site := range slices.Concat(w.Scope.Sites, old.Scope.Sites) {
		keys = append(keys, incident.SiteKey(site))
	}
	if len(keys) == 0 {
		return nil
	}
	works, err := r.takeUp(ctx, IncidentSelector{Reach: keys, OnsetFrom: from, OnsetTo: to, ClosedSince: from})
	for _, work := range works {
		work.rescore = true
	}
	return err
}

// uncover tells of every incident that a window was keeping quiet, which has ended or means something
// else now, and that still has a firing alert which nothing else suppresses.
func (r *run) uncover(ctx context.Context) error {
	firing, err := r.store.FiringOccurrences(ctx)
	if err != nil {
		return fmt.Errorf("loading firing alerts: %w", err)
	}
	g, err := r.topology(ctx)
	if err != nil {
		return err
	}
	windows, err := r.store.Windows(ctx, suppressing, r.now, r.now)
	if err != nil {
		return fmt.Errorf("loading windows: %w", err)
	}
	ids := map[string]bool{}
	for _, o := range firing {
		if o.Suppressed && !suppress.Decide(alertOf(o), windows, g, r.now).Suppressed {
			ids[o.IncidentID] = true
		}
	}
	if len(ids) == 0 {
		return nil
	}
	works, err := r.takeUp(ctx, IncidentSelector{IDs: slices.Sorted(maps.Keys(ids))})
	for _, work := range works {
		if work.inc.State == incident.Open && !work.inc.Notice.Told {
			r.tellFirst(work, NotifyWindowOverrun)
		}
	}
	return err
}
