package web_test

import (
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
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

// What the documentation tells to write into files is what the programs take.
func TestTheFilesInTheDocumentationAreValid(t *testing.T) {
	t.Parallel()
	docs, err := os.ReadFile("../../docs/exporter.md")
	require.NoError(t, err)
	dir := t.TempDir()
	for _, name := range []string{"edge1.password", "guest.password"} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte("x\n"), 0o600))
	}
	own := httptest.NewTLSServer(http.NotFoundHandler()) // for a certificate
	own.Close()
	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: own.Certificate().Raw})
	require.NoError(t, os.WriteFile(filepath.Join(dir, "ca.pem"), ca, 0o600))
	checked := map[string]int{}
	for _, block := range regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllStringSubmatch(string(docs), -1) {
		text := block[1]
		switch first, _, _ := strings.Cut(text, ":"); first {
		case "scrape_configs":
			file := filepath.Join(dir, "prometheus.yml")
			require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
			out, err := exec.CommandContext(t.Context(), "promtool", "check", "config", file).CombinedOutput()
			require.NoError(t, err, "%s", out)
			checked[first]++
		case "open_probing":
			text = "modules: {default: {}}\n" + text
			fallthrough
		default:
			_, err := config.Parse(filepath.Join(dir, "exporter.yaml"), []byte(text), collector.Names())
			require.NoError(t, err, text)
			checked[first]++
		}
	}
	require.Equal(t, map[string]int{"scrape_configs": 1, "modules": 1, "open_probing": 1}, checked)
}
