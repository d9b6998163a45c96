package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// invoke runs the command as a shell would.
func invoke(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs strings.Builder
	code = start(args, &out, &errs)
	return code, out.String(), errs.String()
}

func TestUsage(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	config := filepath.Join(dir, "exporter.yaml")
	require.NoError(t, os.WriteFile(config, nil, 0o600))
	socket := "--control=" + filepath.Join(dir, "none", "control.sock")
	for name, test := range map[string]struct {
		args []string
		code int
		says string
	}{
		"unknown flag":      {[]string{"--fleets=x"}, 2, "see lab --help"},
		"no such folder":    {[]string{"--fleet=" + filepath.Join(dir, "nowhere")}, 2, "nowhere"},
		"both":              {[]string{socket, "--fleet=" + dir, "--config=" + config}, 1, "exclude each other"},
		"no exports":        {[]string{socket, "--fleet=" + dir}, 1, "no .rsc file in the folder"},
		"nothing is built":  {[]string{socket, "--bin=" + dir}, 1, "`make build` makes it"},
		"break without lab": {[]string{socket, "break"}, 1, "no lab is running"},
		"list without lab":  {[]string{socket, "break", "list"}, 1, "no lab is running"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			code, _, stderr := invoke(t, test.args...)
			require.Equal(t, test.code, code, stderr)
			require.Contains(t, stderr, test.says)
		})
	}
}
