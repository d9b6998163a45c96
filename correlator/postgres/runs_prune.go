package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	// runsBatch is how many runs one transaction removes.
	runsBatch = 10_000
	// keptRuns is how many runs of a stream stay that began before: what moves at the edge is judged with
	// its neighbours, over as many links as the engine looks.
	keptRuns = 5
)

// PruneRuns removes runs of all tenants that only a sighting made before an instant could still concern,
// and returns how many, also when it fails half-way. The config changes between them stay. Of each stream
// what was seen at that instant stays too, however old, and the few runs before.
func (db *DB) PruneRuns(ctx context.Context, before time.Time) (pruned int64, err error) {
	tenants, err := db.Tenants(ctx)
	if err != nil {
		return 0, fmt.Errorf("prune runs: %w", err)
	}
	for _, tenant := range tenants {
		for removed := int64(runsBatch); removed == runsBatch; pruned += removed {
			removed = 0
			err := db.system(ctx, func(tx pgx.Tx) error {
				tag, err := tx.Exec(ctx, `
					DELETE FROM runs WHERE tenant_id = $1 AND id IN (
					  SELECT r.id FROM runs AS r
					   WHERE r.tenant_id = $1 AND r.first_seen < $2 AND EXISTS (
					         SELECT FROM runs AS next
					          WHERE next.tenant_id = r.tenant_id AND next.device = r.device AND next.category = r.category
					            AND next.source = r.source AND next.exporter = r.exporter
					            AND next.first_seen > r.first_seen AND next.first_seen < $2
					          ORDER BY next.first_seen OFFSET $4 - 1 LIMIT 1)
					   LIMIT $3)`, tenant, before, runsBatch, keptRuns)
				removed = tag.RowsAffected()
				return err
			})
			if err != nil {
				return pruned, fmt.Errorf("prune runs of tenant %s: %w", tenant, err)
			}
		}
	}
	return pruned, nil
}
