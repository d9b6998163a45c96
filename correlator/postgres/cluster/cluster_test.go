package cluster_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/postgres/cluster"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/postgres/pgtest"
)

// ownerDirVar names the data directory of a child process that owns a cluster until it is killed.
const ownerDirVar = "ISPVM_TEST_CLUSTER_OWNER"

func TestMain(m *testing.M) {
	if dir := os.Getenv(ownerDirVar); dir != "" {
		os.Exit(ownUntilKilled(dir))
	}
	pgtest.VerifyTestMain(m)
}

// ownUntilKilled starts a cluster, writes a row, prints the server's pid, and waits for the worst.
func ownUntilKilled(dir string) int {
	ctx := context.Background()
	c, err := cluster.Start(ctx, cluster.Options{DataDir: dir, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		fmt.Println(err)
		return 1
	}
	conn, err := pgx.Connect(ctx, c.OwnerURL())
	if err == nil {
		_, err = conn.Exec(ctx, "CREATE TABLE t (x int); INSERT INTO t VALUES (42)")
	}
	if err != nil {
		fmt.Println(err)
		return 1
	}
	pid, err := os.ReadFile(filepath.Join(dir, "postgres", "postmaster.pid"))
	if err != nil {
		fmt.Println(err)
		return 1
	}
	first, _, _ := strings.Cut(string(pid), "\n")
	fmt.Println("pid", first)
	<-c.Done()
	return 0
}

func options(dir string) cluster.Options {
	return cluster.Options{DataDir: dir, Logger: slog.New(slog.DiscardHandler)}
}

func start(t *testing.T, o cluster.Options) *cluster.Cluster {
	t.Helper()
	c, err := cluster.Start(t.Context(), o)
	require.NoError(t, err)
	t.Cleanup(func() { stop(t, c) })
	return c
}

func stop(t *testing.T, c *cluster.Cluster) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	require.NoError(t, c.Stop(ctx))
}

func connect(t *testing.T, url string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

func value[T any](t *testing.T, conn *pgx.Conn, query string) T {
	t.Helper()
	var v T
	require.NoError(t, conn.QueryRow(t.Context(), query).Scan(&v))
	return v
}

func TestLifeOfADataDirectory(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(pgtest.DataDir(t), "data")
	c := start(t, options(dir))

	service := connect(t, c.URL())
	require.Equal(t, "ispvm", value[string](t, service, "SELECT current_user::text"))
	require.False(t, value[bool](t, service, "SELECT rolsuper OR rolbypassrls OR rolcreaterole FROM pg_roles WHERE rolname = current_user"))
	require.False(t, value[bool](t, service, "SELECT pg_has_role(current_user, datdba, 'USAGE') FROM pg_database WHERE datname = current_database()"), "the service must not own its database")
	require.True(t, value[bool](t, service, "SELECT pg_has_role(current_user, 'ispvm_app', 'MEMBER') AND pg_has_role(current_user, 'ispvm_system', 'MEMBER')"))
	require.Empty(t, value[string](t, service, "SHOW listen_addresses"), "a private cluster listens on no network")
	require.Equal(t, "on", value[string](t, service, "SHOW fsync"))
	require.Equal(t, "lz4", value[string](t, service, "SHOW default_toast_compression"))

	owner := connect(t, c.OwnerURL())
	_, err := owner.Exec(t.Context(), "CREATE TABLE t (x int); INSERT INTO t VALUES (42)")
	require.NoError(t, err)
	require.False(t, value[bool](t, owner, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user"))

	stop(t, c)
	stop(t, c) // twice is harmless
	_, err = pgx.Connect(t.Context(), c.URL())
	require.Error(t, err, "the server must be gone")
	require.NoFileExists(t, filepath.Join(dir, "postgres", "postmaster.pid"))

	again := start(t, options(dir))
	require.Equal(t, 42, value[int](t, connect(t, again.OwnerURL()), "SELECT x FROM t"))
}

func TestTheDirectoryHasOneOwner(t *testing.T) {
	t.Parallel()
	dir := pgtest.DataDir(t)
	c := start(t, options(dir))

	_, err := cluster.Start(t.Context(), options(dir))
	require.ErrorIs(t, err, cluster.ErrInUse)
	require.ErrorContains(t, err, fmt.Sprintf("%s is held by another correlator (pid %d): stop it or choose another data directory", dir, os.Getpid()))
	require.Equal(t, 1, value[int](t, connect(t, c.URL()), "SELECT 1"), "the first owner goes on")
}

func TestNothingIsLeftBehindByAKilledOwner(t *testing.T) {
	t.Parallel()
	dir := pgtest.DataDir(t)
	child := exec.CommandContext(t.Context(), os.Args[0])
	child.Env = append(os.Environ(), ownerDirVar+"="+dir)
	stdout, err := child.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, child.Start())
	line, err := bufio.NewReader(stdout).ReadString('\n')
	require.NoError(t, err)
	text, ok := strings.CutPrefix(strings.TrimSpace(line), "pid ")
	require.True(t, ok, line)
	pid, err := strconv.Atoi(text)
	require.NoError(t, err)

	require.NoError(t, child.Process.Kill())
	_ = child.Wait() // "signal: killed"

	c := start(t, options(dir)) // at once: the server may still be shutting down
	require.Equal(t, 42, value[int](t, connect(t, c.OwnerURL()), "SELECT x FROM t"))
	require.ErrorIs(t, syscall.Kill(pid, 0), syscall.ESRCH, "the old server must be gone")
}

func TestAServerOfSomebodyElseIsLeftAlone(t *testing.T) {
	t.Parallel()
	dir := pgtest.DataDir(t)
	c := start(t, options(dir))
	stop(t, c)

	o := options(dir)
	o.Settings = map[string]string{"cluster_name": "by-hand"}
	foreign := start(t, o)
	// Its owner is gone as far as the lock can tell, its server is not.
	require.NoError(t, os.Remove(filepath.Join(dir, "correlator.lock")))

	_, err := cluster.Start(t.Context(), options(dir))
	require.ErrorIs(t, err, cluster.ErrInUse)
	require.ErrorContains(t, err, "a PostgreSQL server that the correlator did not start")
	require.Equal(t, 1, value[int](t, connect(t, foreign.URL()), "SELECT 1"))
}

func TestAServerThatEndsIsNoticed(t *testing.T) {
	t.Parallel()
	c := start(t, options(pgtest.DataDir(t)))
	admin := connect(t, c.SuperuserURL())
	// The postmaster is the parent of every backend.
	pid := value[int](t, admin, "SELECT pg_backend_pid()")
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	require.NoError(t, err)
	ppid, err := strconv.Atoi(strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')'):]))[2])
	require.NoError(t, err)
	require.NoError(t, syscall.Kill(ppid, syscall.SIGINT))

	select {
	case <-c.Done():
	case <-time.After(time.Minute):
		t.Fatal("the end of the server went unnoticed")
	}
	require.ErrorContains(t, c.Err(), "private PostgreSQL ended")
	require.ErrorContains(t, c.Err(), "fast shutdown")
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	full := pgtest.DataDir(t)
	require.NoError(t, os.WriteFile(filepath.Join(full, "thesis.tex"), nil, 0o600))

	for name, tc := range map[string]struct {
		options cluster.Options
		is      error
		says    string
	}{
		"no directory":        {cluster.Options{}, nil, "private PostgreSQL: no data directory given"},
		"other files":         {options(full), nil, "is not empty and is no data directory of the correlator"},
		"long path":           {options("/tmp/" + strings.Repeat("x", 100)), nil, "too long for a Unix socket by 16 bytes"},
		"no server":           {cluster.Options{DataDir: pgtest.DataDir(t), BinDir: "/nowhere"}, cluster.ErrNoServer, "no PostgreSQL server found: apt-get install postgresql"},
		"a setting it denies": {cluster.Options{DataDir: pgtest.DataDir(t), Settings: map[string]string{"no_such_setting": "1"}, Logger: slog.New(slog.DiscardHandler)}, nil, `unrecognized configuration parameter "no_such_setting"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := cluster.Start(t.Context(), tc.options)
			require.ErrorContains(t, err, tc.says)
			if tc.is != nil {
				require.ErrorIs(t, err, tc.is)
			}
		})
	}
}

func TestStartIsBounded(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancelCause(t.Context())
	why := errors.New("enough")
	cancel(why)
	_, err := cluster.Start(ctx, options(pgtest.DataDir(t)))
	require.Error(t, err)
}
