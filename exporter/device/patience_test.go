package device

import (
	"context"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/routeros/routerostest"
)

// slow returns a device whose router answers each command after a time, save
// for menus that hang until the command is cancelled.
func slow(t *testing.T, latency time.Duration, hang ...string) (*Device, *routerostest.Router) {
	t.Helper()
	r := small()
	r.Latency = latency
	r.Menus["/routing/table"] = [][]string{{"name=main"}}
	r.Menus["/system/license"] = [][]string{{"level=p1"}}
	r.Hang = map[string]bool{}
	for _, menu := range hang {
		r.Hang[menu] = true
	}
	r.Menus["/ip/route"] = [][]string{{"routing-table=main", "bgp=true"}}
	o, _ := options(t, "192.0.2.1:8728")
	o.Dial = func(context.Context, string, string) (net.Conn, error) { return serveOverPipe(r), nil }
	o.ConnectTimeout, o.FingerprintInterval = time.Hour, 24*time.Hour
	d, err := New(o)
	require.NoError(t, err)
	return d, r
}

// scrapeFor asks a device as Prometheus does, which waits for ten seconds.
func scrapeFor(t *testing.T, d *Device, m Module) map[string]string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	defer synctest.Wait()
	return series(t, d.Collect(ctx, m))
}

// A router that takes longer to count its routes than a scrape may last is
// asked again when nobody waits, and then has the time that it needs.
func TestWhatTakesLongIsReadWhenNobodyWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d, _ := slow(t, 4*time.Second)
		defer time.Sleep(time.Minute) // for answers that are still on their way
		defer d.Close()
		m := module(t, "system", "route")
		scrapeFor(t, d, m) // connects
		time.Sleep(time.Minute)
		first := scrapeFor(t, d, m)
		require.Equal(t, "1", first[`routeros_collector_success{collector="system"}`])
		require.Equal(t, "0", first[`routeros_collector_success{collector="route"}`])

		time.Sleep(2 * time.Minute)
		scrapeFor(t, d, m) // has it read again
		time.Sleep(time.Minute)
		last := scrapeFor(t, d, m)
		require.Equal(t, "1", last[`routeros_collector_success{collector="route"}`])
		require.Equal(t, "1", last[`routeros_route_table_routes{ip_version="4",table="main"}`])
	})
}

// A router that never ends answering is not asked more often than one that
// does, save for the first time, when a scrape waited.
func TestWhatNeverEndsIsNotAskedMoreOften(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d, r := slow(t, 20*time.Millisecond, "/system/package/update")
		defer time.Sleep(time.Minute)
		defer d.Close()
		m := module(t, "system", "package")
		attempts := 0
		for begun := time.Now(); time.Since(begun) < 2*time.Hour; time.Sleep(5 * time.Second) {
			require.Equal(t, "0", scrapeFor(t, d, m)[`routeros_collector_success{collector="package"}`])
			for _, path := range r.Asked() {
				if path == "/system/license/print" {
					attempts++
				}
			}
		}
		require.InDelta(t, 1+2, attempts, 1)
	})
}
