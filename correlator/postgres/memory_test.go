package postgres

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/configchange"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/engine"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/incident"
)

var errRollBack = errors.New("roll back")

// TestMemoryAnswersAsTheDatabase: whatever was saved, and whatever of it is written already, who asks hears
// the same from what is kept in memory as from the database.
func TestMemoryAnswersAsTheDatabase(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.submitAt(t, noon, observe(sight("EDGE1", "bgp", printA, noon))) // the receive clock runs
	ctx := t.Context()
	rapid.Check(t, func(t *rapid.T) {
		err := b.inTenant(ctx, tenant, func(tx pgx.Tx) error {
			s, err := lockTenant(ctx, tx, tenant, nil)
			require.NoError(t, err)
			d := &storeDraw{T: t, s: s, revisions: map[string]int64{}}
			for range rapid.IntRange(1, 25).Draw(t, "steps") {
				d.save()
				if rapid.Bool().Draw(t, "ask") {
					d.ask()
				}
			}
			return errRollBack
		})
		require.ErrorIs(t, err, errRollBack)
	})
}

// storeDraw draws what is saved and asked.
type storeDraw struct {
	*rapid.T
	s         *state
	revisions map[string]int64 // of incidents
}

func (d *storeDraw) at(what string) time.Time {
	return noon.Add(time.Duration(rapid.IntRange(-90, 30).Draw(d.T, what)) * time.Minute)
}

func (d *storeDraw) name(what string) string {
	return fmt.Sprintf("%s%d", what, rapid.IntRange(0, 4).Draw(d.T, what))
}

func (d *storeDraw) save() {
	ctx := d.Context()
	id := d.name("incident")
	switch step := rapid.IntRange(0, 5).Draw(d.T, "step"); {
	case step == 5:
		timer := engine.Timer{Kind: engine.TimerClose, Subject: d.name("timer"), Due: d.at("due")}
		if rapid.Bool().Draw(d.T, "clear") {
			require.NoError(d, d.s.ClearTimer(ctx, timer.Kind, timer.Subject))
		} else {
			require.NoError(d, d.s.SetTimer(ctx, timer))
		}
	case step == 4:
		c := configchange.Change{ID: d.name("c"), Device: d.name("D"), Category: "bgp", NotAfter: d.at("change"), DetectedAt: noon}
		c.NotBefore = c.NotAfter.Add(-time.Minute)
		require.NoError(d, d.s.DeleteConfigChanges(ctx, []string{c.ID}))
		if rapid.IntRange(0, 4).Draw(d.T, "undone") > 0 {
			require.NoError(d, d.s.SaveConfigChanges(ctx, []configchange.Change{c}))
		}
	case step <= 1 || d.revisions[id] == 0:
		d.revisions[id]++
		i := incident.Incident{ID: id, State: incident.Open, OpenedAt: noon, LastOnset: d.at("last onset"), Revision: d.revisions[id]}
		i.Onset = incident.Interval{NotBefore: d.at("onset"), NotAfter: noon}
		i.Judgement.Candidates = []incident.Candidate{{Devices: []string{d.name("D")}}}
		switch end := d.at("ended"); rapid.IntRange(0, 4).Draw(d.T, "state") {
		case 0, 1:
			i.State, i.ClosedAt = incident.Closed, &end
		case 2:
			i.State = incident.Merged
		}
		require.NoError(d, d.s.SaveIncidents(ctx, []incident.Incident{i}))
	case step == 2:
		require.NoError(d, d.s.AddReach(ctx, id, []string{d.name("key"), d.name("key")}))
	default:
		o := incident.Occurrence{ID: d.name("o"), IncidentID: id, Fingerprint: d.name("f"), StartsAt: d.at("starts"), HeardAt: noon, LastHeardAt: noon}
		o.ID += o.Fingerprint
		if rapid.Bool().Draw(d.T, "over") {
			end := d.at("ends")
			o.EndsAt = &end
		}
		require.NoError(d, d.s.SaveOccurrences(ctx, []incident.Occurrence{o}))
	}
}

// ask asks twice: as usual, and with nothing kept.
func (d *storeDraw) ask() {
	from := d.at("from")
	incidents := engine.IncidentSelector{
		Reach: []string{d.name("key"), d.name("key")}, OnsetFrom: from, OnsetTo: from.Add(time.Duration(rapid.IntRange(0, 60).Draw(d.T, "long")) * time.Minute),
	}
	if rapid.Bool().Draw(d.T, "by cause") {
		incidents = engine.IncidentSelector{Causes: []string{d.name("D"), d.name("D")}}
	}
	if rapid.Bool().Draw(d.T, "closed ones") {
		incidents.ClosedSince = d.at("closed since")
	}
	changes := engine.ChangeSelector{Devices: []string{d.name("D"), d.name("D")}, From: from, To: from.Add(time.Minute)}
	fingerprints := []string{d.name("f"), d.name("f")}
	remembered := d.answers(incidents, changes, fingerprints, from)
	kept := *d.s.memory
	d.s.live, d.s.tooManyLive, d.s.changes, d.s.alerts, d.s.open = nil, true, changePages{}, map[string]knownAlert{}, map[string]incident.Incident{}
	d.s.timers, d.s.tooManyTimers, d.s.next = nil, true, nextTimer{}
	read := d.answers(incidents, changes, fingerprints, from)
	*d.s.memory = kept
	require.Equal(d, read, remembered)
}

func (d *storeDraw) answers(incidents engine.IncidentSelector, changes engine.ChangeSelector, fingerprints []string, since time.Time) []string {
	var out []string
	found, err := d.s.Incidents(d.Context(), incidents)
	require.NoError(d, err)
	for _, i := range found {
		out = append(out, fmt.Sprint(i.ID, i.Revision, i.State))
	}
	changed, err := d.s.ConfigChanges(d.Context(), changes)
	require.NoError(d, err)
	for _, c := range changed {
		out = append(out, fmt.Sprint(c.ID, c.Device, c.NotAfter))
	}
	heard, err := d.s.AlertOccurrences(d.Context(), fingerprints, since)
	require.NoError(d, err)
	for _, o := range heard {
		out = append(out, fmt.Sprint(o.ID, o.IncidentID, o.StartsAt, o.EndsAt))
	}
	timer, some, err := d.s.NextTimer(d.Context())
	require.NoError(d, err)
	out = append(out, fmt.Sprint(timer.Kind, timer.Subject, timer.Due, some))
	if len(incidents.Reach) > 0 {
		reaching, err := d.s.IncidentsReaching(d.Context(), []engine.IncidentSelector{incidents})
		require.NoError(d, err)
		require.Len(d, reaching[0], len(found))
	}
	return out
}

func TestAQuietTenantIsForgotten(t *testing.T) {
	t.Parallel()
	b := setup(t)
	db := b.another(t, Options{IdleInbox: time.Millisecond})
	_, err := db.Submit(t.Context(), tenant, webhook(alert("LinkDown", "EDGE1", noon)))
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		db.inboxes.mu.Lock()
		defer db.inboxes.mu.Unlock()
		return len(db.inboxes.waiting) == 0
	}, 10*time.Second, time.Millisecond)
	require.Nil(t, db.memories.take(tenant))
}

// TestUpdatesOfOneTransactionAreTold once, as the last of them left the incident; everything else is told.
func TestUpdatesOfOneTransactionAreToldOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	told := func(kind engine.EventType, id string, revision int64) engine.Effect {
		return engine.Effect{
			Key: fmt.Sprintf("%s/%s/%d", kind, id, revision), Type: kind, At: noon,
			Incident: &incident.Incident{ID: id, Revision: revision},
		}
	}
	b.inState(t, func(s *state) {
		s.appendEvents([]engine.Effect{
			told(engine.IncidentOpened, "a", 1), told(engine.IncidentUpdated, "a", 2), told(engine.IncidentUpdated, "b", 7),
		})
		s.appendEvents([]engine.Effect{told(engine.IncidentUpdated, "a", 3), told(engine.IncidentClosed, "a", 4), told(engine.IncidentUpdated, "a", 5)})
		s.appendEvents([]engine.Effect{told(engine.IncidentUpdated, "a", 6), told(engine.IncidentUpdated, "b", 8)})
	})
	rows, err := b.admin.Query(t.Context(), "SELECT key FROM outbox ORDER BY id")
	require.NoError(t, err)
	keys, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	require.Equal(t, []string{
		"incident.opened/a/1", "incident.updated/a/3", "incident.closed/a/4", "incident.updated/a/6", "incident.updated/b/8",
	}, keys)
}
