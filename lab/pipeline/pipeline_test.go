package pipeline

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	correlator "github.com/ispvisualmonitor/ispvisualmonitor/correlator/config"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/topology"
	exporter "github.com/ispvisualmonitor/ispvisualmonitor/exporter/config"
	"github.com/ispvisualmonitor/ispvisualmonitor/lab/fleet"
	"github.com/ispvisualmonitor/ispvisualmonitor/lab/pace"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// options are those of a lab with two routers, in a folder of its own.
func options(t *testing.T) Options {
	t.Helper()
	own, err := fleet.Own()
	require.NoError(t, err)
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "password"), []byte("a password"), 0o600))
	return Options{
		Dir: dir, Bin: filepath.Join(dir, "bin"), Pace: pace.Lab(), Inventory: *own.Inventory,
		Devices: []Device{
			{Name: "EDGE1", Address: "127.0.0.1:8728", Username: "exporter", PasswordFile: filepath.Join(dir, "password"), Site: "NORTH"},
			{Name: "left", Address: "127.0.0.1:8729", Username: "exporter", PasswordFile: filepath.Join(dir, "password")},
		},
	}
}

func laidOut(t *testing.T, o Options) *Pipeline {
	t.Helper()
	p := &Pipeline{options: o, exporter: "127.0.0.1:1001", prometheus: "127.0.0.1:1002", alertmanager: "127.0.0.1:1003", correlator: "127.0.0.1:1004"}
	require.NoError(t, p.write(o))
	return p
}

func TestTheExporterAcceptsItsConfiguration(t *testing.T) {
	t.Parallel()
	o := options(t)
	laidOut(t, o)
	config, err := exporter.Load(filepath.Join(o.Dir, "exporter.yaml"), nil)
	require.NoError(t, err)
	require.EqualValues(t, o.Pace.Fingerprint, config.Fingerprint.Interval)
	require.Len(t, config.Devices, 2)
	require.Equal(t, map[string]string{"tenant": Tenant, "site": "NORTH"}, config.Devices[0].Labels)
	require.Equal(t, map[string]string{"tenant": Tenant}, config.Devices[1].Labels)
	require.Equal(t, "127.0.0.1:8728", config.Devices[0].HostPort())
}

func TestTheCorrelatorAcceptsItsConfiguration(t *testing.T) {
	t.Parallel()
	o := options(t)
	p := laidOut(t, o)
	config, err := correlator.Load(filepath.Join(o.Dir, "correlator.yaml"), func(string) string { return "" })
	require.NoError(t, err)
	require.Len(t, config.Tenants, 1)
	tenant := config.Tenants[0]
	require.Equal(t, o.Inventory, *tenant.Inventory, "the inventory as it was given")
	require.EqualValues(t, o.Pace.Cooldown, *tenant.Settings.Cooldown)
	require.EqualValues(t, o.Pace.Join, *tenant.Settings.JoinWindow)
	require.Equal(t, p.PrometheusURL(), tenant.Prometheus[0].URL)
	require.Equal(t, p.AlertmanagerURL(), tenant.Alertmanagers[0].URL)
	require.Len(t, config.Auth.Tokens, 3)
}

func TestSecretsAreForTheOwnerAlone(t *testing.T) {
	t.Parallel()
	o := options(t)
	p := laidOut(t, o)
	seen := map[string]bool{}
	for _, who := range []string{"you", "grafana", "alertmanager"} {
		info, err := os.Stat(p.TokenFile(who))
		require.NoError(t, err)
		require.Equal(t, os.FileMode(0o600), info.Mode().Perm(), who)
		token, err := p.Token(who)
		require.NoError(t, err)
		require.GreaterOrEqual(t, len(token), 20)
		require.False(t, seen[token], "each has a token of its own")
		seen[token] = true
	}
	for _, program := range p.programs() {
		for token := range seen {
			require.NotContains(t, strings.Join(program.Args, " "), token, "no secret on a command line")
		}
	}
}

func TestSomebodyElsesExporterConfigurationIsUsedAsItIs(t *testing.T) {
	t.Parallel()
	o := options(t)
	o.ExporterConfig = "/etc/exporter.yaml"
	o.Devices = nil
	p := laidOut(t, o)
	require.NoFileExists(t, filepath.Join(o.Dir, "exporter.yaml"))
	require.Contains(t, p.programs()[0].Args, "--config.file=/etc/exporter.yaml")
	require.Empty(t, p.PluginURL())

	found, err := DevicesIn([]byte("modules: {default: {}}\ndevices: [{name: A, labels: {site: HQ}}, {name: B}, {name: C, labels: {site: HQ}}]\n"))
	require.NoError(t, err)
	require.Equal(t, topology.Inventory{
		Sites:   []topology.Site{{Name: "HQ"}},
		Devices: []topology.Device{{Name: "A", Site: "HQ"}, {Name: "B"}, {Name: "C", Site: "HQ"}},
	}, found)
	_, err = DevicesIn([]byte("devices: 7"))
	require.ErrorContains(t, err, "read the exporter configuration")
}

func TestWhoIsCalledStartsFirst(t *testing.T) {
	t.Parallel()
	o := options(t)
	o.PluginDir = "/plugin"
	var order []string
	for _, program := range laidOut(t, o).programs() {
		order = append(order, program.Name)
	}
	require.Equal(t, []string{"exporter", "correlator", "alertmanager", "prometheus", "pluginhost"}, order)
}

func TestLoopbackTakesAnotherPortWhereThePreferredOneIsTaken(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer taken.Close()
	port := taken.Addr().(*net.TCPAddr).Port
	address, err := loopback(t.Context(), port)
	require.NoError(t, err)
	require.NotEqual(t, taken.Addr().String(), address)
	require.True(t, strings.HasPrefix(address, "127.0.0.1:"))
}

func TestAFailedStartLeavesNothingRunning(t *testing.T) {
	t.Parallel()
	o := options(t)
	require.NoError(t, os.Mkdir(o.Bin, 0o700))
	script := func(name, text string) {
		require.NoError(t, os.WriteFile(filepath.Join(o.Bin, name), []byte("#!/bin/sh\n"+text+"\n"), 0o700))
	}
	script("exporter", `echo "line 3: unknown key"; exit 1`)
	began := time.Now()
	_, err := Start(t.Context(), o)
	require.ErrorContains(t, err, "exporter: exit status 1")
	require.ErrorContains(t, err, "line 3: unknown key", "with the end of its log")
	require.Less(t, time.Since(began), readyTimeout)
}
