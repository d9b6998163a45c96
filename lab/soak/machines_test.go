package soak

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"
	_ "github.com/jackc/pgx/v5/stdlib" // database/sql driver "pgx", for the migrations
	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/postgres/cluster"
	"github.com/ispvisualmonitor/ispvisualmonitor/lab/process"
	"github.com/ispvisualmonitor/ispvisualmonitor/lab/roads"
	"github.com/ispvisualmonitor/ispvisualmonitor/migrations"
)

// built says that build was called.
var built atomic.Bool

// build builds the correlator once.
var build = sync.OnceValues(func() (string, error) {
	built.Store(true)
	dir, err := os.MkdirTemp("", "ispvm-soak-")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "correlator")
	cmd := exec.Command("go", "build", "-o", path, "github.com/ispvisualmonitor/ispvisualmonitor/correlator/cmd/correlator") //nolint:noctx // it ends by itself
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the correlator: %w: %s", err, out)
	}
	return path, nil
})

// server is a PostgreSQL that can be stopped and started.
type server struct {
	dir     string
	running *cluster.Cluster
}

func newServer(t *testing.T) *server {
	t.Helper()
	dir, err := os.MkdirTemp("", "ispvm-pg-")
	require.NoError(t, err)
	require.NoError(t, os.Chmod(dir, 0o755)) //nolint:gosec // the cluster inside it is private to its user
	s := &server{dir: dir}
	require.NoError(t, s.start(t.Context()))
	t.Cleanup(func() {
		require.NoError(t, s.running.Stop(context.WithoutCancel(t.Context())))
		require.NoError(t, os.RemoveAll(dir))
	})
	// The cluster's own database, migrated, is the template of all others.
	db, err := sql.Open("pgx", s.running.OwnerURL())
	require.NoError(t, err)
	_, err = migrations.Up(t.Context(), db, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	require.NoError(t, db.Close())
	return s
}

func (s *server) start(ctx context.Context) (err error) {
	s.running, err = cluster.Start(ctx, cluster.Options{
		DataDir: s.dir, Logger: slog.New(slog.DiscardHandler),
		// Processes are killed here and not machines: what the kernel has is safe.
		Settings: map[string]string{"fsync": "off", "full_page_writes": "off"},
	})
	return err
}

// restart stops the server, fast (what runs is rolled back) or at once (as in a crash), and starts it again.
func (s *server) restart(ctx context.Context, atOnce bool) error {
	stopping, cancel := context.WithCancel(ctx)
	defer cancel()
	if atOnce {
		cancel()
	}
	if err := s.running.Stop(stopping); err != nil && !atOnce {
		return err
	}
	return s.start(ctx)
}

// database makes a database for one round.
func (s *server) database(t *testing.T, name string) {
	t.Helper()
	template := databaseOf(t, s.running.URL())
	s.exec(t, fmt.Sprintf("CREATE DATABASE %s TEMPLATE %s OWNER ispvm_owner", name, template))
	t.Cleanup(func() { s.exec(t, "DROP DATABASE "+name+" WITH (FORCE)") })
}

func (s *server) exec(t *testing.T, statement string) {
	t.Helper()
	ctx := context.WithoutCancel(t.Context())
	conn, err := pgx.Connect(ctx, s.running.SuperuserURL())
	require.NoError(t, err)
	defer conn.Close(ctx) //nolint:errcheck // the statement's own error is what counts
	_, err = conn.Exec(ctx, statement)
	require.NoError(t, err)
}

func databaseOf(t *testing.T, text string) string {
	t.Helper()
	u, err := url.Parse(text)
	require.NoError(t, err)
	return u.Path[1:]
}

// in is a URL of the server with another database in it.
func in(t *testing.T, text, name string) string {
	t.Helper()
	u, err := url.Parse(text)
	require.NoError(t, err)
	u.Path = "/" + name
	return u.String()
}

// machine is where a correlator runs, with an address that stays when the process does not.
type machine struct {
	name, dir, address string
	mu                 sync.Mutex
	running            *process.Process
}

var tokens = roads.Tokens{Agent: "the-agent-s-token", Alertmanager: "alertmanager-s-token", Operator: "the-operators-token", Admin: "the-admin-s-token"}

// newMachine makes a machine with a configuration. Replicas have all but the address in common.
func newMachine(t *testing.T, name, databaseURL, ownerURL, receiver string) *machine {
	t.Helper()
	dir := t.TempDir()
	type entry = map[string]any
	raw, err := yaml.Marshal(entry{
		"database": entry{"url": databaseURL, "owner_url": ownerURL},
		"tenants": []entry{{
			"id": tenant, "settings": entry{"cooldown": cooldown},
			"webhooks": []entry{{"name": "tickets", "url": receiver, "secret_file": "secret"}},
		}},
		"auth": entry{"tokens": []entry{
			{"name": "agent", "role": "agent", "token_file": "agent"},
			{"name": "alertmanager", "role": "alertmanager", "token_file": "alertmanager"},
			{"name": "operator", "role": "operator", "plugin": true, "token_file": "operator"},
			{"name": "admin", "role": "admin", "token_file": "admin"},
		}},
	})
	require.NoError(t, err)
	for file, text := range map[string]string{
		"correlator.yaml": string(raw), "secret": "a-secret-of-16-bytes-or-more",
		"agent": tokens.Agent, "alertmanager": tokens.Alertmanager, "operator": tokens.Operator, "admin": tokens.Admin,
	} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, file), []byte(text), 0o600))
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // it is closed at once
	require.NoError(t, err)
	m := &machine{name: name, dir: dir, address: listener.Addr().String()}
	require.NoError(t, listener.Close())
	t.Cleanup(func() { require.NoError(t, m.stop(), "a correlator stops in good order") })
	return m
}

func (m *machine) config() string { return filepath.Join(m.dir, "correlator.yaml") }

func (m *machine) start() error {
	binary, err := build()
	if err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.running, err = process.Start(process.Spec{
		Name: m.name, Path: binary, LogDir: m.dir,
		Args: []string{"serve", "--config.file=" + m.config(), "--web.listen-address=" + m.address},
	})
	return err
}

// kill ends the process as a crash does.
func (m *machine) kill() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := syscall.Kill(m.running.PID(), syscall.SIGKILL); err != nil {
		return fmt.Errorf("kill %s: %w", m.name, err)
	}
	<-m.running.Done()
	return nil
}

func (m *machine) stop() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.running == nil {
		return nil
	}
	return m.running.Stop()
}

// alive says whether the process runs.
func (m *machine) alive() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	select {
	case <-m.running.Done():
		return false
	default:
		return true
	}
}

func (m *machine) log() string {
	text, err := os.ReadFile(filepath.Join(m.dir, m.name+".log"))
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// delivery is what a receiver was told by one post.
type delivery struct {
	EventID   string `json:"event_id"`
	EventType string `json:"event_type"`
	Incident  struct {
		ID string `json:"id"`
	} `json:"incident"`
	id string // of the post itself
}

// receiver takes the outgoing webhooks. Now and then it refuses one, and now and then it takes one and fails
// all the same, as a receiver does that breaks off between its commit and its answer.
type receiver struct {
	*httptest.Server
	mu   sync.Mutex
	mood *rand.Rand
	got  []delivery
}

func newReceiver(t *testing.T, seed uint64) *receiver {
	t.Helper()
	r := &receiver{mood: rand.New(rand.NewPCG(seed, 2))} //nolint:gosec // a round must be drawn again the same
	r.Server = httptest.NewServer(r)
	t.Cleanup(r.Close)
	return r
}

// ServeHTTP implements http.Handler.
func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	d := delivery{id: req.Header.Get("X-ISPVM-Delivery-ID")}
	if err := json.NewDecoder(req.Body).Decode(&d); err != nil { // who posts it was killed
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	switch r.mood.IntN(50) {
	case 0:
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	case 1:
		w.WriteHeader(http.StatusInternalServerError)
	}
	r.got = append(r.got, d)
}

func (r *receiver) deliveries() []delivery {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]delivery(nil), r.got...)
}
