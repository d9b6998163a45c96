package datasource_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/types/known/timestamppb"

	apiv1 "github.com/ispvisualmonitor/ispvisualmonitor/api/v1"
	"github.com/ispvisualmonitor/ispvisualmonitor/grafana-plugin/pkg/correlatortest"
	"github.com/ispvisualmonitor/ispvisualmonitor/grafana-plugin/pkg/datasource"
	"github.com/ispvisualmonitor/ispvisualmonitor/grafana-plugin/pkg/settings"
)

func TestQueryRefuses(t *testing.T) {
	t.Parallel()

	b := setup(t, correlatortest.Example(now))

	for name, test := range map[string]struct{ query, want string }{
		"not JSON":         {`{`, "the query is not valid: unexpected end of JSON input"},
		"unknown type":     {`{"queryType": "graph"}`, `unknown query type "graph": use annotations, table or count`},
		"no subject":       {`{"queryType": "table"}`, `a query of type table cannot be about "": choose one of ["change" "config_change" "incident" "device"]`},
		"device annotated": {`{"queryType": "annotations", "subject": "device"}`, `a query of type annotations cannot be about "device": choose one of ["change" "config_change" "incident" ""]`},
		"too many":         {`{"queryType": "annotations", "limit": 501}`, "a limit of 501 is not between 1 and 500"},
		"less than none":   {`{"queryType": "table", "subject": "device", "limit": -1}`, "a limit of -1 is not between 1 and 10000"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			response := ask(t, b.source, lastWeek, test.query)
			require.EqualError(t, response.Error, test.want)
			require.Equal(t, backend.Status(http.StatusBadRequest), response.Status)
		})
	}

	backwards := ask(t, b.source, backend.TimeRange{From: now, To: now}, `{"queryType": "count", "subject": "device"}`)
	require.EqualError(t, backwards.Error, "the range ends before it begins")
}

func TestTables(t *testing.T) {
	t.Parallel()

	b := setup(t, correlatortest.Example(now))

	changes := askFrame(t, b.source, `{"queryType": "table", "subject": "change", "statuses": ["in_progress", "canceled"]}`)
	require.Equal(t, []string{"CHG-2", "CHG-4"}, column[string](t, changes, "id"))
	require.Equal(t, []string{"access-south-1, agg-south", "edge-2"}, column[string](t, changes, "devices"))

	started := column[*time.Time](t, changes, "started_at")
	require.Equal(t, now.Add(-33*time.Minute), *started[0])
	require.Nil(t, started[1], "what never began has no time, and not the year 1970")

	unplanned := askFrame(t, b.source, `{"queryType": "table", "subject": "config_change", "unplannedOnly": true}`)
	require.Equal(t, []string{"cc-1"}, column[string](t, unplanned, "id"))
	require.Equal(t, []string{"noc from 192.0.2.10 by winbox"}, column[string](t, unplanned, "actor"))
	require.Equal(t, []bool{false}, column[bool](t, unplanned, "planned"))

	bySite := askFrame(t, b.source, `{"queryType": "table", "subject": "config_change", "sites": ["south"]}`)
	require.Equal(t, []string{"cc-2"}, column[string](t, bySite, "id"))

	open := askFrame(t, b.source, `{"queryType": "table", "subject": "incident", "statuses": ["open"]}`)
	require.Equal(t, []string{"edge-1"}, column[string](t, open, "cause"))
	require.Equal(t, []float64{0.91}, column[float64](t, open, "confidence"))
	require.Equal(t, []int32{2}, column[int32](t, open, "alerts"))

	devices := askFrame(t, b.source, `{"queryType": "table", "subject": "device", "sites": ["west"]}`)
	require.Equal(t, []string{"core-2", "edge-2"}, column[string](t, devices, "device"))
}

// TestTablesFollowPages has more rows than one page of the API holds.
func TestTablesFollowPages(t *testing.T) {
	t.Parallel()

	state := correlatortest.State{}
	for i := range 2500 {
		at := timestamppb.New(now.Add(-time.Duration(i) * time.Second))
		state.ConfigChanges = append(state.ConfigChanges, &apiv1.ConfigChange{Device: "d", NotBefore: at, NotAfter: at})
	}

	b := setup(t, state)

	all := askFrame(t, b.source, `{"queryType": "table", "subject": "config_change", "limit": 2500}`)
	require.Equal(t, 2500, all.Rows())
	require.Empty(t, all.Meta.Notices)

	some := askFrame(t, b.source, `{"queryType": "table", "subject": "config_change", "limit": 1200}`)
	require.Equal(t, 1200, some.Rows())
	require.Equal(t, "showing the first 1,200 rows, there are more: narrow the range, filter, or raise the limit", some.Meta.Notices[0].Text)

	count := askFrame(t, b.source, `{"queryType": "count", "subject": "config_change"}`)
	require.Equal(t, data.FrameTypeNumericWide, count.Meta.Type)
	require.Equal(t, []float64{2500}, column[float64](t, count, "config_changes"))
}

func TestFailuresSayWhatToDo(t *testing.T) {
	t.Parallel()

	working := correlatortest.New(correlatortest.Example(now), func() time.Time { return now }).Handler()
	hanging := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		// Only after the body was read does net/http notice that the client went away.
		_, _ = io.Copy(io.Discard, r.Body)
		<-r.Context().Done()
	})

	for name, test := range map[string]struct {
		handler http.Handler
		change  func(*settings.Settings)
		status  int
		want    string
	}{
		"wrong token": {working, func(s *settings.Settings) { s.Token = "wrong" }, http.StatusBadGateway, "The correlator refuses the token"},
		"other page":  {http.NotFoundHandler(), nil, http.StatusBadGateway, "What answers at the URL of the data source is not a correlator"},
		"not ready": {http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusServiceUnavailable)
			_, _ = w.Write([]byte(`{"code": "unavailable", "message": "the database is starting"}`))
		}), nil, http.StatusServiceUnavailable, "The correlator is not ready (the database is starting)"},
		"nobody there": {working, func(s *settings.Settings) { s.URL = "http://127.0.0.1:1" }, http.StatusServiceUnavailable, "The correlator cannot be reached"},
		"hangs":        {hanging, func(s *settings.Settings) { s.Timeout = 50 * time.Millisecond }, http.StatusGatewayTimeout, "The correlator did not answer in time"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			change := test.change
			if change == nil {
				change = func(*settings.Settings) {}
			}

			source := sourceFor(t, test.handler, &clock{now: now}, change)
			for _, query := range []string{allAnnotations, `{"queryType": "table", "subject": "change"}`} {
				response := ask(t, source, lastWeek, query)
				require.ErrorContains(t, response.Error, test.want)
				require.Equal(t, backend.Status(test.status), response.Status)
				require.NotContains(t, response.Error.Error(), correlatortest.OperatorToken)
			}

			health, err := source.CheckHealth(t.Context(), &backend.CheckHealthRequest{})
			require.NoError(t, err)
			require.Equal(t, backend.HealthStatusError, health.Status)
			require.Contains(t, health.Message, test.want)
		})
	}
}

func TestWrongSettingsAreSaidEverywhere(t *testing.T) {
	t.Parallel()

	made, err := datasource.NewInstance(t.Context(), backend.DataSourceInstanceSettings{URL: "correlator"})
	require.NoError(t, err)

	const want = "data source settings are not valid: the URL is not of the form http(s)://host:port"

	require.EqualError(t, ask(t, made.(backend.QueryDataHandler), lastWeek, allAnnotations).Error, want)

	health, err := made.(backend.CheckHealthHandler).CheckHealth(t.Context(), &backend.CheckHealthRequest{})
	require.NoError(t, err)
	require.Equal(t, want, health.Message)

	status, body := call(t, made.(backend.CallResourceHandler), ada, http.MethodGet, "changes", "")
	require.Equal(t, http.StatusUnprocessableEntity, status)
	require.Equal(t, want, body["message"])
}

func TestInstanceFromStoredSettings(t *testing.T) {
	t.Parallel()

	server := httptest.NewServer(correlatortest.New(correlatortest.Example(now), time.Now).Handler())
	t.Cleanup(server.Close)

	made, err := datasource.NewInstance(t.Context(), backend.DataSourceInstanceSettings{
		URL: server.URL + "/", JSONData: []byte(`{}`), DecryptedSecureJSONData: map[string]string{"token": correlatortest.ViewerToken},
	})
	require.NoError(t, err)

	source, ok := made.(*datasource.Datasource)
	require.True(t, ok)
	t.Cleanup(source.Dispose)

	health, err := source.CheckHealth(t.Context(), &backend.CheckHealthRequest{})
	require.NoError(t, err)
	require.Equal(t, backend.HealthStatusOk, health.Status)
	require.Contains(t, health.Message, "With this role changes can be seen and not made")
}

func FuzzQuery(f *testing.F) {
	for _, seed := range []string{allAnnotations, `{"queryType": "table", "subject": "change", "limit": 3}`, `{"devices": [null]}`, `[]`} {
		f.Add([]byte(seed))
	}

	server := httptest.NewServer(correlatortest.New(correlatortest.Example(now), time.Now).Handler())
	f.Cleanup(server.Close)

	made, err := datasource.NewInstance(f.Context(), backend.DataSourceInstanceSettings{
		URL: server.URL, DecryptedSecureJSONData: map[string]string{"token": correlatortest.ViewerToken},
	})
	require.NoError(f, err)

	source, ok := made.(*datasource.Datasource)
	require.True(f, ok)
	f.Cleanup(source.Dispose)

	f.Fuzz(func(t *testing.T, query []byte) {
		response := ask(t, source, lastWeek, string(query))
		require.Equal(t, response.Error == nil, len(response.Frames) == 1, "an answer is either an error or a frame")
	})
}
