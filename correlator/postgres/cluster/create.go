package cluster

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// maxSocketPath is what the kernel has room for in a Unix socket's address, without the final NUL.
const maxSocketPath = 107

// prepareDir makes the data directory, and refuses one that holds something else.
func prepareDir(dir string, acct account) error {
	if n := len(filepath.Join(dir, "run", ".s.PGSQL.5432")); n > maxSocketPath {
		return fmt.Errorf("the data directory's path is too long for a Unix socket by %d bytes: choose a shorter one", n-maxSocketPath)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("make the data directory: %w", err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("read the data directory: %w", err)
	}
	known := len(entries) == 0
	for _, e := range entries {
		known = known || e.Name() == "correlator.lock" || e.Name() == "postgres"
	}
	if !known {
		return fmt.Errorf("%s is not empty and is no data directory of the correlator: choose an empty or a new one", dir)
	}
	return acct.canEnter(dir)
}

// create makes the cluster unless it exists, and returns the server that fits it. It is made beside
// its place and moved there when complete, so that a crash in the middle leaves nothing half done.
func create(ctx context.Context, binDir, pgdata string, acct account) (installation, error) {
	version, err := os.ReadFile(filepath.Join(pgdata, "PG_VERSION"))
	if err == nil {
		major, err := strconv.Atoi(strings.TrimSpace(string(version)))
		if err != nil {
			return installation{}, fmt.Errorf("read the cluster's version: %w", err)
		}
		return findInstallation(ctx, binDir, major)
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return installation{}, fmt.Errorf("read the cluster's version: %w", err)
	}
	inst, err := findInstallation(ctx, binDir, 0)
	if err != nil {
		return installation{}, err
	}
	fresh := pgdata + ".new"
	if err := os.RemoveAll(fresh); err != nil {
		return installation{}, fmt.Errorf("clear an unfinished cluster: %w", err)
	}
	if err := acct.own(fresh); err != nil {
		return installation{}, fmt.Errorf("make the cluster's directory: %w", err)
	}
	// The names of locales differ between machines; C orders by bytes everywhere, as Go does.
	initdb := exec.CommandContext(ctx, inst.path("initdb"), "-D", fresh, "-U", superuser, "-E", "UTF8",
		"--locale=C", "--auth=peer", "--data-checksums", "--no-instructions")
	initdb.Dir = fresh
	initdb.Env = serverEnv()
	initdb.SysProcAttr = &syscall.SysProcAttr{Credential: acct.credential()}
	if out, err := initdb.CombinedOutput(); err != nil {
		return installation{}, fmt.Errorf("initdb: %w: %s", err, strings.TrimSpace(string(out)))
	}
	if err := os.Rename(fresh, pgdata); err != nil {
		return installation{}, fmt.Errorf("put the new cluster in place: %w", err)
	}
	return inst, nil
}

// writeAuthentication lets in whom the operating system knows to be us, and nobody else. It is written
// on every start: the correlator may run as another user than the last time.
func writeAuthentication(pgdata string, acct account) error {
	self, err := user.Current()
	if err != nil {
		return fmt.Errorf("look up the current user: %w", err)
	}
	var ident strings.Builder
	for _, osUser := range []string{self.Username, acct.name} {
		for _, role := range []string{superuser, ownerRole, serviceRole} {
			fmt.Fprintf(&ident, "correlator %q %s\n", osUser, role)
		}
	}
	files := map[string]string{
		"pg_hba.conf":   "local all all peer map=correlator\n",
		"pg_ident.conf": ident.String(),
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(pgdata, name), []byte(text), 0o600); err != nil {
			return fmt.Errorf("write %s: %w", name, err)
		}
	}
	return nil
}
