package push

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"connectrpc.com/connect/v2"
	"connectrpc.com/connect/v2/connecthttp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	apiv1 "github.com/ispvisualmonitor/ispvisualmonitor/api/v1"
	"github.com/ispvisualmonitor/ispvisualmonitor/api/v1/apiv1connect"
)

// base is when the first observation of a test is made.
var base = time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)

// hash returns a fingerprint that differs from letter to letter.
func hash(letter byte) string { return fmt.Sprintf("%064x", letter) }

// seen is what device R's category bgp showed at a minute.
func seen(minute int, letter byte) Observation {
	return Observation{
		Device: "R", Category: "bgp", ObservedAt: base.Add(time.Duration(minute) * time.Minute),
		SHA256: hash(letter), AllowlistVersion: 1,
	}
}

// correlator takes observations as the real one does on the wire.
type correlator struct {
	url     string
	handler http.Handler

	mu      sync.Mutex
	token   string
	down    bool
	invalid func(*apiv1.Observation) bool
	took    []*apiv1.Observation
	calls   int
	gzipped bool
}

// newCorrelator starts one on loopback.
func newCorrelator(t *testing.T) *correlator {
	t.Helper()
	c := nearCorrelator()
	server := httptest.NewServer(c.handler)
	t.Cleanup(server.Close)
	c.url = server.URL
	return c
}

// nearCorrelator is one without a network in between, see [near].
func nearCorrelator() *correlator {
	c := &correlator{url: "http://correlator.invalid", token: "right"}
	server := connect.NewServer()
	apiv1connect.RegisterObservationServiceHandler(server, c)
	mux := http.NewServeMux()
	connecthttp.Mount(mux, server)
	c.handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c.mu.Lock()
		down, authorised := c.down, r.Header.Get("Authorization") == "Bearer "+c.token
		c.gzipped = r.Header.Get("Content-Encoding") == "gzip"
		c.mu.Unlock()
		switch {
		case down:
			w.WriteHeader(http.StatusServiceUnavailable)
		case !authorised:
			w.WriteHeader(http.StatusUnauthorized)
		default:
			mux.ServeHTTP(w, r)
		}
	})
	return c
}

// near carries calls to a handler without a network, so that time can be
// simulated around it.
type near struct{ handler http.Handler }

// RoundTrip implements http.RoundTripper.
func (n near) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	n.handler.ServeHTTP(w, r)
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	return w.Result(), nil
}

// Observe implements the service: all of a batch, or nothing.
func (c *correlator) Observe(_ context.Context, r *apiv1.ObserveRequest) (*apiv1.ObserveResponse, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.calls++
	for i, o := range r.GetObservations() {
		if c.invalid != nil && c.invalid(o) {
			return nil, connect.Errorf(connect.CodeInvalidArgument, "observations[%d] is not to our taste", i)
		}
	}
	c.took = append(c.took, r.GetObservations()...)
	return &apiv1.ObserveResponse{Accepted: int64(len(r.GetObservations()))}, nil
}

func (c *correlator) set(change func(*correlator)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	change(c)
}

// sightings returns what was taken, as minute and letter.
func (c *correlator) sightings() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return brief(c.took)
}

func brief(observations []*apiv1.Observation) []string {
	out := []string{}
	for _, o := range observations {
		what := "failed"
		if h := o.GetSha256(); h != "" {
			var letter int
			_, _ = fmt.Sscanf(h, "%x", &letter)
			what = string(rune(letter))
		}
		out = append(out, fmt.Sprintf("%d%s", int(o.GetObservedAt().AsTime().Sub(base).Minutes()), what))
	}
	return out
}

// bench is a pusher with all that it needs.
type bench struct {
	*Pusher
	registry *prometheus.Registry
	log      *safeBuffer
	dir      string
}

type safeBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *safeBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *safeBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

func newBench(t *testing.T, url, dir string, change func(*Options)) *bench {
	t.Helper()
	b := &bench{registry: prometheus.NewPedanticRegistry(), log: &safeBuffer{}, dir: dir}
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	o := Options{
		URL: url, Token: func() (string, error) { return "right", nil }, Transport: transport,
		Exporter: "x1", SpoolDir: filepath.Join(dir, "spool"),
		FlushInterval: time.Millisecond, MaxBackoff: 5 * time.Millisecond,
		Registry: b.registry, Logger: slog.New(slog.NewTextHandler(b.log, nil)),
	}
	if change != nil {
		change(&o)
	}
	var err error
	b.Pusher, err = New(o)
	require.NoError(t, err)
	return b
}

// start lets the pusher run and returns what ends it, which is also done at
// the end of the test.
func (b *bench) start(t *testing.T) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- b.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		require.NoError(t, errors.Join(<-ended, b.Close()))
	})
	t.Cleanup(stop)
	return stop
}

func (b *bench) metric(t *testing.T, name string, labels ...string) float64 {
	t.Helper()
	families, err := b.registry.Gather()
	require.NoError(t, err)
	for _, f := range families {
		if f.GetName() != "routeros_exporter_push_"+name {
			continue
		}
		for _, m := range f.GetMetric() {
			if len(labels) == 0 || m.GetLabel()[0].GetValue() == labels[0] {
				return m.GetGauge().GetValue() + m.GetCounter().GetValue()
			}
		}
	}
	t.Fatalf("no metric %s %v", name, labels)
	return 0
}

func eventually(t *testing.T, condition func() bool, message ...any) {
	t.Helper()
	require.Eventually(t, condition, 10*time.Second, time.Millisecond, message...)
}
