package main

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"connectrpc.com/connect/v2"
	"connectrpc.com/connect/v2/connecthttp"
	"github.com/go-routeros/routeros/v3"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/promslog"
	"github.com/stretchr/testify/require"

	apiv1 "github.com/ispvisualmonitor/ispvisualmonitor/api/v1"
	"github.com/ispvisualmonitor/ispvisualmonitor/api/v1/apiv1connect"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/configchange"
	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/collector"
	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/config"
	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/device"
	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/fingerprint"
	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/web"
	"github.com/ispvisualmonitor/ispvisualmonitor/lab/routersim"
)

// received is the correlator's end of the push road.
type received struct {
	mu   sync.Mutex
	news []*apiv1.Observation // of category bgp, one for each fingerprint in turn
}

// Observe implements the service.
func (r *received) Observe(_ context.Context, q *apiv1.ObserveRequest) (*apiv1.ObserveResponse, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, o := range q.GetObservations() {
		if o.GetCategory() == "bgp" && (len(r.news) == 0 || r.news[len(r.news)-1].GetSha256() != o.GetSha256()) {
			r.news = append(r.news, o)
		}
	}
	return &apiv1.ObserveResponse{Accepted: int64(len(q.GetObservations()))}, nil
}

func (r *received) count() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.news)
}

// From a change on a router to the line that an engineer reads, with who did
// it, over the real protocol at both ends.
func TestAChangeIsPushedWithItsDiffAndActor(t *testing.T) {
	t.Parallel()
	router, err := routersim.New(routersim.Options{Name: "EDGE1", Users: []routersim.User{
		{Name: "exporter", Password: "p", Policies: []string{"read", "api"}}, {Name: "ann", Password: "q"},
	}})
	require.NoError(t, err)
	_, err = router.Load(strings.NewReader(`/routing bgp connection
add name=upstream-a as=64500 input.filter=in-a remote.address=192.0.2.9 remote.as=64501 local.role=ebgp tcp-md5-key=S3CRET-KEY
`))
	require.NoError(t, err)
	address, err := router.Listen(t.Context(), "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(router.Close)

	end := &received{}
	services, mux := connect.NewServer(), http.NewServeMux()
	apiv1connect.RegisterObservationServiceHandler(services, end)
	connecthttp.Mount(mux, services)
	correlator := httptest.NewServer(mux)
	t.Cleanup(correlator.Close)

	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "token"), []byte("agent-token"), 0o600))
	file := filepath.Join(dir, "exporter.yaml")
	require.NoError(t, os.WriteFile(file, []byte(`
modules: {default: {}}
fingerprint: {interval: 1s}
push: {url: "`+correlator.URL+`", token_file: token, spool_dir: spool}
devices: [{name: EDGE1, address: "`+address.String()+`", username: exporter, password: p, level: 2, categories: [bgp]}]
`), 0o600))
	logger, registry := promslog.NewNopLogger(), prometheus.NewRegistry()
	sink, err := newSink(file, registry, logger)
	require.NoError(t, err)
	t.Cleanup(sink.close)
	allowlist, err := fingerprint.Builtin()
	require.NoError(t, err)
	fleet := device.NewFleet()
	t.Cleanup(fleet.Close)
	reloader := web.NewReloader(web.ReloaderOptions{
		Load:  func() (*config.Config, error) { return config.Load(file, collector.Names()) },
		Fleet: fleet, Base: device.Options{Allowlist: allowlist, Logger: logger, Observe: sink.observe},
		Registry: registry, Logger: logger,
	})
	require.NoError(t, reloader.Reload())
	ctx, stop := context.WithCancel(t.Context())
	pushed := make(chan error, 1)
	go func() { pushed <- sink.pusher.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		require.NoError(t, <-pushed)
	})
	require.Eventually(t, func() bool { return end.count() == 1 }, 20*time.Second, 10*time.Millisecond)

	ann, err := routeros.Dial(address.String(), "ann", "q")
	require.NoError(t, err)
	t.Cleanup(func() { _ = ann.Close() })
	_, err = ann.Run("/routing/bgp/connection/set", "=numbers=upstream-a", "=input.filter=in-b")
	require.NoError(t, err)
	require.Eventually(t, func() bool { return end.count() == 2 }, 20*time.Second, 10*time.Millisecond)

	before, after := end.news[0], end.news[1]
	require.Equal(t, []string{`/routing/bgp/connection upstream-a: input.filter "in-a" → "in-b"`},
		configchange.Diff(sections(t, before), sections(t, after)))
	require.Equal(t, "ann", after.GetActor().GetUser())
	require.Equal(t, "127.0.0.1", after.GetActor().GetAddress())
	require.Equal(t, "api", after.GetActor().GetVia())
	require.NotContains(t, string(sections(t, after)), "S3CRET")
}

func sections(t *testing.T, o *apiv1.Observation) json.RawMessage {
	t.Helper()
	raw, err := json.Marshal(o.GetSections().AsMap())
	require.NoError(t, err)
	return raw
}
