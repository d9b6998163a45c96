package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/prometheus/exporter-toolkit/web"
	"github.com/stretchr/testify/require"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/config"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/postgres/pgtest"
)

const (
	acmeAdmin   = "acme-admin-token-text"
	acmeAgent   = "acme-agent-token-text"
	acmeAlerts  = "acme-alertmanager-token-text"
	globexAdmin = "globex-admin-token-text"
)

const twoTenants = `
tenants:
  - {id: acme, name: Acme Fibre, inventory_file: inventory.yaml, settings: {cooldown: 1m}, webhooks: [{name: tickets, url: %q, secret_file: secret}]}
  - {id: globex}
auth:
  tokens:
    - {name: admin, tenant: acme, role: admin, token_file: acme-admin}
    - {name: agent, tenant: acme, role: agent, token_file: acme-agent}
    - {name: alertmanager, tenant: acme, role: alertmanager, token_file: acme-alerts}
    - {name: other, tenant: globex, role: admin, token_file: globex-admin}
`

// correlator is a service in this process, on a database of its own, behind a real listener.
type correlator struct {
	*service
	dir  string
	url  string
	hup  chan os.Signal
	log  *lockedBuffer
	done chan error
	stop context.CancelFunc
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// tickets is a receiver of outgoing webhooks.
type tickets struct {
	mu     sync.Mutex
	events []string
}

func (k *tickets) ServeHTTP(_ http.ResponseWriter, r *http.Request) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.events = append(k.events, r.Header.Get("X-ISPVM-Event-Type"))
}

func (k *tickets) got() []string {
	k.mu.Lock()
	defer k.mu.Unlock()
	return append([]string(nil), k.events...)
}

func newCorrelator(t *testing.T, dir, databaseURL, ownerURL string) *correlator {
	t.Helper()
	return newCorrelatorAt(t, time.Now, dir, databaseURL, ownerURL)
}

// newCorrelatorAt gives it a clock.
func newCorrelatorAt(t *testing.T, now func() time.Time, dir, databaseURL, ownerURL string) *correlator {
	t.Helper()
	c := &correlator{dir: dir, hup: make(chan os.Signal, 1), log: &lockedBuffer{}, done: make(chan error, 1)}
	load := func() (*config.Config, error) {
		return config.Load(filepath.Join(dir, "correlator.yaml"), func(string) string { return "" })
	}
	cfg, err := load()
	require.NoError(t, err)
	none := ""
	c.service, err = newService(t.Context(), serviceOptions{
		load: load, config: cfg, hangups: c.hup, web: &web.FlagConfig{WebConfigFile: &none},
		logger:      slog.New(slog.NewTextHandler(c.log, nil)),
		databaseURL: config.Secret(databaseURL), ownerURL: config.Secret(ownerURL), now: now,
	})
	require.NoError(t, err)
	server := httptest.NewUnstartedServer(c.server.Handler)
	server.Config.Protocols = c.server.Protocols
	server.Start()
	c.url = server.URL
	ctx, cancel := context.WithCancel(t.Context())
	c.stop = cancel
	reloads := make(chan struct{})
	go func() { defer close(reloads); _ = c.reloader.run(ctx) }()
	go func() { c.done <- c.work(ctx) }()
	t.Cleanup(func() {
		server.Close()
		cancel()
		require.NoError(t, <-c.done)
		<-reloads
		c.db.Close()
		problems, err := testutil.GatherAndLint(c.registry)
		require.NoError(t, err)
		require.Empty(t, problems)
	})
	return c
}

func configFolder(t *testing.T, text string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range map[string]string{
		"correlator.yaml": text,
		"inventory.yaml":  "devices: [{name: EDGE1, site: HQ}, {name: ACC1, depends_on: [{all: [EDGE1]}]}]\nsites: [{name: HQ}]\n",
		"acme-admin":      acmeAdmin, "acme-agent": acmeAgent, "acme-alerts": acmeAlerts, "globex-admin": globexAdmin,
		"secret": "a-secret-of-16-bytes-or-more",
	} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600))
	}
	return dir
}

func (c *correlator) awaitReady(t *testing.T) {
	t.Helper()
	require.Eventually(t, func() bool {
		status, _ := c.send(t, http.MethodGet, "/-/ready", "", "")
		return status == http.StatusOK
	}, time.Minute, 20*time.Millisecond, "not ready; the log: %s", c.log)
}

func (c *correlator) send(t *testing.T, method, path, token, body string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, c.url+path, strings.NewReader(body))
	require.NoError(t, err)
	req.Header.Set("Content-Type", "application/json")
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
	return resp.StatusCode, string(raw)
}

// rpc calls the API and expects it to do what it was asked.
func (c *correlator) rpc(t *testing.T, token, procedure, message string) map[string]any {
	t.Helper()
	status, body := c.send(t, http.MethodPost, "/ispvm.v1."+procedure, token, message)
	require.Equal(t, http.StatusOK, status, body)
	var answer map[string]any
	require.NoError(t, json.Unmarshal([]byte(body), &answer))
	return answer
}

// TestPipeline takes one change and its outage all the way: from an observation and a webhook to an
// incident with evidence, an annotation, a ticket, and a timeline that says the same when it is replayed.
func TestPipeline(t *testing.T) {
	t.Parallel()
	desk := &tickets{}
	receiver := httptest.NewServer(desk)
	t.Cleanup(receiver.Close)
	database := pgtest.NewEmpty(t)
	c := newCorrelator(t, configFolder(t, fmt.Sprintf(twoTenants, receiver.URL)), database.URL, database.OwnerURL)
	c.awaitReady(t)

	now := time.Now().UTC().Truncate(time.Second)
	at := func(d time.Duration) string { return now.Add(d).Format(time.RFC3339) }
	observed := c.rpc(t, acmeAgent, "ObservationService/Observe", fmt.Sprintf(`{"observations": [
		{"device": "EDGE1", "category": "interfaces", "observedAt": %q, "fingerprint": "000000000001"},
		{"device": "EDGE1", "category": "interfaces", "observedAt": %q, "fingerprint": "000000000002"}]}`, at(-5*time.Minute), at(-4*time.Minute)))
	require.Equal(t, map[string]any{"accepted": "2", "changes": "1"}, observed)

	webhook := fmt.Sprintf(`{"version": "4", "alerts": [{"status": "firing", "startsAt": %q, "annotations": {"onset_lag": "30s"},
		"labels": {"alertname": "InterfaceDown", "device": "EDGE1", "interface": "ether1", "severity": "critical"}}]}`, at(-3*time.Minute))
	for range 2 { // Alertmanager repeats itself
		status, body := c.send(t, http.MethodPost, "/api/v1/alertmanager/webhook", acmeAlerts, webhook)
		require.Equal(t, http.StatusNoContent, status, body)
	}
	found := c.rpc(t, acmeAdmin, "IncidentService/ListIncidents", `{}`)["incidents"].([]any)
	require.Len(t, found, 1)
	incident := found[0].(map[string]any)
	require.Equal(t, "Possible change-related outage", incident["label"])
	first := incident["candidates"].([]any)[0].(map[string]any)
	require.Equal(t, "EDGE1", first["name"])
	change := c.rpc(t, acmeAdmin, "ConfigChangeService/ListConfigChanges", `{"unplannedOnly": true}`)["configChanges"].([]any)[0].(map[string]any)
	require.Equal(t, at(-5*time.Minute), change["notBefore"])
	require.Equal(t, at(-4*time.Minute), change["notAfter"])
	require.Equal(t, change["id"], first["evidence"].([]any)[0].(map[string]any)["configChangeId"])

	annotations := c.rpc(t, acmeAdmin, "AnnotationService/ListAnnotations", fmt.Sprintf(`{"from": %q, "to": %q, "devices": ["EDGE1"]}`, at(-time.Hour), at(time.Hour)))
	require.Equal(t, "2", annotations["total"], "the change and the incident")
	require.Eventually(t, func() bool { return len(desk.got()) > 0 }, time.Minute, 20*time.Millisecond)
	require.Equal(t, "incident.opened", desk.got()[0])

	// The other tenant sees nothing of it, not even by id.
	require.Empty(t, c.rpc(t, globexAdmin, "IncidentService/ListIncidents", `{}`))
	require.Empty(t, c.rpc(t, globexAdmin, "ConfigChangeService/ListConfigChanges", `{}`))
	require.Empty(t, c.rpc(t, globexAdmin, "InventoryService/ListDevices", `{}`))
	status, _ := c.send(t, http.MethodPost, "/ispvm.v1.IncidentService/GetIncident", globexAdmin, fmt.Sprintf(`{"id": %q}`, incident["id"]))
	require.Equal(t, http.StatusNotFound, status)
	status, _ = c.send(t, http.MethodPost, "/ispvm.v1.IncidentService/AcknowledgeIncident", globexAdmin, fmt.Sprintf(`{"id": %q}`, incident["id"]))
	require.Equal(t, http.StatusNotFound, status)

	acknowledged := c.rpc(t, acmeAdmin, "IncidentService/AcknowledgeIncident", fmt.Sprintf(`{"id": %q}`, incident["id"]))
	require.Equal(t, "admin", acknowledged["incident"].(map[string]any)["acknowledged"].(map[string]any)["by"])

	// The past, exported and replayed, gives the same judgement.
	var timeline bytes.Buffer
	require.NoError(t, export(t.Context(), config.Secret(database.URL), "acme", time.Time{}, time.Time{}, &timeline, slog.New(slog.DiscardHandler)))
	file := filepath.Join(c.dir, "timeline.jsonl")
	require.NoError(t, os.WriteFile(file, timeline.Bytes(), 0o600))
	var document, complaints bytes.Buffer
	require.Zero(t, execute([]string{"replay", file}, &document, &complaints), complaints.String())
	var replayed struct {
		Incidents []struct {
			Label      string
			Candidates []struct {
				Name  string
				Score float64
			}
		}
	}
	require.NoError(t, json.Unmarshal(document.Bytes(), &replayed))
	require.Len(t, replayed.Incidents, 1)
	require.Equal(t, "Possible change-related outage", replayed.Incidents[0].Label)
	require.Equal(t, "EDGE1", replayed.Incidents[0].Candidates[0].Name)
	require.InDelta(t, first["score"], replayed.Incidents[0].Candidates[0].Score, 1e-9)
	require.NotContains(t, c.log.String(), "token-text")
}

// TestDatabaseDownAtStart starts a service before its database. A path that does not exist yet stands
// for a server that is not there yet.
func TestDatabaseDownAtStart(t *testing.T) {
	t.Parallel()
	database := pgtest.NewEmpty(t)
	link := filepath.Join(t.TempDir(), "socket")
	through := func(text string) (elsewhere, dir string) {
		u, err := url.Parse(text)
		require.NoError(t, err)
		q := u.Query()
		dir = q.Get("host")
		q.Set("host", link)
		u.RawQuery = q.Encode()
		return u.String(), dir
	}
	databaseURL, dir := through(database.URL)
	ownerURL, _ := through(database.OwnerURL)
	c := newCorrelator(t, configFolder(t, fmt.Sprintf(twoTenants, "http://127.0.0.1:1")), databaseURL, ownerURL)

	require.Eventually(t, func() bool {
		return strings.Contains(c.log.String(), "Cannot work with the database yet; will try again")
	}, time.Minute, 20*time.Millisecond)
	require.Contains(t, c.log.String(), "check that PostgreSQL runs and that the URL is right")
	status, body := c.send(t, http.MethodGet, "/-/ready", "", "")
	require.Equal(t, http.StatusServiceUnavailable, status)
	require.Equal(t, "starting: the database is not ready yet, the log says why\n", body)
	status, _ = c.send(t, http.MethodGet, "/-/healthy", "", "")
	require.Equal(t, http.StatusOK, status)
	require.InDelta(t, 0, testutil.ToFloat64(c.health.up), 0)
	webhook := `{"version": "4", "alerts": [{"status": "firing", "startsAt": "2026-11-01T12:00:00Z", "labels": {"alertname": "A", "device": "EDGE1"}}]}`
	status, _ = c.send(t, http.MethodPost, "/api/v1/alertmanager/webhook", acmeAlerts, webhook)
	require.Equal(t, http.StatusServiceUnavailable, status, "Alertmanager must keep it")
	status, _ = c.send(t, http.MethodPost, "/ispvm.v1.IncidentService/ListIncidents", acmeAdmin, "{}")
	require.Equal(t, http.StatusServiceUnavailable, status)

	require.NoError(t, os.Symlink(dir, link))
	c.awaitReady(t)
	require.InDelta(t, 1, testutil.ToFloat64(c.health.up), 0)
	status, body = c.send(t, http.MethodPost, "/api/v1/alertmanager/webhook", acmeAlerts, webhook)
	require.Equal(t, http.StatusNoContent, status, body)
	require.Len(t, c.rpc(t, acmeAdmin, "IncidentService/ListIncidents", `{}`)["incidents"], 1)
}

// TestReload revokes a token, adds a tenant, and shows that a broken configuration changes nothing.
func TestReload(t *testing.T) {
	t.Parallel()
	database := pgtest.New(t)
	text := fmt.Sprintf(twoTenants, "http://127.0.0.1:1")
	c := newCorrelator(t, configFolder(t, text), database.URL, database.OwnerURL)
	c.awaitReady(t)
	write := func(text string) {
		require.NoError(t, os.WriteFile(filepath.Join(c.dir, "correlator.yaml"), []byte(text), 0o600))
	}
	reload := func() (int, string) { return c.send(t, http.MethodPost, "/-/reload", acmeAdmin, "") }
	status, _ := c.send(t, http.MethodPost, "/-/reload", "", "")
	require.Equal(t, http.StatusUnauthorized, status)
	status, _ = c.send(t, http.MethodPost, "/-/reload", acmeAgent, "")
	require.Equal(t, http.StatusForbidden, status)

	status, body := reload()
	require.Equal(t, http.StatusOK, status, body)
	require.Equal(t, "1", c.rpc(t, acmeAdmin, "InventoryService/GetInventory", "{}")["revision"], "the same inventory again is no new one")

	write("tenants: 3")
	status, body = reload()
	require.Equal(t, http.StatusServiceUnavailable, status)
	require.Contains(t, body, "the old configuration stays: ")
	require.Contains(t, body, "line 1: a value of the wrong kind (int)")
	require.InDelta(t, 0, testutil.ToFloat64(c.reloader.successful), 0)
	c.rpc(t, globexAdmin, "StatusService/GetStatus", "{}")

	const initech = "initech-viewer-token-text"
	require.NoError(t, os.WriteFile(filepath.Join(c.dir, "initech"), []byte(initech), 0o600))
	write(strings.NewReplacer(
		"  - {id: globex}", "  - {id: globex}\n  - {id: initech}",
		"    - {name: other, tenant: globex, role: admin, token_file: globex-admin}", "    - {name: new, tenant: initech, role: viewer, token_file: initech}",
	).Replace(text))
	require.NoError(t, os.WriteFile(filepath.Join(c.dir, "inventory.yaml"), []byte("devices: [{name: EDGE1}]"), 0o600))
	status, body = reload()
	require.Equal(t, http.StatusOK, status, body)
	require.InDelta(t, 1, testutil.ToFloat64(c.reloader.successful), 0)
	status, _ = c.send(t, http.MethodPost, "/ispvm.v1.StatusService/GetStatus", globexAdmin, "{}")
	require.Equal(t, http.StatusUnauthorized, status, "the token was revoked")
	require.Equal(t, "initech", c.rpc(t, initech, "StatusService/GetStatus", "{}")["tenant"])
	require.Equal(t, "2", c.rpc(t, acmeAdmin, "InventoryService/GetInventory", "{}")["revision"])

	write(text)
	c.hup <- syscall.SIGHUP
	require.Eventually(t, func() bool {
		status, _ := c.send(t, http.MethodPost, "/ispvm.v1.StatusService/GetStatus", globexAdmin, "{}")
		return status == http.StatusOK
	}, time.Minute, 20*time.Millisecond, "a hang-up reads the configuration again")
}
