package cluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// ErrNoServer is returned when this machine has no PostgreSQL server that fits.
var ErrNoServer = errors.New("no PostgreSQL server found")

// binDirs are where distributions install the server, a directory for each major version.
var binDirs = []string{
	"/usr/lib/postgresql/*/bin", // Debian, Ubuntu
	"/usr/pgsql-*/bin",          // PGDG on Red Hat
	"/usr/local/pgsql/bin",      // from source
}

// installation is a PostgreSQL server on this machine.
type installation struct {
	dir   string
	major int
}

func (i installation) path(program string) string { return filepath.Join(i.dir, program) }

// findInstallation picks the newest server of this machine, or the newest of the given major version
// (0 = any): a cluster can only be opened by the major version that made it. dir, when given, is the
// only place to look at.
func findInstallation(ctx context.Context, dir string, major int) (installation, error) {
	var found []installation
	for _, d := range candidateDirs(ctx, dir) {
		if m, err := majorOf(ctx, d); err == nil {
			found = append(found, installation{dir: d, major: m})
		}
	}
	if major != 0 {
		found = slices.DeleteFunc(found, func(i installation) bool { return i.major != major })
	}
	if len(found) > 0 {
		return slices.MaxFunc(found, func(a, b installation) int { return a.major - b.major }), nil
	}
	if major != 0 {
		return installation{}, fmt.Errorf("%w: the data directory was made by PostgreSQL %d: apt-get install postgresql-%d (or move the data with pg_upgrade)", ErrNoServer, major, major)
	}
	return installation{}, fmt.Errorf("%w: apt-get install postgresql", ErrNoServer)
}

// candidateDirs lists directories that may hold the server's programs.
func candidateDirs(ctx context.Context, dir string) []string {
	if dir != "" {
		return []string{dir}
	}
	var dirs []string
	if out, err := exec.CommandContext(ctx, "pg_config", "--bindir").Output(); err == nil {
		dirs = append(dirs, strings.TrimSpace(string(out)))
	}
	for _, pattern := range binDirs {
		matches, _ := filepath.Glob(pattern) // the only error is a bad pattern
		dirs = append(dirs, matches...)
	}
	return dirs
}

// majorOf asks the server in dir for its version. pg_config alone proves nothing: client packages
// bring it, with the directory of a server that is not installed.
func majorOf(ctx context.Context, dir string) (int, error) {
	if _, err := os.Stat(filepath.Join(dir, "initdb")); err != nil {
		return 0, err
	}
	out, err := exec.CommandContext(ctx, filepath.Join(dir, "postgres"), "--version").Output()
	if err != nil {
		return 0, err
	}
	return parseVersion(string(out))
}

// parseVersion reads the major version out of "postgres (PostgreSQL) 15.20 (Debian …)".
func parseVersion(line string) (int, error) {
	_, rest, ok := strings.Cut(line, "(PostgreSQL) ")
	if !ok {
		return 0, fmt.Errorf("not a version line of postgres: %q", line)
	}
	digits := rest
	if i := strings.IndexFunc(rest, func(r rune) bool { return r < '0' || r > '9' }); i >= 0 {
		digits = rest[:i]
	}
	major, err := strconv.Atoi(digits)
	if err != nil {
		return 0, fmt.Errorf("not a version line of postgres: %q", line)
	}
	return major, nil
}
