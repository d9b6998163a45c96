package host_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ispvisualmonitor/ispvisualmonitor/grafana-plugin/host"
	"github.com/ispvisualmonitor/ispvisualmonitor/grafana-plugin/pkg/correlatortest"
	"github.com/ispvisualmonitor/ispvisualmonitor/grafana-plugin/pkg/pluginclient/plugintest"
)

// pluginFolder is a folder with as much of a built plugin as the host looks at. What the pages do with
// it is tested in a browser.
func pluginFolder(t *testing.T) string {
	t.Helper()

	dir := t.TempDir()
	for name, text := range map[string]string{
		"dist/module.js":      "the plugin",
		"dist/datasource/gpx": "an executable",
		"host/out/main.js":    "the page's script",
		"host/out/index.html": "the page",
	} {
		require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o700))
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}

	return dir
}

func TestHost(t *testing.T) {
	t.Parallel()

	now := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	correlator := httptest.NewServer(correlatortest.New(correlatortest.Example(now), time.Now).Handler())
	t.Cleanup(correlator.Close)

	served, err := host.New(t.Context(), host.Options{
		CorrelatorURL: correlator.URL, Token: correlatortest.OperatorToken,
		PluginDir: pluginFolder(t), Executable: plugintest.Build(t),
	})
	require.NoError(t, err)

	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)

	go func() { ended <- served.Serve(ctx) }()

	const (
		resources = "/api/datasources/uid/ispvisualmonitor/resources/"
		queries   = `{"queries": [{"refId": "A", "queryType": "count", "subject": "incident"}], "from": "1795000000000", "to": "1796000000000"}`
	)

	for name, test := range map[string]struct {
		method, path, role, body string
		status                   int
		want                     string
	}{
		"page":              {"GET", "/a/ispvisualmonitor-app/changes", "", "", 200, "the page"},
		"module":            {"GET", "/public/plugins/ispvisualmonitor-app/module.js", "", "", 200, "the plugin"},
		"no executables":    {"GET", "/public/plugins/ispvisualmonitor-app/datasource/gpx", "", "", 404, "not found"},
		"query":             {"POST", "/api/ds/query", "Viewer", queries, 200, `"values":[[2]]`},
		"query, not JSON":   {"POST", "/api/ds/query", "Viewer", "{", 400, "unexpected EOF"},
		"query, no range":   {"POST", "/api/ds/query", "Viewer", `{"queries": []}`, 400, "invalid syntax"},
		"health":            {"GET", "/api/datasources/uid/ispvisualmonitor/health", "", "", 200, `"status":"OK"`},
		"read":              {"GET", resources + "incidents?state=open", "Viewer", "", 200, `"inc-1"`},
		"without a role":    {"POST", resources + "changes/CHG-1/start", "", "", 403, "X-Pluginhost-Role is missing"},
		"viewers may not":   {"POST", resources + "changes/CHG-1/start", "Viewer", "", 403, "may look and not change"},
		"editors may":       {"POST", resources + "changes/CHG-1/start", "Editor", "", 200, `"in_progress"`},
		"not of this world": {"GET", "/api/dashboards/home", "Editor", "", 404, "no such part of Grafana's API"},
	} {
		status, body := send(t, test.method, served.URL()+test.path, test.role, test.body)
		require.Equal(t, test.status, status, "%s: %s", name, body)
		require.Contains(t, strings.ReplaceAll(body, " ", ""), strings.ReplaceAll(test.want, " ", ""), name)
	}

	stop()
	require.NoError(t, <-ended)

	_, err = http.Get(served.URL()) //nolint:noctx,bodyclose // it is refused
	require.Error(t, err, "nothing listens any more")
}

func send(t *testing.T, method, url, role, body string) (status int, text string) {
	t.Helper()

	request, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	require.NoError(t, err)

	if role != "" {
		request.Header.Set(host.RoleHeader, role)
	}

	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)

	defer response.Body.Close()

	raw, err := io.ReadAll(response.Body)
	require.NoError(t, err)

	if strings.HasPrefix(response.Header.Get("Content-Type"), "application/json") {
		require.True(t, json.Valid(raw), string(raw))
	}

	return response.StatusCode, string(raw)
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()

	folder := pluginFolder(t)

	for name, test := range map[string]struct {
		options host.Options
		want    string
	}{
		"nothing given": {host.Options{}, "a correlator URL and the plugin's folder are needed"},
		"not built":     {host.Options{CorrelatorURL: "http://c", PluginDir: t.TempDir()}, "run npm run build"},
		"all interfaces": {
			host.Options{CorrelatorURL: "http://c", PluginDir: folder, Listen: "0.0.0.0:0"},
			`"0.0.0.0" is not a loopback address: without a login it listens on no other`,
		},
		"name":     {host.Options{CorrelatorURL: "http://c", PluginDir: folder, Listen: "localhost:0"}, "is not a loopback address"},
		"no port":  {host.Options{CorrelatorURL: "http://c", PluginDir: folder, Listen: "127.0.0.1"}, "missing port in address"},
		"no exe":   {host.Options{CorrelatorURL: "http://c", PluginDir: folder}, "plugin executable"},
		"no start": {host.Options{CorrelatorURL: "http://c", PluginDir: folder, Executable: "/bin/false"}, "start plugin false"},
	} {
		_, err := host.New(t.Context(), test.options)
		require.ErrorContains(t, err, test.want, name)
	}
}
