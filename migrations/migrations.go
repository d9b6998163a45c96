// Package migrations holds the database schema: numbered SQL files, embedded, each with its way up and
// its way down, applied in order under a lock.
//
// The rules of the schema, which the package's tests check against the catalogue, so that the next
// table cannot forget them:
//
//   - every table that belongs to a tenant has tenant_id first in its primary key, has row-level
//     security enabled and forced, and a policy that compares tenant_id with the setting ispvm.tenant;
//     a transaction that forgot to set it sees no rows and can write none;
//   - a foreign key between such tables carries tenant_id on both sides: checks of foreign keys bypass
//     row-level security, and a bare id would let one tenant refer to another's row;
//   - spans of time are plain timestamptz bounds with B-tree indexes: range operators are not
//     leakproof, so row-level security keeps the planner from using an index on them. The same goes for
//     arrays and JSON; what is searched for has columns or rows of its own;
//   - texts that are keys are collated "C": bytes, the order that Go has, and cheap to compare.
//
// Three roles stand behind that. The owner applies the migrations. AppRole is what all work for one
// tenant runs as, SystemRole what the few jobs across tenants run as (which tenants have timers due,
// handing the outbox on); neither owns anything, can log in, or bypasses row-level security. A service
// logs in as a member of both and takes on one of them for each transaction.
package migrations

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"log/slog"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

const (
	// AppRole is the role for work within one tenant.
	AppRole = "ispvm_app"
	// SystemRole is the role for work across tenants.
	SystemRole = "ispvm_system"
	// TenantSetting is the setting that names the tenant of a transaction.
	TenantSetting = "ispvm.tenant"
)

//go:embed *.sql
var files embed.FS

// lockID is the advisory lock that two starts at once contend for: "ispvm" in ASCII.
const lockID = 0x697370766d

// Up applies every migration that the database does not have yet and returns the version that it then
// has. When another process is at it, Up waits for it for up to five minutes. db connects as the owner
// of the database.
func Up(ctx context.Context, db *sql.DB, logger *slog.Logger) (int64, error) {
	p, err := provider(db)
	if err != nil {
		return 0, err
	}
	results, err := p.Up(ctx)
	for _, r := range results {
		logger.InfoContext(ctx, "applied migration", "file", r.Source.Path, "duration", r.Duration)
	}
	if err != nil {
		return 0, fmt.Errorf("migrate the database: %w", explain(err))
	}
	return p.GetDBVersion(ctx)
}

// Down takes the last migration back and returns the version that remains; 0 is an empty database.
func Down(ctx context.Context, db *sql.DB) (int64, error) {
	p, err := provider(db)
	if err != nil {
		return 0, err
	}
	if _, err := p.Down(ctx); err != nil {
		return 0, fmt.Errorf("take back the last migration: %w", explain(err))
	}
	return p.GetDBVersion(ctx)
}

// Version returns the database's version and the newest one that this program knows. A service that
// may not migrate compares them before it starts.
func Version(ctx context.Context, db *sql.DB) (has, newest int64, err error) {
	p, err := provider(db)
	if err != nil {
		return 0, 0, err
	}
	sources := p.ListSources()
	newest = sources[len(sources)-1].Version
	if has, err = p.GetDBVersion(ctx); err != nil {
		return 0, newest, fmt.Errorf("read the database's version: %w", err)
	}
	return has, newest, nil
}

func provider(db *sql.DB) (*goose.Provider, error) {
	locker, err := lock.NewPostgresSessionLocker(lock.WithLockID(lockID), lock.WithLockTimeout(1, 300))
	if err != nil {
		return nil, fmt.Errorf("migrations: %w", err)
	}
	p, err := goose.NewProvider(goose.DialectPostgres, db, files, goose.WithSessionLocker(locker))
	if err != nil {
		return nil, fmt.Errorf("migrations: %w", err)
	}
	return p, nil
}

// explain appends the hint that the database gave: it says what an administrator has to do.
func explain(err error) error {
	var pgErr *pgconn.PgError
	if errors.As(err, &pgErr) && pgErr.Hint != "" {
		return fmt.Errorf("%w (%s)", err, pgErr.Hint)
	}
	return err
}
