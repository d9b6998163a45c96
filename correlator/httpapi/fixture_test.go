package httpapi

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/authn"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/calendar"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/engine"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/incident"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/ingest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var (
	noon   = time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	tokens = []authn.Token{
		{Name: "viewer", Tenant: "acme", Role: authn.Viewer, Hash: authn.HashToken("acme-viewer-token")},
		{Name: "grafana", Tenant: "acme", Role: authn.Operator, Plugin: true, Hash: authn.HashToken("acme-operator-token")},
		{Name: "admin", Tenant: "acme", Role: authn.Admin, Hash: authn.HashToken("acme-admin-token")},
		{Name: "exporter", Tenant: "acme", Role: authn.Agent, Hash: authn.HashToken("acme-agent-token")},
		{Name: "other", Tenant: "globex", Role: authn.Admin, Hash: authn.HashToken("globex-admin-token")},
	}
)

// world stands behind the API in these tests: it keeps what is submitted, by tenant, and answers from
// that. The rules are the engine's and are tested there; here it is the way to it and back.
type world struct {
	mu        sync.Mutex
	err       error
	submitted map[string][]engine.Input
	changes   map[string][]engine.ChangeView // entries of the calendar of every kind
	kinds     map[string]calendar.Kind       // by id
	incidents map[string][]engine.IncidentView
	inventory map[string]engine.InventoryView
	dismissed map[string][]string
	asked     any
	events    int
	effects   []engine.Effect
}

func newWorld() *world {
	return &world{
		submitted: map[string][]engine.Input{}, kinds: map[string]calendar.Kind{}, changes: map[string][]engine.ChangeView{},
		incidents: map[string][]engine.IncidentView{}, dismissed: map[string][]string{}, inventory: map[string]engine.InventoryView{},
	}
}

func (w *world) setErr(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.err = err
}

func (w *world) Submit(_ context.Context, tenant string, in engine.Input) ([]engine.Effect, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err != nil {
		return nil, w.err
	}
	switch in := in.(type) {
	case engine.WindowInput:
		if err := w.window(tenant, in); err != nil {
			return nil, err
		}
	case engine.OperatorInput:
		i := slices.IndexFunc(w.incidents[tenant], func(v engine.IncidentView) bool { return v.ID == in.Incident.ID })
		if i < 0 {
			return nil, &engine.Refusal{Kind: engine.NotFound, What: "there is no such incident"}
		}
		if in.Op != engine.OpAcknowledge {
			break
		}
		ack := &engine.AcknowledgementView{By: in.By, At: noon}
		if in.Until != nil {
			ack.Until = *in.Until
		}
		w.incidents[tenant][i].Acknowledged = ack
	case engine.InventoryInput:
		if err := in.Inventory.Validate(); err != nil {
			return nil, &engine.Refusal{Kind: engine.Invalid, What: err.Error()}
		}
		raw, err := json.Marshal(in.Inventory)
		if err != nil {
			return nil, err
		}
		w.inventory[tenant] = engine.InventoryView{Document: raw, Revision: w.inventory[tenant].Revision + 1}
	}
	w.submitted[tenant] = append(w.submitted[tenant], in)
	return w.effects, nil
}

func (w *world) window(tenant string, in engine.WindowInput) error {
	i := slices.IndexFunc(w.changes[tenant], func(v engine.ChangeView) bool { return v.ID == in.Window.ID })
	switch {
	case in.Op == engine.OpCreate && i >= 0:
		if w.changes[tenant][i].Title != in.Window.Title {
			return &engine.Refusal{Kind: engine.Conflict, What: "exists with other content"}
		}
	case in.Op == engine.OpCreate:
		if err := in.Window.Validate(); err != nil {
			return &engine.Refusal{Kind: engine.Invalid, What: err.Error()}
		}
		w.kinds[in.Window.ID] = in.Window.Kind
		w.changes[tenant] = append(w.changes[tenant], engine.ChangeView{
			ID: in.Window.ID, Title: in.Window.Title, Description: in.Window.Description, Owner: in.Window.Owner, Status: string(in.Window.Status),
			StartsAt: in.Window.StartsAt, EndsAt: in.Window.EndsAt, NotifyCritical: in.Window.NotifyCritical,
			Scope:   engine.ScopeView{Sites: in.Window.Scope.Sites, Devices: in.Window.Scope.Devices, Tags: in.Window.Scope.Tags, Services: in.Window.Scope.Services},
			Devices: in.Window.Scope.Devices, Revision: 1,
		})
	case i < 0:
		return &engine.Refusal{Kind: engine.NotFound, What: "there is no such change", Hint: "list the changes"}
	case in.Op == engine.OpUpdate:
		v := &w.changes[tenant][i]
		if in.IfRevision != 0 && in.IfRevision != v.Revision {
			return &engine.Refusal{Kind: engine.Conflict, What: "somebody else has written meanwhile"}
		}
		v.Title, v.Description, v.Owner, v.StartsAt, v.EndsAt = in.Window.Title, in.Window.Description, in.Window.Owner, in.Window.StartsAt, in.Window.EndsAt
		v.NotifyCritical, v.Scope = in.Window.NotifyCritical, engine.ScopeView(in.Window.Scope)
		v.Revision++
	default:
		status := map[engine.WindowOp]calendar.Status{engine.OpStart: calendar.InProgress, engine.OpComplete: calendar.Completed, engine.OpCancel: calendar.Canceled}[in.Op]
		w.changes[tenant][i].Status = string(status)
		w.changes[tenant][i].Revision++
	}
	return nil
}

func (w *world) ask(q any) error {
	w.asked = q
	return w.err
}

func (w *world) Devices(_ context.Context, _ string, q engine.DeviceQuery) ([]engine.DeviceView, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return []engine.DeviceView{{
		Name: "EDGE1", Site: "HQ", Tags: []string{"edge"}, DependsOn: []engine.DependencyView{{Any: []string{"CORE1", "CORE2"}}, {K: 1, Of: []string{"X"}}},
		Fingerprints:   []engine.FingerprintView{{Category: "bgp", Fingerprint: "0123456789ab", FirstSeen: noon.Add(-time.Hour), LastSeen: noon}},
		LastObservedAt: noon,
	}, {Name: "GHOST", Uninventoried: true}}, w.ask(q)
}

func (w *world) Inventory(_ context.Context, tenant string) (engine.InventoryView, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.inventory[tenant], w.err
}

func (w *world) ConfigChanges(_ context.Context, _ string, q engine.ConfigChangeQuery) (engine.ConfigChangePage, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return engine.ConfigChangePage{ConfigChanges: []engine.ConfigChangeView{{
		ID: "cc1", Device: "EDGE1", Category: "bgp", Site: "HQ", NotBefore: noon, NotAfter: noon.Add(time.Minute),
		OldFingerprint: "000000000001", NewFingerprint: "000000000002", PlannedChangeID: "c1",
		Actor: &engine.ActorView{User: "ops1", Address: "192.0.2.7", Via: "winbox", At: noon}, Summary: []string{"a line"},
	}, {ID: "cc2"}}, Next: "more"}, w.ask(q)
}

func (w *world) Windows(_ context.Context, tenant string, kind calendar.Kind, q engine.ChangeQuery) (engine.ChangePage, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if q.Page.Token == "forged" {
		return engine.ChangePage{}, engine.ErrPageToken
	}
	var of []engine.ChangeView
	for _, v := range w.changes[tenant] {
		if w.kinds[v.ID] == kind {
			of = append(of, v)
		}
	}
	return engine.ChangePage{Changes: of}, w.ask(q)
}

func (w *world) Window(_ context.Context, tenant string, kind calendar.Kind, id string) (engine.ChangeView, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, v := range w.changes[tenant] {
		if v.ID == id && w.kinds[id] == kind {
			return v, w.err
		}
	}
	return engine.ChangeView{}, fmt.Errorf("change %s: %w", id, engine.ErrNotFound)
}

func (w *world) Incidents(_ context.Context, tenant string, q engine.IncidentQuery) (engine.IncidentPage, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return engine.IncidentPage{Incidents: w.incidents[tenant]}, w.ask(q)
}

func (w *world) Incident(_ context.Context, tenant, id string) (engine.IncidentView, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, v := range w.incidents[tenant] {
		if v.ID == id {
			return v, w.err
		}
	}
	return engine.IncidentView{}, engine.ErrNotFound
}

func (w *world) Judgements(_ context.Context, _ string, q engine.JudgementQuery) (engine.JudgementPage, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return engine.JudgementPage{Judgements: []engine.JudgementView{{
		At: noon, WeightsVersion: "2+0badcafe", RulesVersion: "2.1.1", Label: "Possible change-related outage", Explanation: "a sentence",
		Candidates: []engine.CandidateView{{Kind: "device", Name: "EDGE1"}}, Differences: []string{"confidence: 0.50 → 0.90"},
	}}, Next: "more"}, w.ask(q)
}

func (w *world) Settings(context.Context, string) (engine.SettingsView, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return engine.SettingsView{Lookback: 30 * time.Minute, Cooldown: 5 * time.Minute, JoinWindow: 2 * time.Minute, WeightsVersion: "2"}, w.err
}

func (w *world) Verdicts(context.Context, string, int) ([]incident.Judged, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return nil, w.err
}

func (w *world) Rejudge(context.Context, string, []string, []byte) ([]engine.Rejudged, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return nil, w.err
}

func (w *world) AppliedWeights(_ context.Context, _ string, p engine.Page) (engine.AppliedWeightsPage, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return engine.AppliedWeightsPage{Weights: []engine.AppliedWeights{{At: noon, By: "jane", Reason: "too shy", Version: "2+0badcafe", Document: "change: {base: 9}"}}}, w.ask(p)
}

func (w *world) Annotations(_ context.Context, _ string, q engine.AnnotationQuery) (engine.Annotations, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	out := engine.Annotations{Total: int64(w.events)}
	for i := range min(w.events, q.Limit) {
		out.Annotations = append(out.Annotations, engine.AnnotationView{
			ID: fmt.Sprint(i), Class: "config_change", Time: noon, TimeEnd: noon.Add(time.Minute), Title: "a title long enough to be compressed with others of its kind",
			Count: 1 + w.events/q.Limit, Devices: []string{"EDGE1"},
		})
	}
	return out, w.ask(q)
}

func (w *world) Status(context.Context, string) (engine.StatusView, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return engine.StatusView{Devices: 12, OpenIncidents: 1, LastObservationAt: noon}, w.err
}

// fixture is an API over a world, behind a real listener that speaks HTTP/1.1 and HTTP/2 without TLS.
type fixture struct {
	*world
	url      string
	log      *syncBuffer
	registry *prometheus.Registry
}

// syncBuffer is a log that handlers write and tests read.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

func setup(t *testing.T) *fixture {
	t.Helper()
	f := &fixture{world: newWorld(), log: &syncBuffer{}, registry: prometheus.NewPedanticRegistry()}
	logger := slog.New(slog.NewTextHandler(f.log, nil))
	api, err := New(Options{
		Submitter: f.world, Reader: f.world, Topology: &TopologyOptions{Surveyor: f.world, Dismissals: f.world}, Observations: ingest.New(f.world, func() time.Time { return noon }),
		Guard:  authn.NewGuard(authn.New(tokens), logger, f.registry),
		Logger: logger, Registerer: f.registry, Now: func() time.Time { return noon }, Version: "1.2.3",
	})
	require.NoError(t, err)
	mux := http.NewServeMux()
	api.Mount(mux)
	server := httptest.NewUnstartedServer(mux)
	server.Config.Protocols = new(http.Protocols)
	server.Config.Protocols.SetHTTP1(true)
	server.Config.Protocols.SetUnencryptedHTTP2(true)
	server.Start()
	t.Cleanup(func() {
		server.Close()
		problems, err := testutil.GatherAndLint(f.registry)
		require.NoError(t, err)
		require.Empty(t, problems)
	})
	f.url = server.URL
	return f
}

// answer is what curl would see.
type answer struct {
	status  int
	code    string
	message string
	body    map[string]any
	header  http.Header
}

// json posts a JSON message as curl does.
func (f *fixture) json(t *testing.T, token, procedure, message string) answer {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, f.url+procedure, bytes.NewBufferString(message))
	require.NoError(t, err)
	req.Header.Set("Content-Type", "application/json")
	return f.do(t, token, req)
}

func (f *fixture) do(t *testing.T, token string, req *http.Request) answer {
	t.Helper()
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	resp, err := (&http.Client{Transport: transport}).Do(req)
	require.NoError(t, err)
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	a := answer{status: resp.StatusCode, header: resp.Header}
	require.NoError(t, json.Unmarshal(raw, &a.body), "%s", raw)
	a.code, _ = a.body["code"].(string)
	a.message, _ = a.body["message"].(string)
	return a
}

func toJSON(t *testing.T, v any) string {
	t.Helper()
	raw, err := json.Marshal(v)
	require.NoError(t, err)
	return string(raw)
}
