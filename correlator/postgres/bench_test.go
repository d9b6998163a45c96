package postgres

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/alertmanager"
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

// benchSenders is how many callers send side by side.
const benchSenders = 4

// sideBySide calls f with 0…n-1 from several callers and returns how long all of it took, and each call.
func sideBySide(b *testing.B, n int, f func(i int) error) (whole time.Duration, each []time.Duration) {
	b.Helper()
	each = make([]time.Duration, n)
	var next atomic.Int64
	var group errgroup.Group
	begin := time.Now()
	for range benchSenders {
		group.Go(func() error {
			for i := next.Add(1) - 1; i < int64(n); i = next.Add(1) - 1 {
				from := time.Now()
				if err := f(int(i)); err != nil {
					return err
				}
				each[i] = time.Since(from)
			}
			return nil
		})
	}
	require.NoError(b, group.Wait())
	return time.Since(begin), each
}

// p99 is the time within which 99 of a hundred calls were done.
func p99(each []time.Duration) time.Duration {
	slices.Sort(each)
	return each[(len(each)*99+99)/100-1]
}

const (
	benchDevices    = 2000
	benchCategories = 10
	benchBatch      = 1000
	// benchRound is how many batches bring one sighting of everything.
	benchRound = benchDevices * benchCategories / benchBatch
)

// sightings is the i-th batch: a hundred devices with all their categories, the next hundred in the next.
func sightings(i int, fingerprint string) engine.ObservationsInput {
	round, part := i/benchRound, i%benchRound
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

// watched is a database with a fleet of which every category was seen twice, with a change between.
func watched(b *testing.B) *bundle {
	b.Helper()
	db := durable(b)
	db.submit(b, fleet(benchDevices))
	for i := range 2 * benchRound {
		db.submit(b, sightings(i, []string{printA, printB}[i/benchRound]))
	}
	db.analyze(b)
	return db
}

func (b *bundle) submit(t testing.TB, in engine.Input) {
	t.Helper()
	_, err := b.Submit(t.Context(), tenant, in)
	require.NoError(t, err)
}

// perSecond reports how many things a second were committed, beside the floor.
func perSecond(b *testing.B, name, unit string, budget float64, n int, took time.Duration, floor float64) {
	b.Helper()
	value := float64(n) / took.Seconds()
	figure{Name: name, Value: value, Unit: unit + "/s", Better: "higher", Budget: budget, Peer: floor}.report(b)
}

// BenchmarkObservations: fingerprints that did not change, beside a bare update of the same rows.
func BenchmarkObservations(b *testing.B) {
	db := watched(b)
	const batches = 4 * benchRound
	for b.Loop() {
		took, _ := sideBySide(b, batches, func(i int) error {
			_, err := db.Submit(b.Context(), tenant, sightings(2*benchRound+i, printB))
			return err
		})
		floor, _ := db.floor(b, batches, sightings(0, printB), db.bareSightings(b))
		perSecond(b, "correlator_observations", "observations", 20_000, batches*benchBatch, took, batches*benchBatch/floor.Seconds())
	}
}

// BenchmarkConfigChanges: every fingerprint of a batch is another one than before, beside a bare insert of
// the rows that come of it. The history that is there already must not matter.
func BenchmarkConfigChanges(b *testing.B) {
	for _, history := range []int{10_000, 1_000_000} {
		b.Run(fmt.Sprintf("history=%d", history), func(b *testing.B) {
			db := watched(b)
			db.history(b, history, benchDevices)
			db.analyze(b)
			const batches = 2 * benchRound
			for b.Loop() {
				took, _ := sideBySide(b, batches, func(i int) error {
					_, err := db.Submit(b.Context(), tenant, sightings(2*benchRound+i, fmt.Sprintf("%012x", i/benchRound)))
					return err
				})
				require.Equal(b, batches*benchBatch, db.count(b, "SELECT count(*) FROM config_changes WHERE new_fingerprint IN ('000000000000', '000000000001')"))
				floor, _ := db.floor(b, batches, sightings(0, printB), bareChanges)
				perSecond(b, fmt.Sprintf("correlator_config_changes_%d", history), "changes", 5_000, batches*benchBatch, took, batches*benchBatch/floor.Seconds())
			}
		})
	}
}

// outage is the i-th call of Alertmanager about outages at all sites: n alerts, one for each router of a
// site, or again for other ports of them.
func outage(i, n int, at time.Time) []engine.Alert {
	var alerts []engine.Alert
	for a := range n {
		nth := i*n + a
		one := alert("InterfaceDown", fmt.Sprintf("R%05d", nth%benchDevices), at)
		one.Labels["interface"] = fmt.Sprintf("ether%d", nth/benchDevices)
		one.Labels["job"], one.Labels["instance"] = "routeros", fmt.Sprintf("192.0.2.%d:8728", nth%250)
		one.Annotations["runbook_url"] = "https://example.net/runbooks/InterfaceDown"
		one.Fingerprint = fmt.Sprintf("%016x", nth)
		alerts = append(alerts, one)
	}
	return alerts
}

// callBody is a call of Alertmanager with these alerts.
func callBody(b *testing.B, alerts []engine.Alert) []byte {
	b.Helper()
	type one struct {
		Status      string            `json:"status"`
		Labels      map[string]string `json:"labels"`
		Annotations map[string]string `json:"annotations"`
		StartsAt    time.Time         `json:"startsAt"`
		EndsAt      time.Time         `json:"endsAt"`
		Fingerprint string            `json:"fingerprint"`
	}
	body := struct {
		Version string `json:"version"`
		Status  string `json:"status"`
		Alerts  []one  `json:"alerts"`
	}{Version: "4", Status: "firing"}
	for _, a := range alerts {
		body.Alerts = append(body.Alerts, one{"firing", a.Labels, a.Annotations, a.StartsAt, time.Time{}, a.Fingerprint})
	}
	encoded, err := json.Marshal(body)
	require.NoError(b, err)
	return encoded
}

// benchAlerts is how many alerts a call brings.
const benchAlerts = 100

// BenchmarkWebhookAlerts: whole calls of Alertmanager over HTTP until they are committed, beside a bare
// insert of the same rows, and beside a handler that only decodes.
func BenchmarkWebhookAlerts(b *testing.B) {
	const calls = 200
	start := time.Now().UTC()
	bodies := make([][]byte, calls)
	for i := range bodies {
		bodies[i] = callBody(b, outage(i, benchAlerts, start))
	}
	bare := serve(b, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err == nil {
			_, err = alertmanager.DecodeWebhook(body)
		}
		if err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		w.WriteHeader(http.StatusNoContent)
	}))
	for b.Loop() {
		db := durable(b)
		db.submit(b, fleet(benchDevices))
		db.analyze(b)
		call := serve(b, db.webhook(b))
		took, each := sideBySide(b, calls, func(i int) error { return call(bodies[i]) })
		require.Equal(b, calls*benchAlerts, db.count(b, "SELECT count(*) FROM alert_occurrences"))
		again, eachAgain := sideBySide(b, calls, func(i int) error { return call(bodies[i]) })
		decoded, _ := sideBySide(b, calls, func(i int) error { return bare(bodies[i]) })
		floor, eachBare := db.floor(b, calls, engine.AlertsInput{Alerts: outage(0, benchAlerts, start)}, bareAlerts(benchAlerts))

		perSecond(b, "correlator_webhook_alerts", "alerts", 10_000, calls*benchAlerts, took, calls*benchAlerts/floor.Seconds())
		perSecond(b, "correlator_webhook_alerts_repeated", "alerts", 10_000, calls*benchAlerts, again, calls*benchAlerts/floor.Seconds())
		perSecond(b, "correlator_webhook_alerts_to_decoding", "alerts", 0, calls*benchAlerts, took, calls*benchAlerts/decoded.Seconds())
		figure{Name: "correlator_webhook_p99", Value: p99(each).Seconds(), Unit: "s", Better: "lower", Budget: 0.25, Peer: p99(eachBare).Seconds()}.report(b)
		figure{Name: "correlator_webhook_repeated_p99", Value: p99(eachAgain).Seconds(), Unit: "s", Better: "lower", Budget: 0.25, Peer: p99(eachBare).Seconds()}.report(b)
	}
}

// BenchmarkSmallWebhooksStorm is the time from the first call to the last commit of a storm: a router is
// reconfigured, and 5,000 routers in a tree below it are lost. In many calls, and in one.
func BenchmarkSmallWebhooksStorm(b *testing.B) {
	const devices, trunk = 5001, 50
	inventory := fleet(devices)
	for i := range inventory.Inventory.Devices[1:] {
		above := "R00000"
		if i >= trunk {
			above = fmt.Sprintf("R%05d", 1+i%trunk)
		}
		inventory.Inventory.Devices[i+1].DependsOn = []topology.Group{{All: []string{above}}}
	}
	for _, perCall := range []int{10, 100, 5000} {
		b.Run(fmt.Sprintf("alerts=%d", perCall), func(b *testing.B) {
			for b.Loop() {
				db := durable(b)
				db.submit(b, inventory)
				start := time.Now().UTC()
				for minute, fingerprint := range []string{printA, printA, printB} {
					db.submit(b, observe(sight("R00000", "interfaces", fingerprint, start.Add(time.Duration(minute-3)*time.Minute))))
				}
				var bodies [][]byte
				for i := 1; i < devices; i += perCall {
					var alerts []engine.Alert
					for n := range perCall {
						one := alert("DeviceUnreachable", fmt.Sprintf("R%05d", i+n), start)
						one.Fingerprint = fmt.Sprintf("%016x", i+n)
						alerts = append(alerts, one)
					}
					bodies = append(bodies, callBody(b, alerts))
				}
				call := serve(b, db.webhook(b))
				took, each := sideBySide(b, len(bodies), func(i int) error { return call(bodies[i]) })
				require.Equal(b, devices-1, db.count(b, "SELECT count(*) FROM alert_occurrences"))
				require.Equal(b, 1, db.count(b, "SELECT count(*) FROM incidents WHERE state <> 'merged' AND cause_devices = '{R00000}'"))
				floor, eachBare := db.floor(b, len(bodies), engine.AlertsInput{Alerts: outage(0, perCall, start)}, bareAlerts(perCall))
				figure{Name: fmt.Sprintf("correlator_storm_by_%d", perCall), Value: took.Seconds(), Unit: "s", Better: "lower", Budget: 2, Peer: floor.Seconds()}.report(b)
				figure{Name: fmt.Sprintf("correlator_storm_by_%d_p99", perCall), Value: p99(each).Seconds(), Unit: "s", Better: "lower", Peer: p99(eachBare).Seconds()}.report(b)
			}
		})
	}
}

// BenchmarkCorrelation is the time from a call with the first alerts of an outage to the judged incident,
// with a short history and with a long one.
func BenchmarkCorrelation(b *testing.B) {
	const devices, incidents = 10_000, 300
	for _, history := range []int{10_000, 1_000_000} {
		b.Run(fmt.Sprintf("history=%d", history), func(b *testing.B) {
			db := durable(b)
			db.submit(b, fleet(devices))
			db.history(b, history, devices)
			db.analyze(b)
			for b.Loop() {
				var each []time.Duration
				for i := range incidents { // one site after the other, later than what the joining looks at
					at := noon.Add(time.Duration(i) * time.Hour)
					in := engine.AlertsInput{}
					for n := range 5 {
						one := alert("DeviceUnreachable", fmt.Sprintf("R%05d", i%100*100+n), at)
						one.Fingerprint = fmt.Sprintf("%016x", i*5+n)
						in.Alerts = append(in.Alerts, one)
					}
					from := time.Now()
					db.submit(b, in)
					each = append(each, time.Since(from))
				}
				_, eachBare := db.floor(b, incidents, engine.AlertsInput{Alerts: outage(0, 5, noon)}, bareAlerts(5))
				figure{Name: fmt.Sprintf("correlator_correlation_p99_%d", history), Value: p99(each).Seconds(), Unit: "s", Better: "lower", Budget: 0.05, Peer: p99(eachBare).Seconds()}.report(b)
			}
		})
	}
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
				for b.Loop() {
					_, each := sideBySide(b, 200, func(int) error {
						got, err := db.Annotations(b.Context(), tenant, engine.AnnotationQuery{From: from, To: to, Devices: devices})
						if err == nil && got.Total == 0 {
							err = fmt.Errorf("no annotations")
						}
						return err
					})
					figure{Name: fmt.Sprintf("correlator_annotations_p99_%d", n), Value: p99(each).Seconds(), Unit: "s", Better: "lower", Budget: 0.05}.report(b)
				}
			})
			b.Run("page", func(b *testing.B) {
				for b.Loop() {
					got, err := db.ConfigChanges(b.Context(), tenant, engine.ConfigChangeQuery{From: from, To: to, Devices: devices, Page: engine.Page{Size: 50}})
					require.NoError(b, err)
					require.Len(b, got.ConfigChanges, 50)
				}
			})
		})
	}
}
