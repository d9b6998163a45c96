package cluster

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/ispvisualmonitor/ispvisualmonitor/migrations"
)

const (
	superuser = "postgres"
	// ownerRole owns the database and applies the migrations.
	ownerRole = "ispvm_owner"
	// serviceRole is whom the service logs in as: it owns nothing and is no superuser.
	serviceRole  = "ispvm"
	databaseName = "ispvm"
	// maintenanceDatabase is the one that every cluster has.
	maintenanceDatabase = "postgres"
)

// defaultSettings are those that differ from PostgreSQL's own defaults.
func defaultSettings() map[string]string {
	return map[string]string{
		"cluster_name":     clusterName,
		"listen_addresses": "",
		// The directory around it is the server user's alone; root, as whom we may run, enters anyway.
		"unix_socket_permissions": "0700",
		"fsync":                   "on",
		"synchronous_commit":      "on",
		"timezone":                "UTC",
		"log_timezone":            "UTC",
		"autovacuum_naptime":      "15s", // a fresh table's plans are guesses until it is first analysed
		"jit":                     "off", // short transactions: compiling them costs more than it saves
		"max_wal_size":            "2GB",
		"wal_compression":         "on",
		// Errors come back to the client, who logs them without the data that statements carry.
		"log_min_error_statement": "panic",
	}
}

// URL is where the service connects: as a role that owns nothing.
func (c *Cluster) URL() string { return c.url(serviceRole, databaseName) }

// OwnerURL is where migrations connect: as the owner of the database, no superuser either.
func (c *Cluster) OwnerURL() string { return c.url(ownerRole, databaseName) }

// SuperuserURL is for administrators: it connects to the maintenance database as the superuser.
func (c *Cluster) SuperuserURL() string { return c.url(superuser, maintenanceDatabase) }

func (c *Cluster) url(role, database string) string {
	u := url.URL{Scheme: "postgres", Path: "/" + database, RawQuery: url.Values{"host": {c.rundir}, "user": {role}}.Encode()}
	return u.String()
}

// bootstrap waits until the server takes connections, then makes the roles and the database that are
// missing. It can be cut short anywhere and run again.
func (c *Cluster) bootstrap(ctx context.Context) (err error) {
	conn, err := c.connect(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close(context.WithoutCancel(ctx))) }()

	for _, login := range []string{ownerRole, serviceRole} {
		if err := ensure(ctx, conn, "SELECT 1 FROM pg_roles WHERE rolname = $1", login,
			"CREATE ROLE "+pgx.Identifier{login}.Sanitize()+" LOGIN"); err != nil {
			return err
		}
	}
	// The service's login has no rights by itself: what forgets to take a role on sees nothing.
	if _, err := conn.Exec(ctx, "ALTER ROLE "+pgx.Identifier{serviceRole}.Sanitize()+" NOINHERIT"); err != nil {
		return fmt.Errorf("take inherited rights from login %s: %w", serviceRole, err)
	}
	for _, role := range []string{migrations.AppRole, migrations.SystemRole} {
		name := pgx.Identifier{role}.Sanitize()
		if err := ensure(ctx, conn, "SELECT 1 FROM pg_roles WHERE rolname = $1", role, "CREATE ROLE "+name+" NOLOGIN"); err != nil {
			return err
		}
		if _, err := conn.Exec(ctx, "GRANT "+name+" TO "+ownerRole+", "+serviceRole); err != nil {
			return fmt.Errorf("grant role %s: %w", role, err)
		}
	}
	if err := ensure(ctx, conn, "SELECT 1 FROM pg_database WHERE datname = $1", databaseName,
		"CREATE DATABASE "+databaseName+" OWNER "+ownerRole); err != nil {
		return err
	}
	return fasterToast(ctx, conn)
}

// connect waits for the server: until it answers, or ends, or ctx does.
func (c *Cluster) connect(ctx context.Context) (*pgx.Conn, error) {
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		conn, err := pgx.Connect(ctx, c.SuperuserURL())
		if err == nil {
			return conn, nil
		}
		select {
		case <-tick.C:
		case <-c.server.done:
			return nil, c.Err()
		case <-ctx.Done():
			return nil, fmt.Errorf("the server does not take connections: %w: %w: %s", context.Cause(ctx), err, &c.server.tail)
		}
	}
}

// ensure runs create unless check, a query with one parameter, finds a row.
func ensure(ctx context.Context, conn *pgx.Conn, check, name, create string) error {
	var one int
	err := conn.QueryRow(ctx, check, name).Scan(&one)
	if errors.Is(err, pgx.ErrNoRows) {
		_, err = conn.Exec(ctx, create)
	}
	if err != nil {
		return fmt.Errorf("make %s: %w", name, err)
	}
	return nil
}

// fasterToast makes large values compress with lz4 where the server was built with it: the journal's
// payloads are long and repetitive, and lz4 is several times faster than the default.
func fasterToast(ctx context.Context, conn *pgx.Conn) error {
	var lz4 bool
	err := conn.QueryRow(ctx, "SELECT 'lz4' = ANY (enumvals) FROM pg_settings WHERE name = 'default_toast_compression'").Scan(&lz4)
	if err == nil && lz4 {
		_, err = conn.Exec(ctx, "ALTER DATABASE "+databaseName+" SET default_toast_compression = 'lz4'")
	}
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return fmt.Errorf("choose the compression of large values: %w", err)
	}
	return nil
}
