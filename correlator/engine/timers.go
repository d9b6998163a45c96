package engine

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/calendar"
)

// fireTimers fires what is due by at, one after the other, each with what it changed saved before the
// next. instant says when a timer counts as firing: at its due time, or later when it was set too
// late for that.
func (r *run) fireTimers(ctx context.Context, at time.Time, instant func(Timer) time.Time) error {
	for {
		t, ok, err := r.store.NextTimer(ctx)
		if err != nil || !ok || t.Due.After(at) {
			return err
		}
		r.now = instant(t)
		if err := r.store.ClearTimer(ctx, t.Kind, t.Subject); err != nil {
			return err
		}
		if err := r.fire(ctx, t); err != nil {
			return err
		}
		if err := r.flush(ctx); err != nil {
			return err
		}
	}
}

func (r *run) fire(ctx context.Context, t Timer) error {
	switch t.Kind {
	case TimerWindowStart, TimerWindowEnd:
		kind, id, _ := strings.Cut(t.Subject, "/")
		return r.advanceWindow(ctx, calendar.Kind(kind), id)
	case TimerNotify:
		return r.onIncident(ctx, t.Subject, func(w *work) { r.tellOpened(w) })
	case TimerAckExpiry:
		return r.onIncident(ctx, t.Subject, func(w *work) { r.unacknowledged(w) })
	case TimerRescore:
		return r.onIncident(ctx, t.Subject, func(w *work) { w.rescore, w.grown = true, true })
	case TimerClose:
		return r.onIncident(ctx, t.Subject, func(w *work) { r.closeIfOver(w) })
	default:
		return fmt.Errorf("timer of unknown kind %d", t.Kind)
	}
}

// onIncident takes up one incident, unless it is gone or merged away meanwhile.
func (r *run) onIncident(ctx context.Context, id string, do func(*work)) error {
	works, err := r.takeUp(ctx, IncidentSelector{IDs: []string{id}})
	if err != nil {
		return err
	}
	for _, w := range works {
		do(w)
	}
	return nil
}

func windowTimerSubject(kind calendar.Kind, id string) string { return string(kind) + "/" + id }
