package routersim_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ispvisualmonitor/ispvisualmonitor/lab/routersim"
)

const concentrator = `
/ip pool add name=home ranges=100.64.0.10-100.64.0.250
/ppp profile add name=home local-address=100.64.0.1 rate-limit=50M/100M remote-address=home
/interface pppoe-server server add default-profile=home interface=ether1 service-name=internet disabled=no
/ip address add address=192.0.2.1/24 interface=ether2
/queue simple add name=office target=192.0.2.9/32
`

// TestSubscribersLeaveTheirMark: in other menus each has a row of its own,
// dynamic, which comes and goes with the session.
func TestSubscribersLeaveTheirMark(t *testing.T) {
	t.Parallel()
	for _, version := range []string{"6.49.10", "7.16"} {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			r := newRouter(t, concentrator, routersim.Options{Version: version, Subscribers: 2})
			c := client(t, r, "admin", "")
			count := func(sentence ...string) string {
				reply, err := c.RunArgs(append(sentence, "=count-only="))
				require.NoError(t, err)
				return reply.Done.Map["ret"]
			}
			const name = "<pppoe-sub00002@internet>"
			for menu, query := range map[string]string{
				"/interface": "?name=" + name, "/ip/address": "?interface=" + name, "/queue/simple": "?target=" + name, "/ip/route": "?gateway=" + name,
			} {
				row := one(t, c, menu+"/print", query)
				require.Equal(t, "true", row["dynamic"], menu)
				require.NotEmpty(t, row[".id"], menu)
				require.Equal(t, "1", count(menu+"/print", query), menu)
			}
			require.Equal(t, "50M/100M", one(t, c, "/queue/simple/print", "?name="+name)["max-limit"])
			require.Equal(t, "100.64.0.11/32", one(t, c, "/ip/route/print", "?gateway="+name)["dst-address"])
			address := one(t, c, "/ip/address/print", "?interface="+name)
			require.Equal(t, [2]string{"100.64.0.1/32", "100.64.0.11"}, [2]string{address["address"], address["network"]})
			require.Equal(t, "2", count("/ip/address/print", "?dynamic=true"))
			require.Equal(t, "1", count("/ip/address/print", "?dynamic=true", "?#!"))
			require.Equal(t, []string{"office"}, column(rowsOf(t, c, "/queue/simple/print", "?dynamic=false"), "name"))
			routes := count("/ip/route/print", "?connect=true")

			r.SetSubscribers(240)
			require.Equal(t, "240", count("/ppp/active/print"))
			require.Len(t, rowsOf(t, c, "/queue/simple/print", "?dynamic=true"), 240)
			r.SetSubscribers(0)
			require.Equal(t, "0", count("/ppp/active/print"))
			require.Equal(t, "0", count("/ip/address/print", "?dynamic=true"))
			require.NotEqual(t, routes, count("/ip/route/print", "?connect=true"))
			require.Equal(t, "0", count("/ip/pool/used/print"))
		})
	}
}

// TestEntriesGoByThemselves: an entry of an address list that has a timeout is
// dynamic, and gone when its time is over or the router restarts.
func TestEntriesGoByThemselves(t *testing.T) {
	t.Parallel()
	const menu = "/ip/firewall/address-list"
	clk := newClock()
	r := newRouter(t, "/ip firewall address-list add list=l address=10.0.0.1", routersim.Options{Now: clk.now})
	c := client(t, r, "admin", "")
	run(t, c, menu+"/add", "=list=l", "=address=10.0.0.2", "=timeout=1h30m")
	run(t, c, menu+"/add", "=list=l", "=address=10.0.0.3", "=timeout=00:10:00")
	run(t, c, menu+"/add", "=list=l", "=address=10.0.0.4", "=timeout=1d")
	clk.advance(5 * time.Minute)
	require.Equal(t, []string{"1h25m", "5m", "23h55m"}, column(rowsOf(t, c, menu+"/print", "?dynamic=true"), "timeout"))
	require.Equal(t, []string{"10.0.0.1"}, column(rowsOf(t, c, menu+"/print", "?dynamic=false"), "address"))
	run(t, c, menu+"/set", "=numbers=*2", "=timeout=2h")
	clk.advance(100 * time.Minute)
	require.Equal(t, []string{"10.0.0.1", "10.0.0.2", "10.0.0.4"}, column(rowsOf(t, c, menu+"/print"), "address"))
	run(t, c, menu+"/add", "=list=l", "=address=10.0.0.3")
	r.PowerOff(false)
	require.NoError(t, r.PowerOn())
	require.Equal(t, []string{"10.0.0.1", "10.0.0.3"}, column(rowsOf(t, client(t, r, "admin", ""), menu+"/print"), "address"))
}
