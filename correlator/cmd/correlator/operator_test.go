package main

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/config"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/postgres/pgtest"
)

// desk is what a person at the operations desk does, over HTTP against a real database.
type operatorDesk struct {
	*correlator
	now time.Time
}

func newOperatorDesk(t *testing.T) operatorDesk {
	t.Helper()
	database := pgtest.NewEmpty(t)
	c := newCorrelator(t, configFolder(t, fmt.Sprintf(twoTenants, "http://127.0.0.1:1")), database.URL, database.OwnerURL)
	c.awaitReady(t)
	return operatorDesk{c, time.Now().UTC().Truncate(time.Second)}
}

func (d operatorDesk) at(offset time.Duration) string {
	return d.now.Add(offset).Format(time.RFC3339)
}

// fire posts a firing alert of each device.
func (d operatorDesk) fire(t *testing.T, since time.Duration, devices ...string) {
	t.Helper()
	var alerts []string
	for _, device := range devices {
		alerts = append(alerts, fmt.Sprintf(`{"status": "firing", "startsAt": %q, "annotations": {"onset_lag": "30s"}, "fingerprint": "fp-%s",
			"labels": {"alertname": "DeviceDown", "device": %q, "severity": "critical"}}`, d.at(since), device, device))
	}
	status, body := d.send(t, http.MethodPost, "/api/v1/alertmanager/webhook", acmeAlerts, `{"version": "4", "alerts": [`+strings.Join(alerts, ",")+`]}`)
	require.Equal(t, http.StatusNoContent, status, body)
}

func (d operatorDesk) incidents(t *testing.T) map[string]map[string]any {
	t.Helper()
	found := map[string]map[string]any{}
	list, _ := d.rpc(t, acmeAdmin, "IncidentService/ListIncidents", `{}`)["incidents"].([]any)
	for _, i := range list {
		incident := i.(map[string]any)
		found[strings.Join(devicesOf(incident), ",")] = incident
	}
	return found
}

func devicesOf(incident map[string]any) []string {
	var devices []string
	for _, a := range incident["alerts"].([]any) {
		devices = append(devices, a.(map[string]any)["device"].(string))
	}
	return devices
}

func (d operatorDesk) refused(t *testing.T, status int, procedure, message, want string) {
	t.Helper()
	got, body := d.send(t, http.MethodPost, "/ispvm.v1."+procedure, acmeAdmin, message)
	require.Equal(t, status, got, body)
	require.Contains(t, body, want)
}

// TestOperatorsWord: merging, splitting, acknowledging and feedback over the API, twice each, as a client
// does that lost the answer.
func TestOperatorsWord(t *testing.T) {
	t.Parallel()
	d := newOperatorDesk(t)
	d.fire(t, -20*time.Minute, "LONE1")
	d.fire(t, -10*time.Minute, "LONE2")
	before := d.incidents(t)
	one, two := before["LONE1"]["id"].(string), before["LONE2"]["id"].(string)

	for range 2 {
		merged := d.rpc(t, acmeAdmin, "IncidentService/MergeIncidents", fmt.Sprintf(`{"id": %q, "intoId": %q}`, two, one))["incident"].(map[string]any)
		require.Equal(t, []string{"LONE1", "LONE2"}, devicesOf(merged))
		require.Equal(t, []any{two}, merged["mergedFrom"])
	}
	var off string
	for range 2 {
		split := d.rpc(t, acmeAdmin, "IncidentService/SplitIncident", fmt.Sprintf(`{"id": %q, "alerts": ["fp-LONE2"]}`, one))
		require.Equal(t, []string{"LONE1"}, devicesOf(split["incident"].(map[string]any)))
		require.Equal(t, []string{"LONE2"}, devicesOf(split["splitOff"].(map[string]any)))
		other := split["splitOff"].(map[string]any)["id"].(string)
		require.NotEqual(t, one, other)
		if off != "" {
			require.Equal(t, off, other)
		}
		off = other
	}
	for range 2 {
		acked := d.rpc(t, acmeAdmin, "IncidentService/AcknowledgeIncident", fmt.Sprintf(`{"id": %q, "until": %q}`, one, d.at(time.Hour)))["incident"].(map[string]any)
		require.Equal(t, d.at(time.Hour), acked["acknowledged"].(map[string]any)["until"])
	}
	require.NotContains(t, d.rpc(t, acmeAdmin, "IncidentService/UnacknowledgeIncident", fmt.Sprintf(`{"id": %q}`, one))["incident"], "acknowledged")

	for range 2 {
		judged := d.rpc(t, acmeAdmin, "IncidentService/GiveFeedback", fmt.Sprintf(`{"id": %q, "cause": {"device": "EDGE1", "category": "system"}}`, one))["incident"].(map[string]any)
		feedback := judged["feedback"].([]any)
		require.Len(t, feedback, 1)
		require.Equal(t, map[string]any{"device": "EDGE1", "category": "system"}, feedback[0].(map[string]any)["cause"])
		require.Equal(t, "admin", feedback[0].(map[string]any)["by"])
	}
	judged := d.rpc(t, acmeAdmin, "IncidentService/GiveFeedback", fmt.Sprintf(`{"id": %q, "nothingKnown": true}`, one))["incident"].(map[string]any)
	require.Len(t, judged["feedback"], 2)
	require.NotContains(t, judged["feedback"].([]any)[1], "cause")

	history := d.rpc(t, acmeAdmin, "IncidentService/ListJudgements", fmt.Sprintf(`{"id": %q, "pageSize": 1}`, one))
	newest := history["judgements"].([]any)[0].(map[string]any)
	require.Contains(t, fmt.Sprint(newest["differences"]), "contributing: device/LONE2 → none", "the split took it away")
	require.NotEmpty(t, newest["weightsVersion"])
	require.NotEmpty(t, newest["rulesVersion"])
	older := d.rpc(t, acmeAdmin, "IncidentService/ListJudgements", fmt.Sprintf(`{"id": %q, "pageToken": %q}`, one, history["nextPageToken"]))
	last := older["judgements"].([]any)[len(older["judgements"].([]any))-1].(map[string]any)
	require.NotContains(t, last, "differences", "before the first one there was nothing")

	require.EqualValues(t, 1, d.incidents(t)["LONE1"]["impact"].(map[string]any)["devices"])
	d.refused(t, http.StatusBadRequest, "IncidentService/MergeIncidents", fmt.Sprintf(`{"id": %q, "intoId": %q}`, one, one), "name two incidents")
	d.refused(t, http.StatusNotFound, "IncidentService/MergeIncidents", fmt.Sprintf(`{"id": "nope", "intoId": %q}`, one), `there is no incident \"nope\"`)
	d.refused(t, http.StatusConflict, "IncidentService/SplitIncident", fmt.Sprintf(`{"id": %q, "alerts": ["fp-LONE1"]}`, one), "not of all")
	d.refused(t, http.StatusBadRequest, "IncidentService/GiveFeedback", fmt.Sprintf(`{"id": %q}`, one), "verdict")
	d.refused(t, http.StatusBadRequest, "IncidentService/GiveFeedback", fmt.Sprintf(`{"id": %q, "cause": {"device": "EDGEE1"}}`, one), `there is no device \"EDGEE1\" (alike: EDGE1)`)
	d.refused(t, http.StatusNotFound, "IncidentService/ListJudgements", `{"id": "nope"}`, "nothing with this id")
	require.Contains(t, d.log.String(), "procedure=/ispvm.v1.IncidentService/MergeIncidents tenant=acme by=admin token=admin outcome=committed")
}

// TestWindowsOverTheAPI: maintenance and blackout windows, and the update of planned work.
func TestWindowsOverTheAPI(t *testing.T) {
	t.Parallel()
	d := newOperatorDesk(t)
	content := fmt.Sprintf(`"title": "Battery test", "startsAt": %q, "endsAt": %q, "scope": {"devices": ["EDGE1"]}`, d.at(-time.Minute), d.at(time.Hour))
	var id string
	for range 2 {
		made := d.rpc(t, acmeAdmin, "WindowService/CreateWindow", `{"idempotencyKey": "w1", "window": {"kind": "WINDOW_KIND_MAINTENANCE", `+content+`}}`)["window"].(map[string]any)
		require.Equal(t, "admin", made["owner"])
		require.Equal(t, []any{"EDGE1"}, made["devices"])
		id = made["id"].(string)
	}
	d.rpc(t, acmeAdmin, "WindowService/CreateWindow", `{"idempotencyKey": "w1", "window": {"kind": "WINDOW_KIND_BLACKOUT", `+content+`}}`)
	kept := d.rpc(t, acmeAdmin, "WindowService/ListWindows", `{"kind": "WINDOW_KIND_MAINTENANCE"}`)["windows"].([]any)
	require.Len(t, kept, 1)
	require.Equal(t, "WINDOW_KIND_MAINTENANCE", kept[0].(map[string]any)["kind"])
	d.fire(t, 0, "EDGE1")
	require.Equal(t, id, d.incidents(t)["EDGE1"]["duringMaintenanceId"])
	require.Equal(t, true, d.incidents(t)["EDGE1"]["alerts"].([]any)[0].(map[string]any)["suppressed"])

	revision := kept[0].(map[string]any)["revision"]
	longer := fmt.Sprintf(`{"window": {"id": %q, "kind": "WINDOW_KIND_MAINTENANCE", "revision": %q, %s}}`, id, revision, strings.ReplaceAll(content, "Battery test", "Battery exchange"))
	for range 2 {
		updated := d.rpc(t, acmeAdmin, "WindowService/UpdateWindow", longer)["window"].(map[string]any)
		require.Equal(t, "Battery exchange", updated["title"])
		require.Equal(t, "admin", updated["owner"], "it stays where none is given")
	}
	d.refused(t, http.StatusConflict, "WindowService/UpdateWindow", strings.ReplaceAll(longer, "exchange", "removal"), "read it again")
	require.Equal(t, "canceled", d.rpc(t, acmeAdmin, "WindowService/CancelWindow", fmt.Sprintf(`{"kind": "WINDOW_KIND_MAINTENANCE", "id": %q}`, id))["window"].(map[string]any)["status"])
	require.Equal(t, "canceled", d.rpc(t, acmeAdmin, "WindowService/GetWindow", fmt.Sprintf(`{"kind": "WINDOW_KIND_MAINTENANCE", "id": %q}`, id))["window"].(map[string]any)["status"])
	require.Empty(t, d.rpc(t, acmeAdmin, "WindowService/ListWindows", `{"kind": "WINDOW_KIND_MAINTENANCE", "statuses": ["planned"]}`))
	d.refused(t, http.StatusNotFound, "WindowService/GetWindow", fmt.Sprintf(`{"kind": "WINDOW_KIND_BLACKOUT", "id": %q}`, id), "nothing with this id")
	d.refused(t, http.StatusBadRequest, "WindowService/ListWindows", `{}`, "kind")

	change := d.rpc(t, acmeAdmin, "ChangeService/CreateChange", `{"idempotencyKey": "c1", "change": {`+content+`}}`)["change"].(map[string]any)
	moved := strings.ReplaceAll(content, d.at(time.Hour), d.at(2*time.Hour))
	updated := d.rpc(t, acmeAdmin, "ChangeService/UpdateChange", fmt.Sprintf(`{"change": {"id": %q, %s}}`, change["id"], moved))["change"].(map[string]any)
	require.Equal(t, d.at(2*time.Hour), updated["endsAt"])
	d.refused(t, http.StatusConflict, "ChangeService/CreateChange", `{"idempotencyKey": "c1", "change": {`+strings.ReplaceAll(content, "Battery", "Rectifier")+`}}`, "update that one")
	for name, c := range map[string]struct{ procedure, message, want string }{
		"no scope":     {"ChangeService/CreateChange", strings.ReplaceAll(`{"change": {`+content+`}}`, `{"devices": ["EDGE1"]}`, `{}`), "change.scope is empty"},
		"unknown name": {"ChangeService/UpdateChange", fmt.Sprintf(`{"change": {"id": %q, %s}}`, change["id"], strings.ReplaceAll(content, "EDGE1", "EDGEX")), `change.scope: there is no device \"EDGEX\"`},
		"no id":        {"ChangeService/UpdateChange", `{"change": {` + content + `}}`, "change.id is missing"},
		"status":       {"ChangeService/ListChanges", `{"statuses": ["done"]}`, "statuses[0]"},
	} {
		t.Run(name, func(t *testing.T) { d.refused(t, http.StatusBadRequest, c.procedure, c.message, c.want) })
	}
}

// TestSettingsOverTheAPI: who changes weights says why, and that is kept.
func TestSettingsOverTheAPI(t *testing.T) {
	t.Parallel()
	d := newOperatorDesk(t)
	settings := d.rpc(t, acmeAdmin, "SettingsService/GetSettings", `{}`)["settings"].(map[string]any)
	builtin := settings["weightsVersion"].(string)
	require.Equal(t, "1800s", settings["lookback"])
	require.Equal(t, "60s", settings["cooldown"], "as configured")

	d.refused(t, http.StatusBadRequest, "SettingsService/UpdateSettings", `{"weights": "change: {base: 9}"}`, "say in reason why")
	d.refused(t, http.StatusBadRequest, "SettingsService/UpdateSettings", `{"weights": "chance: {base: 9}", "reason": "x"}`, "field chance not found")
	for range 2 {
		settings = d.rpc(t, acmeAdmin, "SettingsService/UpdateSettings", `{"weights": "change: {base: 9}", "reason": "changes were missed", "notifyDelay": "30s"}`)["settings"].(map[string]any)
	}
	require.Regexp(t, "^"+builtin+`\+[0-9a-f]{8}$`, settings["weightsVersion"])
	require.Equal(t, "30s", settings["notifyDelay"])
	require.Equal(t, builtin, d.rpc(t, acmeAdmin, "SettingsService/UpdateSettings", `{"weights": "", "reason": "worse"}`)["settings"].(map[string]any)["weightsVersion"])
	applied := d.rpc(t, acmeAdmin, "SettingsService/ListWeights", `{}`)["weights"].([]any)
	require.Len(t, applied, 2)
	require.Equal(t, "worse", applied[0].(map[string]any)["reason"])
	require.Equal(t, "changes were missed", applied[1].(map[string]any)["reason"])
	require.Equal(t, "change: {base: 9}", applied[1].(map[string]any)["document"])
	require.Empty(t, d.rpc(t, globexAdmin, "SettingsService/ListWeights", `{}`), "another tenant's are its own")
}

// command runs a subcommand as a person does, with the admin's token.
func (d operatorDesk) command(t *testing.T, args ...string) string {
	t.Helper()
	var out, complaints bytes.Buffer
	status := execute(append(args, "--url="+d.url, "--token-file="+filepath.Join(d.dir, "acme-admin")), &out, &complaints)
	require.Equal(t, exitDone, status, complaints.String())
	return out.String()
}

// TestWeightsFromFeedback goes the whole way: outages, what people say about their causes, what that
// speaks for, trying it out on the recorded past, applying it, and who did that.
func TestWeightsFromFeedback(t *testing.T) {
	t.Parallel()
	database := pgtest.NewEmpty(t)
	c := newCorrelator(t, configFolder(t, fmt.Sprintf(twoTenants, "http://127.0.0.1:1")), database.URL, database.OwnerURL)
	c.awaitReady(t)
	d := operatorDesk{c, time.Now().UTC().Truncate(time.Second)}
	var alerts []string
	for n := range 30 {
		name := []string{"PacketLoss", "InterfaceDown"}[n%2]
		alerts = append(alerts, fmt.Sprintf(`{"status": "firing", "startsAt": %q, "labels": {"alertname": %q, "device": "R%02d", "severity": "critical"}}`,
			d.at(-time.Minute), name, n))
	}
	status, body := d.send(t, http.MethodPost, "/api/v1/alertmanager/webhook", acmeAlerts, `{"version": "4", "alerts": [`+strings.Join(alerts, ",")+`]}`)
	require.Equal(t, http.StatusNoContent, status, body)
	require.Contains(t, d.command(t, "admin", "weights", "propose"), "# Nothing is proposed.", "nobody has said anything yet")
	incidents := d.incidents(t)
	require.Len(t, incidents, 30)
	for device, i := range incidents {
		verdict := `"nothingKnown": true`
		if i["alerts"].([]any)[0].(map[string]any)["alertname"] == "InterfaceDown" {
			verdict = fmt.Sprintf(`"cause": {"device": %q}`, device)
		}
		d.rpc(t, acmeAdmin, "IncidentService/GiveFeedback", fmt.Sprintf(`{"id": %q, %s}`, i["id"], verdict))
	}

	proposal := d.rpc(t, acmeAdmin, "SettingsService/ProposeWeights", `{}`)
	require.EqualValues(t, 15, proposal["right"])
	require.EqualValues(t, 15, proposal["wrong"])
	require.YAMLEq(t, "state: {loss: 2.7, interface_down: 5.5}", proposal["document"].(string))
	require.EqualValues(t, 15, proposal["rightBefore"], "judged anew on what is stored")
	require.EqualValues(t, 15, proposal["rightAfter"], "a small step that changes none of these")
	tally := proposal["tallies"].([]any)[1].(map[string]any)
	require.Equal(t, "state.loss", tally["weight"])
	require.Len(t, tally["wrongIncidents"], 15)
	require.Empty(t, d.rpc(t, globexAdmin, "SettingsService/ProposeWeights", `{}`)["tallies"], "another tenant's verdicts are its own")

	candidate, timeline := filepath.Join(d.dir, "candidate.yaml"), filepath.Join(d.dir, "past.jsonl")
	text := d.command(t, "admin", "weights", "propose")
	require.Contains(t, text, "# state.loss: 3 → 2.7\n#   right 0 of 15, where first candidates were right 15 of 30")
	require.NoError(t, os.WriteFile(candidate, []byte(text), 0o600))
	var past, difference, complaints bytes.Buffer
	require.NoError(t, export(t.Context(), config.Secret(database.URL), "acme", time.Time{}, time.Time{}, &past, slog.New(slog.DiscardHandler)))
	require.NoError(t, os.WriteFile(timeline, past.Bytes(), 0o600))
	require.Equal(t, exitDone, execute([]string{"replay", "--weights=" + candidate, "--diff", timeline}, &difference, &complaints), complaints.String())
	require.Contains(t, difference.String(), "incidents 30 → 30")

	require.Regexp(t, `^version \S+\+[0-9a-f]{8}\n$`, d.command(t, "admin", "weights", "apply", "--file="+candidate, "--reason=loss misled us all month"))
	require.Contains(t, d.command(t, "admin", "weights", "show"), "loss: 2.7")
	require.Contains(t, d.command(t, "admin", "weights", "show", "--history"), "by admin: loss misled us all month")
	d.command(t, "admin", "weights", "apply", "--builtin", "--reason=no better")
	require.Contains(t, d.command(t, "admin", "weights", "show"), "# the built-in weights")
	require.Equal(t, exitUsage, execute([]string{"admin", "weights", "apply", "--reason=x", "--token-file=x"}, &difference, &complaints))
	require.Contains(t, complaints.String(), "give either --file or --builtin")
}

// TestInventoryWarns: what is accepted and yet looks wrong is told.
func TestInventoryWarns(t *testing.T) {
	t.Parallel()
	d := newOperatorDesk(t)
	answer := d.rpc(t, acmeAdmin, "InventoryService/ReplaceInventory", `{"inventory": {"devices": [{"name": "A", "dependsOn": [{"all": ["GHOST"]}]}]}}`)
	require.Contains(t, fmt.Sprint(answer["warnings"]), "GHOST")
}
