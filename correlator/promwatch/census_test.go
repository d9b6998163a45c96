package promwatch

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/engine"
)

// register keeps the numbers that are submitted.
type register struct {
	mu   sync.Mutex
	got  []map[string]int
	down error
}

func (r *register) Submit(_ context.Context, tenant string, in engine.Input) ([]engine.Effect, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.down != nil {
		return nil, r.down
	}
	if tenant != "acme" {
		return nil, fmt.Errorf("wrong tenant %q", tenant)
	}
	r.got = append(r.got, in.(engine.SubscribersInput).Counts)
	return nil, nil
}

// take gives what was submitted since it was last asked.
func (r *register) take() []map[string]int {
	r.mu.Lock()
	defer r.mu.Unlock()
	got := r.got
	r.got = nil
	return got
}

func newCensus(t *testing.T, url string, into *register, now *time.Time) *Census {
	t.Helper()
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	reg := prometheus.NewPedanticRegistry()
	c, err := NewCensus(CensusOptions{
		Submitter: into, Tenant: "acme", Name: "main", URL: url, Transport: transport, Matchers: []string{`tenant="acme"`},
		Sessions: "routeros_ppp_active_sessions", DeviceLabel: "device", Logger: slog.New(slog.DiscardHandler), Metrics: NewCensusMetrics(reg),
		Now: func() time.Time { return *now },
	})
	require.NoError(t, err)
	t.Cleanup(func() {
		problems, err := testutil.GatherAndLint(reg)
		require.NoError(t, err)
		require.Empty(t, problems)
	})
	return c
}

// TestCensusTellsWhatMoved shows which numbers are committed, and when.
func TestCensusTellsWhatMoved(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	answer := ""
	stub := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		const sessions = `sum by (device) (routeros_ppp_active_sessions{tenant="acme"})`
		if want := "quantile_over_time(0.9, (" + sessions + ")[1d:10m]) or (" + sessions + ")"; r.Form.Get("query") != want {
			http.Error(w, r.Form.Get("query"), http.StatusBadRequest)
			return
		}
		mu.Lock()
		defer mu.Unlock()
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"status":"success","data":{"resultType":"vector","result":[%s]}}`, answer)
	}))
	t.Cleanup(stub.Close)
	says := func(counts ...any) {
		mu.Lock()
		defer mu.Unlock()
		answer = ""
		for i := 0; i < len(counts); i += 2 {
			if i > 0 {
				answer += ","
			}
			answer += fmt.Sprintf(`{"metric":{"device":%q},"value":[1800000000,"%v"]}`, counts[i], counts[i+1])
		}
	}
	now := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	into := &register{}
	c := newCensus(t, stub.URL, into, &now)
	count := func() []map[string]int {
		require.NoError(t, c.count(t.Context()))
		return into.take()
	}

	says("BNG1", 1000, "BNG2", 10.4, "EDGE1", 0, "", 7, "BAD", "NaN")
	require.Equal(t, []map[string]int{{"BNG1": 1000, "BNG2": 10, "EDGE1": 0}}, count(), "everything, the first time")
	require.Empty(t, count(), "nothing moved")
	says("BNG1", 1050, "BNG2", 11, "EDGE1", 1)
	require.Equal(t, []map[string]int{{"BNG2": 11, "EDGE1": 1}}, count(), "a twentieth is no news, the first one is")
	says("BNG2", 11, "EDGE1", 1)
	require.Empty(t, count(), "who is missing keeps the number")
	says("BNG1", 1051, "BNG2", 0, "EDGE1", 1)
	require.Equal(t, []map[string]int{{"BNG1": 1051, "BNG2": 0}}, count())

	into.down = errors.New("database down")
	says("BNG1", 2000, "EDGE1", 1)
	require.Error(t, c.count(t.Context()))
	into.down = nil
	require.Equal(t, []map[string]int{{"BNG1": 2000}}, count(), "what was not committed is told again")

	now = now.Add(tellAll)
	require.Equal(t, []map[string]int{{"BNG1": 2000, "EDGE1": 1}}, count(), "everything, once a day")
	require.Empty(t, count())

	stub.Close()
	require.Error(t, c.count(t.Context()))
}
