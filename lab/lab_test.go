package lab

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ispvisualmonitor/ispvisualmonitor/lab/fleet"
	"github.com/ispvisualmonitor/ispvisualmonitor/lab/network"
)

// simulated is a lab with our own ISP and nothing around it.
func simulated(t *testing.T) *Lab {
	t.Helper()
	own, err := fleet.Own()
	require.NoError(t, err)
	n, err := network.Start(t.Context(), own, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	t.Cleanup(n.Close)
	return &Lab{Network: n, Inventory: *own.Inventory}
}

func TestPossible(t *testing.T) {
	t.Parallel()
	l := simulated(t)
	text, err := l.List(t.Context())
	require.NoError(t, err)
	for _, name := range []string{
		"interface-disabled:EDGE1:ether1 ", "bgp-disabled:EDGE2:transit-b ", "filter-rejects:ACC2:customer-2002-in ",
		"ospf-area:AGG1:ether4 ", "cut:EDGE1:ether2 ", "power:CORE2 ",
	} {
		require.Contains(t, text, name)
	}
	require.Len(t, l.Inventory.Links, strings.Count(text, "\ncut:"))
}

func TestMendTakesBackEverything(t *testing.T) {
	t.Parallel()
	l := simulated(t)
	healthy, err := l.List(t.Context())
	require.NoError(t, err)
	broken := []string{"power:CORE2", "cut:AGG1", "filter-rejects:EDGE1", "interface-disabled:EDGE2:ether1"}
	for _, what := range broken {
		text, err := l.breakOne(t.Context(), what)
		require.NoError(t, err, what)
		require.NotEmpty(t, text)
	}
	after, err := l.List(t.Context())
	require.NoError(t, err)
	require.NotEqual(t, healthy, after)

	text, err := l.Mend(t.Context())
	require.NoError(t, err)
	require.Equal(t, len(broken), strings.Count(text, "Mended: "))
	mended, err := l.List(t.Context())
	require.NoError(t, err)
	require.Equal(t, healthy, mended)

	text, err = l.Mend(t.Context())
	require.NoError(t, err)
	require.Equal(t, "Nothing is broken.\n", text)
}

func TestBreakOfWhatIsNotThere(t *testing.T) {
	t.Parallel()
	_, err := simulated(t).Break(t.Context(), "cut:EDGE9")
	require.ErrorContains(t, err, `there is no "cut:EDGE9" to break now`)
	_, err = (&Lab{}).Break(t.Context(), "")
	require.ErrorIs(t, err, errReal)
}

func TestChosen(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, what string
		want       bool
	}{
		{"cut:EDGE1:ether2", "cut", true},
		{"cut:EDGE1:ether2", "cut:EDGE1", true},
		{"cut:EDGE1:ether2", "cut:EDGE1:ether2", true},
		{"cut:EDGE10:ether2", "cut:EDGE1", false},
		{"cut:EDGE1:ether2", "", false},
		{"power:EDGE1", "", false},
		{"bgp-disabled:EDGE1:transit-a", "", true},
	} {
		require.Equal(t, test.want, chosen(test.name, test.what), test)
	}
}

func TestStartWantsRoutersFromOnePlace(t *testing.T) {
	t.Parallel()
	_, err := Start(t.Context(), Options{})
	require.ErrorContains(t, err, "either a fleet or an exporter configuration")
}

func TestRealRoutersAreThoseOfTheConfiguration(t *testing.T) {
	t.Parallel()
	empty := filepath.Join(t.TempDir(), "exporter.yaml")
	require.NoError(t, os.WriteFile(empty, []byte("modules: {default: {}}\n"), 0o600))
	_, err := Start(t.Context(), Options{ExporterConfig: empty, Bin: t.TempDir()})
	require.ErrorContains(t, err, "has no devices")
}

func TestProgramsThatAreNotBuilt(t *testing.T) {
	t.Parallel()
	_, _, err := Programs(t.TempDir(), "")
	require.ErrorContains(t, err, "make build")

	dir := t.TempDir()
	bin := filepath.Join(dir, "bin")
	for _, file := range []string{"bin/exporter", "bin/correlator", "grafana-plugin/dist/module.js", "grafana-plugin/host/out/main.js"} {
		path := filepath.Join(dir, filepath.FromSlash(file))
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
		require.NoError(t, os.WriteFile(path, nil, 0o600))
	}
	gotBin, plugin, err := Programs(bin, "")
	require.NoError(t, err)
	require.Equal(t, bin, gotBin)
	require.Equal(t, filepath.Join(dir, "grafana-plugin"), plugin)

	require.NoError(t, os.Remove(filepath.Join(dir, "grafana-plugin", "host", "out", "main.js")))
	_, plugin, err = Programs(bin, "")
	require.NoError(t, err)
	require.Empty(t, plugin, "a plugin that is not built is not shown")
}
