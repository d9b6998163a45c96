package postgres

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/alertmanager"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/authn"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/configchange"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/engine"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/incident"
)

// figure is one line of what the benchmarks found.
type figure struct {
	Name   string
	Value  float64
	Unit   string
	Better string
	Budget float64 // 0: none
	Peer   float64 // the floor: the same without all that is ours; 0: none
}

// report adds the figure to the benchmark's own line, and to the file that ISPVM_FIGURES names.
func (f figure) report(b *testing.B) {
	b.Helper()
	b.ReportMetric(f.Value, f.Name[len("correlator_"):]+":"+f.Unit)
	path := os.Getenv("ISPVM_FIGURES")
	if path == "" {
		return
	}
	line := struct {
		Name   string   `json:"name"`
		Value  float64  `json:"value"`
		Unit   string   `json:"unit"`
		Better string   `json:"better"`
		Budget *float64 `json:"budget"`
		Peer   *float64 `json:"peer"`
		Ratio  *float64 `json:"ratio"`
	}{Name: f.Name, Value: f.Value, Unit: f.Unit, Better: f.Better}
	if f.Budget != 0 {
		line.Budget = &f.Budget
	}
	if f.Peer != 0 {
		ratio := f.Value / f.Peer
		line.Peer, line.Ratio = &f.Peer, &ratio
	}
	encoded, err := json.Marshal(line)
	require.NoError(b, err)
	file, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600) //nolint:gosec // the caller names it
	require.NoError(b, err)
	_, err = file.Write(append(encoded, '\n'))
	require.NoError(b, err)
	require.NoError(b, file.Close())
}

// floor is how long n transactions take that write rows and journal an input in the very statements of
// the service, and do nothing else: no engine, no reading. prepare makes the rows beforehand. It returns how
// long all of it took, and each.
func (b *bundle) floor(t *testing.B, n int, in engine.Input, prepare func(i int) func(*state) error) (whole time.Duration, each []time.Duration) {
	t.Helper()
	writes := make([]func(*state) error, n)
	for i := range writes {
		writes[i] = prepare(i)
	}
	begin := time.Now()
	for _, write := range writes {
		from := time.Now()
		require.NoError(t, b.inTenant(t.Context(), tenant, func(tx pgx.Tx) error {
			s, err := lockTenant(t.Context(), tx, tenant, nil)
			if err != nil {
				return err
			}
			if err := write(s); err != nil {
				return err
			}
			if err := s.appendJournal(s.advance(time.Now()), in); err != nil {
				return err
			}
			return s.save(t.Context())
		}))
		each = append(each, time.Since(from))
	}
	return time.Since(begin), each
}

// bareSightings updates the newest runs of a batch.
func (b *bundle) bareSightings(t *testing.B) func(i int) func(*state) error {
	return func(i int) func(*state) error {
		var runs []configchange.Run
		require.NoError(t, b.inTenant(t.Context(), tenant, func(tx pgx.Tx) error {
			s, err := lockTenant(t.Context(), tx, tenant, nil)
			if err != nil {
				return err
			}
			runs, err = s.Heads(t.Context(), streamsOf(sightings(i%benchRound, printB)))
			return err
		}))
		return func(s *state) error {
			s.queueSeen(runs)
			return nil
		}
	}
}

func streamsOf(in engine.ObservationsInput) []configchange.Stream {
	var out []configchange.Stream
	for _, o := range in.Observations {
		out = append(out, o.Stream)
	}
	return out
}

// bareChanges inserts a run, a change and an event for each sighting of a batch.
func bareChanges(i int) func(*state) error {
	in := sightings(i, printA)
	var runs []configchange.Run
	var changes []configchange.Change
	var effects []engine.Effect
	for k, o := range in.Observations {
		at := noon.Add(24*time.Hour + time.Duration(i)*time.Minute)
		id := fmt.Sprintf("floor-%d-%d", i, k)
		runs = append(runs, configchange.Run{ID: id, Stream: o.Stream, Fingerprint: printA, AllowlistVersion: 1, FirstSeen: at, LastSeen: at})
		changes = append(changes, configchange.Change{
			ID: id, Device: o.Device, Category: o.Category, NotBefore: at.Add(-time.Minute), NotAfter: at,
			OldFingerprint: printB, NewFingerprint: printA, DetectedAt: at,
		})
		effects = append(effects, engine.Effect{Key: id, Type: engine.ConfigChangeDetected, At: at, Change: &changes[k]})
	}
	return func(s *state) error {
		if err := s.queueRuns(runs); err != nil {
			return err
		}
		if err := s.SaveConfigChanges(context.Background(), changes); err != nil {
			return err
		}
		s.appendEvents(effects)
		return nil
	}
}

// bareAlerts inserts an occurrence for each of n alerts of a call, and their incident.
func bareAlerts(n int) func(i int) func(*state) error {
	return func(i int) func(*state) error { return bareCall(i, n) }
}

func bareCall(i, n int) func(*state) error {
	inc := incident.Incident{ID: fmt.Sprintf("floor-%d", i), State: incident.Open, OpenedAt: noon}
	var occurrences []incident.Occurrence
	for k, a := range outage(i, n, noon) {
		occurrences = append(occurrences, incident.Occurrence{
			ID: fmt.Sprintf("floor-%d-%d", i, k), IncidentID: inc.ID, Fingerprint: "floor-" + a.Fingerprint, AlertName: a.Labels["alertname"],
			Device: a.Labels["device"], Interface: a.Labels["interface"], Severity: a.Labels["severity"],
			Labels: a.Labels, Annotations: a.Annotations, StartsAt: noon, HeardAt: noon, LastHeardAt: noon,
		})
	}
	return func(s *state) error {
		if err := s.SaveIncidents(context.Background(), []incident.Incident{inc}); err != nil {
			return err
		}
		if err := s.queueOccurrences(occurrences); err != nil {
			return err
		}
		s.appendEvents([]engine.Effect{{Key: inc.ID, Type: engine.IncidentOpened, At: noon, Incident: &inc}})
		return nil
	}
}

// history puts n config changes straight into the table, over many devices and the year before noon.
func (b *bundle) history(t testing.TB, n, devices int) {
	t.Helper()
	_, err := b.admin.Exec(t.Context(), `
		INSERT INTO config_changes (tenant_id, id, device, category, not_before, not_after, old_fingerprint, new_fingerprint,
		       old_hash, new_hash, summary, detected_at, revision)
		SELECT $1, 'h' || lpad(i::text, 8, '0'), 'R' || lpad((i % $4)::text, 5, '0'), 'cat' || i % 10,
		       at - interval '1 minute', at, 'cccccccccccc', 'dddddddddddd', '', '', '{}', at, 1
		  FROM (SELECT i, $2::timestamptz - i * (interval '365 days' / $3::int) AS at FROM generate_series(1, $3::int) AS i) AS q`, tenant, noon, n, devices)
	require.NoError(t, err)
}

// webhook is the handler of the service, for the bundle's tenant.
func (b *bundle) webhook(t testing.TB) http.Handler {
	t.Helper()
	handler, err := alertmanager.NewWebhook(alertmanager.WebhookOptions{
		Submitter: b.DB, Logger: slog.New(slog.NewTextHandler(t.Output(), nil)), Registerer: prometheus.NewRegistry(),
	})
	require.NoError(t, err)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		handler.ServeHTTP(w, r.WithContext(authn.NewContext(r.Context(), authn.Identity{Tenant: tenant})))
	})
}

// serve starts a server and gives what posts a body to it, as Alertmanager does.
func serve(t testing.TB, handler http.Handler) func(body []byte) error {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	client := server.Client()
	return func(body []byte) error {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL, bytes.NewReader(body))
		if err != nil {
			return err
		}
		response, err := client.Do(request)
		if err != nil {
			return err
		}
		_, err = io.Copy(io.Discard, response.Body)
		if closeErr := response.Body.Close(); err == nil {
			err = closeErr
		}
		if err == nil && response.StatusCode != http.StatusNoContent {
			err = fmt.Errorf("answered %s", response.Status)
		}
		return err
	}
}
