package postgres

import (
	"log/slog"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/engine"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/postgres/pgtest"
)

func TestOptions(t *testing.T) {
	t.Parallel()
	e, err := engine.New(engine.Options{})
	require.NoError(t, err)
	_, err = New(t.Context(), Options{URL: "postgres://x"})
	require.EqualError(t, err, "database: no engine given")
	_, err = New(t.Context(), Options{Engine: e})
	require.EqualError(t, err, "database: no database URL given")
	_, err = New(t.Context(), Options{Engine: e, URL: "postgres://user:hunter2@host:port/db"})
	require.ErrorContains(t, err, "the URL cannot be read")
	require.NotContains(t, err.Error(), "hunter2")
}

func TestPingSaysWhatToDo(t *testing.T) {
	t.Parallel()
	e, err := engine.New(engine.Options{})
	require.NoError(t, err)
	ping := func(url string) error {
		db, err := New(t.Context(), Options{URL: url, Engine: e})
		require.NoError(t, err, "a database that is down is no error yet")
		defer db.Close()
		return db.Ping(t.Context())
	}
	pg := pgtest.New(t)
	require.NoError(t, ping(pg.URL))
	require.ErrorContains(t, ping(pgtest.NewEmpty(t).URL), "the database has no schema yet: apply the migrations")

	err = ping("postgres://user:hunter2@127.0.0.1:1/db?connect_timeout=2")
	require.ErrorContains(t, err, "the database cannot be reached: check that it runs and that its URL is right")
	require.NotContains(t, err.Error(), "hunter2")
}

func TestMetrics(t *testing.T) {
	t.Parallel()
	b := setup(t)
	reg := prometheus.NewPedanticRegistry()
	db := b.another(t, Options{Registerer: reg, Logger: slog.New(slog.DiscardHandler)})
	for _, in := range []engine.Input{
		observe(sight("EDGE1", "bgp", printA, noon)),
		observe(sight("EDGE1", "bgp", printB, noon.Add(time.Minute))),
		engine.OperatorInput{Op: engine.OpAcknowledge, Incident: engine.IncidentRef{ID: "nonesuch"}},
	} {
		_, _ = db.Submit(t.Context(), tenant, in)
	}
	relay, err := NewRelay(db, RelayOptions{Publish: newReceiver().publish})
	require.NoError(t, err)
	require.NoError(t, relay.prune(t.Context()))
	require.InDelta(t, 2, testutil.ToFloat64(db.metrics.inputs.WithLabelValues("observation", "applied")), 0)
	require.InDelta(t, 1, testutil.ToFloat64(db.metrics.inputs.WithLabelValues("operator", "refused")), 0)
	require.InDelta(t, 1, testutil.ToFloat64(db.metrics.pending), 0)
	_, err = relay.step(t.Context())
	require.NoError(t, err)
	require.InDelta(t, 1, testutil.ToFloat64(db.metrics.published.WithLabelValues("delivered")), 0)
	problems, err := testutil.GatherAndLint(reg)
	require.NoError(t, err)
	require.Empty(t, problems)
}
