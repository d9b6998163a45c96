package web_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/device"
)

const idle = `
modules: {default: {}, brief: {collectors: [system]}}
devices:
  - name: EDGE1
    address: 192.0.2.1
    username: exporter
    password: S3CRET-x
    labels: {site: north, tenant: acme}
  - {name: EDGE2, address: 192.0.2.2, username: exporter, password: S3CRET-y, module: brief}
`

// unreachable keeps devices from reaching out of the test.
func unreachable() device.Options { return device.Options{Dial: refuse} }

func TestServiceDiscovery(t *testing.T) {
	t.Parallel()
	e := start(t, idle, unreachable())
	require.JSONEq(t, `[
		{"targets": ["EDGE1"], "labels": {"device": "EDGE1", "site": "north", "tenant": "acme", "__param_module": "default"}},
		{"targets": ["EDGE2"], "labels": {"device": "EDGE2", "__param_module": "brief"}}
	]`, e.get(t, "/sd", http.StatusOK))
	none := start(t, "modules: {default: {}}", unreachable())
	require.JSONEq(t, `[]`, none.get(t, "/sd", http.StatusOK))
}

func TestProbeRefuses(t *testing.T) {
	t.Parallel()
	e := start(t, idle, unreachable())
	require.Equal(t, "the parameter target is missing: name a device of the configuration, as in /probe?target=EDGE1\n",
		e.get(t, "/probe", http.StatusBadRequest))
	require.Equal(t, "unknown target \"192.0.2.1\": add it to devices in the configuration file and reload; only devices that are there can be probed\n",
		e.get(t, "/probe?target=192.0.2.1", http.StatusNotFound))
	require.Equal(t, "unknown module \"none\": add it to modules in the configuration file and reload\n",
		e.get(t, "/probe?target=EDGE1&module=none", http.StatusNotFound))
}

func TestModuleChoosesCollectors(t *testing.T) {
	t.Parallel()
	_, addresses := linked(t, time.Now)
	e := start(t, strings.Replace(devices(addresses), "{default: {}}", "{default: {}, brief: {collectors: [system]}}", 1), device.Options{})
	got := series(e.get(t, "/probe?target=EDGE1&module=brief", http.StatusOK))
	require.Equal(t, "1", got[`routeros_collector_success{collector="system"}`])
	require.NotContains(t, got, `routeros_collector_success{collector="bgp"}`)
	require.NotContains(t, got, `routeros_interface_up{interface="ether1"}`)
}

func TestHealthAndLandingPage(t *testing.T) {
	t.Parallel()
	e := start(t, idle, unreachable())
	require.Equal(t, "healthy\n", e.get(t, "/-/healthy", http.StatusOK))
	require.Equal(t, "ready\n", e.get(t, "/-/ready", http.StatusOK))
	page := e.get(t, "/", http.StatusOK)
	require.Contains(t, page, "RouterOS exporter")
	require.Contains(t, page, "/sd")
	e.get(t, "/nothing", http.StatusNotFound)
	e.get(t, "/-/reload", http.StatusMethodNotAllowed)
}

// post sends a POST and returns status and text.
func (e *exporter) post(t *testing.T, path string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, e.URL+path, nil)
	require.NoError(t, err)
	resp, err := e.Client().Do(req)
	require.NoError(t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return resp.StatusCode, string(body)
}

func TestReloadKeepsWhatHasNotChanged(t *testing.T) {
	t.Parallel()
	_, addresses := linked(t, time.Now)
	one := map[string]string{"EDGE1": addresses["EDGE1"]}
	e := start(t, devices(one), device.Options{})
	before := e.fingerprinted(t, "EDGE1")
	hash := series(e.get(t, "/metrics", http.StatusOK))["routeros_exporter_config_hash"]

	one["CORE1"] = addresses["CORE1"]
	e.write(t, devices(one))
	status, text := e.post(t, "/-/reload")
	require.Equal(t, http.StatusOK, status, text)
	require.Equal(t, "1", e.probe(t, "CORE1")["routeros_up"])
	after := e.probe(t, "EDGE1")
	require.Equal(t, "1", after["routeros_logins_total"], "the connection is the same")
	require.Equal(t, before[`routeros_config_fingerprint{category="all"}`], after[`routeros_config_fingerprint{category="all"}`])
	own := series(e.get(t, "/metrics", http.StatusOK))
	require.Equal(t, "1", own["routeros_exporter_config_last_reload_successful"])
	require.NotEqual(t, hash, own["routeros_exporter_config_hash"])

	e.write(t, devices(one)+"nonsense: true\n")
	status, text = e.post(t, "/-/reload")
	require.Equal(t, http.StatusInternalServerError, status)
	require.Contains(t, text, `unknown key "nonsense"; known here are fingerprint, modules, devices`)
	require.Equal(t, "1", e.probe(t, "CORE1")["routeros_up"], "the former configuration stays in force")
	require.Equal(t, "0", series(e.get(t, "/metrics", http.StatusOK))["routeros_exporter_config_last_reload_successful"])

	delete(one, "EDGE1")
	e.write(t, devices(one))
	status, text = e.post(t, "/-/reload")
	require.Equal(t, http.StatusOK, status, text)
	e.get(t, "/probe?target=EDGE1", http.StatusNotFound)
}
