package collector

import (
	"context"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	goros "github.com/go-routeros/routeros/v3"
	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/routeros"
	"github.com/ispvisualmonitor/ispvisualmonitor/lab/routersim"
)

// lab is two simulated routers with a cable between them.
type lab struct {
	network *routersim.Network
	address map[string]string
}

// simulated starts a router of each version, which have a little of
// everything, at noon of a day on which the clock stands still.
func simulated(t *testing.T, now func() time.Time) lab {
	t.Helper()
	l := lab{network: routersim.NewNetwork(routersim.NetworkOptions{Now: now, Prefixes: 900}), address: map[string]string{}}
	t.Cleanup(l.network.Close)
	for name, file := range map[string]string{"v7": "testdata/v7.rsc", "v6": "testdata/v6.rsc"} {
		r, err := l.network.Add(routersim.Options{Name: name, Uptime: 100 * time.Hour, Subscribers: 20, Leases: 5})
		require.NoError(t, err)
		text, err := os.Open(file)
		require.NoError(t, err)
		leftOut, err := r.Load(text)
		require.NoError(t, err)
		require.Empty(t, leftOut, file)
		require.NoError(t, text.Close())
		r.SetUpstream(netip.MustParseAddr("192.0.2.1"), 900, false)
		addr, err := r.Listen(t.Context(), "127.0.0.1:0")
		require.NoError(t, err)
		l.address[name] = addr.String()
	}
	require.NoError(t, l.network.Link(
		routersim.Port{Router: "v7", Interface: "sfp-sfpplus1"}, routersim.Port{Router: "v6", Interface: "ether1"}))
	return l
}

func (l lab) connect(t *testing.T, name string) *routeros.Conn {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	c, err := routeros.Dial(ctx, routeros.Options{Address: l.address[name], Username: "admin", Password: func() (string, error) { return "", nil }})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, c.Close()) })
	return c
}

// order runs a command as an administrator, through a client that is not ours.
func (l lab) order(t *testing.T, name string, sentence ...string) {
	t.Helper()
	nc, err := (&net.Dialer{Timeout: 5 * time.Second}).DialContext(t.Context(), "tcp", l.address[name])
	require.NoError(t, err)
	c, err := goros.NewClient(nc)
	require.NoError(t, err)
	defer c.Close()
	require.NoError(t, c.Login("admin", ""))
	_, err = c.Run(sentence...)
	require.NoError(t, err, "%v", sentence)
}

// exposition runs all collectors of a version and returns what Prometheus
// would see.
func exposition(t *testing.T, r Router, major int, now func() time.Time) string {
	t.Helper()
	registry := prometheus.NewPedanticRegistry()
	for _, c := range All() {
		var out Samples
		require.NoError(t, c.Collect(t.Context(), r, Input{Major: major, Now: now}, &out), c.Name())
		registry.MustRegister(metrics(out.Metrics()))
	}
	return expose(t, registry)
}

// madeUp are series whose values the simulator makes up.
var madeUp = regexp.MustCompile(`(?m)^(routeros_(interface_(receive|transmit)|queue_|firewall_rule_(bytes|packets)|system_(memory|cpu_load)|health_|optics_.*_(dbm|celsius|volts|amperes)|lte_.*_db|poe_out_.*_(volts|amperes|watts)|ntp_offset)\S*) .*$`)

// Every collector reads a router of each version, with a golden file of all
// that there is to see, at which Prometheus' own tool finds nothing.
func TestEveryCollectorOnASimulatedRouter(t *testing.T) {
	t.Parallel()
	noon := func() time.Time { return time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC) }
	l := simulated(t, noon)
	for name, major := range map[string]int{"v7": 7, "v6": 6} {
		got := exposition(t, NewMemory(l.connect(t, name), noon), major, noon)

		check := exec.CommandContext(t.Context(), "promtool", "check", "metrics")
		check.Stdin = strings.NewReader(got)
		output, err := check.CombinedOutput()
		require.NoError(t, err, "%s: %s (promtool is in the Debian package prometheus)", name, output)
		require.Empty(t, string(output), name)

		steady, file := madeUp.ReplaceAllString(got, "$1 -"), "testdata/"+name+".metrics"
		if *update {
			require.NoError(t, os.WriteFile(file, []byte(steady), 0o600))
		}
		want, err := os.ReadFile(file)
		require.NoError(t, err, "run the test with -update to make it")
		require.Empty(t, cmp.Diff(string(want), steady), "run the test with -update if that is right")
	}
}

// What is remembered is read anew in time, and what is not remembered at
// once: a router that is changed while the connection lasts.
func TestWhatIsRememberedFollowsTheRouter(t *testing.T) {
	t.Parallel()
	var elapsed atomic.Int64
	now := func() time.Time {
		return time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC).Add(time.Duration(elapsed.Load()))
	}
	l := simulated(t, now)
	memory := NewMemory(l.connect(t, "v7"), now)
	read := func() string { return exposition(t, memory, 7, now) }

	before := read()
	require.Contains(t, before, `routeros_system_identity_info{identity="EVERYTHING"} 1`)
	require.Contains(t, before, `local_as="64500",peer="upstream-a"`)
	require.NotContains(t, before, `interface="vlan200"`)

	l.order(t, "v7", "/interface/vlan/add", "=name=vlan200", "=vlan-id=200", "=interface=ether4")
	l.order(t, "v7", "/system/identity/set", "=name=RENAMED")
	l.order(t, "v7", "/routing/bgp/instance/set", "=numbers=main", "=as=64999")
	l.order(t, "v7", "/interface/disable", "=numbers=sfp-sfpplus1")
	at := read()
	require.Contains(t, at, `routeros_interface_admin_up{interface="vlan200"} 1`, "an interface that is new")
	require.Contains(t, at, `routeros_interface_up{interface="sfp-sfpplus1"} 0`)
	require.Contains(t, at, `routeros_interface_last_link_change_timestamp_seconds{interface="sfp-sfpplus1"} 1.7955216e+09`)
	require.Contains(t, at, `routeros_ospf_neighbors{interface="sfp-sfpplus1"} 0`)
	require.Contains(t, at, `identity="EVERYTHING"`, "names may be old for a while")

	elapsed.Add(int64(settledFor))
	later := read()
	require.Contains(t, later, `routeros_system_identity_info{identity="RENAMED"} 1`)
	require.Contains(t, later, `local_as="64999",peer="upstream-a"`)

	// Another version has its menus elsewhere: the connection ended with the
	// reboot, and with it all that was remembered.
	require.Contains(t, exposition(t, NewMemory(l.connect(t, "v6"), now), 6, now), `peer="upstream-a"`)
}
