package main

import (
	"log/slog"
	"os"
	"regexp"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/exporter-toolkit/web"
	"github.com/stretchr/testify/require"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/config"
)

// TestMetricsAreDocumented holds the documentation against what is registered, both ways.
func TestMetricsAreDocumented(t *testing.T) {
	t.Parallel()
	none := ""
	svc, err := newService(t.Context(), serviceOptions{
		config: &config.Config{}, web: &web.FlagConfig{WebConfigFile: &none}, logger: slog.New(slog.DiscardHandler),
		databaseURL: "postgres://127.0.0.1:1/none",
	})
	require.NoError(t, err)
	defer svc.db.Close()
	described := make(chan *prometheus.Desc, 1000)
	svc.registry.Describe(described)
	close(described)
	registered := map[string]bool{}
	for desc := range described {
		if name := regexp.MustCompile(`fqName: "(ispvm_\w+)"`).FindStringSubmatch(desc.String()); name != nil {
			registered[name[1]] = true
		}
	}
	require.Greater(t, len(registered), 20)

	raw, err := os.ReadFile("../../../docs/correlator.md")
	require.NoError(t, err)
	documented := map[string]bool{}
	// Names in the table and in the examples of alerts; the roles of the database look alike.
	for _, name := range regexp.MustCompile(`ispvm_\w+`).FindAllString(string(raw), -1) {
		if name != "ispvm_app" && name != "ispvm_system" {
			documented[name] = true
		}
	}
	require.Equal(t, registered, documented)
}
