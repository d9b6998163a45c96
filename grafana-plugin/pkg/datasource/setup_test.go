package datasource_test

import (
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
	"go.uber.org/goleak"

	"github.com/ispvisualmonitor/ispvisualmonitor/grafana-plugin/pkg/correlator"
	"github.com/ispvisualmonitor/ispvisualmonitor/grafana-plugin/pkg/correlatortest"
	"github.com/ispvisualmonitor/ispvisualmonitor/grafana-plugin/pkg/datasource"
	"github.com/ispvisualmonitor/ispvisualmonitor/grafana-plugin/pkg/settings"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m)
}

var (
	now      = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	lastWeek = backend.TimeRange{From: now.Add(-7 * 24 * time.Hour), To: now.Add(7 * 24 * time.Hour)}

	ada = &backend.User{Login: "ada", Role: "Editor"}
	eve = &backend.User{Login: "eve", Role: "Viewer"}
)

// clock is set by the test.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()

	return c.now
}

func (c *clock) Advance(by time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()

	c.now = c.now.Add(by)
}

type testBundle struct {
	source *datasource.Datasource
	stand  *correlatortest.Server
	clock  *clock
}

// setup makes a data source over a correlator with a state, as a change of the options wants it.
func setup(t *testing.T, state correlatortest.State, change ...func(*settings.Settings)) testBundle {
	t.Helper()

	c := &clock{now: now}
	stand := correlatortest.New(state, c.Now)

	return testBundle{source: sourceFor(t, stand.Handler(), c, change...), stand: stand, clock: c}
}

func sourceFor(t *testing.T, handler http.Handler, c *clock, change ...func(*settings.Settings)) *datasource.Datasource {
	t.Helper()

	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)

	s := settings.Settings{URL: server.URL, Token: correlatortest.OperatorToken, Timeout: 10 * time.Second}
	for _, apply := range change {
		apply(&s)
	}

	api, err := correlator.New(correlator.Options{HTTP: server.Client(), URL: s.URL, Token: s.Token})
	require.NoError(t, err)

	return datasource.New(datasource.Options{Settings: s, Correlator: api, Now: c.Now})
}

// ask asks one query over a range, and answers its response.
func ask(t *testing.T, source backend.QueryDataHandler, r backend.TimeRange, query string) backend.DataResponse {
	t.Helper()

	answer, err := source.QueryData(t.Context(), &backend.QueryDataRequest{
		Queries: []backend.DataQuery{{RefID: "A", TimeRange: r, JSON: json.RawMessage(query)}},
	})
	require.NoError(t, err)

	return answer.Responses["A"]
}

// askFrame asks a query that succeeds.
func askFrame(t *testing.T, source backend.QueryDataHandler, query string) *data.Frame {
	t.Helper()

	response := ask(t, source, lastWeek, query)
	require.NoError(t, response.Error)
	require.Len(t, response.Frames, 1)

	return response.Frames[0]
}

// column answers the values of a field.
func column[T any](t *testing.T, frame *data.Frame, name string) []T {
	t.Helper()

	field, _ := frame.FieldByName(name)
	require.NotNil(t, field, "no field %s", name)

	values := make([]T, field.Len())

	for i := range values {
		value, ok := field.At(i).(T)
		require.True(t, ok, "%s is %T", name, field.At(i))

		values[i] = value
	}

	return values
}

// call makes a resource call and answers status and decoded body.
func call(t *testing.T, source backend.CallResourceHandler, user *backend.User, method, path, body string) (int, map[string]any) {
	t.Helper()

	var status int

	var raw []byte

	sender := backend.CallResourceResponseSenderFunc(func(answer *backend.CallResourceResponse) error {
		if status == 0 {
			status = answer.Status
		}

		raw = append(raw, answer.Body...)

		return nil
	})
	pathOnly, _, _ := strings.Cut(path, "?")
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)

	defer cancel()

	require.NoError(t, source.CallResource(ctx, &backend.CallResourceRequest{
		PluginContext: backend.PluginContext{User: user}, Method: method, Path: pathOnly, URL: path, Body: []byte(body),
	}, sender))

	var decoded map[string]any
	require.NoError(t, json.Unmarshal(raw, &decoded), "%s", raw)

	return status, decoded
}
