package postgres

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"runtime/debug"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/engine"
)

// groupTimeout bounds one transaction. It runs on no submitter's context: their fates differ.
const groupTimeout = time.Minute

// apply applies a group of inputs and answers everyone in it.
func (db *DB) apply(tenant string, group []*job) {
	live := group[:0]
	for _, j := range group {
		if err := context.Cause(j.ctx); err != nil {
			j.answer(nil, err) // the submitter is gone: what it will send again need not be applied now
			continue
		}
		live = append(live, j)
	}
	if len(live) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), groupTimeout)
	defer cancel()
	db.metrics.groupSize.Observe(float64(len(live)))
	timer := prometheus.NewTimer(db.metrics.groupTime)
	outcomes, err := db.commit(ctx, tenant, live)
	timer.ObserveDuration()
	switch {
	case err == nil:
		for i, j := range live {
			j.done <- outcomes[i]
		}
	case len(live) > 1 && byInput(err):
		db.o.Logger.WarnContext(ctx, "A group of inputs could not be applied together, trying each by itself",
			slog.String("tenant", tenant), slog.Int("inputs", len(live)), slog.Any("err", err))
		for _, j := range live {
			db.apply(tenant, []*job{j})
		}
	default:
		for _, j := range live {
			j.answer(nil, fmt.Errorf("apply an input of tenant %q: %w", tenant, err))
		}
	}
}

// commit applies the inputs in one transaction: either all outcomes stand, or none.
func (db *DB) commit(ctx context.Context, tenant string, group []*job) ([]outcome, error) {
	outcomes := make([]outcome, len(group))
	left := db.memories.take(tenant)
	var s *state
	err := db.inTenant(ctx, tenant, func(tx pgx.Tx) (err error) {
		s, err = lockTenant(ctx, tx, tenant, left)
		if err != nil {
			return err
		}
		if err := s.foresee(ctx, group); err != nil {
			return err
		}
		for i, j := range group {
			outcomes[i], err = db.applyOne(ctx, s, j.in)
			if err != nil {
				return err
			}
		}
		return s.save(ctx)
	})
	if err != nil {
		db.o.Engine.Forget(tenant)
		return nil, err
	}
	db.memories.leave(tenant, s)
	return outcomes, nil
}

// foresee loads at once what all the inputs of a group will ask for one by one.
func (s *state) foresee(ctx context.Context, group []*job) error {
	var fingerprints []string
	var since time.Time
	for _, j := range group {
		var alerts []engine.Alert
		switch in := j.in.(type) {
		case engine.AlertsInput:
			alerts = in.Alerts
		case engine.AlertListInput:
			alerts = in.Alerts
		}
		for _, a := range alerts {
			fingerprints = append(fingerprints, a.Fingerprint)
			if since.IsZero() || a.StartsAt.Before(since) {
				since = a.StartsAt
			}
		}
	}
	return s.loadAlerts(ctx, fingerprints, since)
}

// applyOne lets the engine apply one input. What it refuses is not journaled, but timers that fired
// before it have effects all the same.
func (db *DB) applyOne(ctx context.Context, s *state, in engine.Input) (outcome, error) {
	at := s.advance(db.o.Now())
	recorded, err := s.recorded(ctx, in)
	if err != nil {
		return outcome{}, err
	}
	effects, err := db.guard(ctx, s, at, in)
	if _, refused := engine.AsRefusal(err); err != nil && !refused {
		return outcome{}, err
	}
	if err == nil {
		if journalErr := s.appendJournal(at, recorded); journalErr != nil {
			return outcome{}, journalErr
		}
	}
	s.appendEvents(effects)
	return outcome{effects: effects, err: err}, nil
}

// advance moves the receive clock: it follows the given one, but never runs backwards, not even when the
// input before it was received by a replica whose clock is ahead. PostgreSQL keeps microseconds.
func (s *state) advance(now time.Time) time.Time {
	now = now.UTC().Truncate(time.Microsecond)
	if now.After(s.row.receivedAt) {
		s.row.receivedAt = now
	}
	return s.row.receivedAt
}

// guard keeps a panic in the engine from taking the process, and the other tenants' inputs, with it.
func (db *DB) guard(ctx context.Context, s *state, at time.Time, in engine.Input) (effects []engine.Effect, err error) {
	defer func() {
		if p := recover(); p != nil {
			db.o.Logger.ErrorContext(ctx, "The engine panicked", slog.String("tenant", s.tenant),
				slog.String("input", kindOf(in)), slog.Any("panic", p), slog.String("stack", string(debug.Stack())))
			err = fmt.Errorf("the engine failed on an input of kind %s: %v", kindOf(in), p)
		}
	}()
	return db.o.Engine.Apply(ctx, s, at, in)
}

// byInput says whether an error can be the fault of a single input, and not of the database, the
// network, or time: only then is it worth trying the inputs of a group one by one.
func byInput(err error) bool {
	var pgErr *pgconn.PgError
	if errors.As(err, &pgErr) {
		switch pgErr.Code[:2] {
		case "08", "25", "40", "53", "57", "58": // connection, transaction, resources, intervention, system
			return false
		}
		return true
	}
	var netErr net.Error
	var connectErr *pgconn.ConnectError
	return !errors.As(err, &netErr) && !errors.As(err, &connectErr) && !pgconn.Timeout(err) &&
		!errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, context.Canceled) &&
		!errors.Is(err, ErrUnknownTenant) && !errors.Is(err, net.ErrClosed)
}
