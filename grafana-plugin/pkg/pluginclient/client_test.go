package pluginclient_test

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/stretchr/testify/require"

	"github.com/ispvisualmonitor/ispvisualmonitor/grafana-plugin/pkg/correlatortest"
	"github.com/ispvisualmonitor/ispvisualmonitor/grafana-plugin/pkg/pluginclient"
	"github.com/ispvisualmonitor/ispvisualmonitor/grafana-plugin/pkg/pluginclient/plugintest"
)

// now is when the example happens; the plugin itself has no clock in its answers.
var now = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

var lastWeek = backend.TimeRange{From: now.Add(-7 * 24 * time.Hour), To: now.Add(7 * 24 * time.Hour)}

// logs gathers what the plugin process writes; go-plugin writes from goroutines of its own.
type logs struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logs) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()

	return l.text.Write(p)
}

func (l *logs) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()

	return l.text.String()
}

// TestExecutable asks the built executable over the plugin protocol, against a real HTTP server.
func TestExecutable(t *testing.T) {
	t.Parallel()

	executable := plugintest.Build(t)
	stand := correlatortest.New(correlatortest.Example(now), time.Now)
	server := httptest.NewServer(stand.Handler())
	t.Cleanup(server.Close)

	var written logs

	start := func(t *testing.T, s pluginclient.Settings) *pluginclient.Client {
		t.Helper()

		s.Log = &written
		if s.URL == "" {
			s.URL = server.URL
		}

		client, err := pluginclient.Start(t.Context(), executable, s)
		require.NoError(t, err)
		t.Cleanup(client.Close)

		return client
	}

	nobody := start(t, pluginclient.Settings{Token: correlatortest.OperatorToken, GrafanaURL: "https://grafana.example/sub/"})
	editor := nobody.As(backend.User{Login: "ada", Role: "Editor"})
	viewer := nobody.As(backend.User{Login: "eve", Role: "Viewer"})

	t.Run("annotations without a user", func(t *testing.T) {
		frame := query(t, nobody, map[string]any{"refId": "A", "queryType": "annotations", "subject": "config_change"})
		require.Equal(t, 2, frame.Rows())

		row := rowOf(t, frame, "id", "config_change:cc-1")
		require.WithinDuration(t, now.Add(-13*time.Minute), row["time"].(time.Time), 0)
		require.WithinDuration(t, now.Add(-12*time.Minute), row["timeEnd"].(time.Time), 0)
		require.Equal(t, "Configuration of edge-1 changed: interfaces", row["title"])
		require.JSONEq(t, `["config_change","interfaces"]`, string(row["tags"].(json.RawMessage)))
	})

	t.Run("links carry the path that Grafana is served under", func(t *testing.T) {
		frame := query(t, nobody, map[string]any{"refId": "A", "queryType": "annotations", "subject": "incident"})
		row := rowOf(t, frame, "entityId", "inc-1")
		require.Contains(t, row["text"], `<a href="/sub/a/ispvisualmonitor-app/incidents/inc-1">`)
	})

	t.Run("a query that is wrong does not take the others with it", func(t *testing.T) {
		answer, err := nobody.QueryData(t.Context(), lastWeek,
			map[string]any{"refId": "A", "queryType": "annotations", "subject": "device"},
			map[string]any{"refId": "B", "queryType": "count", "subject": "device"})
		require.NoError(t, err)
		require.ErrorContains(t, answer.Responses["A"].Error, `a query of type annotations cannot be about "device"`)
		require.Equal(t, backend.Status(http.StatusBadRequest), answer.Responses["A"].Status)
		require.NoError(t, answer.Responses["B"].Error)

		value, err := answer.Responses["B"].Frames[0].Fields[0].FloatAt(0)
		require.NoError(t, err)
		require.InDelta(t, 7, value, 0)
	})

	t.Run("health", func(t *testing.T) {
		health, err := nobody.CheckHealth(t.Context())
		require.NoError(t, err)
		require.Equal(t, backend.HealthStatusOk, health.Status, health.Message)
		require.Contains(t, health.Message, "tenant example-isp, role operator: 7 devices, 1 open incidents")
	})

	t.Run("health of a data source with a wrong token", func(t *testing.T) {
		health, err := start(t, pluginclient.Settings{Token: "wrong-token-value"}).CheckHealth(t.Context())
		require.NoError(t, err)
		require.Equal(t, backend.HealthStatusError, health.Status)
		require.Equal(t, "The correlator refuses the token: enter a token that it knows in the settings of the data source.", health.Message)
	})

	t.Run("the same process serves instances of other tenants side by side", func(t *testing.T) {
		other := start(t, pluginclient.Settings{Token: correlatortest.ViewerToken, Tenant: "another-isp", UID: "other"})
		health, err := other.CheckHealth(t.Context())
		require.NoError(t, err)
		require.Contains(t, health.Message, `The token belongs to tenant "example-isp", this data source expects "another-isp"`)
	})

	t.Run("an editor plans, starts and completes; in the editor's name", func(t *testing.T) {
		body := `{"idempotencyKey": "k1", "change": {"title": "Swap a card", "owner": "somebody else",
			"startsAt": "2026-11-21T01:00:00Z", "endsAt": "2026-11-21T02:00:00Z", "scope": {"devices": ["edge-2"]}}}`

		first := post(t, editor, "changes", body)
		again := post(t, editor, "changes", body)
		require.Equal(t, first["id"], again["id"], "the same key plans one change")
		require.Equal(t, "ada", first["owner"], "the owner comes from Grafana and not from the body")

		id, _ := first["id"].(string)
		require.Equal(t, "in_progress", post(t, editor, "changes/"+id+"/start", "")["status"])
		require.Equal(t, "completed", post(t, editor, "changes/"+id+"/complete", "")["status"])

		for _, call := range stand.Calls() {
			if strings.HasSuffix(call.Method, "Change") && call.Method != "GetChange" {
				require.Equal(t, "ada", call.OnBehalfOf, call.Method)
			}
		}
	})

	t.Run("who may not write is refused before the correlator is asked", func(t *testing.T) {
		before := len(stand.Calls())

		for name, client := range map[string]*pluginclient.Client{"viewer": viewer, "nobody": nobody} {
			answer, err := client.CallResource(t.Context(), pluginclient.Request{
				Method: http.MethodPost, Path: "changes/CHG-1/cancel",
				Header: http.Header{"X-Grafana-User": {"ada"}, "X-Ispvm-On-Behalf-Of": {"ada"}},
			})
			require.NoError(t, err)
			require.Equal(t, http.StatusForbidden, answer.Status, name)
		}

		require.Len(t, stand.Calls(), before)
	})

	t.Run("no secret was written", func(t *testing.T) {
		require.NotContains(t, written.String(), correlatortest.OperatorToken)
		require.NotContains(t, written.String(), "wrong-token-value")
	})
}

func TestStartRefuses(t *testing.T) {
	t.Parallel()

	_, err := pluginclient.Start(context.Background(), "no-such-plugin", pluginclient.Settings{})
	require.ErrorContains(t, err, "build it first")
}

// query asks one query and answers its one frame.
func query(t *testing.T, client *pluginclient.Client, asked map[string]any) *data.Frame {
	t.Helper()

	answer, err := client.QueryData(t.Context(), lastWeek, asked)
	require.NoError(t, err)

	response := answer.Responses["A"]
	require.NoError(t, response.Error)
	require.Len(t, response.Frames, 1)

	return response.Frames[0]
}

// rowOf answers the row whose field has a value, by field name.
func rowOf(t *testing.T, frame *data.Frame, field, value string) map[string]any {
	t.Helper()

	key, _ := frame.FieldByName(field)
	require.NotNil(t, key)

	for i := range frame.Rows() {
		if key.At(i) != value {
			continue
		}

		row := map[string]any{}
		for _, f := range frame.Fields {
			row[f.Name] = f.At(i)
		}

		return row
	}

	require.Failf(t, "no such row", "%s = %s in\n%v", field, value, frame)

	return nil
}

func post(t *testing.T, client *pluginclient.Client, path, body string) map[string]any {
	t.Helper()

	answer, err := client.CallResource(t.Context(), pluginclient.Request{Method: http.MethodPost, Path: path, Body: []byte(body)})
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, answer.Status, string(answer.Body))

	var decoded map[string]any
	require.NoError(t, json.Unmarshal(answer.Body, &decoded))

	return decoded
}
