package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/configchange"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/engine"
)

// state is one tenant's state inside one transaction, with the tenant's row locked. It is the engine's
// Store. Writes are collected and sent together before the next read, so that a batch costs few round
// trips; what was loaded is remembered, so that a save writes only the columns that can have changed.
type state struct {
	tx     pgx.Tx
	tenant string
	row    tenantRow
	queued pgx.Batch

	runs map[string]configchange.Run
	*memory
	xid         string                        // of this transaction: what the tenant's row will be marked with
	reachEnds   map[string]pgtype.Timestamptz // of incidents, as their reach has it
	pending     pending
	timerWrites map[timerKey]*time.Time // timers that were set; nil: cleared
	timersMoved bool

	journal []entry
	events  []engine.Effect
	updates map[string]int // incident → the event of its newest update, if nothing else has happened to it since
}

// tenantRow is what stands in the tenant's row.
type tenantRow struct {
	receivedAt        time.Time
	seq               int64
	inventoryRevision int64
	subscribers       int64 // their revision
	settings          engine.Settings
	lastObservedAt    time.Time
	nextDue           *time.Time
}

var _ engine.Store = (*state)(nil)

// lockTenant takes the tenant's row and with it the right to apply inputs, and reads it. What is left
// from an earlier transaction, if any, is used where nobody has written since.
func lockTenant(ctx context.Context, tx pgx.Tx, tenant string, left *memory) (*state, error) {
	s := &state{
		tx:        tx,
		tenant:    tenant,
		runs:      map[string]configchange.Run{},
		reachEnds: map[string]pgtype.Timestamptz{},
		updates:   map[string]int{},

		timerWrites: map[timerKey]*time.Time{},
	}
	var settings []byte
	var writer string
	err := tx.QueryRow(ctx, `
		SELECT NULLIF(received_at, '-infinity'), journal_seq, inventory_revision, subscribers_revision, settings, last_observed_at, next_due,
		       xmin::text, pg_current_xact_id()::xid::text
		  FROM tenants FOR UPDATE`).
		Scan(zeroTime{&s.row.receivedAt}, &s.row.seq, &s.row.inventoryRevision, &s.row.subscribers, &settings, zeroTime{&s.row.lastObservedAt}, &s.row.nextDue,
			&writer, &s.xid)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, fmt.Errorf("%w %q", ErrUnknownTenant, tenant)
	}
	if err != nil {
		return nil, fmt.Errorf("lock the tenant: %w", err)
	}
	if err := json.Unmarshal(settings, &s.row.settings); err != nil {
		return nil, fmt.Errorf("read the settings: %w", err)
	}
	s.memory = left.asOf(writer)
	if s.live != nil {
		s.live.age(s.row.receivedAt)
	}
	if s.row.nextDue == nil { // no timer at all needs no look
		s.next, s.timers = nextTimer{known: true}, timerBook{}
	}
	return s, nil
}

// save writes everything that is still in memory; the caller commits.
func (s *state) save(ctx context.Context) error {
	if err := s.queuePending(); err != nil {
		return err
	}
	s.queueJournal()
	if err := s.queueEvents(); err != nil {
		return err
	}
	settings, err := json.Marshal(s.row.settings)
	if err != nil {
		return err
	}
	s.queue(`
		UPDATE tenants SET received_at = $1, journal_seq = $2, inventory_revision = $3, settings = $4, last_observed_at = $5, subscribers_revision = $6`,
		s.row.receivedAt, s.row.seq, s.row.inventoryRevision, settings, nullTime(s.row.lastObservedAt), s.row.subscribers)
	s.queueNextDue()
	return s.flush(ctx)
}

// queue adds a write.
func (s *state) queue(sql string, args ...any) { s.queued.Queue(sql, args...) }

// flush sends the writes that are queued, in order.
func (s *state) flush(ctx context.Context) error {
	if s.queued.Len() == 0 {
		return nil
	}
	queued := s.queued
	s.queued = pgx.Batch{}
	if err := s.tx.SendBatch(ctx, &queued).Close(); err != nil {
		return fmt.Errorf("write: %w", err)
	}
	return nil
}

// query reads, after all that was written.
func (s *state) query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	if err := s.queuePending(); err != nil {
		return nil, err
	}
	return s.queryBeside(ctx, sql, args...)
}

// queryBeside reads what incidents, their alerts and their reach have no part in: what is pending of those
// stays so.
func (s *state) queryBeside(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	if err := s.flush(ctx); err != nil {
		return nil, err
	}
	return s.tx.Query(ctx, sql, args...)
}

// Tenant implements engine.Store.
func (s *state) Tenant() string { return s.tenant }

// NewID implements engine.Store: ids of all kinds are UUIDs that grow with time.
func (s *state) NewID(string) string { return uuid.Must(uuid.NewV7()).String() }
