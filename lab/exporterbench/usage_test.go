package exporterbench

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ispvisualmonitor/ispvisualmonitor/lab/process"
)

// TestUsage: a program's own work and that of its children is its usage.
func TestUsage(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	worked := filepath.Join(dir, "worked")
	// The first loop runs in a child that ends, the second in the program itself.
	p, err := process.Start(process.Spec{Name: "worker", Path: "sh", LogDir: dir, Args: []string{
		"-c", `(i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done); i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done; touch "$0"; sleep 60`, worked,
	}})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, p.Stop()) })
	require.Eventually(t, func() bool { _, err := os.Stat(worked); return err == nil }, 30*time.Second, 10*time.Millisecond)
	u, err := usageOf(p.PID())
	require.NoError(t, err)
	require.Greater(t, u.cpu, 20*time.Millisecond, "two loops take longer than that on any machine")
	require.Positive(t, u.resident)
	require.GreaterOrEqual(t, u.peak, u.resident)
	require.GreaterOrEqual(t, u.files, 3)
}

func TestUsageOfNobody(t *testing.T) {
	t.Parallel()
	_, err := usageOf(1 << 22) // beyond the greatest process id that Linux gives
	require.ErrorContains(t, err, "it has ended")
}
