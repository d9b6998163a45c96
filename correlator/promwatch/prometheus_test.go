package promwatch

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/configchange"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/engine"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// router is what an exporter publishes of one router.
type router struct {
	mu          sync.Mutex
	fingerprint uint64
	observed    float64
}

func (r *router) set(fingerprint uint64, observed float64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.fingerprint, r.observed = fingerprint, observed
}

func (r *router) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, category := range []string{"bgp", "all"} {
		fmt.Fprintf(w, "routeros_config_fingerprint{category=%q} %d\n", category, r.fingerprint)
		fmt.Fprintf(w, "routeros_config_observed_timestamp_seconds{category=%q} %f\n", category, r.observed)
	}
	fmt.Fprintln(w, "routeros_config_allowlist_version 7")
}

// inbox remembers what was committed, and can be down.
type inbox struct {
	mu   sync.Mutex
	got  []configchange.Observation
	down error
}

func (i *inbox) Submit(_ context.Context, tenant string, in engine.Input) ([]engine.Effect, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.down != nil {
		return nil, i.down
	}
	if tenant != "acme" {
		return nil, fmt.Errorf("wrong tenant %q", tenant)
	}
	i.got = append(i.got, in.(engine.ObservationsInput).Observations...)
	return nil, nil
}

func (i *inbox) setDown(err error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.down = err
}

func (i *inbox) fingerprints() []string {
	i.mu.Lock()
	defer i.mu.Unlock()
	var out []string
	for _, o := range i.got {
		out = append(out, o.Fingerprint)
	}
	return out
}

// server is a real Prometheus that scrapes one target each second.
type server struct {
	dir, addr string
	cmd       *exec.Cmd
}

func newServer(t *testing.T, target string) *server {
	t.Helper()
	s := &server{dir: t.TempDir(), addr: freeAddr(t)}
	config := fmt.Sprintf(`
global: {scrape_interval: 1s, scrape_timeout: 1s}
scrape_configs:
  - job_name: routeros
    static_configs: [{targets: [%q], labels: {device: EDGE1, tenant: acme}}]
  - job_name: someone_else
    static_configs: [{targets: [%q], labels: {device: OTHER, tenant: globex}}]
`, target, target)
	require.NoError(t, os.WriteFile(filepath.Join(s.dir, "prometheus.yml"), []byte(config), 0o600))
	s.start(t)
	t.Cleanup(func() { s.stop(t) })
	return s
}

func freeAddr(t *testing.T) string {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	return l.Addr().String()
}

func (s *server) start(t *testing.T) {
	t.Helper()
	log, err := os.Create(filepath.Join(s.dir, "log"))
	require.NoError(t, err)
	defer log.Close()
	s.cmd = exec.Command("prometheus", "--config.file="+filepath.Join(s.dir, "prometheus.yml"),
		"--storage.tsdb.path="+filepath.Join(s.dir, "data"), "--web.listen-address="+s.addr)
	s.cmd.Stdout, s.cmd.Stderr = log, log
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	require.NoError(t, s.cmd.Start(), "is the Debian package prometheus installed?")
	require.Eventually(t, func() bool {
		resp, err := http.Get("http://" + s.addr + "/-/ready")
		if err != nil {
			return false
		}
		defer resp.Body.Close()
		return resp.StatusCode == http.StatusOK
	}, time.Minute, 50*time.Millisecond, "Prometheus did not become ready")
	http.DefaultClient.CloseIdleConnections()
}

func (s *server) stop(t *testing.T) {
	t.Helper()
	if s.cmd == nil {
		return
	}
	require.NoError(t, s.cmd.Process.Signal(syscall.SIGTERM))
	_ = s.cmd.Wait()
	s.cmd = nil
}

// TestAgainstPrometheus follows a router through a change, an outage of the correlator's database and
// an outage of Prometheus.
func TestAgainstPrometheus(t *testing.T) {
	t.Parallel()
	const a, b, c, d = 0xa1b2c3d4e5f6, 2, 3, 4
	router := &router{}
	first := float64(time.Now().Unix() - 5)
	router.set(a, first)
	target := httptest.NewServer(router)
	t.Cleanup(target.Close)
	prom := newServer(t, target.Listener.Addr().String())

	inbox, reg, transport := &inbox{}, prometheus.NewPedanticRegistry(), &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	metrics := NewMetrics(reg)
	w, err := New(Options{
		Submitter: inbox, Tenant: "acme", Name: "main", URL: "http://" + prom.addr, Transport: transport,
		Matchers: []string{`tenant="acme"`}, Series: names, Interval: 200 * time.Millisecond,
		Resume:  func(context.Context) (time.Time, error) { return time.Time{}, nil },
		Logger:  slog.New(slog.DiscardHandler),
		Metrics: metrics, Now: time.Now,
	})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); w.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-done })
	polls := func(outcome string) float64 {
		return testutil.ToFloat64(metrics.polls.WithLabelValues("acme", "main", outcome))
	}
	sees := func(want ...string) {
		t.Helper()
		require.Eventually(t, func() bool { return len(inbox.fingerprints()) >= len(want) }, 30*time.Second, 50*time.Millisecond)
		require.Equal(t, want, inbox.fingerprints())
	}

	sees("a1b2c3d4e5f6")
	require.Equal(t, observation("EDGE1", "bgp", "a1b2c3d4e5f6", 7, first), inbox.got[0])
	// Many more scrapes and polls of the same reading are no news.
	before := polls(outcomeOK)
	require.Eventually(t, func() bool { return polls(outcomeOK) > before+10 }, 30*time.Second, 50*time.Millisecond)
	sees("a1b2c3d4e5f6")

	router.set(b, first+1)
	sees("a1b2c3d4e5f6", "000000000002")

	// The database is down while the router changes: nothing is lost.
	inbox.setDown(errors.New("database down"))
	router.set(c, first+2)
	require.Eventually(t, func() bool { return polls(outcomeUncommitted) > 2 }, 30*time.Second, 50*time.Millisecond)
	inbox.setDown(nil)
	sees("a1b2c3d4e5f6", "000000000002", "000000000003")

	// Prometheus is down: the watcher survives, and goes on where it was.
	prom.stop(t)
	require.Eventually(t, func() bool { return polls(outcomeUnreachable) > 2 }, 30*time.Second, 50*time.Millisecond)
	router.set(d, first+3)
	prom.start(t)
	sees("a1b2c3d4e5f6", "000000000002", "000000000003", "000000000004")
	require.InDelta(t, 0, testutil.ToFloat64(metrics.clockSkew.WithLabelValues("acme", "main")), 5)
	problems, err := testutil.GatherAndLint(reg)
	require.NoError(t, err)
	require.Empty(t, problems)
}

// TestCatchesUpInSteps gives a watcher an hour to catch up with, and shows what it asks for.
func TestCatchesUpInSteps(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	var mu sync.Mutex
	var asked []string
	stub := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		if r.Form.Get("query") == "time()" {
			fmt.Fprintf(w, `{"status":"success","data":{"resultType":"scalar","result":[%d,"%d"]}}`, now.Unix(), now.Unix())
			return
		}
		mu.Lock()
		defer mu.Unlock()
		asked = append(asked, r.Form.Get("query")[len(names.selector(nil)):]+" at "+r.Form.Get("time"))
		fmt.Fprint(w, `{"status":"success","data":{"resultType":"matrix","result":[]}}`)
	}))
	t.Cleanup(stub.Close)
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	w, err := New(Options{
		Submitter: &inbox{}, Tenant: "acme", Name: "main", URL: stub.URL, Transport: transport, Series: names,
		Resume: func(context.Context) (time.Time, error) { return now.Add(-12 * time.Minute), nil },
		Logger: slog.New(slog.DiscardHandler), Metrics: NewMetrics(prometheus.NewPedanticRegistry()), Now: func() time.Time { return now },
	})
	require.NoError(t, err)
	outcome, err := w.poll(t.Context())
	require.NoError(t, err)
	require.Equal(t, outcomeOK, outcome)
	require.Equal(t, []string{
		fmt.Sprintf("[360000ms] at %d", now.Add(-7*time.Minute).Unix()),
		fmt.Sprintf("[360000ms] at %d", now.Add(-2*time.Minute).Unix()),
		fmt.Sprintf("[180000ms] at %d", now.Unix()),
	}, asked)
}

// TestRefusedObservationsDoNotBlock shows that what can never be committed is counted, and passed.
func TestRefusedObservationsDoNotBlock(t *testing.T) {
	t.Parallel()
	metrics := NewMetrics(prometheus.NewPedanticRegistry())
	inbox := &inbox{down: &engine.Refusal{Kind: engine.Invalid, What: "no"}}
	w, err := New(Options{
		Submitter: inbox, Tenant: "acme", Name: "main", URL: "http://127.0.0.1:1", Transport: http.DefaultTransport, Series: names,
		Resume: func(context.Context) (time.Time, error) { return time.Time{}, nil },
		Logger: slog.New(slog.DiscardHandler), Metrics: metrics, Now: time.Now,
	})
	require.NoError(t, err)
	require.NoError(t, w.submit(t.Context(), []configchange.Observation{observation("A", "bgp", "000000000001", 0, 1)}))
	require.InDelta(t, 1, testutil.ToFloat64(metrics.refusals.WithLabelValues("acme", "main")), 0)
}
