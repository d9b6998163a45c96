package httpapi

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"connectrpc.com/connect/v2"
	"connectrpc.com/connect/v2/connecthttp"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	_ "google.golang.org/grpc/encoding/gzip" // the compressor that one call asks for
	"google.golang.org/grpc/metadata"
	grpcstatus "google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"

	apiv1 "github.com/ispvisualmonitor/ispvisualmonitor/api/v1"
	"github.com/ispvisualmonitor/ispvisualmonitor/api/v1/apiv1connect"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/authn"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/calendar"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/configchange"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/engine"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/topology"
)

const upgrade = `{"change": {"title": "Upgrade", "startsAt": "2026-11-01T22:00:00Z", "endsAt": "2026-11-01T23:00:00Z",
	"scope": {"devices": ["EDGE1"], "sites": ["HQ"]}, "notifyCritical": true}, "idempotencyKey": "k1"}`

// TestEveryProcedureHasAPermission fails when the schema grows a procedure that nobody decided on.
func TestEveryProcedureHasAPermission(t *testing.T) {
	t.Parallel()
	var procedures int
	for i := range apiv1.File_v1_change_proto.Services().Len() {
		procedures += apiv1.File_v1_change_proto.Services().Get(i).Methods().Len()
	}
	require.Positive(t, procedures)
	server := connect.NewServer()
	apiv1connect.RegisterAnnotationServiceHandler(server, annotations{})
	apiv1connect.RegisterChangeServiceHandler(server, changes{})
	apiv1connect.RegisterConfigChangeServiceHandler(server, configChanges{})
	apiv1connect.RegisterIncidentServiceHandler(server, incidents{})
	apiv1connect.RegisterInventoryServiceHandler(server, inventory{})
	apiv1connect.RegisterObservationServiceHandler(server, nil)
	apiv1connect.RegisterSettingsServiceHandler(server, settings{})
	apiv1connect.RegisterStatusServiceHandler(server, status{})
	apiv1connect.RegisterTopologyServiceHandler(server, proposals{})
	apiv1connect.RegisterWindowServiceHandler(server, windows{})
	found := map[string]bool{}
	for spec := range server.Specs() {
		found[spec.Procedure] = true
		require.Contains(t, permissions, spec.Procedure)
		if spec.IdempotencyLevel == connect.IdempotencyNoSideEffects {
			require.Contains(t, []authn.Permission{authn.Read, authn.Identify}, permissions[spec.Procedure], spec.Procedure)
		} else {
			require.NotContains(t, []authn.Permission{authn.Read, authn.Identify}, permissions[spec.Procedure], "%s writes", spec.Procedure)
		}
	}
	require.Len(t, permissions, len(found), "a permission for a procedure that does not exist")
}

func TestChangeLifeOverJSON(t *testing.T) {
	t.Parallel()
	f := setup(t)
	created := f.json(t, "acme-operator-token", apiv1connect.ChangeServiceCreateChangeProcedure, upgrade)
	require.Equal(t, http.StatusOK, created.status, created.message)
	change := created.body["change"].(map[string]any)
	require.Equal(t, "Upgrade", change["title"])
	require.Equal(t, "planned", change["status"])
	require.Equal(t, "grafana", change["owner"], "the caller, when nobody else is named")
	id := change["id"].(string)

	again := f.json(t, "acme-operator-token", apiv1connect.ChangeServiceCreateChangeProcedure, upgrade)
	require.Equal(t, id, again.body["change"].(map[string]any)["id"], "the same key is the same change")
	require.Len(t, f.changes["acme"], 1)
	other := f.json(t, "acme-operator-token", apiv1connect.ChangeServiceCreateChangeProcedure, strings.ReplaceAll(upgrade, "Upgrade", "Something else"))
	require.Equal(t, http.StatusConflict, other.status)
	require.Equal(t, "already_exists: this idempotency key stands for change "+id+" with other content: update that one, or use another key for another one", other.code+": "+other.message)
	elsewhere := f.json(t, "globex-admin-token", apiv1connect.ChangeServiceCreateChangeProcedure, upgrade)
	require.NotEqual(t, id, elsewhere.body["change"].(map[string]any)["id"], "a key belongs to its tenant")
	free := strings.ReplaceAll(upgrade, `"k1"`, `""`)
	first := f.json(t, "acme-operator-token", apiv1connect.ChangeServiceCreateChangeProcedure, free)
	second := f.json(t, "acme-operator-token", apiv1connect.ChangeServiceCreateChangeProcedure, free)
	require.NotEqual(t, first.body["change"].(map[string]any)["id"], second.body["change"].(map[string]any)["id"], "without a key each call makes one")

	for procedure, status := range map[string]string{
		apiv1connect.ChangeServiceStartChangeProcedure:    "in_progress",
		apiv1connect.ChangeServiceCompleteChangeProcedure: "completed",
		apiv1connect.ChangeServiceCancelChangeProcedure:   "canceled",
	} {
		moved := f.json(t, "acme-operator-token", procedure, fmt.Sprintf(`{"id": %q}`, id))
		require.Equal(t, status, moved.body["change"].(map[string]any)["status"])
		missing := f.json(t, "acme-operator-token", procedure, `{"id": "nope"}`)
		require.Equal(t, "not_found: there is no such change: list the changes", missing.code+": "+missing.message)
		require.Equal(t, http.StatusNotFound, missing.status)
		foreign := f.json(t, "globex-admin-token", procedure, fmt.Sprintf(`{"id": %q}`, id))
		require.Equal(t, http.StatusNotFound, foreign.status, "another tenant's change does not exist")
	}
	got := f.json(t, "acme-viewer-token", apiv1connect.ChangeServiceGetChangeProcedure, fmt.Sprintf(`{"id": %q}`, id))
	require.Equal(t, id, got.body["change"].(map[string]any)["id"])
	foreign := f.json(t, "globex-admin-token", apiv1connect.ChangeServiceGetChangeProcedure, fmt.Sprintf(`{"id": %q}`, id))
	require.Equal(t, http.StatusNotFound, foreign.status)
	require.Equal(t, engine.WindowInput{Op: engine.OpCreate, Window: calendar.Window{
		ID: id, Kind: calendar.Change, Title: "Upgrade", Owner: "grafana", Status: calendar.Planned, NotifyCritical: true,
		StartsAt: noon.Add(10 * time.Hour), EndsAt: noon.Add(11 * time.Hour),
		Scope: topology.Scope{Devices: []string{"EDGE1"}, Sites: []string{"HQ"}},
	}}, f.submitted["acme"][0])
}

// TestOnBehalfOf shows who is written down when the plugin acts for a person.
func TestOnBehalfOf(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.incidents["acme"] = []engine.IncidentView{{ID: "i1", State: "open", OpenedAt: noon}}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, f.url+apiv1connect.IncidentServiceAcknowledgeIncidentProcedure,
		strings.NewReader(`{"id": "i1", "until": "2026-11-01T16:00:00Z"}`))
	require.NoError(t, err)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set(authn.OnBehalfOfHeader, "jane")
	got := f.do(t, "acme-operator-token", req)
	require.Equal(t, http.StatusOK, got.status, got.message)
	require.Equal(t, map[string]any{"by": "jane", "at": "2026-11-01T12:00:00Z", "until": "2026-11-01T16:00:00Z"}, got.body["incident"].(map[string]any)["acknowledged"])

	req = req.Clone(t.Context())
	req.Body, err = req.GetBody()
	require.NoError(t, err)
	refused := f.do(t, "acme-admin-token", req)
	require.Equal(t, http.StatusUnauthorized, refused.status)
	require.Equal(t, authn.ErrOnBehalfOf.Error(), refused.message)
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	f := setup(t)
	for name, c := range map[string]struct {
		token, procedure, message string
		status                    int
		code, want                string
	}{
		"no token": {"", apiv1connect.StatusServiceGetStatusProcedure, "{}", 401, "unauthenticated", authn.ErrNoToken.Error()},
		"wrong token, and the body is not even looked at": {"guessed", apiv1connect.ChangeServiceCreateChangeProcedure, "not JSON", 401, "unauthenticated", authn.ErrWrongToken.Error()},
		"viewer writes": {
			"acme-viewer-token", apiv1connect.ChangeServiceCreateChangeProcedure, "not JSON", 403, "permission_denied",
			`token "viewer" has the role viewer, which may not operate: use a token with the role admin or operator`,
		},
		"operator replaces the inventory": {
			"acme-operator-token", apiv1connect.InventoryServiceReplaceInventoryProcedure, "{}", 403, "permission_denied",
			`token "grafana" has the role operator, which may not administer: use a token with the role admin`,
		},
		"agent reads": {
			"acme-agent-token", apiv1connect.IncidentServiceListIncidentsProcedure, "{}", 403, "permission_denied",
			`token "exporter" has the role agent, which may not read: use a token with the role admin or auditor or operator or viewer`,
		},
		"admin observes": {
			"acme-admin-token", apiv1connect.ObservationServiceObserveProcedure, "{}", 403, "permission_denied",
			`token "admin" has the role admin, which may not observe: use a token with the role agent`,
		},
		"not JSON":      {"acme-operator-token", apiv1connect.ChangeServiceCreateChangeProcedure, "not JSON", 400, "invalid_argument", "invalid value not"},
		"unknown field": {"acme-operator-token", apiv1connect.ChangeServiceGetChangeProcedure, `{"id": "x", "tenant": "globex"}`, 404, "not_found", "there is nothing with this id: list first, ids are given by the correlator"},
		"fields": {
			"acme-operator-token", apiv1connect.ChangeServiceCreateChangeProcedure, `{"change": {"title": "", "scope": {}, "startsAt": "2026-11-01T22:00:00Z"}}`, 400, "invalid_argument",
			"validation errors:\n - change.title: must be at least 1 characters\n - change.ends_at: value is required",
		},
		"the engine refuses": {
			"acme-operator-token", apiv1connect.ChangeServiceCreateChangeProcedure, strings.ReplaceAll(upgrade, "23:00", "21:00"), 400, "invalid_argument",
			"ends_at must be after starts_at",
		},
		"page token":  {"acme-viewer-token", apiv1connect.ChangeServiceListChangesProcedure, `{"pageToken": "forged"}`, 400, "invalid_argument", engine.ErrPageToken.Error()},
		"page size":   {"acme-viewer-token", apiv1connect.ChangeServiceListChangesProcedure, `{"pageSize": 1001}`, 400, "invalid_argument", "validation error: page_size: must be greater than or equal to 0 and less than or equal to 1000"},
		"range":       {"acme-viewer-token", apiv1connect.AnnotationServiceListAnnotationsProcedure, `{"from": "2026-11-01T22:00:00Z", "to": "2026-11-01T21:00:00Z"}`, 400, "invalid_argument", "to: it must not be before from"},
		"no range":    {"acme-viewer-token", apiv1connect.AnnotationServiceListAnnotationsProcedure, `{}`, 400, "invalid_argument", "validation errors:\n - from: value is required\n - to: value is required"},
		"no state":    {"acme-agent-token", apiv1connect.ObservationServiceObserveProcedure, `{"observations": [{"device": "A", "category": "bgp", "observedAt": "2026-11-01T22:00:00Z"}]}`, 400, "invalid_argument", "observations[0]: give one of sha256, fingerprint, or failure (why it could not be read)"},
		"empty batch": {"acme-agent-token", apiv1connect.ObservationServiceObserveProcedure, `{}`, 400, "invalid_argument", "validation error: observations: must contain at least 1 item(s)"},
		"no incident": {"acme-operator-token", apiv1connect.IncidentServiceAcknowledgeIncidentProcedure, `{"id": "x"}`, 404, "not_found", "there is no such incident"},
		"inventory": {
			"acme-admin-token", apiv1connect.InventoryServiceReplaceInventoryProcedure, `{"inventory": {"devices": [{"name": "A"}, {"name": "A"}]}}`, 400, "invalid_argument", `device "A" is listed twice`,
		},
		"2 MiB for an ordinary call": {"acme-operator-token", apiv1connect.ChangeServiceGetChangeProcedure, `{"id": "` + strings.Repeat("x", 2<<20) + `"}`, 429, "resource_exhausted", "message is larger than configured max 1048576"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := f.json(t, c.token, c.procedure, c.message)
			require.Contains(t, got.message, c.want)
			require.Equal(t, c.code, got.code)
			require.Equal(t, c.status, got.status)
		})
	}
}

// TestTroubleOfOurs shows that what the database says never reaches a caller, and that it is 503.
func TestTroubleOfOurs(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.setErr(errors.New("connect to postgres://u:planted-secret@db"))
	for _, procedure := range []string{apiv1connect.ChangeServiceListChangesProcedure, apiv1connect.StatusServiceGetStatusProcedure} {
		got := f.json(t, "acme-viewer-token", procedure, "{}")
		require.Equal(t, http.StatusServiceUnavailable, got.status)
		require.Equal(t, "unavailable", got.code)
		require.Equal(t, "5", got.header.Get("Retry-After"))
		require.NotContains(t, got.message, "postgres")
	}
	write := f.json(t, "acme-operator-token", apiv1connect.ChangeServiceCreateChangeProcedure, upgrade)
	require.Equal(t, http.StatusServiceUnavailable, write.status)
	push := f.json(t, "acme-agent-token", apiv1connect.ObservationServiceObserveProcedure, `{"observations": [{"device": "A", "category": "bgp", "observedAt": "2026-11-01T11:00:00Z", "fingerprint": "0123456789ab"}]}`)
	require.Equal(t, http.StatusServiceUnavailable, push.status, "an exporter must keep its batch")
	require.Equal(t, "5", push.header.Get("Retry-After"))
	require.Contains(t, f.log.String(), "Could not serve a call")
	f.setErr(nil)
	require.Equal(t, http.StatusOK, f.json(t, "acme-viewer-token", apiv1connect.ChangeServiceListChangesProcedure, "{}").status)
}

// TestGet reads as a browser or curl does, without a body.
func TestGet(t *testing.T) {
	t.Parallel()
	f := setup(t)
	get := func(procedure, message string) answer {
		q := url.Values{"connect": {"v1"}, "encoding": {"json"}, "message": {message}}
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, f.url+procedure+"?"+q.Encode(), nil)
		require.NoError(t, err)
		return f.do(t, "acme-viewer-token", req)
	}
	status := get(apiv1connect.StatusServiceGetStatusProcedure, "{}")
	require.Equal(t, map[string]any{
		"version": "1.2.3", "tenant": "acme", "role": "viewer", "name": "viewer", "now": "2026-11-01T12:00:00Z",
		"devices": "12", "openIncidents": "1", "lastObservationAt": "2026-11-01T12:00:00Z",
	}, status.body)
	found := get(apiv1connect.ConfigChangeServiceListConfigChangesProcedure, `{"devices": ["EDGE1"], "unplannedOnly": true, "pageSize": 2, "pageToken": "t"}`)
	require.Equal(t, "more", found.body["nextPageToken"])
	require.Equal(t, map[string]any{
		"id": "cc1", "device": "EDGE1", "category": "bgp", "site": "HQ", "notBefore": "2026-11-01T12:00:00Z", "notAfter": "2026-11-01T12:01:00Z",
		"oldFingerprint": "000000000001", "newFingerprint": "000000000002", "plannedChangeId": "c1", "summary": []any{"a line"},
		"actor": map[string]any{"user": "ops1", "address": "192.0.2.7", "via": "winbox", "at": "2026-11-01T12:00:00Z"},
	}, found.body["configChanges"].([]any)[0])
	require.Equal(t, map[string]any{"id": "cc2"}, found.body["configChanges"].([]any)[1], "what is not known is left out")
	require.Equal(t, engine.ConfigChangeQuery{Devices: []string{"EDGE1"}, UnplannedOnly: true, Page: engine.Page{Size: 2, Token: "t"}}, f.asked)
}

func TestStatusOfAnAgent(t *testing.T) {
	t.Parallel()
	got := setup(t).json(t, "acme-agent-token", apiv1connect.StatusServiceGetStatusProcedure, "{}")
	require.Equal(t, map[string]any{"version": "1.2.3", "tenant": "acme", "role": "agent", "name": "exporter", "now": "2026-11-01T12:00:00Z"}, got.body,
		"an agent learns that it is known, and nothing else")
}

func TestAnnotations(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.events = 12340
	got := f.json(t, "acme-viewer-token", apiv1connect.AnnotationServiceListAnnotationsProcedure,
		`{"from": "2026-11-01T12:00:00Z", "to": "2026-11-01T13:00:00Z", "devices": ["EDGE1"], "classes": ["config_change"], "categories": ["bgp"]}`)
	require.Equal(t, http.StatusOK, got.status, got.message)
	require.Len(t, got.body["annotations"], 500)
	require.Equal(t, "12340", got.body["total"])
	require.Equal(t, engine.AnnotationQuery{
		From: noon, To: noon.Add(time.Hour), Devices: []string{"EDGE1"}, Classes: []string{"config_change"}, Categories: []string{"bgp"}, Limit: 500,
	}, f.asked)
}

func TestInventoryRoundTrip(t *testing.T) {
	t.Parallel()
	f := setup(t)
	empty := f.json(t, "acme-viewer-token", apiv1connect.InventoryServiceGetInventoryProcedure, "{}")
	require.Equal(t, map[string]any{"inventory": map[string]any{}}, empty.body)
	const given = `{"inventory": {"sites": [{"name": "HQ"}],
		"devices": [{"name": "EDGE1", "site": "HQ", "roles": ["edge"], "subscribers": 12}, {"name": "CORE1", "dependsOn": [{"any": ["EDGE1", "EDGE2"]}, {"k": 1, "of": ["EDGE1"]}, {"all": ["EDGE1"]}]}],
		"services": [{"name": "transit", "dependsOn": [{"all": ["EDGE1"]}]}],
		"links": [{"a": {"device": "EDGE1", "interface": "ether1"}, "b": {"device": "CORE1", "interface": "ether2"}}]}}`
	replaced := f.json(t, "acme-admin-token", apiv1connect.InventoryServiceReplaceInventoryProcedure, given)
	require.Equal(t, "1", replaced.body["revision"], replaced.message)
	got := f.json(t, "acme-viewer-token", apiv1connect.InventoryServiceGetInventoryProcedure, "{}")
	require.Equal(t, "1", got.body["revision"])
	again := f.json(t, "acme-admin-token", apiv1connect.InventoryServiceReplaceInventoryProcedure, fmt.Sprintf(`{"inventory": %s}`, toJSON(t, got.body["inventory"])))
	require.Equal(t, "2", again.body["revision"])
	require.Equal(t, f.submitted["acme"][0], f.submitted["acme"][1], "what is read can be written back")
	devices := f.json(t, "acme-viewer-token", apiv1connect.InventoryServiceListDevicesProcedure, `{"sites": ["HQ"]}`)
	require.InDelta(t, 12, got.body["inventory"].(map[string]any)["devices"].([]any)[0].(map[string]any)["subscribers"], 0)
	require.Equal(t, true, devices.body["devices"].([]any)[1].(map[string]any)["uninventoried"])
}

func TestObserveOverJSON(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.effects = []engine.Effect{{Type: engine.ConfigChangeDetected}, {Type: engine.IncidentUpdated}, {Type: engine.ConfigChangeDetected}}
	sha := strings.Repeat("0123456789abcdef", 4)
	got := f.json(t, "acme-agent-token", apiv1connect.ObservationServiceObserveProcedure, fmt.Sprintf(`{"observations": [
		{"device": "EDGE1", "category": "bgp", "observedAt": "2026-11-01T12:00:00Z", "sha256": %q, "allowlistVersion": "3", "exporter": "exp1",
		 "sections": {"/routing/bgp/connection": [{"name": "a"}]}, "actor": {"user": "ops1", "at": "2026-11-01T11:59:30Z"}},
		{"device": "EDGE1", "category": "ospf", "observedAt": "2026-11-01T12:00:00Z", "fingerprint": "0123456789ab"},
		{"device": "EDGE2", "category": "bgp", "observedAt": "2026-11-01T12:00:00Z", "failure": "timeout"}]}`, sha))
	require.Equal(t, map[string]any{"accepted": "3", "changes": "2"}, got.body, got.message)
	at := noon.Add(-30 * time.Second)
	require.Equal(t, []engine.Input{
		engine.ObservationsInput{Observations: []configchange.Observation{
			{
				Stream:     configchange.Stream{Device: "EDGE1", Category: "bgp", Source: "http", Exporter: "exp1"},
				ObservedAt: noon, Fingerprint: "0123456789ab", SHA256: sha, AllowlistVersion: 3,
				Sections: []byte(`{"/routing/bgp/connection":[{"name":"a"}]}`), Actor: &configchange.Actor{User: "ops1", At: &at},
			},
			{Stream: configchange.Stream{Device: "EDGE1", Category: "ospf", Source: "http"}, ObservedAt: noon, Fingerprint: "0123456789ab"},
		}},
		engine.ObservationFailedInput{Stream: configchange.Stream{Device: "EDGE2", Category: "bgp", Source: "http"}, ObservedAt: noon, Reason: "timeout"},
	}, f.submitted["acme"])
}

// TestGRPC speaks to the same port with Google's client, over HTTP/2 without TLS.
func TestGRPC(t *testing.T) {
	t.Parallel()
	f := setup(t)
	conn, err := grpc.NewClient(strings.TrimPrefix(f.url, "http://"), grpc.WithTransportCredentials(insecure.NewCredentials()))
	require.NoError(t, err)
	defer conn.Close()
	with := func(token string) context.Context {
		return metadata.AppendToOutgoingContext(t.Context(), "authorization", "Bearer "+token)
	}
	batch := &apiv1.ObserveRequest{}
	for i := range 1000 {
		batch.Observations = append(batch.Observations, &apiv1.Observation{
			Device: fmt.Sprintf("R%d", i), Category: "bgp", ObservedAt: timestamppb.New(noon), State: &apiv1.Observation_Fingerprint{Fingerprint: "0123456789ab"},
		})
	}
	answer := &apiv1.ObserveResponse{}
	require.NoError(t, conn.Invoke(with("acme-agent-token"), apiv1connect.ObservationServiceObserveProcedure, batch, answer, grpc.UseCompressor("gzip")))
	require.EqualValues(t, 1000, answer.GetAccepted())
	require.Equal(t, "grpc", f.submitted["acme"][0].(engine.ObservationsInput).Observations[0].Source)

	err = conn.Invoke(with("guessed"), apiv1connect.ObservationServiceObserveProcedure, batch, answer)
	require.Equal(t, codes.Unauthenticated, grpcstatus.Code(err))
	batch.Observations[7].State = &apiv1.Observation_Fingerprint{Fingerprint: "XYZ"}
	err = conn.Invoke(with("acme-agent-token"), apiv1connect.ObservationServiceObserveProcedure, batch, answer)
	require.Equal(t, codes.InvalidArgument, grpcstatus.Code(err))
	require.ErrorContains(t, err, "observations[7].fingerprint")
	require.Len(t, f.submitted["acme"], 1, "a batch is accepted as a whole or not at all")
	f.setErr(errors.New("down"))
	batch.Observations[7].State = &apiv1.Observation_Fingerprint{Fingerprint: "0123456789ab"}
	err = conn.Invoke(with("acme-agent-token"), apiv1connect.ObservationServiceObserveProcedure, batch, answer)
	require.Equal(t, codes.Unavailable, grpcstatus.Code(err))
}

// TestConnectClient uses the generated client, with compression.
func TestConnectClient(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.incidents["acme"] = []engine.IncidentView{{
		ID: "i1", State: "open", Label: "Possible change-related outage", OpenedAt: noon, AlertCount: 1,
		Alerts: []engine.AlertView{{Fingerprint: "f", AlertName: "BGPSessionDown", Device: "EDGE1", StartsAt: noon}},
		Candidates: []engine.CandidateView{{Kind: "device", Name: "EDGE1", Role: "primary", Score: 7.5, Evidence: []engine.EvidenceView{{
			Kind: "config_change", ConfigChangeID: "cc1", Weight: 7.5, Terms: map[string]float64{"base": 8}, Text: strings.Repeat("because ", 500),
		}}}},
	}}
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	client := apiv1connect.NewIncidentServiceClient(connect.NewClient(
		connecthttp.NewTransport(&http.Client{Transport: transport}, f.url, connecthttp.WithSendGzip())))
	ctx, info := connect.NewClientContext(t.Context())
	info.RequestHeader().Set("Authorization", "Bearer acme-viewer-token")
	got, err := client.GetIncident(ctx, &apiv1.GetIncidentRequest{Id: "i1"})
	require.NoError(t, err)
	require.Equal(t, "gzip", info.ResponseEncoding)
	require.InDelta(t, 8, got.GetIncident().GetCandidates()[0].GetEvidence()[0].GetTerms()["base"], 0)
	require.Nil(t, got.GetIncident().GetClosedAt())
	require.Nil(t, got.GetIncident().GetAcknowledged())
	list, err := client.ListIncidents(ctx, &apiv1.ListIncidentsRequest{States: []string{"open"}})
	require.NoError(t, err)
	require.Len(t, list.GetIncidents(), 1)
	require.Equal(t, engine.IncidentQuery{States: []string{"open"}}, f.asked)
}

func TestMetrics(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.json(t, "acme-viewer-token", apiv1connect.StatusServiceGetStatusProcedure, "{}")
	f.json(t, "guessed", apiv1connect.StatusServiceGetStatusProcedure, "{}")
	require.Equal(t, http.StatusNotImplemented, f.json(t, "acme-viewer-token", "/ispvm.v1.StatusService/Nonsense", "{}").status)
	require.NoError(t, testutil.GatherAndCompare(f.registry, strings.NewReader(`
# HELP ispvm_api_requests_total API calls by procedure, protocol and outcome (ok, or the code of the error).
# TYPE ispvm_api_requests_total counter
ispvm_api_requests_total{code="ok",procedure="StatusService/GetStatus",protocol="connect"} 1
ispvm_api_requests_total{code="unauthenticated",procedure="StatusService/GetStatus",protocol="connect"} 1
ispvm_api_requests_total{code="unimplemented",procedure="unknown",protocol="connect"} 1
`), "ispvm_api_requests_total"))
}
