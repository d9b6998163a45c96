package device

import (
	"context"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// A router that takes longer to count its routes than a scrape may last is
// asked again when nobody waits, and then has the time that it needs.
func TestWhatTakesLongIsReadWhenNobodyWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := small()
		r.Latency = 4 * time.Second
		r.Menus["/routing/table"] = [][]string{{"name=main"}}
		r.Menus["/ip/route"] = [][]string{{"routing-table=main", "bgp=true"}}
		o, _ := options(t, "192.0.2.1:8728")
		o.Dial = func(context.Context, string, string) (net.Conn, error) {
			ours, theirs := net.Pipe()
			go func() {
				defer theirs.Close()
				r.Serve(theirs)
			}()
			return ours, nil
		}
		o.ConnectTimeout = time.Minute
		d, err := New(o)
		require.NoError(t, err)
		defer time.Sleep(time.Minute) // for answers that are still on their way
		defer d.Close()
		m := module(t, "system", "route")
		scrape := func() map[string]string {
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			defer synctest.Wait()
			return series(t, d.Collect(ctx, m))
		}
		scrape() // connects
		time.Sleep(time.Minute)
		first := scrape()
		require.Equal(t, "1", first[`routeros_collector_success{collector="system"}`])
		require.Equal(t, "0", first[`routeros_collector_success{collector="route"}`])

		time.Sleep(2 * time.Minute)
		scrape() // has it read again
		time.Sleep(time.Minute)
		last := scrape()
		require.Equal(t, "1", last[`routeros_collector_success{collector="route"}`])
		require.Equal(t, "1", last[`routeros_route_table_routes{ip_version="4",table="main"}`])
	})
}
