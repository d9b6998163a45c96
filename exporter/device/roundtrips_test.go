package device

import (
	"context"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-routeros/routeros/v3"
	"github.com/stretchr/testify/require"

	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/routeros/routerostest"
)

// far is a router of which each answer takes exactly one unit of time, with
// everything on it that is read at each scrape.
func far(roundTrip time.Duration) *routerostest.Router {
	r := small()
	r.Latency = roundTrip
	for _, menu := range []string{
		"/system/identity", "/system/clock", "/system/routerboard", "/routing/bgp/connection", "/routing/bgp/template",
		"/routing/bgp/instance", "/routing/ospf/interface-template", "/routing/ospf/interface", "/interface/list/member",
		"/ppp/active",
	} {
		r.Menus[menu] = [][]string{}
	}
	return r
}

// A scrape over a warm connection takes two round trips, a third when what is
// remembered has to be read again, and a scraper that asks one thing at a
// time for the same takes more than five times as many. Time is simulated:
// the figures are exact.
func TestRoundTripsOfAScrape(t *testing.T) {
	t.Parallel()
	const roundTrip = 20 * time.Millisecond
	synctest.Test(t, func(t *testing.T) {
		r := far(roundTrip)
		dial := func(context.Context, string, string) (net.Conn, error) {
			ours, theirs := net.Pipe()
			go func() {
				defer theirs.Close()
				r.Serve(theirs)
			}()
			return ours, nil
		}
		o, _ := options(t, "192.0.2.1:8728")
		o.Dial = dial
		d, err := New(o)
		require.NoError(t, err)
		defer d.Close()
		m := module(t)
		scrape := func() float64 {
			began := time.Now()
			got := series(t, d.Collect(t.Context(), m))
			took := time.Since(began)
			require.Equal(t, "1", got["routeros_up"])
			synctest.Wait()
			return float64(took) / float64(roundTrip)
		}
		cold := scrape()
		time.Sleep(time.Minute)
		r.Asked()
		warm := scrape()
		asked := r.Asked()
		time.Sleep(10 * time.Minute)
		refreshed := scrape()

		nc, err := dial(t.Context(), "", "")
		require.NoError(t, err)
		peer, err := routeros.NewClient(nc)
		require.NoError(t, err)
		began := time.Now()
		require.NoError(t, peer.Login("u", "p"))
		for _, path := range asked {
			_, _ = peer.Run(path) // a menu that is missing costs the same
		}
		sequential := float64(time.Since(began)) / float64(roundTrip)
		require.NoError(t, peer.Close())

		t.Logf("round trips: cold %v, warm %v (%d commands), refreshed %v, sequential %v", cold, warm, len(asked), refreshed, sequential)
		require.LessOrEqual(t, warm, 2.0)
		require.LessOrEqual(t, refreshed, 3.0)
		require.GreaterOrEqual(t, sequential, 5*warm)
	})
}

// While a category is read that takes its time, a scrape takes the two round
// trips that it always does.
func TestAScrapeDoesNotWaitForTheConfiguration(t *testing.T) {
	t.Parallel()
	const roundTrip = 20 * time.Millisecond
	synctest.Test(t, func(t *testing.T) {
		r := far(roundTrip)
		r.Hang = map[string]bool{"/ip/service": true, "/snmp": true, "/system/logging": true, "/system/logging/action": true}
		o, _ := options(t, "192.0.2.1:8728")
		o.Dial = func(context.Context, string, string) (net.Conn, error) { return serveOverPipe(r), nil }
		d, err := New(o)
		require.NoError(t, err)
		defer time.Sleep(time.Second) // for answers that are still on their way
		defer d.Close()
		m := module(t)
		scrape := func() float64 {
			began := time.Now()
			require.Equal(t, "1", series(t, d.Collect(t.Context(), m))["routeros_up"])
			took := time.Since(began)
			synctest.Wait()
			return float64(took) / float64(roundTrip)
		}
		scrape()
		time.Sleep(time.Minute)
		free := scrape()
		services, _ := d.section("/ip/service")
		ctx, stop := context.WithCancel(t.Context())
		read := make(chan error)
		go func() {
			_, err := d.Document(ctx, d.opts.Allowlist.Categories[services])
			read <- err
		}()
		synctest.Wait() // the lane is full
		busy := scrape()
		t.Logf("round trips of a scrape: %v, beside a long reading %v", free, busy)
		require.LessOrEqual(t, busy, 2.0)
		require.InDelta(t, free, busy, 0)
		stop()
		require.ErrorIs(t, <-read, context.Canceled)
	})
}
