package web_test

import (
	"flag"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/device"
	"github.com/ispvisualmonitor/ispvisualmonitor/lab/routersim"
)

var update = flag.Bool("update", false, "write the golden files anew")

// noon is when the tests with a fixed clock take place.
func noon() time.Time { return time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC) }

// unsteady are series whose values depend on how fast the test ran, or on what
// the simulator makes up.
var unsteady = regexp.MustCompile(
	`(?m)^(routeros_(api|collector_duration|collector_read|config_observed|config_fingerprint|config_listeners|interface_receive|interface_transmit|system_memory)\S*) .*$`)

func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		require.NoError(t, os.WriteFile(file, []byte(got), 0o600))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err, "run the test with -update to make it")
	require.Empty(t, cmp.Diff(string(want), got), "run the test with -update if that is right")
}

func linked(t *testing.T, now func() time.Time) (*routersim.Network, map[string]string) {
	t.Helper()
	network, addresses := simulated(t, now, map[string]string{
		"EDGE1": "testdata/edge.rsc", "CORE1": "testdata/core.rsc", "LEGACY1": "testdata/legacy.rsc",
	})
	require.NoError(t, network.Link(
		routersim.Port{Router: "EDGE1", Interface: "ether2"}, routersim.Port{Router: "CORE1", Interface: "ether1"}))
	return network, addresses
}

func TestProbeGolden(t *testing.T) {
	t.Parallel()
	_, addresses := linked(t, noon)
	e := start(t, devices(addresses), device.Options{Now: noon})
	for _, name := range []string{"EDGE1", "LEGACY1"} {
		e.fingerprinted(t, name)
		got := e.get(t, "/probe?target="+name, http.StatusOK)
		golden(t, "testdata/"+strings.ToLower(name)+".metrics", unsteady.ReplaceAllString(got, "$1 -"))
	}
}

func TestPromtoolIsContent(t *testing.T) {
	t.Parallel()
	_, addresses := linked(t, time.Now)
	e := start(t, devices(addresses), device.Options{})
	e.fingerprinted(t, "EDGE1")
	order(t, addresses["EDGE1"], "/ip/address/disable", "=numbers=*1") // for the series that only a change brings
	eventually(t, "a change", func() bool {
		return e.probe(t, "EDGE1")[`routeros_config_changes_total{category="addressing"}`] == "1"
	})
	for _, path := range []string{"/probe?target=EDGE1", "/probe?target=LEGACY1", "/metrics"} {
		cmd := exec.CommandContext(t.Context(), "promtool", "check", "metrics")
		cmd.Stdin = strings.NewReader(e.get(t, path, http.StatusOK))
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, "%s: %s (promtool is in the Debian package prometheus)", path, out)
		require.Empty(t, string(out), path)
	}
}

func TestProbeHasNoTargetLabels(t *testing.T) {
	t.Parallel()
	_, addresses := linked(t, time.Now)
	e := start(t, devices(addresses), device.Options{})
	for s := range e.fingerprinted(t, "EDGE1") {
		require.NotRegexp(t, `[{,](device|site|tenant)=`, s)
	}
}

func TestAChangeOnTheRouterIsSeen(t *testing.T) {
	t.Parallel()
	_, addresses := linked(t, time.Now)
	e := start(t, devices(addresses), device.Options{})
	before := e.fingerprinted(t, "EDGE1")
	require.NotContains(t, before, `routeros_config_last_change_timestamp_seconds{category="interfaces"}`)
	require.Equal(t, "1", before[`routeros_bgp_session_up{peer="upstream-a"}`])
	require.Equal(t, "1", before[`routeros_ospf_neighbors{interface="ether2"}`])

	order(t, addresses["EDGE1"], "/interface/disable", "=numbers=ether1")
	order(t, addresses["EDGE1"], "/interface/disable", "=numbers=ether2")
	var after map[string]string
	eventually(t, "the change", func() bool {
		after = e.probe(t, "EDGE1")
		return after[`routeros_config_changes_total{category="all"}`] != "0" && after[`routeros_config_history_last_timestamp_seconds`] != ""
	})
	for category := range categories(after) {
		key := `routeros_config_fingerprint{category="` + category + `"}`
		lastChange := `routeros_config_last_change_timestamp_seconds{category="` + category + `"}`
		if category == "interfaces" || category == "all" {
			require.NotEqual(t, before[key], after[key], category)
			require.Contains(t, after, lastChange)
		} else {
			require.Equal(t, before[key], after[key], category)
			require.NotContains(t, after, lastChange)
		}
	}
	for series, want := range map[string]string{
		`routeros_interface_admin_up{interface="ether1"}`: "0",
		`routeros_interface_up{interface="ether1"}`:       "0",
		`routeros_bgp_session_up{peer="upstream-a"}`:      "0",
		`routeros_bgp_peer_enabled{peer="upstream-a"}`:    "1",
		`routeros_ospf_neighbors{interface="ether2"}`:     "0",
		`routeros_up`: "1",
	} {
		require.Equal(t, want, after[series], series)
	}
	require.NotContains(t, after, `routeros_bgp_session_prefixes_received{peer="upstream-a"}`)
	require.Contains(t, e.log.String(), `"msg":"configuration changed","device":"EDGE1","category":"interfaces"`)
}

// categories returns those that have a fingerprint.
func categories(series map[string]string) map[string]bool {
	out := map[string]bool{}
	for s := range maps.Keys(series) {
		if rest, ok := strings.CutPrefix(s, `routeros_config_fingerprint{category="`); ok {
			out[strings.TrimSuffix(rest, `"}`)] = true
		}
	}
	return out
}

func TestAllCategoriesHaveAFingerprint(t *testing.T) {
	t.Parallel()
	_, addresses := linked(t, time.Now)
	e := start(t, devices(addresses), device.Options{})
	for name := range addresses {
		require.Equal(t, []string{
			"access", "address_lists", "addressing", "all", "bgp", "firewall", "interfaces", "ospf",
			"queues", "routing", "services", "system", "users",
		}, slices.Sorted(maps.Keys(categories(e.fingerprinted(t, name)))), name)
	}
}
