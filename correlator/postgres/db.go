package postgres

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/engine"
	"github.com/ispvisualmonitor/ispvisualmonitor/migrations"
)

// Options says which database to use and how.
type Options struct {
	// URL is a PostgreSQL connection string, "postgres://…" or "host=… user=…". It may hold a password,
	// so it is in no error of this package. The login must be a member of the roles that package
	// migrations names; it need not own anything.
	URL string
	// Engine applies the inputs.
	Engine *engine.Engine
	// Now is the receive clock; time.Now when nil.
	Now func() time.Time
	// Logger hears what operators should know; silent when nil.
	Logger *slog.Logger
	// Registerer takes the metrics; none are kept when nil.
	Registerer prometheus.Registerer
	// InboxLen is how many inputs of one tenant may wait before Submit answers ErrOverloaded
	// (default 1024).
	InboxLen int
	// GroupWeight is how many observations and alerts one transaction takes at most, unless a single
	// input has more (default 5000).
	GroupWeight int
	// IdleInbox is how long the goroutine of a tenant waits for more before it ends (default 10 s).
	IdleInbox time.Duration
}

func (o *Options) validate() error {
	if o.Engine == nil {
		return errors.New("no engine given")
	}
	if o.URL == "" {
		return errors.New("no database URL given")
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	o.InboxLen = cmp.Or(o.InboxLen, 1024)
	o.GroupWeight = cmp.Or(o.GroupWeight, 5000)
	o.IdleInbox = cmp.Or(o.IdleInbox, 10*time.Second)
	return nil
}

// ErrUnknownTenant is returned for a tenant that was never made (EnsureTenant).
var ErrUnknownTenant = errors.New("unknown tenant")

// DB is the correlator's database.
type DB struct {
	o           Options
	pool        *pgxpool.Pool
	metrics     *metrics
	inboxes     *inboxes
	inventories inventories
	memories    memories
}

// New prepares a DB. It connects when it is first used, so a database that is down is no error here:
// see Ping.
func New(ctx context.Context, o Options) (*DB, error) {
	if err := o.validate(); err != nil {
		return nil, fmt.Errorf("database: %w", err)
	}
	config, err := pgxpool.ParseConfig(o.URL)
	if err != nil {
		// The cause repeats the URL, password and all, in more ways than can be masked.
		return nil, errors.New("database: the URL cannot be read; it looks like postgres://user@host:5432/database?sslmode=verify-full")
	}
	config.AfterConnect = scanUTC
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("database: %w", err)
	}
	db := &DB{o: o, pool: pool, metrics: newMetrics(o.Registerer), inventories: inventories{byTenant: map[string]*knownInventory{}}, memories: memories{byTenant: map[string]*memory{}}}
	db.inboxes = newInboxes(db)
	return db, nil
}

// scanUTC makes every timestamp of a connection come back in UTC and not in this machine's zone.
func scanUTC(_ context.Context, conn *pgx.Conn) error {
	codec := &pgtype.TimestamptzCodec{ScanLocation: time.UTC}
	conn.TypeMap().RegisterType(&pgtype.Type{Name: "timestamptz", OID: pgtype.TimestamptzOID, Codec: codec})
	return nil
}

// Close waits for inputs that are being applied, answers those that wait with ErrClosed, and closes
// the connections.
func (db *DB) Close() {
	db.inboxes.close()
	db.pool.Close()
}

// Ping says whether the database can be worked with: it answers, and this login may take on the roles.
func (db *DB) Ping(ctx context.Context) error {
	err := db.system(ctx, func(tx pgx.Tx) error {
		var version int64
		return tx.QueryRow(ctx, "SELECT count(*) FROM tenants").Scan(&version)
	})
	if err == nil {
		return nil
	}
	var pgErr *pgconn.PgError
	if errors.As(err, &pgErr) {
		switch pgErr.Code {
		case "42P01": // undefined_table
			return fmt.Errorf("the database has no schema yet: apply the migrations: %w", err)
		case "42501", "22023": // insufficient_privilege, invalid_parameter_value (the role does not exist)
			return fmt.Errorf("the database login may not work as %s and %s: as the owner run GRANT %s, %s TO it: %w",
				migrations.AppRole, migrations.SystemRole, migrations.AppRole, migrations.SystemRole, err)
		}
	}
	return fmt.Errorf("the database cannot be reached: check that it runs and that its URL is right: %w", err)
}

// EnsureTenant makes the tenant unless it exists. An identifier has up to 63 letters, digits, "_" and
// "-", and begins with a letter or a digit.
func (db *DB) EnsureTenant(ctx context.Context, tenant string) error {
	err := db.inTenant(ctx, tenant, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, "INSERT INTO tenants DEFAULT VALUES ON CONFLICT DO NOTHING")
		return err
	})
	if err != nil {
		return fmt.Errorf("make tenant %q: %w", tenant, err)
	}
	return nil
}

// Tenants are all tenants, by their identifiers.
func (db *DB) Tenants(ctx context.Context) ([]string, error) {
	var tenants []string
	err := db.system(ctx, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, "SELECT tenant_id FROM tenants ORDER BY tenant_id")
		if err != nil {
			return err
		}
		tenants, err = pgx.CollectRows(rows, pgx.RowTo[string])
		return err
	})
	return tenants, err
}
