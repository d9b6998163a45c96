package postgres

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/calendar"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/configchange"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/engine"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/topology"
)

func TestAChangeIsDetectedOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.submitAt(t, noon, network())
	require.Empty(t, b.submitAt(t, noon.Add(time.Minute), observe(sight("EDGE1", "bgp", printA, noon))))

	changed := observe(sight("EDGE1", "bgp", printB, noon.Add(time.Minute)))
	effects := b.submitAt(t, noon.Add(2*time.Minute), changed)
	require.Len(t, effects, 1)
	require.Equal(t, engine.ConfigChangeDetected, effects[0].Type)

	require.Empty(t, b.submitAt(t, noon.Add(3*time.Minute), changed), "the same observation again changes nothing")
	require.Equal(t, 1, b.count(t, "SELECT count(*) FROM config_changes"))
	require.Equal(t, 1, b.count(t, "SELECT count(*) FROM outbox"))
	require.Equal(t, 2, b.count(t, "SELECT count(*) FROM runs"))
	require.Equal(t, 4, b.count(t, "SELECT count(*) FROM inputs"), "every accepted input is in the journal")
}

func TestWaitingInputsShareATransaction(t *testing.T) {
	t.Parallel()
	b := setup(t)
	// Another replica holds the tenant's row: what is submitted meanwhile has to wait.
	tx, err := b.admin.Begin(t.Context())
	require.NoError(t, err)
	_, err = tx.Exec(t.Context(), "SELECT FROM tenants FOR UPDATE")
	require.NoError(t, err)

	var group errgroup.Group
	submit := func(i int) {
		group.Go(func() error {
			_, err := b.Submit(t.Context(), tenant, observe(sight(fmt.Sprintf("R%d", i), "bgp", printA, noon)))
			return err
		})
	}
	submit(0)
	require.Eventually(t, func() bool {
		return b.count(t, "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'") == 1
	}, 10*time.Second, 10*time.Millisecond)
	for i := range 20 {
		submit(i + 1)
	}
	require.Eventually(t, func() bool {
		b.inboxes.mu.Lock()
		defer b.inboxes.mu.Unlock()
		return len(b.inboxes.waiting[tenant]) == 20
	}, 10*time.Second, time.Millisecond)
	require.NoError(t, tx.Rollback(t.Context()))
	require.NoError(t, group.Wait())

	require.Equal(t, 21, b.count(t, "SELECT count(*) FROM inputs"))
	require.Equal(t, 2, b.count(t, "SELECT count(DISTINCT xmin::text) FROM inputs"), "twenty inputs that waited together cost one transaction")
}

func TestARefusalIsAnsweredAloneAndLeavesNoTrace(t *testing.T) {
	t.Parallel()
	b := setup(t)
	complete := engine.WindowInput{Op: engine.OpComplete, Window: calendar.Window{ID: "nowhere", Kind: calendar.Change}}
	_, err := b.Submit(t.Context(), tenant, complete)
	refusal, ok := engine.AsRefusal(err)
	require.True(t, ok, "got %v", err)
	require.Equal(t, engine.NotFound, refusal.Kind)
	require.Zero(t, b.count(t, "SELECT count(*) FROM inputs"))

	// In one group with others.
	refused := &job{ctx: t.Context(), in: complete, done: make(chan outcome, 1)}
	applied := &job{ctx: t.Context(), in: observe(sight("EDGE1", "bgp", printA, noon)), done: make(chan outcome, 1)}
	b.apply(tenant, []*job{refused, applied})
	_, ok = engine.AsRefusal((<-refused.done).err)
	require.True(t, ok)
	require.NoError(t, (<-applied.done).err)
	require.Equal(t, 1, b.count(t, "SELECT count(*) FROM inputs"))
}

func TestAnInputThatTheDatabaseCannotDigestTakesNoOtherWithIt(t *testing.T) {
	t.Parallel()
	b := setup(t)
	good := &job{ctx: t.Context(), in: observe(sight("EDGE1", "bgp", printA, noon)), done: make(chan outcome, 1)}
	// Longer than an index entry may be.
	long := observe(sight(randomText(20_000), "bgp", printA, noon))
	bad := &job{ctx: t.Context(), in: long, done: make(chan outcome, 1)}
	b.apply(tenant, []*job{good, bad})
	require.NoError(t, (<-good.done).err)
	require.ErrorContains(t, (<-bad.done).err, `apply an input of tenant "isp1"`)
	require.Equal(t, 1, b.count(t, "SELECT count(*) FROM runs"))
}

func TestTheReceiveClockNeverRunsBackwards(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.submitAt(t, noon.Add(time.Hour), observe(sight("EDGE1", "bgp", printA, noon)))
	// A replica whose clock is an hour behind.
	behind := b.another(t, Options{Now: func() time.Time { return noon }})
	_, err := behind.Submit(t.Context(), tenant, observe(sight("EDGE1", "ospf", printA, noon)))
	require.NoError(t, err)
	require.Equal(t, 2, b.count(t, "SELECT count(*) FROM inputs WHERE received_at = $1", noon.Add(time.Hour)))
}

func TestTwoReplicasOnOneTenant(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.submitAt(t, noon, network())
	replicas := []*DB{b.DB, b.another(t, Options{})}
	const devices, rounds = 10, 6
	var group errgroup.Group
	for r, db := range replicas {
		for d := range devices {
			group.Go(func() error {
				// Both replicas are told of the same changes, as by an exporter that sends twice.
				for i := range rounds {
					fingerprint := fmt.Sprintf("%012x", i)
					_, err := db.Submit(t.Context(), tenant, observe(sight(fmt.Sprintf("R%d", d), "bgp", fingerprint, noon.Add(time.Duration(i)*time.Minute))))
					if err != nil {
						return fmt.Errorf("replica %d: %w", r, err)
					}
				}
				return nil
			})
		}
	}
	require.NoError(t, group.Wait())
	require.Equal(t, devices*(rounds-1), b.count(t, "SELECT count(*) FROM config_changes"))
	require.Equal(t, devices*rounds, b.count(t, "SELECT count(*) FROM runs"))
	require.Equal(t, 2*devices*rounds+1, b.count(t, "SELECT count(*) FROM inputs"))
	require.Equal(t, 2*devices*rounds+1, b.count(t, "SELECT max(seq) FROM inputs"), "the sequence has no gap")
}

func TestNothingIsHalfDoneWhenTheConnectionDies(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.submitAt(t, noon, network())
	b.submitAt(t, noon, observe(sight("EDGE1", "bgp", printA, noon)))

	// The insert into the outbox, the last table but one to be written, waits for this lock; then its
	// connection is killed.
	tx, err := b.admin.Begin(t.Context())
	require.NoError(t, err)
	_, err = tx.Exec(t.Context(), "LOCK TABLE outbox IN ACCESS EXCLUSIVE MODE")
	require.NoError(t, err)
	changed := observe(sight("EDGE1", "bgp", printB, noon.Add(time.Minute)))
	failed := make(chan error, 1)
	go func() {
		_, err := b.Submit(t.Context(), tenant, changed)
		failed <- err
	}()
	require.Eventually(t, func() bool {
		tag, err := b.admin.Exec(t.Context(), `
			SELECT pg_terminate_backend(pid) FROM pg_stat_activity
			 WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%outbox%'`)
		return err == nil && tag.RowsAffected() == 1
	}, 10*time.Second, 10*time.Millisecond)
	require.Error(t, <-failed)
	require.NoError(t, tx.Rollback(t.Context()))

	require.Equal(t, 1, b.count(t, "SELECT count(*) FROM runs"))
	require.Zero(t, b.count(t, "SELECT count(*) FROM config_changes"))
	require.Equal(t, 2, b.count(t, "SELECT count(*) FROM inputs"))

	// The sender tries again, and it is as if nothing had been.
	require.Len(t, b.submitAt(t, noon.Add(time.Minute), changed), 1)
	require.Equal(t, 1, b.count(t, "SELECT count(*) FROM config_changes"))
	require.Equal(t, 1, b.count(t, "SELECT count(*) FROM outbox"))
}

func TestAFullInboxSaysSo(t *testing.T) {
	t.Parallel()
	b := setup(t)
	db := b.another(t, Options{InboxLen: 1})
	tx, err := b.admin.Begin(t.Context())
	require.NoError(t, err)
	_, err = tx.Exec(t.Context(), "SELECT FROM tenants FOR UPDATE")
	require.NoError(t, err)

	results := make(chan error, 100)
	for range cap(results) {
		go func() {
			_, err := db.Submit(t.Context(), tenant, engine.Tick{})
			results <- err
		}()
	}
	require.ErrorIs(t, <-results, ErrOverloaded)
	require.NoError(t, tx.Rollback(t.Context()))
	for range cap(results) - 1 {
		if err := <-results; err != nil {
			require.ErrorIs(t, err, ErrOverloaded)
		}
	}
}

func TestASubmitterMayGoAway(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := b.Submit(ctx, tenant, observe(sight("EDGE1", "bgp", printA, noon)))
	require.ErrorIs(t, err, context.Canceled)
	b.Close()
	require.Zero(t, b.count(t, "SELECT count(*) FROM inputs"), "nobody waits for it, so it was not applied")
	_, err = b.Submit(t.Context(), tenant, engine.Tick{})
	require.ErrorIs(t, err, ErrClosed)
}

func TestUnknownTenant(t *testing.T) {
	t.Parallel()
	b := setup(t)
	_, err := b.Submit(t.Context(), "nobody", engine.Tick{})
	require.ErrorIs(t, err, ErrUnknownTenant)
	_, err = b.Submit(t.Context(), "", engine.Tick{})
	require.ErrorIs(t, err, ErrUnknownTenant)
	_, err = b.Status(t.Context(), "nobody")
	require.ErrorIs(t, err, ErrUnknownTenant)
	require.ErrorContains(t, b.EnsureTenant(t.Context(), "no spaces"), "tenants_id_form")
}

func TestTextsThatPostgreSQLCannotKeepAreCleaned(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.submitAt(t, noon, network())
	a := alert("DeviceDown", "EDGE1", noon)
	a.Annotations["summary"] = "a\x00b\xff"
	b.submitAt(t, noon, webhook(a))
	page, err := b.Incidents(t.Context(), tenant, engine.IncidentQuery{})
	require.NoError(t, err)
	require.Len(t, page.Incidents, 1)
	require.Equal(t, "a\uFFFDb\uFFFD", page.Incidents[0].Alerts[0].Summary)

	_, err = b.Submit(t.Context(), tenant, engine.InventoryInput{Inventory: topology.Inventory{Devices: []topology.Device{{Name: "a\x00b"}}}})
	require.NoError(t, err)
	_, err = b.Submit(t.Context(), tenant, observe(configchange.Observation{
		Stream: configchange.Stream{Device: "X\x00", Category: "bgp"}, ObservedAt: noon, Fingerprint: printA,
	}))
	require.NoError(t, err)
}
