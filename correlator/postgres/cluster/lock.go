package cluster

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// ErrInUse is returned when somebody else uses the data directory.
var ErrInUse = errors.New("the data directory is in use")

// lockDir takes the data directory for this process. The lock is the kernel's: it ends with the
// process, however that ends, so there is no stale lock to clean up.
func lockDir(dir string) (*os.File, error) {
	path := filepath.Join(dir, "correlator.lock")
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock the data directory: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		holder := make([]byte, 32)
		n, _ := f.Read(holder) // only to name it
		_ = f.Close()
		return nil, fmt.Errorf("%w: %s is held by another correlator (pid %s): stop it or choose another data directory", ErrInUse, dir, strings.TrimSpace(string(holder[:n])))
	}
	if err := writePID(f); err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("lock the data directory: %w", err)
	}
	return f, nil
}

// writePID leaves our process id in the lock file, for the message of whom it keeps out.
func writePID(f *os.File) error {
	if err := f.Truncate(0); err != nil {
		return err
	}
	_, err := f.WriteAt(fmt.Appendf(nil, "%d\n", os.Getpid()), 0)
	return err
}
