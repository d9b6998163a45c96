package postgres

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/calendar"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/engine"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/incident"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/topology"
	"github.com/ispvisualmonitor/ispvisualmonitor/migrations"
)

// fill gives tenants rows in every table, by the ways in which they come to be.
func fill(t *testing.T, b *bundle, tenants ...string) {
	t.Helper()
	window := func(kind calendar.Kind, id string) engine.WindowInput {
		return engine.WindowInput{Op: engine.OpCreate, Window: calendar.Window{
			ID: id, Kind: kind, Title: "work", StartsAt: noon.Add(time.Hour), EndsAt: noon.Add(2 * time.Hour),
			Scope: topology.Scope{Sites: []string{"NORTH"}},
		}}
	}
	submit := func(inputs ...engine.Input) {
		for _, tenant := range tenants {
			require.NoError(t, b.EnsureTenant(t.Context(), tenant))
			for _, in := range inputs {
				_, err := b.Submit(t.Context(), tenant, in)
				require.NoError(t, err)
			}
		}
	}
	submit(network(), engine.SubscribersInput{Counts: map[string]int{"EDGE1": 7}},
		window(calendar.Change, "w1"), window(calendar.Maintenance, "w1"),
		observe(sight("EDGE1", "bgp", printA, noon.Add(-time.Minute)), sight("STRAY", "bgp", printA, noon)),
		observe(sight("EDGE1", "bgp", printB, noon)),
		engine.ObservationFailedInput{Stream: sight("EDGE1", "ospf", "", noon).Stream, ObservedAt: noon, Reason: "timeout"},
		webhook(alert("BGPSessionDown", "EDGE1", noon)),
		engine.SettingsInput{Weights: []byte("cover: {silent: 0.4}"), By: "ana", Reason: "a trial"})
	for _, tenant := range tenants {
		require.NoError(t, b.DismissTopology(t.Context(), tenant, []string{"device:STRAY"}, "ada", "on loan", noon))
	}
	// Nobody takes the events so far.
	relay, err := NewRelay(b.DB, RelayOptions{MaxAttempts: 1, Publish: func(context.Context, Event) error { return errors.New("no") }})
	require.NoError(t, err)
	_, err = relay.step(t.Context())
	require.NoError(t, err)
	submit(window(calendar.Blackout, "w1"))
}

// tables are all tables of tenants.
func tables(t *testing.T, conn *pgxpool.Pool) []string {
	t.Helper()
	rows, err := conn.Query(t.Context(), "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname <> 'goose_db_version' ORDER BY 1")
	require.NoError(t, err)
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	return names
}

// denied says that the database refused, by row-level security or for want of the privilege.
func denied(err error) bool {
	var pgErr *pgconn.PgError
	return errors.As(err, &pgErr) && pgErr.Code == "42501"
}

// TestTenantsAreApart tries, on every table of the catalogue, what a tenant must not be able to do to
// another. A new table fails here until fill gives it rows.
func TestTenantsAreApart(t *testing.T) {
	t.Parallel()
	b := setup(t)
	fill(t, b, "alpha", "beta")

	for _, table := range tables(t, b.admin) {
		t.Run(table, func(t *testing.T) {
			for _, tenant := range []string{"alpha", "beta"} {
				require.Positive(t, b.count(t, "SELECT count(*) FROM "+table+" WHERE tenant_id = $1", tenant), "no row of %s to try with: fill it", tenant)
			}

			_, err := b.pool.Exec(t.Context(), "SELECT FROM "+table)
			require.True(t, denied(err), "the login has rights of its own, without a role taken on: %v", err)
			asForgotten(t, b.DB, func(tx pgx.Tx) {
				var n int
				require.NoError(t, tx.QueryRow(t.Context(), "SELECT count(*) FROM "+table).Scan(&n))
				require.Zero(t, n, "who forgets the tenant must see nothing")
			})
			asAlpha(t, b.DB, func(tx pgx.Tx) {
				var mine, others int
				require.NoError(t, tx.QueryRow(t.Context(), "SELECT count(*) FILTER (WHERE tenant_id = 'alpha'), count(*) FILTER (WHERE tenant_id <> 'alpha') FROM "+table).Scan(&mine, &others))
				require.Positive(t, mine)
				require.Zero(t, others)
			})
			for what, statement := range map[string]string{
				"take over":       "UPDATE " + table + " SET tenant_id = 'alpha' WHERE tenant_id = 'beta'",
				"give away":       "UPDATE " + table + " SET tenant_id = 'beta'",
				"delete":          "DELETE FROM " + table + " WHERE tenant_id = 'beta'",
				"delete, unnamed": "DELETE FROM " + table,
				"truncate":        "TRUNCATE " + table + " CASCADE",
			} {
				before := b.count(t, "SELECT count(*) FROM "+table+" WHERE tenant_id = 'beta'")
				asAlpha(t, b.DB, func(tx pgx.Tx) {
					_, err := tx.Exec(t.Context(), statement)
					if err == nil {
						err = tx.Commit(t.Context())
					}
					// Deferred or not, a foreign key may speak up before row-level security would.
					var pgErr *pgconn.PgError
					require.True(t, err == nil || denied(err) || errors.As(err, &pgErr) && pgErr.Code == "23503", "%s: %v", what, err)
				})
				require.Equal(t, before, b.count(t, "SELECT count(*) FROM "+table+" WHERE tenant_id = 'beta'"), what)
			}
			asAlpha(t, b.DB, func(tx pgx.Tx) {
				_, err := tx.Exec(t.Context(), fmt.Sprintf("INSERT INTO %s (tenant_id) VALUES ('beta')", table))
				require.True(t, denied(err), "write another tenant's row: %v", err)
			})
		})
	}
}

func asAlpha(t *testing.T, db *DB, f func(pgx.Tx)) { t.Helper(); asRole(t, db, "alpha", f) }

func asForgotten(t *testing.T, db *DB, f func(pgx.Tx)) { t.Helper(); asRole(t, db, "", f) }

// asRole runs f as the service does and rolls back.
func asRole(t *testing.T, db *DB, tenant string, f func(pgx.Tx)) {
	t.Helper()
	tx, err := db.pool.Begin(t.Context())
	require.NoError(t, err)
	defer func() { _ = tx.Rollback(context.Background()) }()
	_, err = tx.Exec(t.Context(), become, migrations.AppRole, tenant)
	require.NoError(t, err)
	f(tx)
}

func TestAReferenceDoesNotReachAnotherTenant(t *testing.T) {
	t.Parallel()
	b := setup(t)
	fill(t, b, "alpha")
	require.NoError(t, b.EnsureTenant(t.Context(), "beta"))
	asRole(t, b.DB, "beta", func(tx pgx.Tx) {
		_, err := tx.Exec(t.Context(), `
			INSERT INTO config_changes (id, device, category, not_before, not_after, old_fingerprint, new_fingerprint, old_hash, new_hash, planned_change_id, summary, detected_at, revision)
			VALUES ('c', 'EDGE1', 'bgp', now(), now(), '', '', '', '', 'w1', '{}', now(), 1)`)
		require.ErrorContains(t, err, "config_changes_planned", "w1 is alpha's")
	})
	var id string
	require.NoError(t, b.admin.QueryRow(t.Context(), "SELECT id FROM incidents WHERE tenant_id = 'alpha' LIMIT 1").Scan(&id))
	asRole(t, b.DB, "beta", func(tx pgx.Tx) {
		s, err := lockTenant(t.Context(), tx, "beta", nil)
		require.NoError(t, err)
		require.NoError(t, s.SaveOccurrences(t.Context(), []incident.Occurrence{{ID: "o", IncidentID: id, StartsAt: noon, HeardAt: noon, LastHeardAt: noon}}))
		require.NoError(t, s.save(t.Context()))
		require.ErrorContains(t, tx.Commit(t.Context()), "incident", "the incident is alpha's")
	})
}

// TestAReadKnowsOneTenant goes through the front door: each read method, as either tenant.
func TestAReadKnowsOneTenant(t *testing.T) {
	t.Parallel()
	b := setup(t)
	fill(t, b, "alpha")
	require.NoError(t, b.EnsureTenant(t.Context(), "beta"))
	ctx := t.Context()
	for tenant, want := range map[string]int{"alpha": 1, "beta": 0} {
		changes, err := b.Windows(ctx, tenant, calendar.Change, engine.ChangeQuery{})
		require.NoError(t, err)
		require.Len(t, changes.Changes, want)
		configChanges, err := b.ConfigChanges(ctx, tenant, engine.ConfigChangeQuery{})
		require.NoError(t, err)
		require.Len(t, configChanges.ConfigChanges, want)
		incidents, err := b.Incidents(ctx, tenant, engine.IncidentQuery{})
		require.NoError(t, err)
		require.Len(t, incidents.Incidents, want)
		devices, err := b.Devices(ctx, tenant, engine.DeviceQuery{})
		require.NoError(t, err)
		require.Len(t, devices, 5*want)
		status, err := b.Status(ctx, tenant)
		require.NoError(t, err)
		require.EqualValues(t, 5*want, status.Devices)
		require.EqualValues(t, want, status.OpenIncidents)
		_, err = b.Window(ctx, tenant, calendar.Change, "w1")
		require.Equal(t, want == 0, errors.Is(err, engine.ErrNotFound))
	}
}
