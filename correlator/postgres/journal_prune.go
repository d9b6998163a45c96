package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// journalBatch is how many inputs one transaction removes: one that runs for minutes would hold back vacuum.
const journalBatch = 10_000

// PruneJournal removes inputs of all tenants that were received before an instant, and returns how many,
// also when it fails half-way. What a replay of the rest cannot do without stays: each tenant's settings,
// and the inventory that was in force at that instant.
func (db *DB) PruneJournal(ctx context.Context, before time.Time) (pruned int64, err error) {
	tenants, err := db.Tenants(ctx)
	if err != nil {
		return 0, fmt.Errorf("prune the journal: %w", err)
	}
	for _, tenant := range tenants {
		n, err := db.pruneTenant(ctx, tenant, before)
		pruned += n
		if err != nil {
			return pruned, fmt.Errorf("prune the journal of tenant %s: %w", tenant, err)
		}
	}
	return pruned, nil
}

func (db *DB) pruneTenant(ctx context.Context, tenant string, before time.Time) (pruned int64, err error) {
	var inventory int64 // its place in the journal; they count from 1
	err = db.system(ctx, func(tx pgx.Tx) error {
		return tx.QueryRow(ctx, `
			SELECT coalesce(max(seq), 0) FROM inputs
			 WHERE tenant_id = $1 AND received_at < $2 AND kind = 'inventory'`, tenant, before).Scan(&inventory)
	})
	for removed := int64(journalBatch); err == nil && removed == journalBatch; pruned += removed {
		removed = 0
		err = db.system(ctx, func(tx pgx.Tx) error {
			tag, err := tx.Exec(ctx, `
				DELETE FROM inputs WHERE tenant_id = $1 AND seq IN (
				  SELECT seq FROM inputs
				   WHERE tenant_id = $1 AND received_at < $2 AND kind <> 'settings' AND seq <> $3
				   ORDER BY received_at, seq LIMIT $4)`, tenant, before, inventory, journalBatch)
			removed = tag.RowsAffected()
			return err
		})
	}
	return pruned, err
}
