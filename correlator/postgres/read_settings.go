package postgres

import (
	"context"
	"fmt"
	"strconv"

	"github.com/jackc/pgx/v5"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/engine"
)

const weightsList = "weights"

// Settings answers the tenant's settings with the defaults filled in.
func (db *DB) Settings(ctx context.Context, tenant string) (view engine.SettingsView, err error) {
	err = db.read(ctx, tenant, func(tx pgx.Tx) error {
		settings, err := readSettings(ctx, tx)
		if err == nil {
			view, err = db.o.Engine.SettingsView(settings)
		}
		return err
	})
	return view, err
}

func readSettings(ctx context.Context, tx pgx.Tx) (engine.Settings, error) {
	rows, err := tx.Query(ctx, "SELECT settings FROM tenants")
	if err != nil {
		return engine.Settings{}, err
	}
	settings, err := pgx.CollectExactlyOneRow(rows, pgx.RowTo[engine.Settings])
	if err != nil {
		return engine.Settings{}, fmt.Errorf("load settings: %w", err)
	}
	return settings, nil
}

// AppliedWeights answers the weights that were applied, newest first.
func (db *DB) AppliedWeights(ctx context.Context, tenant string, p engine.Page) (page engine.AppliedWeightsPage, err error) {
	after, some, err := parseCursor(weightsList, p.Token)
	if err != nil {
		return page, err
	}
	before := int64(1<<63 - 1)
	if some {
		if before, err = strconv.ParseInt(after.id, 10, 64); err != nil {
			return page, engine.ErrPageToken
		}
	}
	size := pageSize(p)
	err = db.read(ctx, tenant, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `
			SELECT id, applied_at, applied_by, reason, version, document FROM applied_weights WHERE id < $1 ORDER BY id DESC LIMIT $2`, before, size+1)
		if err != nil {
			return err
		}
		var ids []int64
		found, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (w engine.AppliedWeights, err error) {
			var id int64
			err = row.Scan(&id, &w.At, &w.By, &w.Reason, &w.Version, &w.Document)
			ids = append(ids, id)
			return w, err
		})
		if err != nil {
			return fmt.Errorf("load applied weights: %w", err)
		}
		page.Weights = found[:min(len(found), size)]
		if len(found) > size {
			page.Next = cursor{at: found[size-1].At, id: strconv.FormatInt(ids[size-1], 10)}.token(weightsList)
		}
		return nil
	})
	return page, err
}
