// Package plugintest builds the plugin executable for tests that speak the plugin protocol with it.
package plugintest

import (
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// Build compiles the plugin's backend as the project's build does and answers the path of the
// executable, which is removed with the test.
func Build(t testing.TB) string {
	t.Helper()

	executable := filepath.Join(t.TempDir(), "gpx_ispvisualmonitor")
	command := exec.CommandContext(t.Context(), "go", "build", "-o", executable,
		"github.com/ispvisualmonitor/ispvisualmonitor/grafana-plugin/pkg")

	output, err := command.CombinedOutput()
	require.NoError(t, err, string(output))

	return executable
}
