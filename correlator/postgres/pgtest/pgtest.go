// Package pgtest gives tests a real PostgreSQL: one private server for a test binary, started when
// the first test asks for it, and for each test a migrated database of its own, cloned from a template.
//
//	func TestMain(m *testing.M) { pgtest.VerifyTestMain(m) }
//
//	func TestSomething(t *testing.T) {
//		db := pgtest.New(t)
//		… db.URL …
//	}
package pgtest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	_ "github.com/jackc/pgx/v5/stdlib" // database/sql driver "pgx", for the migrations
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/postgres/cluster"
	"github.com/ispvisualmonitor/ispvisualmonitor/migrations"
)

const (
	ownerRole    = "ispvm_owner"
	serviceRole  = "ispvm"
	templateName = "pgtest_template"
	startTimeout = 2 * time.Minute
)

// DB is a migrated database that belongs to one test.
type DB struct {
	// URL connects as the service does: as a role that owns nothing and is no superuser.
	URL string
	// OwnerURL connects as the owner of the database, as migrations do.
	OwnerURL string
	// SuperuserURL connects as a superuser, to arrange and to look past row-level security.
	SuperuserURL string
}

// New gives the test a migrated database, and drops it when the test ends.
func New(t testing.TB) *DB {
	t.Helper()
	shared.start(t)
	shared.migrated.Do(func() { shared.migrateErr = shared.migrate() })
	require.NoError(t, shared.migrateErr, "migrate the template of the tests' databases")
	return shared.database(t, templateName)
}

// NewEmpty gives the test a database without the schema.
func NewEmpty(t testing.TB) *DB {
	t.Helper()
	shared.start(t)
	return shared.database(t, "template0")
}

// DataDir makes an empty directory in which a private cluster can live, and removes it when the test
// ends. testing.TB.TempDir will not do: its parents are closed to the user that a server runs as when
// the tests run as root.
func DataDir(t testing.TB) string {
	t.Helper()
	dir, err := openDir()
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(dir)) })
	return dir
}

// VerifyTestMain runs the tests of a package, stops the server and removes its files, and fails when a
// goroutine is left over then (goleak).
func VerifyTestMain(m *testing.M) { goleak.VerifyTestMain(runner{m}) }

type runner struct{ tests *testing.M }

func (r runner) Run() int {
	code := r.tests.Run()
	if err := shared.stop(); err != nil {
		fmt.Fprintln(os.Stderr, "pgtest:", err)
		return max(code, 1)
	}
	return code
}

// shared is the server of this test binary: the one thing here that tests share.
var shared server

type server struct {
	started  sync.Once
	startErr error
	dir      string
	*cluster.Cluster

	migrated   sync.Once
	migrateErr error

	databases atomic.Int64
	// clone serialises cloning: PostgreSQL refuses to copy a template that somebody is connected to.
	clone sync.Mutex
}

func (s *server) start(t testing.TB) {
	t.Helper()
	s.started.Do(func() { s.startErr = s.startCluster() })
	require.NoError(t, s.startErr, "start a private PostgreSQL for the tests")
}

func (s *server) startCluster() error {
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	var err error
	if s.dir, err = openDir(); err != nil {
		return err
	}
	// Tests kill processes, not machines: what the kernel has, a test can count on.
	settings := map[string]string{"fsync": "off", "full_page_writes": "off", "max_connections": "200"}
	s.Cluster, err = cluster.Start(ctx, cluster.Options{DataDir: s.dir, Settings: settings, Logger: slog.New(slog.DiscardHandler)})
	return err
}

func (s *server) migrate() error {
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	if err := s.createDatabase(templateName, "template0"); err != nil {
		return err
	}
	db, err := sql.Open("pgx", s.url(ownerRole, templateName))
	if err != nil {
		return err
	}
	_, err = migrations.Up(ctx, db, slog.New(slog.DiscardHandler))
	return errors.Join(err, db.Close())
}

func (s *server) database(t testing.TB, template string) *DB {
	t.Helper()
	name := fmt.Sprintf("test_%d", s.databases.Add(1))
	require.NoError(t, s.createDatabase(name, template))
	t.Cleanup(func() { require.NoError(t, s.exec("DROP DATABASE "+name+" WITH (FORCE)")) })
	return &DB{
		URL:          s.url(serviceRole, name),
		OwnerURL:     s.url(ownerRole, name),
		SuperuserURL: s.url("postgres", name),
	}
}

func (s *server) stop() error {
	if s.dir == "" {
		return nil // no test asked for a database
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if s.Cluster != nil {
		if err := s.Stop(ctx); err != nil {
			return err
		}
	}
	return os.RemoveAll(s.dir)
}

func (s *server) createDatabase(name, template string) error {
	s.clone.Lock()
	defer s.clone.Unlock()
	return s.exec("CREATE DATABASE " + name + " OWNER " + ownerRole + " TEMPLATE " + template)
}

// exec runs one statement as the superuser, on a connection of its own: databases come and go seldom.
func (s *server) exec(statement string) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	conn, err := pgx.Connect(ctx, s.SuperuserURL())
	if err != nil {
		return err
	}
	defer conn.Close(ctx) //nolint:errcheck // the statement's own error is what counts
	_, err = conn.Exec(ctx, statement)
	return err
}

// url is the server's address with another role and database in it.
func (s *server) url(role, database string) string {
	u, err := url.Parse(s.SuperuserURL())
	if err != nil {
		panic(err) // the cluster made it
	}
	q := u.Query()
	q.Set("user", role)
	u.RawQuery, u.Path = q.Encode(), "/"+database
	return u.String()
}

// openDir makes a directory that any user may pass through.
func openDir() (string, error) {
	dir, err := os.MkdirTemp("", "ispvm-pg-")
	if err != nil {
		return "", err
	}
	return dir, os.Chmod(dir, 0o755) //nolint:gosec // the cluster inside it is private to its user
}
