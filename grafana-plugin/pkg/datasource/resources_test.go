package datasource_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/stretchr/testify/require"

	"github.com/ispvisualmonitor/ispvisualmonitor/grafana-plugin/pkg/correlatortest"
	"github.com/ispvisualmonitor/ispvisualmonitor/grafana-plugin/pkg/settings"
)

const newChange = `{"idempotencyKey": "k", "change": {"title": "Swap a card", "startsAt": "2026-11-21T01:00:00Z",
	"endsAt": "2026-11-21T02:00:00Z", "scope": {"sites": ["west"]}}}`

func TestResourcesThatRead(t *testing.T) {
	t.Parallel()

	b := setup(t, correlatortest.Example(now))

	for path, want := range map[string]struct {
		list string
		n    int
	}{
		"changes?from=2026-11-13T12:00:00Z&to=1795608000000": {"changes", 5},
		"changes?status=planned&status=canceled":             {"changes", 3},
		"changes?device=core-2&site=south":                   {"changes", 2},
		"incidents?state=open":                               {"incidents", 1},
		"incidents?device=agg-north":                         {"incidents", 1},
		"devices?site=west":                                  {"devices", 2},
		"sites":                                              {"sites", 4},
		"config-changes?unplanned=true":                      {"configChanges", 1},
		"config-changes?category=system&from=1795600000000&to=1795608000000": {"configChanges", 0},
	} {
		status, body := call(t, b.source, eve, http.MethodGet, path, "")
		require.Equal(t, http.StatusOK, status, "%s: %v", path, body)
		require.Len(t, body[want.list], want.n, path)
	}

	status, body := call(t, b.source, nil, http.MethodGet, "incidents/inc-1", "")
	require.Equal(t, http.StatusOK, status)
	require.Equal(t, "Possible change-related outage", body["label"])
	require.InDelta(t, 0, body["reopened"], 0, "zeros and empty lists are there, so that pages need no defaults")
	require.Equal(t, []any{}, body["mergedFrom"])

	for _, made := range b.stand.Calls() {
		require.Contains(t, []string{"eve", ""}, made.OnBehalfOf)
	}
}

func TestResourcesRefuse(t *testing.T) {
	t.Parallel()

	b := setup(t, correlatortest.Example(now))

	for name, test := range map[string]struct {
		user         *backend.User
		method, path string
		body         string
		status       int
		want         string
	}{
		"nobody":           {nil, http.MethodPost, "changes", newChange, http.StatusForbidden, "nobody is signed in: planning and changing needs a Grafana user"},
		"viewer":           {eve, http.MethodPost, "changes", newChange, http.StatusForbidden, "your Grafana role may look and not change: ask for the role Editor"},
		"viewer starts":    {eve, http.MethodPost, "changes/CHG-1/start", "", http.StatusForbidden, "your Grafana role may look and not change: ask for the role Editor"},
		"unknown role":     {&backend.User{Login: "x", Role: "None"}, http.MethodPost, "changes/CHG-1/cancel", "", http.StatusForbidden, "your Grafana role may look and not change: ask for the role Editor"},
		"viewer has it":    {eve, http.MethodPost, "incidents/inc-1/acknowledge", "", http.StatusForbidden, "your Grafana role may look and not change: ask for the role Editor"},
		"not JSON":         {ada, http.MethodPost, "changes", "title=x", http.StatusBadRequest, "the body is not valid"},
		"misspelt field":   {ada, http.MethodPost, "changes", `{"chnage": {}}`, http.StatusBadRequest, `unknown field "chnage"`},
		"no key":           {ada, http.MethodPost, "changes", `{"change": {"title": "x"}}`, http.StatusBadRequest, "idempotencyKey is missing"},
		"too large":        {ada, http.MethodPost, "changes", strings.Repeat("x", 256<<10+1), http.StatusBadRequest, "the body is larger than 262144 bytes"},
		"refused upstream": {ada, http.MethodPost, "changes", `{"idempotencyKey": "z", "change": {}}`, http.StatusBadRequest, "change.title: value is required"},
		"not startable":    {ada, http.MethodPost, "changes/CHG-3/start", "", http.StatusUnprocessableEntity, "change CHG-3 is completed and cannot become in_progress"},
		"no such change":   {ada, http.MethodPost, "changes/CHG-99/start", "", http.StatusNotFound, `there is no change "CHG-99"`},
		"no such incident": {eve, http.MethodGet, "incidents/none", "", http.StatusNotFound, `there is no incident "none"`},
		"not a time":       {eve, http.MethodGet, "changes?from=yesterday", "", http.StatusBadRequest, "parameter from: neither milliseconds since 1970 nor an RFC 3339 time"},
		"not on the list":  {ada, http.MethodPost, "inventory", "{}", http.StatusNotFound, "there is no resource POST /inventory"},
		"other method":     {ada, http.MethodDelete, "changes/CHG-1", "", http.StatusNotFound, "there is no resource DELETE /changes/CHG-1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			status, body := call(t, b.source, test.user, test.method, test.path, test.body)
			require.Equal(t, test.status, status)
			require.Contains(t, body["message"], test.want)
		})
	}
}

func TestTheCorrelatorRefusesAViewersTokenToo(t *testing.T) {
	t.Parallel()

	b := setup(t, correlatortest.Example(now), func(s *settings.Settings) { s.Token = correlatortest.ViewerToken })
	status, body := call(t, b.source, ada, http.MethodPost, "changes", newChange)
	require.Equal(t, http.StatusForbidden, status)
	require.Equal(t, "The token of the data source may not do this (role viewer may not write): give it a role that may.", body["message"])
}

func TestAcknowledge(t *testing.T) {
	t.Parallel()

	b := setup(t, correlatortest.Example(now))
	status, body := call(t, b.source, ada, http.MethodPost, "incidents/inc-1/acknowledge", `{"until": "2026-11-20T14:00:00Z"}`)
	require.Equal(t, http.StatusOK, status)
	require.Equal(t, map[string]any{"by": "ada", "at": "2026-11-20T12:00:00Z", "until": "2026-11-20T14:00:00Z"}, body["acknowledged"])
}
