package exporterbench

import (
	"log/slog"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"github.com/stretchr/testify/require"

	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/device"
	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/fingerprint"
)

// TestSequentialAsksNoMore: what the sequential scraper asks for in a scrape,
// our exporter asks for in its first one too. Otherwise the comparison would
// make it slower than it has to be.
func TestSequentialAsksNoMore(t *testing.T) {
	t.Parallel()
	theirs, our := cpe(t, 0), cpe(t, 0)

	out := make(chan prometheus.Metric, 10_000)
	scrapeInTurn(t.Context(), theirs.Address(), out)
	close(out)
	samples := map[string]float64{}
	for m := range out {
		var p dto.Metric
		require.NoError(t, m.Write(&p))
		name, _, _ := strings.Cut(strings.TrimPrefix(m.Desc().String(), `Desc{fqName: "`), `"`)
		samples[name] = p.GetUntyped().GetValue()
	}
	require.InDelta(t, 1, samples["sequential_up"], 0)
	require.Positive(t, samples["sequential_system_resource_total_memory"])
	require.Equal(t, 1, theirs.Traffic().Logins)

	allowlist, err := fingerprint.Builtin()
	require.NoError(t, err)
	d, err := device.New(device.Options{
		Name: "CPE", Address: our.Address(), Username: reader.username,
		Password:  func() (string, error) { return reader.password, nil },
		Allowlist: allowlist, Logger: slog.New(slog.DiscardHandler),
	})
	require.NoError(t, err)
	defer d.Close()
	m, err := device.NewModule("default", nil, false)
	require.NoError(t, err)
	d.Collect(t.Context(), m)

	for path, times := range theirs.Asked() {
		require.LessOrEqual(t, times, our.Asked()[path], path)
	}
}
