package postgres

import (
	"encoding/json"
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/calendar"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/configchange"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/engine"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/incident"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/topology"
)

// filled gives every field of a value something that is not its zero, so that a field which the engine
// gets tomorrow and the database does not keep is found today.
func filled[T any](t *testing.T, n int) T {
	t.Helper()
	var v T
	fill := &filler{n: n}
	fill.value(t, reflect.ValueOf(&v).Elem())
	return v
}

type filler struct{ n int }

func (f *filler) value(t *testing.T, v reflect.Value) {
	t.Helper()
	f.n++
	switch v.Interface().(type) {
	case time.Time:
		v.Set(reflect.ValueOf(noon.Add(time.Duration(f.n) * time.Minute)))
		return
	case json.RawMessage:
		v.Set(reflect.ValueOf(json.RawMessage(fmt.Sprintf(`{"b":%d,"a":1}`, f.n)))) // an order of its own, to be kept
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(fmt.Sprintf("text %d", f.n))
	case reflect.Int, reflect.Int64:
		v.SetInt(int64(f.n))
	case reflect.Float64:
		v.SetFloat(float64(f.n) / 3)
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		f.value(t, v.Elem())
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range 2 {
			f.value(t, v.Index(i))
		}
	case reflect.Map:
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		f.value(t, key)
		f.value(t, value)
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(key, value)
	case reflect.Struct:
		for i := range v.NumField() {
			f.value(t, v.Field(i))
		}
	default:
		t.Fatalf("no value for a %s", v.Type())
	}
}

// inState runs f over the state of the bundle's tenant and commits what it did.
func (b *bundle) inState(t *testing.T, f func(*state)) {
	t.Helper()
	require.NoError(t, b.inTenant(t.Context(), tenant, func(tx pgx.Tx) error {
		s, err := lockTenant(t.Context(), tx, tenant, nil)
		require.NoError(t, err)
		f(s)
		return s.save(t.Context())
	}))
}

func equal(t *testing.T, want, got any) {
	t.Helper()
	require.Empty(t, cmp.Diff(want, got))
}

func TestRunsComeBackAsTheyWent(t *testing.T) {
	t.Parallel()
	b := setup(t)
	run := filled[configchange.Run](t, 0)
	run.Fingerprint = printA
	b.inState(t, func(s *state) { require.NoError(t, s.SaveRuns(t.Context(), []configchange.Run{run})) })
	load := func(s *state) configchange.Run {
		got, err := s.Heads(t.Context(), []configchange.Stream{run.Stream, {Device: "unknown"}})
		require.NoError(t, err)
		require.Len(t, got, 1)
		return got[0]
	}
	b.inState(t, func(s *state) {
		equal(t, run, load(s))
		// Seen again: the short way.
		run.Trail = append(run.Trail[1:], run.LastSeen)
		run.LastSeen, run.Delay = run.LastSeen.Add(time.Minute), run.Delay-1
		require.True(t, onlySeenAgain(s.runs[run.ID], run))
		require.NoError(t, s.SaveRuns(t.Context(), []configchange.Run{run}))
	})
	b.inState(t, func(s *state) {
		equal(t, run, load(s))
		// Something else is learnt: the long way, without having loaded it first.
		run.SHA256, run.Actor = "", nil
		s.runs = map[string]configchange.Run{}
		require.NoError(t, s.SaveRuns(t.Context(), []configchange.Run{run}))
	})
	b.inState(t, func(s *state) { equal(t, run, load(s)) })
}

func TestRunsAroundAnInstant(t *testing.T) {
	t.Parallel()
	b := setup(t)
	var runs []configchange.Run
	at := func(minute int) time.Time { return noon.Add(time.Duration(minute) * time.Minute) }
	for i, span := range [][2]int{{0, 10}, {20, 30}, {40, 50}, {60, 70}, {80, 90}, {100, 110}} {
		runs = append(runs, configchange.Run{
			ID: fmt.Sprint(i), Stream: configchange.Stream{Device: "EDGE1", Category: "bgp"}, Fingerprint: printA, FirstSeen: at(span[0]), LastSeen: at(span[1]),
		})
	}
	b.inState(t, func(s *state) { require.NoError(t, s.SaveRuns(t.Context(), runs)) })
	for _, tc := range []struct {
		from, to int
		want     []string
	}{
		{55, 55, []string{"2", "3"}},      // in a gap: its neighbours
		{65, 65, []string{"2", "3", "4"}}, // in a run: it and its neighbours
		{45, 85, []string{"1", "2", "3", "4", "5"}},
		{60, 70, []string{"2", "3", "4"}}, // both ends belong to the range
		{-9, -5, []string{"0"}},
		{200, 300, []string{"5"}},
	} {
		b.inState(t, func(s *state) {
			got, err := s.RunsAround(t.Context(), []engine.Stretch{{Device: "EDGE1", Category: "bgp", From: at(tc.from), To: at(tc.to)}})
			require.NoError(t, err)
			var ids []string
			for _, r := range got[0] {
				ids = append(ids, r.ID)
			}
			require.Equal(t, tc.want, ids, "[%d, %d]", tc.from, tc.to)
		})
	}
}

func TestConfigChangesComeBackAsTheyWent(t *testing.T) {
	t.Parallel()
	b := setup(t)
	planned, blackout := filled[calendar.Window](t, 0), filled[calendar.Window](t, 0)
	planned.Kind, planned.Status, blackout.Kind, blackout.Status = calendar.Change, calendar.Completed, calendar.Blackout, calendar.Planned
	change := filled[configchange.Change](t, 0)
	change.PlannedChangeID, change.InBlackoutID = planned.ID, blackout.ID
	bare := configchange.Change{ID: "bare", Device: change.Device, NotBefore: noon.Add(-48 * time.Hour), NotAfter: noon, DetectedAt: noon}
	b.inState(t, func(s *state) {
		require.NoError(t, s.SaveWindow(t.Context(), planned))
		require.NoError(t, s.SaveWindow(t.Context(), blackout))
		require.NoError(t, s.SaveConfigChanges(t.Context(), []configchange.Change{change, bare}))
	})
	b.inState(t, func(s *state) {
		for _, sel := range []engine.ChangeSelector{{From: noon, To: noon.Add(24 * time.Hour)}, {From: noon, To: noon.Add(24 * time.Hour), Devices: []string{change.Device}}} {
			got, err := s.ConfigChanges(t.Context(), sel)
			require.NoError(t, err)
			equal(t, []configchange.Change{bare, change}, got)
		}
		change.Summary, change.Revision, change.Actor = nil, 99, nil
		require.NoError(t, s.SaveConfigChanges(t.Context(), []configchange.Change{change}))
		require.NoError(t, s.DeleteConfigChanges(t.Context(), []string{"bare"}))
		got, err := s.ConfigChanges(t.Context(), engine.ChangeSelector{From: noon, To: noon.Add(24 * time.Hour), Category: change.Category})
		require.NoError(t, err)
		equal(t, []configchange.Change{change}, got)
	})
}

func TestWindowsComeBackAsTheyWent(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, kind := range []calendar.Kind{calendar.Change, calendar.Maintenance, calendar.Blackout} {
		window := filled[calendar.Window](t, 0)
		window.Kind, window.Status = kind, calendar.InProgress
		b.inState(t, func(s *state) { require.NoError(t, s.SaveWindow(t.Context(), window)) })
		b.inState(t, func(s *state) {
			got, ok, err := s.Window(t.Context(), kind, window.ID)
			require.NoError(t, err)
			require.True(t, ok)
			equal(t, window, got)
			_, ok, err = s.Window(t.Context(), kind, "another")
			require.NoError(t, err)
			require.False(t, ok)
			window.StartedAt, window.EndedAt, window.Scope, window.Status = nil, nil, topology.Scope{}, calendar.Planned
			require.NoError(t, s.SaveWindow(t.Context(), window))
			all, err := s.Windows(t.Context(), []calendar.Kind{kind}, window.EndsAt, window.EndsAt)
			require.NoError(t, err)
			equal(t, []calendar.Window{window}, all)
			none, err := s.Windows(t.Context(), []calendar.Kind{kind}, window.EndsAt.Add(time.Microsecond), window.EndsAt.Add(time.Hour))
			require.NoError(t, err)
			require.Empty(t, none)
		})
	}
}

func TestIncidentsAndOccurrencesComeBackAsTheyWent(t *testing.T) {
	t.Parallel()
	b := setup(t)
	inc := filled[incident.Incident](t, 0)
	inc.State, inc.ClosedAt, inc.DuringChangeID, inc.DuringMaintenanceID = incident.Open, nil, "", ""
	occurrence := filled[incident.Occurrence](t, 0)
	occurrence.IncidentID, occurrence.EndsAt = inc.ID, nil
	b.inState(t, func(s *state) {
		// In whatever order the engine saves: foreign keys are looked at when it has finished.
		require.NoError(t, s.SaveOccurrences(t.Context(), []incident.Occurrence{occurrence}))
		require.NoError(t, s.AddReach(t.Context(), inc.ID, []string{"device/EDGE1"}))
		require.NoError(t, s.SaveJudgement(t.Context(), inc.ID, noon, inc.Judgement))
		require.NoError(t, s.SaveIncidents(t.Context(), []incident.Incident{inc}))
	})
	cause := inc.Judgement.Candidates[0].Devices[0]
	span := engine.IncidentSelector{Reach: []string{"device/EDGE1"}, OnsetFrom: inc.LastOnset, OnsetTo: inc.LastOnset}
	find := func(s *state, sel engine.IncidentSelector) []incident.Incident {
		got, err := s.Incidents(t.Context(), sel)
		require.NoError(t, err)
		return got
	}
	b.inState(t, func(s *state) {
		for _, sel := range []engine.IncidentSelector{
			{IDs: []string{inc.ID}},
			{Causes: []string{cause}},
			span,
			{Latest: &engine.IncidentRef{Device: occurrence.Device, AlertName: occurrence.AlertName}},
		} {
			equal(t, []incident.Incident{inc}, find(s, sel))
		}
		late := span
		late.OnsetFrom, late.OnsetTo = inc.LastOnset.Add(time.Microsecond), inc.LastOnset.Add(time.Hour)
		require.Empty(t, find(s, late))
		require.Empty(t, find(s, engine.IncidentSelector{}))

		got, err := s.FiringOccurrences(t.Context())
		require.NoError(t, err)
		equal(t, []incident.Occurrence{occurrence}, got)
		ended := noon.Add(time.Hour)
		occurrence.EndsAt, occurrence.Suppressed, occurrence.LastHeardAt = &ended, false, ended
		require.True(t, sameAlert(s.occurrences[occurrence.ID], occurrence))
		require.NoError(t, s.SaveOccurrences(t.Context(), []incident.Occurrence{occurrence}))
		inc.State, inc.ClosedAt = incident.Closed, &ended
		require.NoError(t, s.SaveIncidents(t.Context(), []incident.Incident{inc}))
	})
	b.inState(t, func(s *state) {
		got, err := s.Occurrences(t.Context(), []string{inc.ID})
		require.NoError(t, err)
		equal(t, []incident.Occurrence{occurrence}, got)
		got, err = s.AlertOccurrences(t.Context(), []string{occurrence.Fingerprint, "another"}, noon.Add(24*time.Hour))
		require.NoError(t, err)
		equal(t, []incident.Occurrence{occurrence}, got)
		firing, err := s.FiringOccurrences(t.Context())
		require.NoError(t, err)
		require.Empty(t, firing)

		// A closed one is found by reach and cause only by who asks for what closed lately.
		require.Empty(t, find(s, span))
		require.Empty(t, find(s, engine.IncidentSelector{Causes: []string{cause}}))
		span.ClosedSince = *inc.ClosedAt
		equal(t, []incident.Incident{inc}, find(s, span))
		equal(t, []incident.Incident{inc}, find(s, engine.IncidentSelector{Causes: []string{cause}, ClosedSince: *inc.ClosedAt}))
		span.ClosedSince = inc.ClosedAt.Add(time.Microsecond)
		require.Empty(t, find(s, span))

		inc.State, inc.ClosedAt, inc.MergedInto = incident.Merged, nil, "another"
		require.NoError(t, s.SaveIncidents(t.Context(), []incident.Incident{inc}))
		require.Empty(t, find(s, engine.IncidentSelector{IDs: []string{inc.ID}}), "a merged one is shown nowhere")
	})
}

func TestAlertOccurrencesAreTheNewestAndTheUnfinished(t *testing.T) {
	t.Parallel()
	b := setup(t)
	inc := incident.Incident{ID: "i", State: incident.Open, OpenedAt: noon}
	var all []incident.Occurrence
	for i, ends := range []int{10, 30, 50} { // one an hour, ended in the middle of it
		at, end := noon.Add(time.Duration(i)*time.Hour), noon.Add(time.Duration(i)*time.Hour+time.Duration(ends)*time.Minute)
		all = append(all, incident.Occurrence{ID: fmt.Sprint(i), IncidentID: "i", Fingerprint: "f", StartsAt: at, EndsAt: &end, HeardAt: at, LastHeardAt: at})
	}
	b.inState(t, func(s *state) {
		require.NoError(t, s.SaveIncidents(t.Context(), []incident.Incident{inc}))
		require.NoError(t, s.SaveOccurrences(t.Context(), all))
		for since, want := range map[int]int{0: 3, 9: 3, 10: 2, 89: 2, 90: 1, 600: 1} {
			got, err := s.AlertOccurrences(t.Context(), []string{"f", "f", "g"}, noon.Add(time.Duration(since)*time.Minute))
			require.NoError(t, err)
			equal(t, all[3-want:], got)
		}
	})
}

func TestTimersComeInTheirOrder(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.inState(t, func(s *state) {
		_, some, err := s.NextTimer(t.Context())
		require.NoError(t, err)
		require.False(t, some)
		for _, timer := range []engine.Timer{
			{Kind: engine.TimerClose, Subject: "a", Due: noon},
			{Kind: engine.TimerWindowEnd, Subject: "b", Due: noon},
			{Kind: engine.TimerWindowEnd, Subject: "a", Due: noon},
			{Kind: engine.TimerWindowStart, Subject: "z", Due: noon.Add(time.Hour)},
			{Kind: engine.TimerNotify, Subject: "z", Due: noon.Add(time.Hour)},
		} {
			require.NoError(t, s.SetTimer(t.Context(), timer))
		}
		require.NoError(t, s.SetTimer(t.Context(), engine.Timer{Kind: engine.TimerNotify, Subject: "z", Due: noon.Add(-time.Hour)}), "moved to the front")
		var order []string
		for {
			timer, some, err := s.NextTimer(t.Context())
			require.NoError(t, err)
			if !some {
				break
			}
			order = append(order, fmt.Sprint(int(timer.Kind), timer.Subject))
			require.NoError(t, s.ClearTimer(t.Context(), timer.Kind, timer.Subject))
		}
		require.Equal(t, []string{"3z", "2a", "2b", "6a", "1z"}, order)
	})
}

func TestFailuresKeepTheNewest(t *testing.T) {
	t.Parallel()
	b := setup(t)
	newest := filled[engine.ObservationFailedInput](t, 0)
	older := newest
	older.ObservedAt, older.Reason = newest.ObservedAt.Add(-time.Minute), "older"
	b.inState(t, func(s *state) {
		require.NoError(t, s.SaveFailure(t.Context(), newest))
		require.NoError(t, s.SaveFailure(t.Context(), older))
		got, err := s.Failures(t.Context(), []string{newest.Device})
		require.NoError(t, err)
		equal(t, []engine.ObservationFailedInput{newest}, got)
	})
}

func TestSettingsAndInventoryComeBackAsTheyWent(t *testing.T) {
	t.Parallel()
	b := setup(t)
	settings, inv := filled[engine.Settings](t, 0), filled[topology.Inventory](t, 0)
	counts := map[string]int{"BNG1": 1200, "BNG2": 7}
	b.inState(t, func(s *state) {
		none, err := s.Subscribers(t.Context())
		require.NoError(t, err)
		require.Empty(t, none)
		require.NoError(t, s.SaveSubscribers(t.Context(), map[string]int{"BNG9": 1}))
		require.NoError(t, s.SaveSubscribers(t.Context(), counts))
		require.NoError(t, s.SaveSettings(t.Context(), settings))
		require.NoError(t, s.SaveInventory(t.Context(), inv))
	})
	b.inState(t, func(s *state) {
		got, err := s.Settings(t.Context())
		require.NoError(t, err)
		equal(t, settings, got)
		revision, err := s.InventoryRevision(t.Context())
		require.NoError(t, err)
		require.EqualValues(t, 1, revision)
		gotInv, err := s.Inventory(t.Context())
		require.NoError(t, err)
		equal(t, inv, gotInv)
		revision, err = s.SubscribersRevision(t.Context())
		require.NoError(t, err)
		require.EqualValues(t, 2, revision)
		gotCounts, err := s.Subscribers(t.Context())
		require.NoError(t, err)
		equal(t, counts, gotCounts)
	})
}
