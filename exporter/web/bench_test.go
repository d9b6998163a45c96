package web_test

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-routeros/routeros/v3"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/collector"
	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/config"
	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/device"
	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/fingerprint"
	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/web"
	"github.com/ispvisualmonitor/ispvisualmonitor/lab/routersim"
)

// roundTrip is that of the simulated router.
const roundTrip = 20 * time.Millisecond

// sequential is what a scraper asks for that waits for each answer, for the
// same series as ours.
var sequential = []string{
	"/system/resource", "/system/identity", "/system/routerboard", "/system/clock", "/interface",
	"/routing/bgp/connection", "/routing/bgp/session", "/routing/bgp/template", "/routing/bgp/instance",
	"/routing/ospf/neighbor", "/routing/ospf/interface-template", "/routing/ospf/interface", "/interface/list/member",
	"/ip/address", "/ppp/active",
}

// edge starts the router of the benchmarks.
func edge(b *testing.B, latency time.Duration) string {
	b.Helper()
	r, err := routersim.New(routersim.Options{Name: "EDGE1", Latency: latency, Users: []routersim.User{
		{Name: monitorUser, Password: monitorPassword, Policies: []string{"read", "api"}},
	}})
	require.NoError(b, err)
	b.Cleanup(r.Close)
	text, err := os.Open("testdata/edge.rsc")
	require.NoError(b, err)
	defer text.Close()
	_, err = r.Load(text)
	require.NoError(b, err)
	addr, err := r.Listen(b.Context(), "127.0.0.1:0")
	require.NoError(b, err)
	return addr.String()
}

// BenchmarkScrape reads all state of a router 20 ms away over a warm
// connection, beside a sequential scraper on go-routeros that logs in for each
// scrape. The budget is three round trips and a fifth of the other's time.
func BenchmarkScrape(b *testing.B) {
	address := edge(b, roundTrip)
	inRoundTrips := func(b *testing.B) {
		b.Helper()
		b.ReportMetric(float64(b.Elapsed())/float64(b.N)/float64(roundTrip), "RTT/op")
	}

	b.Run("ours", func(b *testing.B) {
		allowlist, err := fingerprint.Builtin()
		require.NoError(b, err)
		d, err := device.New(device.Options{
			Name: "EDGE1", Address: address, Username: monitorUser,
			Password:  func() (string, error) { return monitorPassword, nil },
			Allowlist: allowlist, Logger: slog.New(slog.DiscardHandler),
		})
		require.NoError(b, err)
		defer d.Close()
		m, err := device.NewModule("default", nil, false)
		require.NoError(b, err)
		ctx, cancel := context.WithTimeout(b.Context(), time.Minute)
		defer cancel()
		d.Collect(ctx, m) // warm
		for b.Loop() {
			d.Collect(ctx, m)
		}
		inRoundTrips(b)
	})
	b.Run("sequential", func(b *testing.B) {
		for b.Loop() {
			nc, err := (&net.Dialer{}).DialContext(b.Context(), "tcp", address)
			require.NoError(b, err)
			c, err := routeros.NewClient(nc)
			require.NoError(b, err)
			require.NoError(b, c.Login(monitorUser, monitorPassword))
			for _, menu := range sequential {
				_, _ = c.Run(menu + "/print") // a menu that is missing costs the same
			}
			require.NoError(b, c.Close())
		}
		inRoundTrips(b)
	})
}

// BenchmarkProbe is a whole probe of a router without distance, over a warm
// connection, from the request to the compressed answer: the work of the
// exporter and that of the simulated router, which runs beside it. What the
// exporter alone takes is measured by `make bench-exporter`.
func BenchmarkProbe(b *testing.B) {
	file := filepath.Join(b.TempDir(), "exporter.yaml")
	text := devices(map[string]string{"EDGE1": edge(b, 0)})
	require.NoError(b, os.WriteFile(file, []byte(strings.Replace(text, "interval: 1s", "interval: 24h", 1)), 0o600))
	allowlist, err := fingerprint.Builtin()
	require.NoError(b, err)
	fleet, registry, logger := device.NewFleet(), prometheus.NewRegistry(), slog.New(slog.DiscardHandler)
	defer fleet.Close()
	reloader := web.NewReloader(web.ReloaderOptions{
		Load:  func() (*config.Config, error) { return config.Load(file, collector.Names()) },
		Fleet: fleet, Base: device.Options{Allowlist: allowlist, Logger: logger}, Registry: registry, Logger: logger,
	})
	require.NoError(b, reloader.Reload())
	handler, err := web.New(web.Options{Reloader: reloader, Fleet: fleet, Registry: registry, Logger: logger})
	require.NoError(b, err)

	request := httptest.NewRequestWithContext(b.Context(), http.MethodGet, "/probe?target=EDGE1", http.NoBody)
	request.Header.Set("Accept-Encoding", "gzip")
	probe := func() *httptest.ResponseRecorder {
		answer := httptest.NewRecorder()
		handler.ServeHTTP(answer, request)
		return answer
	}
	require.Equal(b, http.StatusOK, probe().Code) // and warm
	var size int
	for b.Loop() {
		size = probe().Body.Len()
	}
	b.ReportMetric(float64(size), "bytes/answer")
}
