package migrations_test

import (
	"context"
	"database/sql"
	"log/slog"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/postgres/pgtest"
	"github.com/ispvisualmonitor/ispvisualmonitor/migrations"
)

func TestMain(m *testing.M) { pgtest.VerifyTestMain(m) }

var quiet = slog.New(slog.DiscardHandler)

func open(t *testing.T, url string) *sql.DB {
	t.Helper()
	db, err := sql.Open("pgx", url)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return db
}

func connect(t *testing.T, url string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

// relations counts what the schema put into the database, apart from the migrations' own table.
func relations(t *testing.T, conn *pgx.Conn) int {
	t.Helper()
	var n int
	require.NoError(t, conn.QueryRow(t.Context(), `
		SELECT (SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relname NOT LIKE 'goose_db_version%')
		     + (SELECT count(*) FROM pg_proc WHERE pronamespace = 'public'::regnamespace)`).Scan(&n))
	return n
}

func TestUpDownUp(t *testing.T) {
	t.Parallel()
	url := pgtest.NewEmpty(t).OwnerURL
	db, conn := open(t, url), connect(t, url)

	has, newest, err := migrations.Version(t.Context(), db)
	require.NoError(t, err)
	require.Zero(t, has)
	require.Positive(t, newest)

	version, err := migrations.Up(t.Context(), db, quiet)
	require.NoError(t, err)
	require.Equal(t, newest, version)
	complete := relations(t, conn)
	require.Positive(t, complete)

	for want := newest - 1; want >= 0; want-- {
		version, err = migrations.Down(t.Context(), db)
		require.NoError(t, err)
		require.Equal(t, want, version)
	}
	require.Zero(t, relations(t, conn), "the way down must leave nothing")

	version, err = migrations.Up(t.Context(), db, quiet)
	require.NoError(t, err)
	require.Equal(t, newest, version)
	require.Equal(t, complete, relations(t, conn))
}

func TestStartsAtOnceDoNotCollide(t *testing.T) {
	t.Parallel()
	url := pgtest.NewEmpty(t).OwnerURL
	var group errgroup.Group
	for range 4 {
		db := open(t, url)
		group.Go(func() error {
			_, err := migrations.Up(t.Context(), db, quiet)
			return err
		})
	}
	require.NoError(t, group.Wait())
	has, newest, err := migrations.Version(t.Context(), open(t, url))
	require.NoError(t, err)
	require.Equal(t, newest, has)
}

func TestAnOwnerWithoutTheRolesIsToldWhatToDo(t *testing.T) {
	t.Parallel()
	pg := pgtest.NewEmpty(t)
	admin := connect(t, pg.SuperuserURL)
	_, err := admin.Exec(t.Context(), `
		CREATE ROLE stranger LOGIN;
		DO $$ BEGIN EXECUTE format('ALTER DATABASE %I OWNER TO stranger', current_database()); END $$`)
	require.NoError(t, err)
	t.Cleanup(func() {
		_, err := admin.Exec(context.Background(), `REASSIGN OWNED BY stranger TO ispvm_owner; DROP OWNED BY stranger; DROP ROLE stranger`)
		require.NoError(t, err)
	})

	_, err = migrations.Up(t.Context(), open(t, pg.SuperuserURL+"&options=-crole%3Dstranger"), quiet)
	require.ErrorContains(t, err, "role stranger may not create the roles of the service")
	require.ErrorContains(t, err, "as a superuser run: CREATE ROLE ispvm_app NOLOGIN; CREATE ROLE ispvm_system NOLOGIN; GRANT ispvm_app, ispvm_system TO stranger WITH ADMIN OPTION")
}
