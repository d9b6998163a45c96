package main

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/config"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/engine"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/postgres/pgtest"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/topology"
)

// fakePrometheus answers what two routers with a cable between them publish, and no samples of raw series.
type fakePrometheus struct{}

func (fakePrometheus) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	query, now := r.Form.Get("query"), time.Now().Unix()
	w.Header().Set("Content-Type", "application/json")
	answer := func(kind string, rows ...string) {
		fmt.Fprintf(w, `{"status":"success","data":{"resultType":%q,"result":[%s]}}`, kind, strings.Join(rows, ","))
	}
	series := func(labels string) string { return fmt.Sprintf(`{"metric":{%s},"values":[[%d,"1"]]}`, labels, now) }
	switch {
	case query == "time()":
		fmt.Fprintf(w, `{"status":"success","data":{"resultType":"scalar","result":[%d,"%d"]}}`, now, now)
	case strings.HasPrefix(query, "quantile_over_time") && strings.Contains(query, "routeros_ppp_active_sessions"):
		answer("vector", fmt.Sprintf(`{"metric":{"device":"BNG1"},"value":[%d,"120"]}`, now))
	case query == "routeros_system_identity_info{}":
		answer("matrix", series(`"device":"EDGE1","identity":"EDGE1"`), series(`"device":"BNG1","site":"EAST","identity":"bng"`))
	case query == "routeros_neighbor_info{}":
		answer("matrix", series(`"device":"EDGE1","interface":"e1","remote_identity":"bng","remote_interface":"e2"`),
			series(`"device":"BNG1","interface":"e2","remote_identity":"EDGE1","remote_interface":"e1"`),
			series(`"device":"BNG1","interface":"e3","remote_identity":"radio","remote_interface":"eth0"`))
	case strings.HasPrefix(query, "max by"):
		answer("vector")
	default:
		answer("matrix")
	}
}

// TestTopologyOfTheService goes all the way: a Prometheus, the service, the commands of an administrator. And
// the subscribers that Prometheus knows reach the database by themselves.
func TestTopologyOfTheService(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(fakePrometheus{})
	t.Cleanup(server.Close)
	dir := t.TempDir()
	for name, text := range map[string]string{
		"token": acmeAdmin, "other": globexAdmin,
		"correlator.yaml": fmt.Sprintf(`
tenants:
  - {id: acme, prometheus: [{name: a, url: %q}, {name: dead, url: "http://127.0.0.1:1"}]}
  - {id: globex}
auth: {tokens: [{name: admin, tenant: acme, role: admin, token_file: token}, {name: other, tenant: globex, role: admin, token_file: other}]}
`, server.URL),
	} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	database := pgtest.New(t)
	c := newCorrelator(t, dir, database.URL, database.OwnerURL)
	c.awaitReady(t)
	do := func(args ...string) (status int, stdout, stderr string) {
		var out, errs bytes.Buffer
		status = execute(append([]string{"admin", "topology"}, append(args, "--url="+c.url, "--token-file="+filepath.Join(dir, "token"))...), &out, &errs)
		return status, out.String(), errs.String()
	}

	status, out, errs := do("proposals")
	require.Equal(t, exitDone, status, errs)
	require.Regexp(t, `(?s)^high    device:BNG1\n        BNG1 is observed, and calls itself "bng" since .*\nhigh    device:EDGE1\n.*low     device:radio\n.*
high    link:BNG1:e2<->EDGE1:e1\n        BNG1 sees EDGE1 on e2, there e1, by neighbour discovery since .*medium  link:BNG1:e3<->radio:eth0\n.*
5 proposals for revision 0 of the inventory\n$`, out)
	require.Contains(t, c.log.String(), "Some Prometheus servers cannot tell")

	status, _, errs = do("accept", "link:BNG1:e2<->EDGE1:e1")
	require.Equal(t, exitFailed, status)
	require.Contains(t, errs, `needs device "BNG1", which is not listed: accept "device:BNG1" as well`)
	status, _, errs = do("accept")
	require.Equal(t, exitUsage, status)
	require.Contains(t, errs, "name proposals by their ids")
	status, _, errs = do("accept", "--revision=7", "device:BNG1")
	require.Equal(t, exitFailed, status)
	require.Contains(t, errs, "the inventory has moved on since these proposals were listed")

	status, out, errs = do("accept", "--all-at-least=medium")
	require.Equal(t, exitDone, status, errs)
	require.Equal(t, "revision 1: 3 proposals accepted\n", out, "the radio is doubtful, and with it the link to it")
	status, out, errs = do("dismiss", "device:radio", "--reason=on loan")
	require.Equal(t, exitDone, status, errs)
	require.Equal(t, "1 proposals dismissed\n", out)
	status, out, errs = do("proposals")
	require.Equal(t, exitDone, status, errs)
	require.Equal(t, "0 proposals for revision 1 of the inventory\n", out)

	var show, errs3 bytes.Buffer
	require.Equal(t, exitDone, execute([]string{"admin", "inventory", "show", "--url=" + c.url, "--token-file=" + filepath.Join(dir, "token")}, &show, &errs3), errs3.String())
	require.Regexp(t, `^# revision 1\n`, show.String())
	shown, err := config.ParseInventory(show.Bytes())
	require.NoError(t, err)
	require.Equal(t, &topology.Inventory{
		Sites: []topology.Site{{Name: "EAST"}}, Devices: []topology.Device{{Name: "BNG1", Site: "EAST"}, {Name: "EDGE1"}},
		Links: []topology.Link{{A: topology.End{Device: "BNG1", Interface: "e2"}, B: topology.End{Device: "EDGE1", Interface: "e1"}}},
	}, shown, "what is shown can be applied")

	status, out, errs = do("accept", "--all-at-least=low")
	require.Equal(t, exitDone, status, errs)
	require.Equal(t, "there is nothing to accept\n", out)

	var out2, errs2 bytes.Buffer
	require.Equal(t, exitFailed, execute([]string{"admin", "topology", "proposals", "--url=" + c.url, "--token-file=" + filepath.Join(dir, "other")}, &out2, &errs2))
	require.Contains(t, errs2.String(), "this tenant has no Prometheus that could tell what the routers see: configure one under `prometheus`")

	require.Eventually(t, func() bool {
		devices, err := c.db.Devices(t.Context(), "acme", engine.DeviceQuery{Devices: []string{"BNG1"}})
		return err == nil && len(devices) == 1 && devices[0].Subscribers == 120
	}, 30*time.Second, 50*time.Millisecond, "the subscribers that Prometheus counts")
}
