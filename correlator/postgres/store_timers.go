package postgres

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

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

// timerKey is what there is at most one timer for.
type timerKey struct {
	kind    engine.TimerKind
	subject string
}

// timerBook is all of a tenant's timers.
type timerBook map[timerKey]time.Time

// timerBookLimit is how many timers are kept; where there are more, the database is asked for the first.
const timerBookLimit = 1000

// first is the first timer; false: there is none.
func (b timerBook) first() (first engine.Timer, some bool) {
	for key, due := range b {
		if t := (engine.Timer{Kind: key.kind, Subject: key.subject, Due: due}); !some || compareTimers(t, first) < 0 {
			first, some = t, true
		}
	}
	return first, some
}

// NextTimer implements engine.TimerStore.
func (s *state) NextTimer(ctx context.Context) (engine.Timer, bool, error) {
	if s.next.known {
		return s.next.timer, s.next.some, nil
	}
	if err := s.openTimerBook(ctx); err != nil {
		return engine.Timer{}, false, fmt.Errorf("load the timers: %w", err)
	}
	if s.timers != nil {
		timer, some := s.timers.first()
		s.next = nextTimer{known: true, timer: timer, some: some}
		return timer, some, nil
	}
	rows, err := s.queryTimers(ctx, "SELECT kind, subject, due FROM timers ORDER BY due, kind, subject LIMIT 1")
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

// openTimerBook loads all timers, unless they are known or too many.
func (s *state) openTimerBook(ctx context.Context) error {
	if s.timers != nil && len(s.timers) > 2*timerBookLimit {
		s.timers, s.tooManyTimers = nil, true
	}
	if s.timers != nil || s.tooManyTimers {
		return nil
	}
	rows, err := s.queryTimers(ctx, "SELECT kind, subject, due FROM timers LIMIT $1", timerBookLimit+1)
	if err != nil {
		return err
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[engine.Timer])
	if err != nil {
		return err
	}
	if len(all) > timerBookLimit {
		s.tooManyTimers = true
		return nil
	}
	s.timers = timerBook{}
	for _, t := range all {
		s.timers[timerKey{t.Kind, t.Subject}] = t.Due
	}
	return nil
}

// queryTimers reads timers, after those that wait.
func (s *state) queryTimers(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	s.queueTimers()
	return s.queryBeside(ctx, sql, args...)
}

// SetTimer implements engine.TimerStore.
func (s *state) SetTimer(_ context.Context, t engine.Timer) error {
	key := timerKey{t.Kind, t.Subject}
	if due, set := s.timers[key]; set && due.Equal(t.Due) {
		return nil
	}
	s.next.set(t, &s.timersMoved)
	if s.timers != nil {
		s.timers[key] = t.Due
	}
	s.timerWrites[key] = &t.Due
	return nil
}

// ClearTimer implements engine.TimerStore.
func (s *state) ClearTimer(_ context.Context, kind engine.TimerKind, subject string) error {
	key := timerKey{kind, subject}
	if _, set := s.timers[key]; s.timers != nil && !set {
		return nil
	}
	s.next.clear(kind, subject, &s.timersMoved)
	delete(s.timers, key)
	s.timerWrites[key] = nil
	return nil
}

// queueTimers writes the timers that were set or cleared, each as it was left.
func (s *state) queueTimers() {
	var kinds, goneKinds []int16
	var subjects, goneSubjects []string
	var dues []time.Time
	for key, due := range s.timerWrites {
		if due == nil {
			goneKinds, goneSubjects = append(goneKinds, int16(key.kind)), append(goneSubjects, key.subject)
		} else {
			kinds, subjects, dues = append(kinds, int16(key.kind)), append(subjects, key.subject), append(dues, *due)
		}
	}
	clear(s.timerWrites)
	if len(kinds) > 0 {
		s.queue(`
			INSERT INTO timers (kind, subject, due) SELECT * FROM unnest($1::smallint[], $2::text[], $3::timestamptz[])
			    ON CONFLICT (tenant_id, kind, subject) DO UPDATE SET due = excluded.due`, kinds, subjects, dues)
	}
	if len(goneKinds) > 0 {
		s.queue(`
			DELETE FROM timers AS t USING unnest($1::smallint[], $2::text[]) AS u (kind, subject)
			 WHERE t.kind = u.kind AND t.subject = u.subject`, goneKinds, goneSubjects)
	}
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
	s.queueTimers()
	if !s.timersMoved {
		return
	}
	s.queue("UPDATE tenants SET next_due = (SELECT min(due) FROM timers)")
	s.queue("SELECT pg_notify($1, '')", timersChannel)
}
