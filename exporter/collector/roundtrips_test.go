package collector

import (
	"context"
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/routeros"
	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/routeros/routerostest"
)

// All that is read at each scrape, the optional families included, takes three
// round trips over a warm connection. Time is simulated: the figure is exact.
func TestRoundTripsOfEverything(t *testing.T) {
	t.Parallel()
	const roundTrip = 20 * time.Millisecond
	synctest.Test(t, func(t *testing.T) {
		r := &routerostest.Router{Latency: roundTrip, Menus: map[string][][]string{
			"/system/resource": {{"version=7.16 (stable)", "uptime=1h"}}, "/system/clock": {{"date=2026-11-24", "time=12:00:00"}},
			"/system/identity": {{"name=R"}}, "/system/routerboard": {{"routerboard=false"}},
			"/interface": {{"name=ether1", "running=true"}}, "/interface/list/member": {}, "/ip/address": {},
			"/routing/bgp/connection": {}, "/routing/bgp/session": {}, "/routing/bgp/template": {}, "/routing/bgp/instance": {},
			"/routing/ospf/neighbor": {}, "/routing/ospf/interface-template": {}, "/routing/ospf/interface": {},
			"/routing/bfd/session": {}, "/mpls/ldp/neighbor": {}, "/mpls/ldp": {}, "/ppp/active": {{"service=pppoe"}},
			"/tool/netwatch": {{"host=192.0.2.1", "status=up"}}, "/queue/simple": {{"name=q", "bytes=1/1"}}, "/queue/tree": {{"name=q", "bytes=1"}},
			"/ip/firewall/filter": {{".id=*1", "bytes=1"}}, "/ip/firewall/nat": {{".id=*1", "bytes=1"}}, "/ip/firewall/mangle": {{".id=*1", "bytes=1"}},
			"/ip/firewall/raw": {}, "/ipv6/firewall/filter": {{".id=*1", "bytes=1"}}, "/ipv6/firewall/nat": {}, "/ipv6/firewall/mangle": {}, "/ipv6/firewall/raw": {},
		}}
		conn, err := routeros.Dial(t.Context(), routeros.Options{
			Address: "192.0.2.1:8728", Username: "u", Password: func() (string, error) { return "p", nil },
			Dial: func(context.Context, string, string) (net.Conn, error) {
				ours, theirs := net.Pipe()
				go func() {
					defer theirs.Close()
					r.Serve(theirs)
				}()
				return ours, nil
			},
		})
		require.NoError(t, err)
		defer conn.Close()
		memory := NewMemory(conn, time.Now)
		scrape := func() (roundTrips float64, commands int) {
			r.Asked()
			began := time.Now()
			var wg sync.WaitGroup
			for _, c := range All() {
				if c.Every() > 0 {
					continue // is not read while a scrape waits
				}
				wg.Go(func() {
					var out Samples
					if err := c.Collect(t.Context(), memory, Input{Major: 7, Now: time.Now}, &out); err != nil {
						t.Errorf("%s: %v", c.Name(), err)
					}
				})
			}
			wg.Wait()
			took := time.Since(began)
			synctest.Wait()
			return float64(took) / float64(roundTrip), len(r.Asked())
		}
		cold, all := scrape()
		warm, asked := scrape()
		t.Logf("round trips: cold %v (%d commands), warm %v (%d commands)", cold, all, warm, asked)
		require.LessOrEqual(t, warm, 3.0)
	})
}
