package postgres

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/ispvisualmonitor/ispvisualmonitor/migrations"
)

// become takes on a role and names the tenant, both until the end of the transaction: behind a pooler
// that lends connections by the transaction, nothing longer would be ours. Queries here touch few rows, and
// to start parallel workers for them takes longer than they do.
const become = "SELECT set_config('role', $1, true), set_config('" + migrations.TenantSetting + "', $2, true)," +
	" set_config('max_parallel_workers_per_gather', '0', true)"

// rollbackTimeout bounds a rollback, which must also happen when the context of the work is over.
const rollbackTimeout = 5 * time.Second

// inTenant runs f in a transaction that sees one tenant's rows alone.
func (db *DB) inTenant(ctx context.Context, tenant string, f func(pgx.Tx) error) error {
	if tenant == "" {
		return ErrUnknownTenant
	}
	return db.as(ctx, pgx.TxOptions{}, migrations.AppRole, tenant, f)
}

// read runs f in a read-only transaction within one tenant: one snapshot for all its queries.
func (db *DB) read(ctx context.Context, tenant string, f func(pgx.Tx) error) error {
	if tenant == "" {
		return ErrUnknownTenant
	}
	return db.as(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, migrations.AppRole, tenant, f)
}

// system runs f in a transaction that works across tenants.
func (db *DB) system(ctx context.Context, f func(pgx.Tx) error) error {
	return db.as(ctx, pgx.TxOptions{}, migrations.SystemRole, "", f)
}

func (db *DB) as(ctx context.Context, options pgx.TxOptions, role, tenant string, f func(pgx.Tx) error) (err error) {
	tx, err := db.pool.BeginTx(ctx, options)
	if err != nil {
		return err
	}
	defer func() {
		cleanup, cancel := context.WithTimeout(context.WithoutCancel(ctx), rollbackTimeout)
		defer cancel()
		if rollbackErr := tx.Rollback(cleanup); rollbackErr != nil && !errors.Is(rollbackErr, pgx.ErrTxClosed) {
			err = errors.Join(err, rollbackErr)
		}
	}()
	if _, err := tx.Exec(ctx, become, role, tenant); err != nil {
		return err
	}
	if err := f(tx); err != nil {
		return err
	}
	return tx.Commit(ctx)
}
