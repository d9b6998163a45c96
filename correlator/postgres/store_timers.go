package postgres

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/engine"
)

// timersChannel wakes schedulers when a tenant's first timer has moved.
const timersChannel = "ispvm_timers"

// nextTimer is the tenant's first timer as far as it is known: the engine asks before every input.
type nextTimer struct {
	known bool
	timer engine.Timer
	some  bool
}

// NextTimer implements engine.TimerStore.
func (s *state) NextTimer(ctx context.Context) (engine.Timer, bool, error) {
	if s.next.known {
		return s.next.timer, s.next.some, nil
	}
	rows, err := s.query(ctx, "SELECT kind, subject, due FROM timers ORDER BY due, kind, subject LIMIT 1")
	if err != nil {
		return engine.Timer{}, false, err
	}
	timer, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[engine.Timer])
	if errors.Is(err, pgx.ErrNoRows) {
		s.next = nextTimer{known: true}
		return engine.Timer{}, false, nil
	}
	if err != nil {
		return engine.Timer{}, false, fmt.Errorf("find the next timer: %w", err)
	}
	s.next = nextTimer{known: true, timer: timer, some: true}
	return timer, true, nil
}

// SetTimer implements engine.TimerStore.
func (s *state) SetTimer(_ context.Context, t engine.Timer) error {
	s.next.set(t, &s.timersMoved)
	s.queue(`
		INSERT INTO timers (kind, subject, due) VALUES ($1, $2, $3)
		ON CONFLICT (tenant_id, kind, subject) DO UPDATE SET due = excluded.due`, int16(t.Kind), t.Subject, t.Due)
	return nil
}

// ClearTimer implements engine.TimerStore.
func (s *state) ClearTimer(_ context.Context, kind engine.TimerKind, subject string) error {
	s.next.clear(kind, subject, &s.timersMoved)
	s.queue("DELETE FROM timers WHERE kind = $1 AND subject = $2", int16(kind), subject)
	return nil
}

// set notes that a timer was set. It is the first one now, or comes after it, or was the first and has
// moved back: only then nobody knows which is first. moved is set where the first may be another one.
func (n *nextTimer) set(t engine.Timer, moved *bool) {
	first := n.some && n.timer.Kind == t.Kind && n.timer.Subject == t.Subject
	switch {
	case !n.known:
		*moved = true
	case !n.some, compareTimers(t, n.timer) < 0:
		n.timer, n.some, *moved = t, true, true
	case first && t.Due.After(n.timer.Due):
		*n, *moved = nextTimer{}, true
	}
}

// clear notes that a timer was cleared.
func (n *nextTimer) clear(kind engine.TimerKind, subject string, moved *bool) {
	if !n.known || n.some && n.timer.Kind == kind && n.timer.Subject == subject {
		*n, *moved = nextTimer{}, true
	}
}

func compareTimers(a, b engine.Timer) int {
	return cmp.Or(a.Due.Compare(b.Due), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Subject, b.Subject))
}

// queueNextDue puts the first timer into the tenant's row, and wakes the schedulers.
func (s *state) queueNextDue() {
	if !s.timersMoved {
		return
	}
	s.queue("UPDATE tenants SET next_due = (SELECT min(due) FROM timers)")
	s.queue("SELECT pg_notify($1, '')", timersChannel)
}
