package postgres

import (
	"context"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/engine"
)

const (
	// timersPoll bounds how late a timer is when no notification tells of it.
	timersPoll = time.Second
	// timersFloor keeps a timer that is due and does not go away from spinning a core.
	timersFloor = 20 * time.Millisecond
	// timersBatch is how many tenants one round takes, timersParallel how many of them at once.
	timersBatch, timersParallel = 100, 8
)

// RunTimers submits a Tick for each tenant that has a timer due, until ctx ends; it then returns nil.
// Several replicas may do so at once: a Tick that finds nothing due changes nothing.
func (db *DB) RunTimers(ctx context.Context) error {
	wake := make(chan struct{}, 1)
	var listener errgroup.Group
	listener.Go(func() error { db.listen(ctx, timersChannel, wake); return nil })
	for ctx.Err() == nil {
		pause, err := db.fireTimers(ctx)
		if err != nil && ctx.Err() == nil {
			db.o.Logger.ErrorContext(ctx, "Could not fire timers, trying again", slog.Any("err", err))
		}
		wait(ctx, pause, wake)
	}
	return listener.Wait()
}

// fireTimers fires what is due and returns how long to wait before the next look.
func (db *DB) fireTimers(ctx context.Context) (time.Duration, error) {
	now := db.o.Now()
	due, err := db.dueTenants(ctx)
	if err != nil {
		return timersPoll, err
	}
	var group errgroup.Group
	group.SetLimit(timersParallel)
	pause := timersPoll
	for _, t := range due {
		if left := t.NextDue.Sub(now); left > 0 {
			pause = min(pause, max(left, timersFloor))
			break // they come in the order of their instants
		}
		pause = timersFloor // what comes next is known when these have fired
		db.metrics.timerLag.Set(now.Sub(t.NextDue).Seconds())
		group.Go(func() error {
			_, err := db.Submit(ctx, t.Tenant, engine.Tick{})
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return timersPoll, err
	}
	return pause, nil
}

type dueTenant struct {
	Tenant  string
	NextDue time.Time
}

// dueTenants are the tenants whose first timer comes first.
func (db *DB) dueTenants(ctx context.Context) (due []dueTenant, err error) {
	err = db.system(ctx, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, "SELECT tenant_id, next_due FROM tenants WHERE next_due IS NOT NULL ORDER BY next_due LIMIT $1", timersBatch)
		if err != nil {
			return err
		}
		due, err = pgx.CollectRows(rows, pgx.RowToStructByPos[dueTenant])
		return err
	})
	return due, err
}
