package routersim_test

import (
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-routeros/routeros/v3"
	"github.com/stretchr/testify/require"

	"github.com/ispvisualmonitor/ispvisualmonitor/lab/routersim"
)

// isp is a chain of three routers: EDGE1 with an upstream, CORE1, and ACCESS1
// with customers, which runs version 6.
type isp struct {
	*routersim.Network
	clock              *clock
	edge, core, access *routeros.Client
}

func newISP(t *testing.T) *isp {
	t.Helper()
	clk := newClock()
	n := routersim.NewNetwork(routersim.NetworkOptions{Now: clk.now})
	t.Cleanup(n.Close)
	for _, name := range []string{"edge1", "core1", "access1"} {
		r, err := n.Add(routersim.Options{Name: strings.ToUpper(name), Subscribers: 3})
		require.NoError(t, err)
		leftOut, err := r.Load(strings.NewReader(fixture(t, name+".rsc")))
		require.NoError(t, err)
		require.Empty(t, leftOut)
	}
	require.Equal(t, [][]routersim.Port{
		{{Router: "EDGE1", Interface: "ether2"}, {Router: "CORE1", Interface: "ether1"}},
		{{Router: "CORE1", Interface: "ether2"}, {Router: "ACCESS1", Interface: "ether1"}},
	}, n.InferLinks())
	n.SetUpstream(routersim.Upstream{Address: netip.MustParseAddr("198.51.100.1"), AS: 64510, Prefixes: 700})
	clk.advance(2 * time.Minute)
	return &isp{n, clk, client(t, n.Router("EDGE1"), "admin", ""), client(t, n.Router("CORE1"), "admin", ""), client(t, n.Router("ACCESS1"), "admin", "")}
}

// sum is what one looks at first: what stands on each router.
type sum struct {
	EdgeSessions, EdgeNeighbors, CoreSessions, CoreNeighbors, AccessNeighbors, Customers string
}

var healthy = sum{
	EdgeSessions: "upstream-a-1=700 core1-1=0", EdgeNeighbors: "10.0.1.2", CoreSessions: "edge1-1=701",
	CoreNeighbors: "10.0.1.1 10.0.3.2", AccessNeighbors: "10.0.3.1", Customers: "alice sub00001@homes sub00002@homes sub00003@homes",
}

func (n *isp) sum(t *testing.T) sum {
	t.Helper()
	join := func(c *routeros.Client, menu string, names ...string) string {
		var out []string
		for _, row := range rowsOf(t, c, menu+"/print") {
			var values []string
			for _, name := range names {
				values = append(values, row[name])
			}
			out = append(out, strings.Join(values, "="))
		}
		return strings.Join(out, " ")
	}
	return sum{
		EdgeSessions:    join(n.edge, "/routing/bgp/session", "name", "prefix-count"),
		EdgeNeighbors:   join(n.edge, "/routing/ospf/neighbor", "address"),
		CoreSessions:    join(n.core, "/routing/bgp/session", "name", "prefix-count"),
		CoreNeighbors:   join(n.core, "/routing/ospf/neighbor", "address"),
		AccessNeighbors: join(n.access, "/routing/ospf/neighbor", "address"),
		Customers:       join(n.access, "/ppp/active", "name"),
	}
}

func run(t *testing.T, c *routeros.Client, sentence ...string) {
	t.Helper()
	_, err := c.RunArgs(sentence)
	require.NoError(t, err)
}

// TestFailureFollowsFromState: each change of one thing, what stands after it
// everywhere, and that taking it back mends everything.
func TestFailureFollowsFromState(t *testing.T) {
	t.Parallel()
	linkGone := healthy
	linkGone.EdgeSessions, linkGone.EdgeNeighbors = "upstream-a-1=700", ""
	linkGone.CoreSessions, linkGone.CoreNeighbors = "", "10.0.3.2"
	upstreamGone := healthy
	upstreamGone.EdgeSessions, upstreamGone.CoreSessions = "core1-1=0", "edge1-1=1"
	noPrefixes := healthy
	noPrefixes.EdgeSessions, noPrefixes.CoreSessions = "upstream-a-1=0 core1-1=0", "edge1-1=1"
	accessGone := healthy
	accessGone.CoreNeighbors, accessGone.AccessNeighbors, accessGone.Customers = "10.0.1.1", "", ""
	ibgpGone := healthy
	ibgpGone.EdgeSessions, ibgpGone.CoreSessions = "upstream-a-1=700", ""
	port := func(r, i string) routersim.Port { return routersim.Port{Router: r, Interface: i} }
	for _, tc := range []struct {
		name     string
		do, undo func(t *testing.T, n *isp)
		want     sum
	}{
		{
			"port to the core disabled on the edge",
			func(t *testing.T, n *isp) { run(t, n.edge, "/interface/set", "=.id=ether2", "=disabled=yes") },
			func(t *testing.T, n *isp) { run(t, n.edge, "/interface/enable", "=numbers=ether2") }, linkGone,
		},
		{
			"the same port disabled at the other end",
			func(t *testing.T, n *isp) { run(t, n.core, "/interface/ethernet/disable", "=numbers=ether1") },
			func(t *testing.T, n *isp) { run(t, n.core, "/interface/ethernet/enable", "=numbers=ether1") }, linkGone,
		},
		{
			"the fibre between them cut",
			func(t *testing.T, n *isp) { require.NoError(t, n.Cut(port("CORE1", "ether1"))) },
			func(t *testing.T, n *isp) { require.NoError(t, n.Restore(port("EDGE1", "ether2"))) }, linkGone,
		},
		{
			"area of one end changed",
			func(t *testing.T, n *isp) {
				run(t, n.edge, "/routing/ospf/area/add", "=name=other", "=instance=v2", "=area-id=0.0.0.9")
				run(t, n.edge, "/routing/ospf/interface-template/set", "=.id=*1", "=area=other")
			},
			func(t *testing.T, n *isp) {
				run(t, n.edge, "/routing/ospf/interface-template/set", "=.id=*1", "=area=backbone")
			},
			linkGone,
		},
		{
			"upstream's cable cut",
			func(t *testing.T, n *isp) { require.NoError(t, n.Cut(port("EDGE1", "ether1"))) },
			func(t *testing.T, n *isp) { require.NoError(t, n.Restore(port("EDGE1", "ether1"))) }, upstreamGone,
		},
		{
			"upstream's connection disabled",
			func(t *testing.T, n *isp) { run(t, n.edge, "/routing/bgp/connection/disable", "=.id=upstream-a") },
			func(t *testing.T, n *isp) { run(t, n.edge, "/routing/bgp/connection/enable", "=.id=upstream-a") }, upstreamGone,
		},
		{
			"upstream's AS number mistyped",
			func(t *testing.T, n *isp) {
				run(t, n.edge, "/routing/bgp/connection/set", "=.id=upstream-a", "=remote.as=64511")
			},
			func(t *testing.T, n *isp) {
				run(t, n.edge, "/routing/bgp/connection/set", "=.id=upstream-a", "=remote.as=64510")
			},
			upstreamGone,
		},
		{
			"upstream's address removed",
			func(t *testing.T, n *isp) { run(t, n.edge, "/ip/address/disable", "=.id=*1") },
			func(t *testing.T, n *isp) { run(t, n.edge, "/ip/address/enable", "=.id=*1") }, upstreamGone,
		},
		{
			"a filter that rejects everything leaves the session up",
			func(t *testing.T, n *isp) {
				run(t, n.edge, "/routing/filter/rule/add", "=chain=in-a", "=rule=reject", "=place-before=*1")
			},
			func(t *testing.T, n *isp) { run(t, n.edge, "/routing/filter/rule/remove", "=.id=*4") }, noPrefixes,
		},
		{
			"a chain that does not exist rejects",
			func(t *testing.T, n *isp) {
				run(t, n.edge, "/routing/bgp/connection/set", "=.id=upstream-a", "=input.filter=in-z")
			},
			func(t *testing.T, n *isp) {
				run(t, n.edge, "/routing/bgp/connection/unset", "=.id=upstream-a", "=value-name=input.filter")
			},
			noPrefixes,
		},
		{
			"key of the iBGP session set at one end",
			func(t *testing.T, n *isp) {
				run(t, n.core, "/routing/bgp/connection/set", "=.id=edge1", "=tcp-md5-key=x")
			},
			func(t *testing.T, n *isp) {
				run(t, n.core, "/routing/bgp/connection/set", "=.id=edge1", "=tcp-md5-key=")
			},
			ibgpGone,
		},
		{
			"loopback disabled takes the session that ends on it",
			func(t *testing.T, n *isp) { run(t, n.core, "/interface/bridge/disable", "=.id=loopback") },
			func(t *testing.T, n *isp) { run(t, n.core, "/interface/bridge/enable", "=.id=loopback") }, ibgpGone,
		},
		{
			"uplink of the access router cut: its customers drop",
			func(t *testing.T, n *isp) { require.NoError(t, n.Cut(port("ACCESS1", "ether1"))) },
			func(t *testing.T, n *isp) { require.NoError(t, n.Restore(port("ACCESS1", "ether1"))) }, accessGone,
		},
		{
			"a firewall rule that drops OSPF",
			func(t *testing.T, n *isp) {
				run(t, n.edge, "/ip/firewall/filter/add", "=chain=input", "=protocol=ospf", "=action=drop", "=place-before=*1")
			},
			func(t *testing.T, n *isp) { run(t, n.edge, "/ip/firewall/filter/remove", "=numbers=*4") }, linkGone,
		},
		{
			"several ports in one command",
			func(t *testing.T, n *isp) { run(t, n.edge, "/interface/disable", "=numbers=ether2,vlan100") },
			func(t *testing.T, n *isp) { run(t, n.edge, "/interface/enable", "=numbers=vlan100,ether2") }, linkGone,
		},
		{
			"a port that is called something else keeps its cable",
			func(t *testing.T, n *isp) { run(t, n.edge, "/interface/set", "=.id=ether2", "=name=core") },
			func(t *testing.T, n *isp) { run(t, n.edge, "/interface/set", "=.id=core", "=name=ether2") }, healthy,
		},
		{
			"OSPF network removed on version 6",
			func(t *testing.T, n *isp) { run(t, n.access, "/routing/ospf/network/disable", "=.id=*1") },
			func(t *testing.T, n *isp) { run(t, n.access, "/routing/ospf/network/enable", "=.id=*1") },
			accessGone,
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			n := newISP(t)
			require.Equal(t, healthy, n.sum(t))
			tc.do(t, n)
			require.Equal(t, tc.want, n.sum(t), "after the change")
			tc.undo(t, n)
			require.Equal(t, healthy, n.sum(t), "after it was taken back")
		})
	}
}

func TestInterfaceHistory(t *testing.T) {
	t.Parallel()
	n := newISP(t)
	row := func(name string) map[string]string {
		rows := rowsOf(t, n.edge, "/interface/print", "?name="+name)
		require.Len(t, rows, 1)
		return rows[0]
	}
	difference := func(earlier, later string) int {
		a, err := strconv.Atoi(earlier)
		require.NoError(t, err)
		b, err := strconv.Atoi(later)
		require.NoError(t, err)
		return b - a
	}
	before := row("ether2")
	farBefore := rowsOf(t, n.core, "/interface/print", "?name=ether1")[0]
	require.Equal(t, "true", before["running"])
	require.Equal(t, "0", before["link-downs"])
	require.Equal(t, "true", row("vlan100")["running"])

	n.clock.advance(10 * time.Second)
	later := row("ether2")
	sent := difference(before["tx-byte"], later["tx-byte"])
	require.Positive(t, sent, "counters move with the clock")
	farLater := rowsOf(t, n.core, "/interface/print", "?name=ether1")[0]
	require.InDelta(t, sent, difference(farBefore["rx-byte"], farLater["rx-byte"]), 1, "what one end sends the other receives")

	require.NoError(t, n.Cut(routersim.Port{Router: "EDGE1", Interface: "ether2"}))
	down := row("ether2")
	require.Equal(t, "false", down["running"])
	require.Equal(t, "false", down["disabled"], "nobody changed the configuration")
	require.Equal(t, "1", down["link-downs"])
	require.Equal(t, "2026-03-01 12:02:10", down["last-link-down-time"])
	require.Equal(t, "false", row("vlan100")["running"], "what rides on it goes with it")
	n.clock.advance(time.Minute)
	require.Equal(t, down["rx-byte"], row("ether2")["rx-byte"], "a dead link counts nothing")

	require.NoError(t, n.Restore(routersim.Port{Router: "EDGE1", Interface: "ether2"}))
	up := row("ether2")
	require.Equal(t, "2026-03-01 12:03:10", up["last-link-up-time"])
	require.Equal(t, down["rx-byte"], up["rx-byte"])
	n.clock.advance(20 * time.Second)
	require.Equal(t, "20s", rowsOf(t, n.edge, "/routing/ospf/neighbor/print")[0]["adjacency"])
}

func TestPower(t *testing.T) {
	t.Parallel()
	n := newISP(t)
	router := n.Router("CORE1")
	n.clock.advance(time.Hour)
	router.PowerOff(false)
	_, err := n.core.Run("/system/identity/print")
	require.Error(t, err, "the connection died with the router")
	require.Equal(t, "false", rowsOf(t, n.edge, "/interface/print", "?name=ether2")[0]["running"], "the neighbour's port sees no light")
	require.Empty(t, rowsOf(t, n.edge, "/routing/ospf/neighbor/print"))
	require.NoError(t, router.PowerOn())
	n.clock.advance(90 * time.Second)
	again := client(t, router, "admin", "")
	require.Equal(t, "1m30s", rowsOf(t, again, "/system/resource/print")[0]["uptime"])
	require.Len(t, rowsOf(t, n.edge, "/routing/ospf/neighbor/print"), 1)
}

func TestRoutes(t *testing.T) {
	t.Parallel()
	n := newISP(t)
	rows := rowsOf(t, n.access, "/ip/route/print", "?ospf=true")
	var dst []string
	for _, row := range rows {
		dst = append(dst, row["dst-address"])
		require.Equal(t, "true", row["dynamic"])
	}
	require.Equal(t, []string{"0.0.0.0/0", "10.0.1.0/30", "10.0.2.0/30", "10.255.0.1/32", "10.255.0.2/32"}, dst)
	reply, err := n.edge.Run("/ip/route/print", "=count-only=", "?bgp=true")
	require.NoError(t, err)
	require.Equal(t, "700", reply.Done.Map["ret"])
	static := rowsOf(t, n.edge, "/ip/route/print", "?static=true")
	require.Len(t, static, 1)
	require.Equal(t, "true", static[0]["blackhole"])
	require.Equal(t, "true", static[0]["active"])
}
