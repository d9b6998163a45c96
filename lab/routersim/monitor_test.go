package routersim_test

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/go-routeros/routeros/v3"
	"github.com/stretchr/testify/require"

	"github.com/ispvisualmonitor/ispvisualmonitor/lab/routersim"
)

// hardware is two routers with much of what has a menu of its own.
func hardware(t *testing.T) (*routersim.Network, *routeros.Client, *routeros.Client) {
	t.Helper()
	clk := newClock()
	n := routersim.NewNetwork(routersim.NetworkOptions{Now: clk.now})
	t.Cleanup(n.Close)
	const common = `
/interface ethernet
set [ find default-name=sfp-sfpplus1 ] comment=core
set [ find default-name=sfp-sfpplus2 ] comment=spare
set [ find default-name=ether2 ] poe-out=auto-on
set [ find default-name=ether3 ] poe-out=off
set [ find default-name=ether4 ] poe-out=auto-on
set [ find default-name=ether5 ] poe-out=forced-on
/interface bridge add name=lan
/interface bridge port add bridge=lan interface=ether2
/interface lte set [ find default-name=lte1 ] name=lte1 disabled=no
/interface wifi set [ find default-name=wifi1 ] name=wifi1 configuration.ssid=a disabled=no
/ip pool add name=dhcp ranges=10.9.0.10-10.9.0.12
/ip dhcp-server add address-pool=dhcp interface=lan name=lan
/ip dhcp-server lease add address=10.9.0.2 mac-address=02:00:00:00:00:01 server=lan
/queue simple add name=q target=10.9.0.0/24 max-limit=1M/1M
/system ntp client set enabled=yes servers=192.0.2.123
/tool netwatch add host=10.0.0.%[2]d
/mpls ldp add lsr-id=10.255.0.%[1]d
/mpls ldp interface add interface=sfp-sfpplus1
/routing ospf instance add name=main router-id=10.255.0.%[1]d
/routing ospf area add instance=main name=backbone
/routing ospf interface-template add area=backbone interfaces=sfp-sfpplus1 type=ptp use-bfd=yes
/ip address add address=10.0.0.%[1]d/30 interface=sfp-sfpplus1
`
	for i, name := range []string{"A", "B"} {
		r, err := n.Add(routersim.Options{Name: name, Leases: 5})
		require.NoError(t, err)
		_, err = r.Load(strings.NewReader(fmt.Sprintf(common, i+1, 2-i)))
		require.NoError(t, err)
	}
	require.NoError(t, n.Link(port("A sfp-sfpplus1"), port("B sfp-sfpplus1")))
	return n, client(t, n.Router("A"), "admin", ""), client(t, n.Router("B"), "admin", "")
}

func one(t *testing.T, c *routeros.Client, sentence ...string) map[string]string {
	t.Helper()
	rows := rowsOf(t, c, sentence...)
	require.Len(t, rows, 1, sentence)
	return rows[0]
}

// TestLight: a transceiver sends unless its port is disabled, and receives
// what the other end sends over a whole cable.
func TestLight(t *testing.T) {
	t.Parallel()
	n, a, b := hardware(t)
	monitor := func(c *routeros.Client) map[string]string {
		return one(t, c, "/interface/ethernet/monitor", "=numbers=sfp-sfpplus1", "=once=")
	}
	dBm := func(row map[string]string, name string) float64 {
		v, err := strconv.ParseFloat(row[name], 64)
		require.NoError(t, err, "%v", row)
		return v
	}
	well := monitor(a)
	require.Equal(t, "true", well["sfp-module-present"])
	require.Equal(t, "false", well["sfp-rx-loss"])
	require.InDelta(t, -7, dBm(well, "sfp-rx-power"), 5)
	require.Equal(t, "EX-10G-LR", well["sfp-vendor-part-number"])

	run(t, b, "/interface/ethernet/disable", "=numbers=sfp-sfpplus1")
	dark, off := monitor(a), monitor(b)
	require.Equal(t, "no-link", dark["status"])
	require.Equal(t, "true", dark["sfp-rx-loss"])
	require.InDelta(t, -40, dBm(dark, "sfp-rx-power"), 0)
	require.InDelta(t, dBm(well, "sfp-tx-power"), dBm(dark, "sfp-tx-power"), 0, "it sends on")
	require.InDelta(t, -40, dBm(off, "sfp-tx-power"), 0)
	require.InDelta(t, -7, dBm(off, "sfp-rx-power"), 5, "and the other receives it")
	run(t, b, "/interface/ethernet/enable", "=numbers=sfp-sfpplus1")
	require.Equal(t, well, monitor(a))

	require.NoError(t, n.Cut(port("A sfp-sfpplus1")))
	require.Equal(t, "false", monitor(a)["sfp-module-present"])
	require.NoError(t, n.Restore(port("A sfp-sfpplus1")))

	require.NoError(t, n.Cut(port("A sfp-sfpplus2")))
	rows := rowsOf(t, a, "/interface/ethernet/monitor", "=numbers=sfp-sfpplus1,ether2,sfp-sfpplus2", "=once=", "=.proplist=name,sfp-module-present")
	require.Equal(t, []map[string]string{
		{"name": "sfp-sfpplus1", "sfp-module-present": "true"}, {"name": "ether2"}, {"name": "sfp-sfpplus2", "sfp-module-present": "false"},
	}, rows)
	_, err := a.Run("/interface/ethernet/monitor", "=numbers=nowhere", "=once=")
	require.ErrorContains(t, err, "no such item")
}

// TestMonitorGoesOn: without once it tells again and again until cancelled.
func TestMonitorGoesOn(t *testing.T) {
	t.Parallel()
	n, _, _ := hardware(t)
	c := dialRaw(t, n.Router("A"))
	c.login("admin", "")
	c.write("/interface/lte/monitor", "=numbers=lte1", "=.proplist=registration-status", ".tag=m")
	require.Equal(t, "!re =registration-status=registered =.section=0 .tag=m", c.read())
	require.Equal(t, "!re =registration-status=registered =.section=1 .tag=m", c.read())
	c.write("/cancel", "=tag=m", ".tag=c")
	ended := map[string]bool{}
	for !ended["!done .tag=c"] || !ended["!done .tag=m"] {
		ended[c.read()] = true
	}
	require.Contains(t, ended, "!trap =category=2 =message=interrupted .tag=m")
}

func TestPowerOverEthernet(t *testing.T) {
	t.Parallel()
	n, a, _ := hardware(t)
	status := func() map[string]string {
		out := map[string]string{}
		for _, row := range rowsOf(t, a, "/interface/ethernet/poe/monitor", "=numbers=ether2,ether3,ether4,ether5", "=once=") {
			out[row["name"]] = row["poe-out-status"]
		}
		return out
	}
	require.Equal(t, []string{"ether2", "ether3", "ether4", "ether5"}, column(rowsOf(t, a, "/interface/ethernet/poe/print"), "name"))
	require.Equal(t, map[string]string{"ether2": "powered-on", "ether3": "disabled", "ether4": "powered-on", "ether5": "powered-on"}, status())
	require.NoError(t, n.Cut(port("A ether4")))
	run(t, a, "/interface/ethernet/poe/set", "=numbers=ether2", "=poe-out=off")
	require.Equal(t, map[string]string{"ether2": "disabled", "ether3": "disabled", "ether4": "waiting-for-load", "ether5": "powered-on"}, status())
	require.Equal(t, "24.2", one(t, a, "/interface/ethernet/poe/monitor", "=numbers=ether5", "=once=")["poe-out-voltage"])
	_, err := a.Run("/interface/ethernet/poe/monitor", "=numbers=ether1", "=once=")
	require.ErrorContains(t, err, "no such item", "a port without power")
	_, err = client(t, newRouter(t, "", routersim.Options{}), "admin", "").Run("/interface/ethernet/poe/print")
	require.ErrorContains(t, err, "no such command prefix", "a board without power")
}

// TestMoreThanConfiguration: menus that show what the router does follow what
// is done to it.
func TestMoreThanConfiguration(t *testing.T) {
	t.Parallel()
	n, a, b := hardware(t)
	count := func(sentence ...string) string {
		reply, err := a.RunArgs(append(sentence, "=count-only="))
		require.NoError(t, err)
		return reply.Done.Map["ret"]
	}
	require.Equal(t, "registered", one(t, a, "/interface/lte/monitor", "=numbers=lte1", "=once=")["registration-status"])
	require.Equal(t, "synchronized", one(t, a, "/system/ntp/client/print")["status"])
	require.Regexp(t, `^\d+/\d+$`, one(t, a, "/queue/simple/print")["bytes"])
	require.Equal(t, "1048576", one(t, a, "/ip/firewall/connection/tracking/print")["max-entries"])
	require.Equal(t, "7.16", one(t, a, "/system/package/update/print")["installed-version"])
	require.Equal(t, "10.255.0.2:0", one(t, a, "/mpls/ldp/neighbor/print")["peer"])
	require.Equal(t, "up", one(t, a, "/tool/netwatch/print")["status"])
	bfd := one(t, a, "/routing/bfd/session/print")
	require.Equal(t, "10.0.0.2%sfp-sfpplus1", bfd["remote-address"])
	require.Equal(t, "up", bfd["state"])
	require.NotEqual(t, "0", count("/interface/wifi/registration-table/print"))
	require.Equal(t, "4", count("/ip/dhcp-server/lease/print", "?server=lan"), "one is static, three addresses are in the pool")
	require.Equal(t, "3", count("/ip/dhcp-server/lease/print", "?dynamic=true"))
	require.Equal(t, "4", count("/ip/dhcp-server/lease/print", "?status=bound"))
	require.Equal(t, "3", count("/ip/pool/used/print", "?pool=dhcp"))
	require.Equal(t, []string{"10.9.0.10", "10.9.0.11", "10.9.0.12"}, column(rowsOf(t, a, "/ip/pool/used/print"), "address"))

	require.NoError(t, n.Cut(port("A sfp-sfpplus1")))
	require.NoError(t, n.Cut(port("A ether2")))
	run(t, a, "/interface/lte/disable", "=numbers=lte1")
	run(t, a, "/interface/wifi/disable", "=numbers=wifi1")
	run(t, a, "/system/ntp/client/set", "=enabled=no")
	require.Equal(t, "not registered", one(t, a, "/interface/lte/monitor", "=numbers=lte1", "=once=")["registration-status"])
	require.Equal(t, "stopped", one(t, a, "/system/ntp/client/print")["status"])
	require.Equal(t, "down", one(t, a, "/tool/netwatch/print")["status"])
	require.Empty(t, rowsOf(t, a, "/mpls/ldp/neighbor/print"))
	require.Empty(t, rowsOf(t, b, "/mpls/ldp/neighbor/print"))
	require.Empty(t, rowsOf(t, a, "/interface/wifi/registration-table/print"))
	require.Equal(t, "1", count("/ip/dhcp-server/lease/print"), "nobody asks for an address any more")
	require.Equal(t, "waiting", one(t, a, "/ip/dhcp-server/lease/print")["status"])
	require.Equal(t, "0", count("/ip/pool/used/print"))
}

func TestSubscribersTakeAddressesOfTheirPool(t *testing.T) {
	t.Parallel()
	r := newRouter(t, `
/ip pool add name=home ranges=100.64.0.10-100.64.0.11,100.64.1.0/31
/ppp profile add name=home remote-address=home
/interface pppoe-server server add default-profile=home interface=ether1 service-name=internet disabled=no
`, routersim.Options{Subscribers: 5})
	c := client(t, r, "admin", "")
	require.Equal(t, []string{"100.64.0.10", "100.64.0.11", "100.64.1.0", "100.64.1.1", "100.64.0.6"}, column(rowsOf(t, c, "/ppp/active/print"), "address"))
	require.Len(t, rowsOf(t, c, "/ip/pool/used/print", "?pool=home"), 4)
	reply, err := c.Run("/interface/print", "=count-only=", "?type=pppoe-in", "?running=true")
	require.NoError(t, err)
	require.Equal(t, "5", reply.Done.Map["ret"])
	reply, err = c.Run("/ppp/active/print", "=count-only=", "?address=100.64.1.0")
	require.NoError(t, err)
	require.Equal(t, "1", reply.Done.Map["ret"], "a query that looks at what differs is answered row by row")
}

func TestCertificateOfTheService(t *testing.T) {
	t.Parallel()
	clk := newClock()
	r := newRouter(t, "", routersim.Options{Name: "SECURE", Now: clk.now})
	c := client(t, r, "admin", "")
	require.Empty(t, rowsOf(t, c, "/certificate/print"))
	_, err := r.ListenTLS(context.Background(), "127.0.0.1:0", nil)
	require.NoError(t, err)
	row := one(t, c, "/certificate/print")
	require.Equal(t, "SECURE", row["common-name"])
	require.Equal(t, "2036-03-01 12:00:00", row["invalid-after"])
	require.Equal(t, "521w6d", row["expires-after"])
}
