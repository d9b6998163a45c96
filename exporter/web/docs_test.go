package web_test

import (
	"os"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/collector"
	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/config"
)

// The documentation names every metric that a probe was seen to have, and no
// other than those and what collectors may say.
func TestDocumentationNamesEveryMetric(t *testing.T) {
	t.Parallel()
	documented := map[string]bool{}
	for _, file := range []string{"../../docs/exporter.md", "../../docs/metrics.md"} {
		docs, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, m := range regexp.MustCompile("`(routeros_[a-z_0-9]+)`").FindAllStringSubmatch(string(docs), -1) {
			documented[m[1]] = true
		}
	}
	// What the golden routers have no occasion for.
	seen := map[string]bool{
		"routeros_config_last_change_timestamp_seconds":  true,
		"routeros_config_history_last_timestamp_seconds": true,
	}
	for _, c := range collector.All() {
		for _, m := range c.Metrics() {
			seen[m.Name] = true
		}
	}
	for _, file := range []string{"testdata/edge1.metrics", "testdata/legacy1.metrics"} {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, m := range regexp.MustCompile(`(?m)^# TYPE (\S+)`).FindAllStringSubmatch(string(text), -1) {
			seen[m[1]] = true
		}
	}
	require.Equal(t, seen, documented)
}

func TestExampleConfigurationIsValid(t *testing.T) {
	t.Setenv("ROUTEROS_PASSWORD", "x")
	c, err := config.Load("../../docs/examples/exporter.yaml", collector.Names())
	require.NoError(t, err)
	require.Len(t, c.Devices, 2)
}
