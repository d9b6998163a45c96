package web_test

import (
	"context"
	"log/slog"
	"net"
	"os"
	"testing"
	"time"

	"github.com/go-routeros/routeros/v3"
	"github.com/stretchr/testify/require"

	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/device"
	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/fingerprint"
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

// BenchmarkScrape reads all state of a router 20 ms away over a warm
// connection, beside a sequential scraper on go-routeros that logs in for each
// scrape. The budget is three round trips and a fifth of the other's time.
func BenchmarkScrape(b *testing.B) {
	r, err := routersim.New(routersim.Options{Name: "EDGE1", Latency: roundTrip, Users: []routersim.User{
		{Name: monitorUser, Password: monitorPassword, Policies: []string{"read", "api"}},
	}})
	require.NoError(b, err)
	defer r.Close()
	text, err := os.Open("testdata/edge.rsc")
	require.NoError(b, err)
	defer text.Close()
	_, err = r.Load(text)
	require.NoError(b, err)
	addr, err := r.Listen(b.Context(), "127.0.0.1:0")
	require.NoError(b, err)

	b.Run("ours", func(b *testing.B) {
		allowlist, err := fingerprint.Builtin()
		require.NoError(b, err)
		d, err := device.New(device.Options{
			Name: "EDGE1", Address: addr.String(), Username: monitorUser,
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
		b.ReportMetric(float64(b.Elapsed())/float64(b.N)/float64(roundTrip), "RTT/op")
	})
	b.Run("sequential", func(b *testing.B) {
		for b.Loop() {
			nc, err := (&net.Dialer{}).DialContext(b.Context(), "tcp", addr.String())
			require.NoError(b, err)
			c, err := routeros.NewClient(nc)
			require.NoError(b, err)
			require.NoError(b, c.Login(monitorUser, monitorPassword))
			for _, menu := range sequential {
				_, _ = c.Run(menu + "/print") // a menu that is missing costs the same
			}
			require.NoError(b, c.Close())
		}
		b.ReportMetric(float64(b.Elapsed())/float64(b.N)/float64(roundTrip), "RTT/op")
	})
}
