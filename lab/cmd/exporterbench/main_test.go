package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ispvisualmonitor/ispvisualmonitor/lab/exporterbench"
)

// TestMain lets the test be the program when the program starts itself.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && (os.Args[1] == "routers" || os.Args[1] == "sequential") {
		os.Exit(start(os.Args[1:], os.Stdout, os.Stderr))
	}
	os.Exit(m.Run())
}

func invoke(args ...string) (code int, stdout, stderr string) {
	var out, errs strings.Builder
	code = start(args, &out, &errs)
	return code, out.String(), errs.String()
}

// exporter builds the real one.
func exporter(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), exporterbench.Ours)
	out, err := exec.CommandContext(t.Context(), "go", "build", "-o", path, "../../../exporter/cmd/routeros_exporter").CombinedOutput()
	require.NoError(t, err, "%s", out)
	return "--exporter=" + path
}

// figures reads the lines that a report ends with.
func figures(t *testing.T, stdout string) map[string]exporterbench.Figure {
	t.Helper()
	out := map[string]exporterbench.Figure{}
	for line := range strings.Lines(stdout) {
		if strings.HasPrefix(line, "{") {
			var f exporterbench.Figure
			require.NoError(t, json.Unmarshal([]byte(line), &f))
			out[f.Name] = f
		}
	}
	return out
}

func TestCompare(t *testing.T) {
	t.Parallel()
	code, stdout, stderr := invoke("compare", exporter(t), "--router=cpe", "--round-trip=1ms", "--scrapes=3",
		"--peers=snmp_exporter=/bin/true,nshttpd=/nowhere")
	require.Zero(t, code, stderr)
	require.Contains(t, stdout, "missing: snmp_exporter: the simulated routers speak the API and no SNMP\n")
	require.Contains(t, stdout, "missing: nshttpd: stat /nowhere")
	got := figures(t, stdout)
	logins := got["scrape_logins/cpe/1ms/sequential"]
	require.Zero(t, logins.Value, "ours is logged in already")
	require.InDelta(t, 1, *logins.Peer, 0)
	require.Greater(t, *got["scrape_commands/cpe/1ms/sequential"].Peer, got["scrape_commands/cpe/1ms/sequential"].Value)
	require.Positive(t, got["scrape_cpu_seconds/cpe/1ms/sequential"].Value)
}

func TestFleet(t *testing.T) {
	t.Parallel()
	code, stdout, stderr := invoke("fleet", exporter(t), "--routers=3", "--interval=1s", "--for=3s", "--round-trip=0s")
	require.Zero(t, code, stderr)
	got := figures(t, stdout)
	require.InDelta(t, 1, got["fleet_logins_per_router/3"].Value, 0)
	require.Zero(t, got["fleet_failed_scrapes/3"].Value, stdout)
}

func TestUsage(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		args []string
		code int
		says string
	}{
		"unknown flag":     {[]string{"--unknown"}, 2, "see exporterbench --help"},
		"nothing is built": {[]string{"--exporter=/nowhere/exporter"}, 1, "`make build` makes it"},
		"no such router":   {[]string{"--exporter=/bin/true", "--router=core"}, 1, "choose among cpe, concentrator, edge"},
		"peers":            {[]string{"--exporter=/bin/true", "--peers=nshttpd"}, 1, "want NAME=PROGRAM"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			code, _, stderr := invoke(test.args...)
			require.Equal(t, test.code, code, stderr)
			require.Contains(t, stderr, test.says)
		})
	}
}
