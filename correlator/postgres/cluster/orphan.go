package cluster

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

// clusterName marks the command line of our servers, so that one left behind can be told from one
// that somebody started by hand on the same files.
const clusterName = "ispvm-private"

// awaitOrphan waits for a server that the previous owner of the data directory left behind: it was
// told to stop when its owner died, but a checkpoint may take a while. A server that is not ours is
// never touched.
func awaitOrphan(ctx context.Context, pgdata string, logger *slog.Logger) error {
	pid, err := postmasterPID(pgdata)
	if err != nil || pid == 0 {
		return err
	}
	cmdline, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "cmdline"))
	if err != nil || !bytes.Contains(cmdline, []byte(pgdata)) {
		return nil // a stale file: that process is gone or is something else, and PostgreSQL copes with it
	}
	if !bytes.Contains(cmdline, []byte("cluster_name="+clusterName)) {
		return fmt.Errorf("%w: a PostgreSQL server that the correlator did not start (pid %d) runs on %s: stop it or choose another data directory", ErrInUse, pid, pgdata)
	}
	logger.WarnContext(ctx, "waiting for the PostgreSQL server of a previous run to stop", "pid", pid)
	if err := syscall.Kill(pid, syscall.SIGINT); err != nil && !errors.Is(err, syscall.ESRCH) {
		return fmt.Errorf("stop the PostgreSQL server of a previous run (pid %d): %w", pid, err)
	}
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for syscall.Kill(pid, 0) == nil {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("the PostgreSQL server of a previous run (pid %d) does not stop: %w", pid, context.Cause(ctx))
		}
	}
	return nil
}

// postmasterPID reads the process id out of a cluster's postmaster.pid; 0 when there is none.
func postmasterPID(pgdata string) (int, error) {
	data, err := os.ReadFile(filepath.Join(pgdata, "postmaster.pid"))
	if errors.Is(err, os.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("look for a running server: %w", err)
	}
	line, _, _ := bytes.Cut(data, []byte("\n"))
	// What is no number is a half-written file, of a server that died at once.
	pid, _ := strconv.Atoi(string(bytes.TrimSpace(line)))
	return max(pid, 0), nil
}
