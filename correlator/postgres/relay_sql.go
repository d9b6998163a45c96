package postgres

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
)

// claim takes events that are due, oldest first, and moves their next attempt behind the lease: so a
// relay that dies gives them back, and others do not wait for us (SKIP LOCKED).
func (r *Relay) claim(ctx context.Context) (events []Event, err error) {
	now := r.db.o.Now()
	err = r.db.system(ctx, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `
			WITH due AS (
			  SELECT tenant_id, id FROM outbox
			   WHERE published_at IS NULL AND next_attempt_at <= $1
			   ORDER BY next_attempt_at, id LIMIT $3 FOR UPDATE SKIP LOCKED),
			claimed AS (
			  UPDATE outbox AS o SET next_attempt_at = $2, attempts = attempts + 1
			    FROM due WHERE o.tenant_id = due.tenant_id AND o.id = due.id
			  RETURNING o.tenant_id, o.id, o.key, o.type, o.occurred_at, o.payload, o.attempts)
			SELECT * FROM claimed ORDER BY id`, now, now.Add(r.o.Lease), r.o.Batch)
		if err != nil {
			return err
		}
		events, err = pgx.CollectRows(rows, pgx.RowToStructByPos[Event])
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("claim events: %w", err)
	}
	return events, nil
}

// settle notes what became of the events of a claim.
func (r *Relay) settle(ctx context.Context, verdicts []verdict) error {
	now := r.db.o.Now()
	var batch pgx.Batch
	for _, v := range verdicts {
		e := v.event
		switch {
		case !v.tried:
			batch.Queue("UPDATE outbox SET next_attempt_at = '-infinity', attempts = attempts - 1 WHERE tenant_id = $1 AND id = $2", e.Tenant, e.ID)
			continue
		case v.err == nil:
			batch.Queue("UPDATE outbox SET published_at = $3, last_error = NULL WHERE tenant_id = $1 AND id = $2", e.Tenant, e.ID, now)
			r.db.metrics.published.WithLabelValues(outcomeDelivered).Inc()
			continue
		case e.Attempt < r.o.MaxAttempts:
			batch.Queue("UPDATE outbox SET next_attempt_at = $3, last_error = $4 WHERE tenant_id = $1 AND id = $2",
				e.Tenant, e.ID, now.Add(r.backoff(e.Attempt)), clean(v.err.Error()))
			r.db.metrics.published.WithLabelValues(outcomeRetry).Inc()
		default:
			batch.Queue(`
				WITH dead AS (DELETE FROM outbox WHERE tenant_id = $1 AND id = $2 RETURNING tenant_id, id, key, type, occurred_at, payload, attempts)
				INSERT INTO outbox_dead_letters SELECT *, $3, $4 FROM dead`, e.Tenant, e.ID, clean(v.err.Error()), now)
			r.db.metrics.published.WithLabelValues(outcomeDead).Inc()
		}
		r.db.o.Logger.WarnContext(ctx, "An event could not be handed on", slog.String("tenant", e.Tenant), slog.String("type", e.Type),
			slog.String("key", e.Key), slog.Int("attempt", e.Attempt), slog.Any("err", v.err))
	}
	err := r.db.system(ctx, func(tx pgx.Tx) error { return tx.SendBatch(ctx, &batch).Close() })
	if err != nil {
		return fmt.Errorf("settle events (they will be handed on again): %w", err)
	}
	return nil
}

// houseKeeping is how often old events are removed and the waiting ones counted.
const houseKeeping = 15 * time.Second

// keepHouse removes events that were published long ago, and measures the outbox, until ctx ends.
func (r *Relay) keepHouse(ctx context.Context) {
	for ctx.Err() == nil {
		if err := r.prune(ctx); err != nil && ctx.Err() == nil {
			r.db.o.Logger.WarnContext(ctx, "Could not tidy the outbox", slog.Any("err", err))
		}
		wait(ctx, houseKeeping, nil)
	}
}

// pruneBatch bounds one removal, so that a long backlog of it locks nothing for long.
const pruneBatch = 10_000

func (r *Relay) prune(ctx context.Context) error {
	return r.db.system(ctx, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `
			DELETE FROM outbox WHERE (tenant_id, id) IN (
			  SELECT tenant_id, id FROM outbox WHERE published_at < $1 ORDER BY published_at LIMIT $2 FOR UPDATE SKIP LOCKED)`,
			r.db.o.Now().Add(-r.o.Retention), pruneBatch)
		if err != nil {
			return err
		}
		var pending, dead float64
		if err := tx.QueryRow(ctx, `
			SELECT (SELECT count(*) FROM outbox WHERE published_at IS NULL), (SELECT count(*) FROM outbox_dead_letters)`).Scan(&pending, &dead); err != nil {
			return err
		}
		r.db.metrics.pending.Set(pending)
		r.db.metrics.deadLetters.Set(dead)
		return nil
	})
}

// RequeueDeadLetters gives the dead letters of a tenant another life, and returns how many.
func (db *DB) RequeueDeadLetters(ctx context.Context, tenant string) (int64, error) {
	var n int64
	err := db.system(ctx, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `
			WITH risen AS (DELETE FROM outbox_dead_letters WHERE tenant_id = $1 RETURNING tenant_id, key, type, occurred_at, payload)
			INSERT INTO outbox (tenant_id, key, type, occurred_at, payload) SELECT * FROM risen`, tenant)
		n = tag.RowsAffected()
		if err == nil && n > 0 {
			_, err = tx.Exec(ctx, "SELECT pg_notify($1, '')", outboxChannel)
		}
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("requeue dead letters: %w", err)
	}
	return n, nil
}
