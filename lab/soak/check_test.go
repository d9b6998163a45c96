package soak

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	apiv1 "github.com/ispvisualmonitor/ispvisualmonitor/api/v1"
	"github.com/ispvisualmonitor/ispvisualmonitor/api/v1/apiv1connect"
	"github.com/ispvisualmonitor/ispvisualmonitor/lab/endstate"
)

// connect opens a connection past row-level security.
func (r *round) connect(ctx context.Context) (*pgx.Conn, error) {
	u := r.server.running.SuperuserURL()
	return pgx.Connect(ctx, strings.Replace(u, "/postgres?", "/"+r.database+"?", 1))
}

// settle waits until no timer is due and every event has been handed on. What a correlator had claimed that
// was killed would be given back when its lease is over, after two minutes; that time is made to pass.
func (r *round) settle(ctx context.Context, t *testing.T) {
	t.Helper()
	conn, err := r.connect(ctx)
	require.NoError(t, err)
	defer conn.Close(context.WithoutCancel(ctx)) //nolint:errcheck // it only looked
	for looks := 0; ; looks++ {
		var waiting, due, dead int
		require.NoError(t, conn.QueryRow(ctx, `
			SELECT (SELECT count(*) FROM outbox WHERE published_at IS NULL),
			       (SELECT count(*) FROM timers WHERE due < now() + interval '5 minutes'),
			       (SELECT count(*) FROM outbox_dead_letters)`).Scan(&waiting, &due, &dead), "events or timers are left")
		require.Zero(t, dead, "dead letters")
		if waiting == 0 && due == 0 {
			return
		}
		if looks%20 == 10 {
			_, err := conn.Exec(ctx, "WITH due AS (UPDATE outbox SET next_attempt_at = '-infinity' WHERE published_at IS NULL) SELECT pg_notify('ispvm_outbox', '')")
			require.NoError(t, err)
		}
		wait(ctx, 25*time.Millisecond)
	}
}

// check holds what is there now against the storm undisturbed, the journal, and the receiver.
func (r *round) check(ctx context.Context, t *testing.T) {
	t.Helper()
	require.False(t, r.panicked(), "a correlator panicked")
	conn, err := r.connect(ctx)
	require.NoError(t, err)
	defer conn.Close(context.WithoutCancel(ctx)) //nolint:errcheck // it only read

	changes, incidents, err := endstate.Read(ctx, tenant, r.ask)
	require.NoError(t, err)
	got := endstate.Of(changes, incidents, nil, r.clients[0].Planned.Names()).Timeless()
	undisturbed := r.storm.timeline(t, r.now)
	r.keepOnFailure(t, "undisturbed", undisturbed)
	assert.Empty(t, gocmp.Diff(replayed(t, undisturbed).Timeless(), got), "undisturbed (-) and disturbed (+)")
	r.checkPlannedWork(ctx, t)
	r.checkJournal(ctx, t, conn)
	r.checkEvents(ctx, t, conn)
}

// checkPlannedWork holds the change records against what people asked for.
func (r *round) checkPlannedWork(ctx context.Context, t *testing.T) {
	t.Helper()
	want, got := map[string]string{}, map[string]string{}
	for _, step := range r.storm.steps {
		for _, m := range step {
			if m[0].Type != "change" {
				continue
			}
			var change struct {
				ID, Title string
				StartsAt  time.Time `json:"starts_at"`
				Scope     struct{ Sites, Devices []string }
			}
			require.NoError(t, m[0].Field("change", &change))
			status := map[string]string{"create": "in_progress", "complete": "completed", "cancel": "canceled"}[m[0].Op]
			what, _, _ := strings.Cut(want[change.ID], ": ")
			if m[0].Op == "create" {
				what = fmt.Sprint(change.Title, change.StartsAt.UTC(), change.Scope.Sites, change.Scope.Devices)
			}
			want[change.ID] = what + ": " + status
		}
	}
	names := r.clients[0].Planned.Names()
	var page apiv1.ListChangesResponse
	require.NoError(t, r.ask(ctx, apiv1connect.ChangeServiceListChangesProcedure, &apiv1.ListChangesRequest{PageSize: 1000}, &page))
	require.Len(t, page.GetChanges(), len(want))
	for _, c := range page.GetChanges() {
		got[names[c.GetId()]] = fmt.Sprint(c.GetTitle(), c.GetStartsAt().AsTime(), c.GetScope().GetSites(), c.GetScope().GetDevices()) + ": " + c.GetStatus()
	}
	require.Equal(t, want, got)
}

// checkJournal replays what was written down of what arrived: it comes to exactly what is in the database,
// every instant and notification included. So nothing was applied that is not in the journal, nothing is in
// the journal that was not applied, and no crash has left a half of anything.
func (r *round) checkJournal(ctx context.Context, t *testing.T, conn *pgx.Conn) {
	t.Helper()
	var now time.Time
	require.NoError(t, conn.QueryRow(ctx, "SELECT greatest(received_at, clock_timestamp()) FROM tenants").Scan(&now))
	binary, err := build()
	require.NoError(t, err)
	timeline, err := exec.CommandContext(ctx, binary, "export-timeline", "--config.file="+r.machines[0].config(), "--tenant="+tenant).Output()
	require.NoError(t, err)
	timeline = fmt.Appendf(timeline, `{"type":"tick","at":%q}`+"\n", now.UTC().Format(time.RFC3339Nano))

	changes, incidents, err := endstate.Read(ctx, tenant, r.ask)
	require.NoError(t, err)
	rows, err := conn.Query(ctx, "SELECT payload FROM outbox WHERE type = 'notification' ORDER BY occurred_at, id")
	require.NoError(t, err)
	notifications, err := pgx.CollectRows(rows, pgx.RowTo[endstate.Row])
	require.NoError(t, err)
	got := endstate.Of(changes, incidents, notifications, nil)
	r.keepOnFailure(t, "journal", timeline)
	assert.Empty(t, gocmp.Diff(replayed(t, timeline).WithoutSightings(), got.WithoutSightings()), "the journal, replayed (-), and the database (+)")
}

// keepOnFailure keeps a timeline of a round that fails, for `correlator replay`.
func (r *round) keepOnFailure(t *testing.T, name string, timeline []byte) {
	t.Helper()
	t.Cleanup(func() {
		if !t.Failed() {
			return
		}
		file := filepath.Join(os.TempDir(), fmt.Sprintf("ispvm-soak-%d-%s.jsonl", r.seed, name))
		require.NoError(t, os.WriteFile(file, timeline, 0o600))
		t.Logf("the %s is kept in %s", name, file)
	})
}

// checkEvents looks for events that were lost on either side of the outbox: of everything there is an event
// for each of its revisions that came to be seen, and the receiver was told of every event about an incident, under its key.
func (r *round) checkEvents(ctx context.Context, t *testing.T, conn *pgx.Conn) {
	t.Helper()
	rows, err := conn.Query(ctx, "SELECT key, type FROM outbox ORDER BY id")
	require.NoError(t, err)
	types := map[string]string{} // by key
	revisions := map[string]map[int]int{}
	var key, eventType string
	_, err = pgx.ForEachRow(rows, []any{&key, &eventType}, func() error {
		types[key] = eventType
		if eventType == "notification" {
			return nil
		}
		cut := strings.LastIndex(key, "/")
		revision, err := strconv.Atoi(key[cut+1:])
		subject := strings.TrimPrefix(key[:cut], eventType+"/")
		if revisions[subject] == nil {
			revisions[subject] = map[int]int{}
		}
		revisions[subject][revision]++
		return err
	})
	require.NoError(t, err)
	rows, err = conn.Query(ctx, `
		SELECT id, 1, revision, true FROM incidents UNION ALL
		SELECT id, 0, revision, false FROM config_changes UNION ALL
		SELECT 'change/' || id, 1, revision, false FROM changes`)
	require.NoError(t, err)
	var id string
	var first, newest int
	var incident bool
	_, err = pgx.ForEachRow(rows, []any{&id, &first, &newest, &incident}, func() error {
		for n := first; n <= newest; n++ {
			// An update of an incident that another one in the same transaction has overtaken is not told.
			if n == first || n == newest || !incident {
				require.Equal(t, 1, revisions[id][n], "events of revision %d of %s, of %d to %d", n, id, first, newest)
			}
			require.LessOrEqual(t, revisions[id][n], 1)
		}
		require.LessOrEqual(t, len(revisions[id]), newest-first+1, "events of revisions that %s never had", id)
		return nil
	})
	require.NoError(t, err)

	told := map[string]delivery{}
	posts := map[string]bool{}
	for _, d := range r.receiver.deliveries() {
		require.False(t, posts[d.id], "two posts have the id %s", d.id)
		posts[d.id] = true
		require.Contains(t, types, d.EventID, "the receiver was told of an event that was never committed")
		if before, again := told[d.EventID]; again {
			r.tally.again.Add(1)
			require.Equal(t, before.EventType, d.EventType)
			require.Equal(t, before.Incident.ID, d.Incident.ID)
		}
		told[d.EventID] = d
		r.tally.deliveries.Add(1)
	}
	for key, eventType := range types {
		r.tally.events.Add(1)
		if strings.HasPrefix(eventType, "incident.") {
			require.Contains(t, told, key, "the receiver was never told of %s", key)
			require.Contains(t, key, told[key].Incident.ID)
		}
	}
}
