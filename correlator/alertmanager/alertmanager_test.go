package alertmanager

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/engine"
)

// startAlertmanager runs a real Alertmanager that calls the webhook at url, and returns the root of
// its API.
func startAlertmanager(t *testing.T, url string) string {
	t.Helper()
	dir := t.TempDir()
	token, config := filepath.Join(dir, "token"), filepath.Join(dir, "alertmanager.yml")
	require.NoError(t, os.WriteFile(token, []byte("acme-alertmanager-token\n"), 0o600))
	require.NoError(t, os.WriteFile(config, fmt.Appendf(nil, `
route:
  receiver: correlator
  group_by: [device]
  group_wait: 100ms
  group_interval: 1s
  repeat_interval: 1h
  routes: [{receiver: deadmansswitch, matchers: [alertname="Watchdog"]}]
receivers:
  - name: deadmansswitch
  - name: correlator
    webhook_configs:
      - url: %q
        send_resolved: true
        max_alerts: 0
        http_config: {authorization: {credentials_file: %q}}
`, url, token), 0o600))
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	addr := listener.Addr().String()
	require.NoError(t, listener.Close())

	log, err := os.Create(filepath.Join(dir, "log"))
	require.NoError(t, err)
	defer log.Close()
	cmd := exec.Command("prometheus-alertmanager", "--config.file="+config, "--storage.path="+filepath.Join(dir, "data"),
		"--web.listen-address="+addr, "--cluster.listen-address=")
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	require.NoError(t, cmd.Start(), "is the Debian package prometheus-alertmanager installed?")
	t.Cleanup(func() {
		require.NoError(t, cmd.Process.Signal(syscall.SIGTERM))
		_ = cmd.Wait()
		http.DefaultClient.CloseIdleConnections()
	})
	root := "http://" + addr
	require.Eventually(t, func() bool {
		resp, err := http.Get(root + "/-/ready")
		if err != nil {
			return false
		}
		defer resp.Body.Close()
		return resp.StatusCode == http.StatusOK
	}, time.Minute, 50*time.Millisecond, "Alertmanager did not become ready")
	return root
}

func call(t *testing.T, url string, body any) {
	t.Helper()
	raw, err := json.Marshal(body)
	require.NoError(t, err)
	resp, err := http.Post(url, "application/json", bytes.NewReader(raw))
	require.NoError(t, err)
	defer resp.Body.Close()
	require.Equal(t, http.StatusOK, resp.StatusCode)
}

// TestAgainstAlertmanager lets a real Alertmanager tell of an alert: by the webhook, again after our
// database was down, and by the list when it is silenced and the webhook is silent.
func TestAgainstAlertmanager(t *testing.T) {
	t.Parallel()
	inbox := &inbox{err: fmt.Errorf("database down")}
	handler, webhook, _ := newWebhook(t, inbox)
	service := httptest.NewServer(handler)
	t.Cleanup(service.Close)
	root := startAlertmanager(t, service.URL+WebhookPath)

	starts := time.Now().Add(-time.Minute).UTC().Truncate(time.Millisecond)
	labels := map[string]string{"alertname": "BGPSessionDown", "device": "EDGE1", "peer": "upstream-a"}
	call(t, root+"/api/v2/alerts", []map[string]any{
		{"labels": labels, "annotations": map[string]string{"onset_lag": "30s"}, "startsAt": starts, "endsAt": starts.Add(time.Hour)},
		{"labels": map[string]string{"alertname": "Watchdog"}, "startsAt": starts, "endsAt": starts.Add(time.Hour)},
	})

	// 503 makes Alertmanager try again until the alert is committed.
	failed := func() float64 { return testutil.ToFloat64(webhook.requests.WithLabelValues(outcomeFailed)) }
	require.Eventually(t, func() bool { return failed() >= 2 }, 30*time.Second, 20*time.Millisecond)
	inbox.mu.Lock()
	inbox.err = nil
	inbox.mu.Unlock()
	require.Eventually(t, func() bool { return len(inbox.inputs("acme")) > 0 }, 30*time.Second, 20*time.Millisecond)
	told := inbox.inputs("acme")[0].(engine.AlertsInput)
	require.Len(t, told.Alerts, 1)
	require.Equal(t, labels, told.Alerts[0].Labels)
	require.Equal(t, "30s", told.Alerts[0].Annotations["onset_lag"])
	require.WithinDuration(t, starts, told.Alerts[0].StartsAt, 0)
	require.Nil(t, told.Alerts[0].EndsAt)

	call(t, root+"/api/v2/silences", map[string]any{
		"matchers":  []map[string]any{{"name": "device", "value": "EDGE1", "isRegex": false, "isEqual": true}},
		"startsAt":  time.Now(),
		"endsAt":    time.Now().Add(time.Hour),
		"createdBy": "test", "comment": "test",
	})
	list := pollOnce(t, root, func(in engine.AlertListInput) bool { return in.Alerts[0].Silenced })
	require.Len(t, list.Alerts, 1, "the watchdog is not routed to us")
	require.Equal(t, told.Alerts[0].Fingerprint, list.Alerts[0].Fingerprint, "the webhook and the list mean the same alert")
	require.Equal(t, labels, list.Alerts[0].Labels)
	require.Nil(t, list.Alerts[0].EndsAt)
	require.WithinDuration(t, time.Now(), *list.StartedAt, time.Minute)
}

// pollOnce runs a Poller until a list satisfies want.
func pollOnce(t *testing.T, root string, want func(engine.AlertListInput) bool) engine.AlertListInput {
	t.Helper()
	inbox, transport := &inbox{}, &http.Transport{}
	defer transport.CloseIdleConnections()
	metrics := NewPollerMetrics(prometheus.NewPedanticRegistry())
	p, err := NewPoller(PollerOptions{
		Submitter: inbox, Tenant: "acme", Name: "am", URL: root + "/", Receiver: "corr.+", Matchers: []string{`severity!="none"`},
		Interval: 50 * time.Millisecond, Client: &http.Client{Transport: transport},
		Logger: slog.New(slog.DiscardHandler), Metrics: metrics, Now: time.Now,
	})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); p.Run(ctx) }()
	defer func() { cancel(); <-done }()
	var found engine.AlertListInput
	require.Eventually(t, func() bool {
		for _, in := range inbox.inputs("acme") {
			if list := in.(engine.AlertListInput); len(list.Alerts) > 0 && want(list) {
				found = list
				return true
			}
		}
		return false
	}, 30*time.Second, 20*time.Millisecond)
	require.Positive(t, testutil.ToFloat64(metrics.polls.WithLabelValues("acme", "am", pollOK)))
	return found
}

// TestUnchangedListIsToldSeldom shows that a quiet Alertmanager does not fill the journal.
func TestUnchangedListIsToldSeldom(t *testing.T) {
	t.Parallel()
	const a = `{"fingerprint": "a", "labels": {"alertname": "A"}, "startsAt": "2026-11-01T11:00:00Z", "endsAt": "2026-11-01T18:00:00Z"}`
	const b = `{"fingerprint": "b", "labels": {"alertname": "B"}, "startsAt": "2026-11-01T11:00:00Z", "endsAt": "2026-11-01T18:00:00Z"}`
	list, uptime := "["+a+","+b+"]", "2026-11-01T10:00:00Z"
	peer := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/api/v2/receivers":
			fmt.Fprint(w, `[{"name": "correlator"}]`)
		case "/api/v2/alerts":
			fmt.Fprint(w, list)
		default:
			fmt.Fprintf(w, `{"uptime": %q}`, uptime)
		}
	}))
	t.Cleanup(peer.Close)
	now := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	inbox, transport := &inbox{}, &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	p, err := NewPoller(PollerOptions{
		Submitter: inbox, Tenant: "acme", Name: "am", URL: peer.URL, Receiver: "correlator", Client: &http.Client{Transport: transport},
		Logger: slog.New(slog.DiscardHandler), Metrics: NewPollerMetrics(prometheus.NewPedanticRegistry()), Now: func() time.Time { return now },
	})
	require.NoError(t, err)
	told := func() int {
		_, err := p.poll(t.Context())
		require.NoError(t, err)
		return len(inbox.inputs("acme"))
	}
	require.Equal(t, 1, told())
	now = now.Add(time.Minute)
	require.Equal(t, 1, told(), "the same again")
	list = "[" + b + "," + a + "]"
	require.Equal(t, 1, told(), "in another order")
	now = now.Add(repeatAfter)
	require.Equal(t, 2, told(), "after a while all the same: it is a sight")
	list = "[" + a + "]"
	require.Equal(t, 3, told(), "an alert is gone")
	uptime = "2026-11-01T12:05:00Z"
	require.Equal(t, 4, told(), "Alertmanager has restarted")
	list = "[" + strings.Replace(a, `"labels"`, `"status": {"silencedBy": ["x"]}, "labels"`, 1) + "]"
	require.Equal(t, 5, told(), "it was silenced")
}

// TestPollerSurvives shows what each kind of trouble counts as, and that it passes.
func TestPollerSurvives(t *testing.T) {
	t.Parallel()
	receivers, alerts, status := `[{"name": "pager"}, {"name": "correlator"}]`, `[]`, `{"uptime": "2026-11-01T11:00:00.000Z"}`
	code := http.StatusOK
	peer := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(code)
		switch r.URL.Path {
		case "/api/v2/receivers":
			fmt.Fprint(w, receivers)
		case "/api/v2/alerts":
			fmt.Fprint(w, alerts)
		default:
			fmt.Fprint(w, status)
		}
	}))
	t.Cleanup(peer.Close)
	inbox, transport := &inbox{}, &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	p, err := NewPoller(PollerOptions{
		Submitter: inbox, Tenant: "acme", Name: "am", URL: peer.URL, Receiver: "correlator", Client: &http.Client{Transport: transport},
		Logger: slog.New(slog.DiscardHandler), Metrics: NewPollerMetrics(prometheus.NewPedanticRegistry()), Now: time.Now,
	})
	require.NoError(t, err)
	expect := func(outcome, message string) {
		t.Helper()
		got, err := p.poll(t.Context())
		require.Equal(t, outcome, got)
		if message == "" {
			require.NoError(t, err)
		} else {
			require.EqualError(t, err, message)
		}
	}
	expect(pollOK, "")
	started := time.Date(2026, 11, 1, 11, 0, 0, 0, time.UTC)
	require.Equal(t, []engine.Input{engine.AlertListInput{Alerts: []engine.Alert{}, StartedAt: &started}}, inbox.inputs("acme"))

	code = http.StatusUnauthorized
	expect(pollUnreachable, "GET /api/v2/receivers: 401 Unauthorized: check the URL and the login of this Alertmanager")
	code, receivers = http.StatusOK, `[{"name": "pager"}, {"name": "correlator-2"}]`
	expect(pollUnreachable, `this Alertmanager has no receiver "correlator", only ["pager" "correlator-2"]: set alertmanagers.receiver to the one that posts to the correlator`)
	receivers, status = `[{"name": "correlator"}]`, `{}`
	expect(pollUnreachable, "GET /api/v2/status: the answer has no uptime: is this Alertmanager's URL?")
	alerts = `{}`
	expect(pollUnreachable, "GET /api/v2/alerts: the body is not JSON as Alertmanager sends it: the whole is a JSON object")
	alerts, status = `[{"labels": {"alertname": "A"}, "startsAt": "2026-11-01T11:30:00Z"}]`, `{"uptime": "2026-11-01T11:00:00.000Z"}`
	inbox.err = fmt.Errorf("database down")
	expect(pollUncommitted, "database down")
	inbox.err = nil
	expect(pollOK, "")
	require.Len(t, inbox.inputs("acme"), 2, "what could not be committed is told again")
}
