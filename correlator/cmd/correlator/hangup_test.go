package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestHangupWhileStarting sends SIGHUP to a program that still reads its configuration, from a pipe so that
// it waits there.
func TestHangupWhileStarting(t *testing.T) {
	t.Parallel()
	self, err := os.Executable()
	require.NoError(t, err)
	for _, arguments := range [][]string{{"serve"}, {"standalone", "--data-dir=data"}} {
		t.Run(arguments[0], func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			program, pipe := filepath.Join(dir, "correlator"), filepath.Join(dir, "correlator.yaml")
			require.NoError(t, os.Symlink(self, program))
			require.NoError(t, syscall.Mkfifo(pipe, 0o600))
			var complaints bytes.Buffer
			cmd := exec.CommandContext(t.Context(), program, append(arguments, "--config.file="+pipe)...)
			cmd.Dir, cmd.Stderr = dir, &complaints
			require.NoError(t, cmd.Start())
			writer, err := os.OpenFile(pipe, os.O_WRONLY, 0) // waits for the reader
			require.NoError(t, err)
			require.NoError(t, cmd.Process.Signal(syscall.SIGHUP))
			_, err = writer.WriteString("tenants: 3")
			require.NoError(t, err)
			require.NoError(t, writer.Close())

			require.Error(t, cmd.Wait())
			require.Equal(t, exitFailed, cmd.ProcessState.ExitCode(), "it was ended by its configuration and not by the signal: %s", &complaints)
			require.Contains(t, complaints.String(), "line 1: a value of the wrong kind (int)")
		})
	}
}
