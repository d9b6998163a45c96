package postgres

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/configchange"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/engine"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/postgres/cluster"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/postgres/pgtest"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/topology"
	"github.com/ispvisualmonitor/ispvisualmonitor/migrations"
)

// durable is a bundle over a cluster that runs as it does for users: what is committed is on the disk.
func durable(b *testing.B) *bundle {
	b.Helper()
	quiet := slog.New(slog.DiscardHandler)
	c, err := cluster.Start(b.Context(), cluster.Options{DataDir: pgtest.DataDir(b), Logger: quiet})
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, c.Stop(context.Background())) })
	owner, err := sql.Open("pgx", c.OwnerURL())
	require.NoError(b, err)
	_, err = migrations.Up(b.Context(), owner, quiet)
	require.NoError(b, err)
	require.NoError(b, owner.Close())
	out := &bundle{pg: &pgtest.DB{URL: c.URL()}, clock: &clock{now: noon}}
	out.DB = out.another(b, Options{Now: time.Now, Logger: quiet})
	out.admin, err = pgxpool.New(b.Context(), strings.Replace(c.SuperuserURL(), "/postgres?", "/ispvm?", 1))
	require.NoError(b, err)
	b.Cleanup(out.admin.Close)
	require.NoError(b, out.EnsureTenant(b.Context(), tenant))
	return out
}

// analyze does at once what autovacuum does within seconds: a figure shall not depend on its moment.
func (b *bundle) analyze(t testing.TB) {
	t.Helper()
	_, err := b.admin.Exec(t.Context(), "VACUUM ANALYZE")
	require.NoError(t, err)
}

// fleet gives n devices, a hundred at a site, each depending on the first of its site.
func fleet(n int) engine.InventoryInput {
	var inv topology.Inventory
	for i := range n {
		d := topology.Device{Name: fmt.Sprintf("R%05d", i), Site: fmt.Sprintf("S%03d", i/100)}
		if i%100 > 0 {
			d.DependsOn = []topology.Group{{All: []string{fmt.Sprintf("R%05d", i/100*100)}}}
		}
		inv.Devices = append(inv.Devices, d)
	}
	return engine.InventoryInput{Inventory: inv}
}

// submitters run f side by side, each with numbers of its own, b.N times in all.
func submitters(b *testing.B, f func(i int) error) {
	b.Helper()
	const parallel = 4
	var next atomic.Int64
	var group errgroup.Group
	b.ResetTimer()
	for range parallel {
		group.Go(func() error {
			for i := next.Add(1) - 1; i < int64(b.N); i = next.Add(1) - 1 {
				if err := f(int(i)); err != nil {
					return err
				}
			}
			return nil
		})
	}
	require.NoError(b, group.Wait())
	b.StopTimer()
}

const (
	benchDevices    = 2000
	benchCategories = 10
	benchBatch      = 1000
)

// sightings is the i-th batch: a hundred devices with all their categories, the next hundred in the next.
func sightings(i int, fingerprint string) engine.ObservationsInput {
	batches := benchDevices * benchCategories / benchBatch
	round, part := i/batches, i%batches
	var in engine.ObservationsInput
	for d := range benchBatch / benchCategories {
		for c := range benchCategories {
			in.Observations = append(in.Observations, configchange.Observation{
				Stream:     configchange.Stream{Device: fmt.Sprintf("R%05d", part*benchBatch/benchCategories+d), Category: fmt.Sprintf("cat%d", c), Source: "http", Exporter: "e1"},
				ObservedAt: noon.Add(time.Duration(round) * time.Minute), Fingerprint: fingerprint, AllowlistVersion: 1,
			})
		}
	}
	return in
}

func BenchmarkObservationsUnchanged(b *testing.B) {
	db := durable(b)
	_, err := db.Submit(b.Context(), tenant, fleet(benchDevices))
	require.NoError(b, err)
	warm := benchDevices * benchCategories / benchBatch
	for i := range warm {
		_, err := db.Submit(b.Context(), tenant, sightings(i, printA))
		require.NoError(b, err)
	}
	db.analyze(b)
	submitters(b, func(i int) error {
		_, err := db.Submit(b.Context(), tenant, sightings(warm+i, printA))
		return err
	})
	b.ReportMetric(float64(b.N)*benchBatch/b.Elapsed().Seconds(), "observations/s")
}

func BenchmarkConfigChanges(b *testing.B) {
	db := durable(b)
	_, err := db.Submit(b.Context(), tenant, fleet(benchDevices))
	require.NoError(b, err)
	warm := benchDevices * benchCategories / benchBatch
	for i := range warm {
		_, err := db.Submit(b.Context(), tenant, sightings(i, printA))
		require.NoError(b, err)
	}
	for i := range warm { // a first change of each, so that its table has statistics
		_, err := db.Submit(b.Context(), tenant, sightings(warm+i, printB))
		require.NoError(b, err)
	}
	db.analyze(b)
	submitters(b, func(i int) error {
		_, err := db.Submit(b.Context(), tenant, sightings(2*warm+i, fmt.Sprintf("%012x", (warm+i)/warm)))
		return err
	})
	b.ReportMetric(float64(b.N)*benchBatch/b.Elapsed().Seconds(), "changes/s")
}

// benchAlerts is how many alerts a webhook call of the benchmarks brings.
const benchAlerts = 100

func webhooks(db *bundle, at func(i int) time.Time) func(i int) error {
	return func(i int) error {
		in := engine.AlertsInput{}
		for a := range benchAlerts {
			n := i*benchAlerts + a
			one := alert("InterfaceDown", fmt.Sprintf("R%05d", n%benchDevices), at(i))
			one.Labels["interface"] = fmt.Sprintf("ether%d", n/benchDevices)
			one.Fingerprint = fmt.Sprintf("%016x", n)
			in.Alerts = append(in.Alerts, one)
		}
		_, err := db.Submit(context.Background(), tenant, in)
		return err
	}
}

func BenchmarkWebhookAlertsNew(b *testing.B) {
	db := durable(b)
	_, err := db.Submit(b.Context(), tenant, fleet(benchDevices))
	require.NoError(b, err)
	start := time.Now()
	submitters(b, webhooks(db, func(int) time.Time { return start }))
	b.ReportMetric(float64(b.N)*benchAlerts/b.Elapsed().Seconds(), "alerts/s")
}

func BenchmarkWebhookAlertsRepeated(b *testing.B) {
	db := durable(b)
	_, err := db.Submit(b.Context(), tenant, fleet(benchDevices))
	require.NoError(b, err)
	start := time.Now()
	send := webhooks(db, func(int) time.Time { return start })
	const warm = 20
	for i := range warm {
		require.NoError(b, send(i))
	}
	db.analyze(b)
	submitters(b, func(i int) error { return send(i % warm) })
	b.ReportMetric(float64(b.N)*benchAlerts/b.Elapsed().Seconds(), "alerts/s")
}

// BenchmarkReads asks the same of a short history and of a long one: the figures must not differ.
func BenchmarkReads(b *testing.B) {
	for _, n := range []int{10_000, 1_000_000} {
		b.Run(fmt.Sprintf("changes=%d", n), func(b *testing.B) {
			db := durable(b)
			db.seedChanges(b, n)
			db.analyze(b)
			// A day in the past, of three devices, as a dashboard asks.
			to := noon.Add(5000 * time.Minute)
			from, devices := to.Add(-24*time.Hour), []string{"D1", "D2", "D3"}
			b.Run("annotations", func(b *testing.B) {
				for range b.N {
					got, err := db.Annotations(b.Context(), tenant, engine.AnnotationQuery{From: from, To: to, Devices: devices})
					require.NoError(b, err)
					require.NotZero(b, got.Total)
				}
			})
			b.Run("page", func(b *testing.B) {
				for range b.N {
					got, err := db.ConfigChanges(b.Context(), tenant, engine.ConfigChangeQuery{From: from, To: to, Devices: devices, Page: engine.Page{Size: 50}})
					require.NoError(b, err)
					require.Len(b, got.ConfigChanges, 50)
				}
			})
		})
	}
}
