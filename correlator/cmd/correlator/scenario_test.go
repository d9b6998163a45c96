package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/alertmanager"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/calendar"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/engine"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/postgres/pgtest"
	"github.com/ispvisualmonitor/ispvisualmonitor/lab/corpus"
	"github.com/ispvisualmonitor/ispvisualmonitor/lab/endstate"
	"github.com/ispvisualmonitor/ispvisualmonitor/lab/roads"
)

// TestRecordedScenariosOverHTTP is the contract of the replay with the service: every recorded timeline,
// sent line by line over HTTP to the service as it is wired, on a real PostgreSQL and with a clock that
// stands at each line's instant, comes to what `correlator replay` prints, ids aside.
func TestRecordedScenariosOverHTTP(t *testing.T) {
	t.Parallel()
	for name, timeline := range recordedTimelines(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want := replayed(t, timeline)
			s := newScenarioService(t, timeline)
			for _, l := range s.lines {
				s.clock.set(l.At)
				s.deliver(t, l)
			}
			require.Empty(t, gocmp.Diff(want, s.endState(t)), "the service and the replay (-) disagree")
		})
	}
}

// recordedTimelines are those of the replay's own tests, the written ones of the corpus, and one of each
// kind that it draws.
func recordedTimelines(t *testing.T) map[string][]byte {
	t.Helper()
	timelines := map[string][]byte{}
	files, err := filepath.Glob(filepath.Join("..", "..", "replay", "testdata", "*.jsonl"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		timelines[strings.TrimSuffix(filepath.Base(file), ".jsonl")], err = os.ReadFile(file)
		require.NoError(t, err)
	}
	written, err := corpus.Written()
	require.NoError(t, err)
	for _, s := range append(written, corpus.Generated(corpus.Seed, 1)...) {
		timelines["corpus/"+s.Name], err = s.Timeline()
		require.NoError(t, err)
	}
	return timelines
}

func replayed(t *testing.T, timeline []byte) endstate.State {
	t.Helper()
	file := filepath.Join(t.TempDir(), "timeline.jsonl")
	require.NoError(t, os.WriteFile(file, timeline, 0o600))
	var document, complaints bytes.Buffer
	require.Zero(t, execute([]string{"replay", file}, &document, &complaints), complaints.String())
	state, err := endstate.Parse(document.Bytes())
	require.NoError(t, err)
	return state
}

// scenarioClock stands where it was set.
type scenarioClock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *scenarioClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *scenarioClock) set(to time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = to
}

// scenarioService is a service for one timeline of one tenant.
type scenarioService struct {
	*correlator
	pg     *pgtest.DB
	clock  *scenarioClock
	lines  []roads.Line
	tenant string
	folder string
	client *roads.Client
	// settings are those that the timeline has given so far.
	settings map[string]any
}

func newScenarioService(t *testing.T, timeline []byte) *scenarioService {
	t.Helper()
	s := &scenarioService{pg: pgtest.New(t), clock: &scenarioClock{}, settings: map[string]any{}}
	for raw := range bytes.Lines(timeline) {
		if len(bytes.TrimSpace(raw)) == 0 {
			continue
		}
		l, err := roads.ParseLine(raw)
		require.NoError(t, err)
		s.lines = append(s.lines, l)
		if l.Tenant != "" && s.tenant != l.Tenant {
			require.Empty(t, s.tenant, "no timeline has two tenants yet")
			s.tenant = l.Tenant
		}
	}
	s.clock.set(s.lines[0].At)
	dir := t.TempDir()
	tokens := roads.Tokens{Agent: "the-agent-s-token", Alertmanager: "alertmanager-s-token", Operator: "the-operators-token", Admin: "the-admin-s-token"}
	for name, text := range map[string]string{"agent": tokens.Agent, "alertmanager": tokens.Alertmanager, "operator": tokens.Operator, "admin": tokens.Admin} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	s.folder = dir
	s.configure(t)
	s.correlator = newCorrelatorAt(t, s.clock.Now, dir, s.pg.URL, s.pg.OwnerURL)
	s.awaitReady(t)
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	s.client = &roads.Client{URL: s.url, Tokens: tokens, HTTP: &http.Client{Transport: transport}, Planned: &roads.Planned{}}
	return s
}

// configure writes the service's configuration with the settings as the timeline has given them.
func (s *scenarioService) configure(t *testing.T) {
	t.Helper()
	type entry = map[string]any
	raw, err := yaml.Marshal(entry{
		"tenants": []entry{{"id": s.tenant, "settings": s.settings}},
		"auth": entry{"tokens": []entry{
			{"name": "agent", "role": "agent", "token_file": "agent"},
			{"name": "alertmanager", "role": "alertmanager", "token_file": "alertmanager"},
			{"name": "operator", "role": "operator", "plugin": true, "token_file": "operator"},
			{"name": "admin", "role": "admin", "token_file": "admin"},
		}},
		"retention": entry{"journal": "0s"}, // the timelines are older than it
	})
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(s.folder, "correlator.yaml"), raw, 0o600))
}

// deliver sends a line on its road. What has no HTTP road yet goes in where the road will.
func (s *scenarioService) deliver(t *testing.T, l roads.Line) {
	t.Helper()
	switch l.Type {
	case "tick": // as RunTimers has it
		_, err := s.db.Submit(t.Context(), s.tenant, engine.Tick{})
		require.NoError(t, err)
		return
	case "settings":
		s.reconfigure(t, l)
		return
	case "alerts":
		s.poll(t, l)
		return
	}
	err := s.client.Deliver(t.Context(), l)
	// The API refuses a scope that names what the inventory does not have; a recorded timeline may.
	if errors.Is(err, roads.ErrNoRoad) || err != nil && strings.Contains(err.Error(), ".scope: there is no ") {
		_, err = s.db.Submit(t.Context(), s.tenant, s.input(t, l))
		if _, refused := engine.AsRefusal(err); refused {
			return
		}
	}
	if status := new(roads.StatusError); errors.As(err, &status) {
		require.Contains(t, []int{http.StatusNotFound, http.StatusConflict}, status.Status, "the replay warns of what it cannot apply and goes on: %s", err)
		return
	}
	require.NoError(t, err)
}

// input is a line without an HTTP road: a change record of work that has begun already, or what the watcher
// of Prometheus counts.
func (s *scenarioService) input(t *testing.T, l roads.Line) engine.Input {
	t.Helper()
	if l.Type == "subscribers" {
		var in engine.SubscribersInput
		require.NoError(t, l.Field("counts", &in.Counts))
		return in
	}
	in := engine.WindowInput{Op: engine.WindowOp(l.Op)}
	require.NoError(t, l.Field(l.Type, &in.Window))
	in.Window.Kind, in.Window.ID = calendar.Kind(l.Type), s.client.Planned.ID(in.Window.ID)
	return in
}

// reconfigure gives settings as an operator does: in the configuration, followed by a reload.
func (s *scenarioService) reconfigure(t *testing.T, l roads.Line) {
	t.Helper()
	for _, name := range []string{"lookback", "cooldown", "join_window", "notify_delay"} {
		var text string
		require.NoError(t, l.Field(name, &text))
		if text != "" {
			s.settings[name] = text
		}
	}
	var weights json.RawMessage
	require.NoError(t, l.Field("weights", &weights))
	if weights != nil {
		require.NoError(t, os.WriteFile(filepath.Join(s.folder, "weights.yaml"), weights, 0o600))
		s.settings["weights_file"] = "weights.yaml"
	}
	s.configure(t)
	status, body := s.send(t, http.MethodPost, "/-/reload", s.client.Tokens.Admin, "")
	require.Equal(t, http.StatusOK, status, body)
}

// poll lets the poller read a list of alerts from an Alertmanager.
func (s *scenarioService) poll(t *testing.T, l roads.Line) {
	t.Helper()
	var list json.RawMessage
	started := l.At // one that is just up: what is missing from its list says nothing
	require.NoError(t, errors.Join(l.Field("body", &list), l.Field("am_started_at", &started)))
	mux := http.NewServeMux()
	answer := func(text string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, text) }
	}
	mux.HandleFunc("GET /api/v2/receivers", answer(`[{"name": "correlator"}]`))
	mux.HandleFunc("GET /api/v2/alerts", answer(string(list)))
	mux.HandleFunc("GET /api/v2/status", answer(fmt.Sprintf(`{"uptime": %q}`, started.Format(time.RFC3339Nano))))
	server := httptest.NewServer(mux)
	defer server.Close()

	ctx, cancel := context.WithCancel(t.Context())
	told := &onceTold{correlator: s.correlator, done: cancel}
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	poller, err := alertmanager.NewPoller(alertmanager.PollerOptions{
		Submitter: told, Tenant: s.tenant, Name: "am", URL: server.URL, Receiver: "correlator", Client: &http.Client{Transport: transport},
		Logger: slog.New(slog.DiscardHandler), Metrics: alertmanager.NewPollerMetrics(prometheus.NewRegistry()), Now: s.clock.Now,
	})
	require.NoError(t, err)
	poller.Run(ctx)
	require.NoError(t, told.err)
}

// onceTold commits one list and ends the poller.
type onceTold struct {
	*correlator
	done context.CancelFunc
	err  error
}

func (o *onceTold) Submit(ctx context.Context, tenant string, in engine.Input) ([]engine.Effect, error) {
	defer o.done()
	effects, err := o.db.Submit(ctx, tenant, in)
	o.err = err
	return effects, err
}

// endState asks the API, and the outbox for the notifications, which no API tells of.
func (s *scenarioService) endState(t *testing.T) endstate.State {
	t.Helper()
	changes, incidents, err := endstate.Read(t.Context(), s.tenant, s.client.Call)
	require.NoError(t, err)
	conn, err := pgx.Connect(t.Context(), s.pg.SuperuserURL)
	require.NoError(t, err)
	defer conn.Close(context.WithoutCancel(t.Context())) //nolint:errcheck // it only read
	rows, err := conn.Query(t.Context(), "SELECT payload FROM outbox WHERE type = 'notification' ORDER BY occurred_at, id")
	require.NoError(t, err)
	notifications, err := pgx.CollectRows(rows, pgx.RowTo[endstate.Row])
	require.NoError(t, err)
	return endstate.Of(changes, incidents, notifications, s.client.Planned.Names())
}
