package engine

import (
	"context"
	"fmt"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/incident"
)

// scheduleClosing sets the cool-down when all alerts are over, and takes it back when one fires.
func (r *run) scheduleClosing(ctx context.Context, w *work) error {
	if w.inc.State != incident.Open || len(w.changed) == 0 {
		return nil
	}
	end, over := w.end()
	if !over {
		if w.isNew {
			return nil
		}
		return r.store.ClearTimer(ctx, TimerClose, w.inc.ID)
	}
	settings, err := r.tenantSettings(ctx)
	if err != nil {
		return err
	}
	return r.store.SetTimer(ctx, Timer{Kind: TimerClose, Subject: w.inc.ID, Due: end.Add(settings.cooldown())})
}

// closeIfOver closes an incident whose cool-down has passed. It is judged once more, since only now
// it is known what came before the recovery.
func (r *run) closeIfOver(w *work) {
	if _, over := w.end(); !over || w.inc.State != incident.Open {
		return
	}
	now := r.now
	w.inc.State, w.inc.ClosedAt = incident.Closed, &now
	w.inc.Notice.Due = nil
	w.dirty, w.rescore, w.event = true, true, IncidentClosed
	if w.inc.Notice.Told {
		r.tell(w, NotifyClosed)
	}
}

// notice tells on-call what is due: an incident once, the notification delay after its first
// unsuppressed alert; its label when that appears later.
func (r *run) notice(ctx context.Context, w *work) error {
	n := &w.inc.Notice
	if w.page && w.inc.State == incident.Open && !n.Told && n.Due == nil {
		settings, err := r.tenantSettings(ctx)
		if err != nil {
			return err
		}
		due := r.now.Add(settings.NotifyDelay)
		n.Due, w.dirty = &due, true
	}
	w.page = false
	if n.Due != nil && w.dirty {
		if n.Due.After(r.now) {
			if err := r.store.SetTimer(ctx, Timer{Kind: TimerNotify, Subject: w.inc.ID, Due: *n.Due}); err != nil {
				return err
			}
		} else {
			r.tellOpened(w)
		}
	}
	if n.Told && !n.Evidence && w.inc.Judgement.Label != "" {
		n.Evidence, w.dirty = true, true
		r.tell(w, NotifyEvidence)
	}
	return nil
}

func (r *run) tellOpened(w *work) {
	switch {
	case w.inc.State != incident.Open || w.inc.Notice.Told:
	case w.quiet(): // silenced within the delay: whoever did so knows
		w.inc.Notice.Due, w.dirty = nil, true
	default:
		r.tellFirst(w, NotifyOpened)
	}
}

// quiet says that alerts fire and all that do are suppressed.
func (w *work) quiet() bool {
	firing := false
	for _, o := range w.occurrences {
		if o.Firing() && !o.Suppressed {
			return false
		}
		firing = firing || o.Firing()
	}
	return firing
}

// tellFirst tells of the incident for the first time in its present life.
func (r *run) tellFirst(w *work, kind NotificationKind) {
	w.inc.Notice = incident.Notice{Told: true, Evidence: w.inc.Judgement.Label != ""}
	w.dirty = true
	r.tell(w, kind)
}

func (r *run) tell(w *work, kind NotificationKind) {
	r.emit(Effect{
		Key:          fmt.Sprintf("%s/%s/%s/%d", NotificationDue, kind, w.inc.ID, w.inc.Reopened),
		Type:         NotificationDue,
		Notification: &Notification{At: r.now, IncidentID: w.inc.ID, Kind: kind},
	})
}
