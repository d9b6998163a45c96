package web

import (
	"context"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/device"
	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/routeros/routerostest"
)

// Fifty scrapers that come while a reading is under way cost the router what
// one of them does. Time is simulated, so all of them come in the same instant.
func TestScrapersShareOneReading(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := &routerostest.Router{Latency: 20 * time.Millisecond, Menus: map[string][][]string{
			"/system/resource": {{"version=7.16 (stable)", "uptime=1h"}}, "/system/identity": {{"name=R"}},
			"/interface": {{"name=ether1", "running=true"}}, "/routing/bgp/session": {}, "/ip/address": {},
		}}
		e := newInner(t, "fingerprint: {interval: 24h, listen: false}\ndevices: [{name: R, address: 192.0.2.1, username: u, password: p}]",
			device.Options{Dial: func(context.Context, string, string) (net.Conn, error) {
				ours, theirs := net.Pipe()
				go func() {
					defer theirs.Close()
					r.Serve(theirs)
				}()
				return ours, nil
			}})
		scrape := func(scrapers int) map[string]int {
			r.Asked()
			var wg sync.WaitGroup
			for range scrapers {
				wg.Go(func() {
					if status, body := e.probe(t, "R"); status != http.StatusOK || !strings.Contains(body, "\nrouteros_up 1\n") {
						t.Errorf("status %d: %s", status, body)
					}
				})
			}
			wg.Wait()
			asked := map[string]int{}
			for _, path := range r.Asked() {
				asked[path]++
			}
			return asked
		}
		time.Sleep(time.Minute) // the first reading of the configuration is over
		scrape(1)
		time.Sleep(15 * time.Second)
		alone := scrape(1)
		time.Sleep(15 * time.Second)
		many := scrape(50)
		require.NotEmpty(t, alone)
		require.Equal(t, alone, many)
		require.Equal(t, 1, r.Logins())
	})
}
