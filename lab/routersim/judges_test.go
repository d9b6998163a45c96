package routersim_test

import (
	"encoding/json"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ispvisualmonitor/ispvisualmonitor/lab/routersim"
)

// TestJudges: clients written by others, in other languages, log in, print,
// filter, add, set and remove, and all see the same.
func TestJudges(t *testing.T) {
	t.Parallel()
	python := func(method string) func(t *testing.T, host, port, user, password string) *exec.Cmd {
		return func(t *testing.T, host, port, user, password string) *exec.Cmd {
			return exec.CommandContext(t.Context(), pythonWith(t), "judges/librouteros_judge.py", host, port, user, password, method)
		}
	}
	node := func(t *testing.T, host, port, user, password string) *exec.Cmd {
		if _, err := os.Stat(filepath.Join("judges", "node_modules", "node-routeros")); err != nil {
			t.Fatal("node-routeros is not installed: run `npm ci` in lab/routersim/judges")
		}
		return exec.CommandContext(t.Context(), "node", "judges/node_judge.js", host, port, user, password)
	}
	for _, tc := range []struct {
		name, version string
		judge         func(t *testing.T, host, port, user, password string) *exec.Cmd
	}{
		{"librouteros, plain login", "7.16", python("plain")},
		{"librouteros, newest replies", "7.21", python("plain")},
		{"librouteros, old challenge", "6.42.12", python("token")},
		{"librouteros, either way", "6.44", python("token")},
		{"node-routeros, plain login", "7.16", node},
		{"node-routeros, old challenge", "6.42.12", node},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			r := newRouter(t, fixture(t, "edge1.rsc"), routersim.Options{
				Version: tc.version, Ports: 3, Users: []routersim.User{{Name: "judge", Password: "pass: word"}},
			})
			host, port, err := net.SplitHostPort(listen(t, r).String())
			require.NoError(t, err)
			cmd := tc.judge(t, host, port, "judge", "pass: word")
			var stderr strings.Builder
			cmd.Stderr = &stderr
			out, err := cmd.Output()
			require.NoError(t, err, stderr.String())
			all := []any{"ether1", "ether2", "ether3", "lo", "loopback", "vlan100"}
			if strings.HasPrefix(tc.version, "6.") {
				all = []any{"ether1", "ether2", "ether3", "loopback", "vlan100"} // lo came with 7.14
			}
			var seen map[string]any
			require.NoError(t, json.Unmarshal(out, &seen))
			require.Equal(t, map[string]any{
				"identity":         "EDGE1",
				"all":              all,
				"running ports":    []any{"ether1", "ether2", "ether3"},
				"vlans or bridges": []any{"loopback", "vlan100"},
				"not ports":        all[3:],
				"added":            []any{"judged"},
				"changed":          []any{"10.9.1.2-10.9.1.9"},
				"removed":          []any{},
				"trap":             "no such command prefix",
			}, seen)
		})
	}
}

// pythonWith returns a Python that has librouteros: Debian's, wherever another
// one stands first in the path.
func pythonWith(t *testing.T) string {
	t.Helper()
	for _, python := range []string{"/usr/bin/python3", "python3"} {
		if exec.CommandContext(t.Context(), python, "-c", "import librouteros").Run() == nil {
			return python
		}
	}
	t.Fatal("librouteros is not installed: run `apt-get install python3-librouteros`")
	return ""
}
