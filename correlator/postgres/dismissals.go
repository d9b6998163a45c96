package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// DismissedTopology are the ids of the proposals that somebody does not want to see again.
func (db *DB) DismissedTopology(ctx context.Context, tenant string) (ids []string, err error) {
	err = db.read(ctx, tenant, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, "SELECT proposal_id FROM topology_dismissals ORDER BY proposal_id")
		if err != nil {
			return err
		}
		ids, err = pgx.CollectRows(rows, pgx.RowTo[string])
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("load dismissed proposals: %w", err)
	}
	return ids, nil
}

// DismissTopology keeps proposals from being seen again. Of one that is dismissed already, who did it first
// and why stays.
func (db *DB) DismissTopology(ctx context.Context, tenant string, ids []string, by, reason string, at time.Time) error {
	err := db.inTenant(ctx, tenant, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `
			INSERT INTO topology_dismissals (proposal_id, dismissed_by, dismissed_at, reason)
			SELECT DISTINCT unnest($1::text[]), $2, $3::timestamptz, $4 ON CONFLICT DO NOTHING`, cleanAll(ids), clean(by), at, clean(reason))
		return err
	})
	if err != nil {
		return fmt.Errorf("dismiss proposals: %w", err)
	}
	return nil
}

// RestoreTopology lets proposals be seen again that were dismissed.
func (db *DB) RestoreTopology(ctx context.Context, tenant string, ids []string) error {
	err := db.inTenant(ctx, tenant, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, "DELETE FROM topology_dismissals WHERE proposal_id = ANY ($1)", cleanAll(ids))
		return err
	})
	if err != nil {
		return fmt.Errorf("restore proposals: %w", err)
	}
	return nil
}
