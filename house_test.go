// Package house_test keeps the arrows of the house: which folder may import which. The table is the
// contract; a new folder has to be entered here, so that its place is decided and not just found.
package house_test

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const module = "github.com/ispvisualmonitor/ispvisualmonitor/"

// pure lists the functional core of the correlator, from the bottom up: each may import those before it.
var pure = []string{
	"correlator/topology", "correlator/configchange", "correlator/calendar", "correlator/suppress",
	"correlator/incident", "correlator/engine",
}

// mayImport answers whether a package of ours in folder from may import one in folder to.
func mayImport(from, to string) bool {
	under := func(p string, folders ...string) bool {
		return slices.ContainsFunc(folders, func(f string) bool { return p == f || strings.HasPrefix(p, f+"/") })
	}
	belowIn := func(list []string) bool {
		i, j := slices.Index(list, from), slices.Index(list, to)
		return i >= 0 && j >= 0 && j < i
	}
	// A package may use what lies below it in its own folder, and its neighbours in one command.
	if under(to, from) || (strings.Contains(from, "/cmd/") && path.Dir(from) == path.Dir(to)) {
		return true
	}
	switch {
	case under(from, "api"):
		return under(to, "api")
	case under(from, "exporter/config", "exporter/routeros", "exporter/fingerprint", "migrations"):
		return false
	case under(from, "exporter/cmd"):
		return under(to, "exporter")
	case under(from, "exporter/collector"):
		return under(to, "exporter/routeros")
	case under(from, "exporter/device"):
		return under(to, "exporter/collector", "exporter/fingerprint", "exporter/routeros")
	case under(from, "exporter/web"):
		return under(to, "exporter/device", "exporter/config")
	case under(from, "exporter/push"):
		return under(to, "api")
	case under(from, "lab/routersim"):
		return under(to, "lab/routersim")
	case slices.Contains(pure, from):
		return belowIn(pure)
	case under(from, "correlator/cmd"):
		return under(to, "correlator", "api", "migrations")
	case under(from, "correlator/replay"):
		return under(to, pure...)
	case under(from, "correlator/postgres"):
		return under(to, pure...) || under(to, "migrations", "correlator/postgres")
	case under(from, "correlator/ingest", "correlator/promwatch", "correlator/alertmanager", "correlator/httpapi", "correlator/notify"):
		return under(to, pure...) || under(to, "api", "correlator/authn")
	case under(from, "correlator/config"):
		return under(to, pure...) || under(to, "correlator/secret", "correlator/authn")
	case under(from, "correlator/secret", "correlator/audit", "correlator/authn"):
		return false
	case under(from, "grafana-plugin"):
		return under(to, "api", "grafana-plugin")
	case under(from, "lab"):
		return true
	}
	return false
}

// imports lists the imports among our own packages, leaving tests out: a test may use the simulator.
func imports(t *testing.T) map[string][]string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,Imports", "./...").Output()
	require.NoError(t, err)
	found := map[string][]string{}
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p struct {
			ImportPath string
			Imports    []string
		}
		err := dec.Decode(&p)
		if errors.Is(err, io.EOF) {
			return found
		}
		require.NoError(t, err)
		from := strings.TrimPrefix(p.ImportPath, module)
		for _, to := range p.Imports {
			if strings.HasPrefix(to, module) {
				found[from] = append(found[from], strings.TrimPrefix(to, module))
			}
		}
	}
}

// TestArrows fails for each import that the house does not allow.
func TestArrows(t *testing.T) {
	found := imports(t)
	require.NotEmpty(t, found)
	for from, tos := range found {
		for _, to := range tos {
			if !mayImport(from, to) {
				t.Errorf("%s imports %s, which the house does not allow", from, to)
			}
		}
	}
}

// TestMayImport shows that the table itself refuses what it should.
func TestMayImport(t *testing.T) {
	for _, c := range []struct {
		from, to string
		want     bool
	}{
		{"correlator/engine", "correlator/incident", true},
		{"correlator/incident", "correlator/engine", false},
		{"correlator/topology", "correlator/calendar", false},
		{"correlator/httpapi", "correlator/postgres", false},
		{"correlator/httpapi", "api/v1", true},
		{"lab/routersim", "exporter/routeros", false},
		{"exporter/device", "lab/routersim", false},
		{"exporter/collector", "exporter/fingerprint", false},
		{"exporter/cmd/routeros_exporter", "correlator/engine", false},
		{"grafana-plugin/pkg", "correlator/engine", false},
		{"lab/cmd/lab", "grafana-plugin/pkg/pluginclient", true},
	} {
		require.Equal(t, c.want, mayImport(c.from, c.to), "%s -> %s", c.from, c.to)
	}
}
