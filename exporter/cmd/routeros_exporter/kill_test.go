package main

import (
	"bufio"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-routeros/routeros/v3"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	bolt "go.etcd.io/bbolt"
	"google.golang.org/protobuf/proto"

	apiv1 "github.com/ispvisualmonitor/ispvisualmonitor/api/v1"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/authn"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/engine"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/httpapi"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/ingest"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/postgres"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/postgres/pgtest"
	"github.com/ispvisualmonitor/ispvisualmonitor/lab/routersim"
)

var kills = flag.Int("kills", 6, "how many changes TestKilled makes while it kills the exporter, each of two times")

// moods of the way to the correlator.
const (
	well    int32 = iota
	lossy         // loses questions, and answers to what was committed
	nowhere       // nobody is there
)

// correlator is the real one's end of the push road: its API, its engine and
// PostgreSQL. The way to it can be bad.
type correlator struct {
	url  string
	mood atomic.Int32
	rows *pgxpool.Pool // past row-level security
}

func newCorrelator(t *testing.T, token string) *correlator {
	t.Helper()
	pg := pgtest.New(t)
	logger := slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))
	registry := prometheus.NewRegistry()
	eng, err := engine.New(engine.Options{Logger: logger})
	require.NoError(t, err)
	db, err := postgres.New(t.Context(), postgres.Options{URL: pg.URL, Engine: eng, Logger: logger, Registerer: registry})
	require.NoError(t, err)
	t.Cleanup(db.Close)
	require.NoError(t, db.EnsureTenant(t.Context(), "acme"))
	tokens := []authn.Token{{Name: "exporter", Tenant: "acme", Role: authn.Agent, Hash: authn.HashToken(token)}}
	api, err := httpapi.New(httpapi.Options{
		Submitter: db, Reader: db, Observations: ingest.New(db, time.Now),
		Guard:  authn.NewGuard(authn.New(tokens), logger, registry),
		Logger: logger, Registerer: registry, Now: time.Now, Version: "test",
	})
	require.NoError(t, err)
	mux := http.NewServeMux()
	api.Mount(mux)

	c := &correlator{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch mood := c.mood.Load(); {
		case mood == nowhere || mood == lossy && rand.N(4) == 0:
			w.WriteHeader(http.StatusServiceUnavailable)
		case mood == lossy && rand.N(2) == 0:
			mux.ServeHTTP(httptest.NewRecorder(), r)
			panic(http.ErrAbortHandler)
		default:
			mux.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(server.Close)
	c.url = server.URL
	c.rows, err = pgxpool.New(t.Context(), pg.SuperuserURL)
	require.NoError(t, err)
	t.Cleanup(c.rows.Close)
	return c
}

// changes returns the fingerprints that a category is known to have had, in
// order: the first one, and then the new one of each change.
func (c *correlator) changes(t *testing.T, category string) []string {
	t.Helper()
	rows, err := c.rows.Query(t.Context(),
		"SELECT old_hash, new_hash FROM config_changes WHERE category = $1 ORDER BY not_after", category)
	require.NoError(t, err)
	defer rows.Close()
	var all []string
	for rows.Next() {
		var before, after string
		require.NoError(t, rows.Scan(&before, &after))
		if len(all) == 0 {
			all = append(all, before)
		}
		require.Equal(t, all[len(all)-1], before, "each change begins where the one before has ended")
		all = append(all, after)
	}
	require.NoError(t, rows.Err())
	return all
}

// killable is an exporter that is killed without a word.
type killable struct {
	cmd   *exec.Cmd
	lines *bufio.Scanner
}

func startKillable(t *testing.T, path, config string) *killable {
	t.Helper()
	k := &killable{cmd: exec.CommandContext(t.Context(), path, "--config.file="+config, "--web.listen-address=127.0.0.1:0")}
	stderr, err := k.cmd.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, k.cmd.Start())
	k.lines = bufio.NewScanner(stderr)
	return k
}

// kill sends SIGKILL and waits for the end.
func (k *killable) kill(t *testing.T) {
	t.Helper()
	require.NoError(t, k.cmd.Process.Kill())
	for k.lines.Scan() {
		require.NotContains(t, k.lines.Text(), "panic")
	}
	require.ErrorContains(t, k.cmd.Wait(), "killed")
}

// spooled returns the fingerprints of a category that wait on disk. Nobody may
// have the spool open.
func spooled(t *testing.T, file, category string) map[string]bool {
	t.Helper()
	found := map[string]bool{}
	db, err := bolt.Open(file, 0o600, &bolt.Options{ReadOnly: true, Timeout: 10 * time.Second})
	if errors.Is(err, os.ErrNotExist) {
		return found // killed before it had begun
	}
	require.NoError(t, err)
	defer db.Close()
	require.NoError(t, db.View(func(tx *bolt.Tx) error {
		queue := tx.Bucket([]byte("queue"))
		if queue == nil {
			return nil
		}
		return queue.ForEach(func(_, v []byte) error {
			o := &apiv1.Observation{}
			if err := proto.Unmarshal(v[1:], o); err != nil {
				return err
			}
			if o.GetCategory() == category && o.GetSha256() != "" {
				found[o.GetSha256()] = true
			}
			return nil
		})
	}))
	return found
}

// The exporter is killed again and again, wherever it is at that moment,
// while it reads a router, writes to the spool and sends over a bad network to
// a real correlator with its database. Every state of the router that lasted
// arrives, and so does everything that was on disk; none arrives as two changes.
func TestKilled(t *testing.T) {
	const token = "the-token-of-an-agent"
	c := newCorrelator(t, token)
	r, err := routersim.New(routersim.Options{Name: "EDGE1", Users: []routersim.User{
		{Name: "exporter", Password: "p", Policies: []string{"read", "api"}}, {Name: "ann", Password: "q"},
	}})
	require.NoError(t, err)
	t.Cleanup(r.Close)
	addr, err := r.Listen(t.Context(), "127.0.0.1:0")
	require.NoError(t, err)
	ann, err := routeros.DialTimeout(addr.String(), "ann", "q", 10*time.Second)
	require.NoError(t, err)
	t.Cleanup(func() { _ = ann.Close() })
	step := 0
	change := func() {
		step++
		_, err := ann.Run("/system/identity/set", fmt.Sprintf("=name=EDGE1-%d", step))
		require.NoError(t, err)
	}

	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "token"), []byte(token), 0o600))
	config := filepath.Join(dir, "exporter.yaml")
	require.NoError(t, os.WriteFile(config, []byte(`
modules: {default: {}}
fingerprint: {interval: 1s}
push: {url: "`+c.url+`", token_file: token, spool_dir: spool, exporter: x1}
devices: [{name: EDGE1, address: "`+addr.String()+`", username: exporter, password: p, level: 2, categories: [system]}]
`), 0o600))
	path, spool := filepath.Join(folder(t), program), filepath.Join(dir, "spool", "spool.db")

	killed := 0
	live := func(d time.Duration) {
		k := startKillable(t, path, config)
		time.Sleep(d)
		k.kill(t)
		killed++
	}

	// While it sends: each change is awaited at the far end.
	c.mood.Store(lossy)
	for !slices.Contains(c.streams(t), "system") {
		live(rand.N(3 * time.Second))
	}
	for n := 1; n <= *kills; n++ {
		change()
		deadline := time.Now().Add(2 * time.Minute)
		for len(c.changes(t, "system")) < n+1 {
			require.True(t, time.Now().Before(deadline), "change %d does not arrive", n)
			live(rand.N(3 * time.Second))
		}
	}
	require.Len(t, c.changes(t, "system"), *kills+1)

	// While it writes to the spool: nobody takes anything, and what is on disk
	// at each of its deaths has to arrive in the end.
	c.mood.Store(nowhere)
	onDisk := map[string]bool{}
	for range *kills {
		change()
		live(time.Second + rand.N(3*time.Second))
		for hash := range spooled(t, spool, "system") {
			onDisk[hash] = true
		}
	}
	require.NotEmpty(t, onDisk)

	c.mood.Store(well)
	change() // the last state, which is read in peace
	last := startKillable(t, path, config)
	arrived := map[string]bool{}
	deadline := time.Now().Add(2 * time.Minute)
	var known []string
	for done := false; !done; {
		require.True(t, time.Now().Before(deadline), "%d of %d arrived", len(arrived), len(onDisk))
		time.Sleep(200 * time.Millisecond)
		known = c.changes(t, "system")
		clear(arrived)
		for _, hash := range known {
			arrived[hash] = true
		}
		done = len(arrived) > *kills+1
		for hash := range onDisk {
			done = done && arrived[hash]
		}
	}
	last.kill(t)

	require.Len(t, arrived, len(known), "each state is one change, however often it was sent")
	var others int
	require.NoError(t, c.rows.QueryRow(t.Context(), "SELECT count(*) FROM config_changes WHERE category <> 'system'").Scan(&others))
	require.Zero(t, others)
	t.Logf("killed %d times; %d changes on the router, %d known, %d states were on disk at a death", killed, step, len(known)-1, len(onDisk))
}

// streams returns the categories of which anything is known.
func (c *correlator) streams(t *testing.T) []string {
	t.Helper()
	var list string
	require.NoError(t, c.rows.QueryRow(t.Context(), "SELECT coalesce(string_agg(DISTINCT category, ','), '') FROM runs").Scan(&list))
	return strings.FieldsFunc(list, func(r rune) bool { return r == ',' })
}
