package engine_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/calendar"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/configchange"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/engine"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/incident"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/replay"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/topology"
)

var noon = time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)

// countingStore counts the calls that cost a service a round trip.
type countingStore struct {
	*replay.Store
	calls map[string]int
	fail  map[string]error
	// ranged, when set, is told of each stretch of which runs are loaded.
	ranged func(engine.Stretch)
}

func (s *countingStore) count(name string) error {
	s.calls[name]++
	return s.fail[name]
}

func (s *countingStore) Heads(ctx context.Context, streams []configchange.Stream) ([]configchange.Run, error) {
	if err := s.count("Heads"); err != nil {
		return nil, err
	}
	return s.Store.Heads(ctx, streams)
}

func (s *countingStore) SaveRuns(ctx context.Context, runs []configchange.Run) error {
	if err := s.count("SaveRuns"); err != nil {
		return err
	}
	return s.Store.SaveRuns(ctx, runs)
}

func (s *countingStore) RunsAround(ctx context.Context, stretches []engine.Stretch) ([][]configchange.Run, error) {
	if err := s.count("RunsAround"); err != nil {
		return nil, err
	}
	for _, st := range stretches {
		if s.ranged != nil {
			s.ranged(st)
		}
	}
	return s.Store.RunsAround(ctx, stretches)
}

func (s *countingStore) ConfigChangesIn(ctx context.Context, stretches []engine.Stretch) ([][]configchange.Change, error) {
	if err := s.count("ConfigChangesIn"); err != nil {
		return nil, err
	}
	return s.Store.ConfigChangesIn(ctx, stretches)
}

func (s *countingStore) SaveConfigChanges(ctx context.Context, changes []configchange.Change) error {
	if err := s.count("SaveConfigChanges"); err != nil {
		return err
	}
	return s.Store.SaveConfigChanges(ctx, changes)
}

func (s *countingStore) Windows(ctx context.Context, kinds []calendar.Kind, from, to time.Time) ([]calendar.Window, error) {
	if err := s.count("Windows"); err != nil {
		return nil, err
	}
	return s.Store.Windows(ctx, kinds, from, to)
}

func (s *countingStore) IncidentsReaching(ctx context.Context, selectors []engine.IncidentSelector) ([][]string, error) {
	if err := s.count("IncidentsReaching"); err != nil {
		return nil, err
	}
	return s.Store.IncidentsReaching(ctx, selectors)
}

func (s *countingStore) ConfigChanges(ctx context.Context, sel engine.ChangeSelector) ([]configchange.Change, error) {
	if err := s.count("ConfigChanges"); err != nil {
		return nil, err
	}
	return s.Store.ConfigChanges(ctx, sel)
}

func (s *countingStore) Incidents(ctx context.Context, sel engine.IncidentSelector) ([]incident.Incident, error) {
	if err := s.count("Incidents"); err != nil {
		return nil, err
	}
	return s.Store.Incidents(ctx, sel)
}

func (s *countingStore) Settings(ctx context.Context) (engine.Settings, error) {
	if err := s.count("Settings"); err != nil {
		return engine.Settings{}, err
	}
	return s.Store.Settings(ctx)
}

func (s *countingStore) Inventory(ctx context.Context) (topology.Inventory, error) {
	if err := s.count("Inventory"); err != nil {
		return topology.Inventory{}, err
	}
	return s.Store.Inventory(ctx)
}

// bench is an engine with a store of its own.
type bench struct {
	*testing.T
	engine *engine.Engine
	store  *countingStore
	keys   map[string]bool
}

func setup(t *testing.T) *bench {
	t.Helper()
	e, err := engine.New(engine.Options{})
	require.NoError(t, err)
	return &bench{T: t, engine: e, keys: map[string]bool{}, store: &countingStore{
		Store: replay.NewStore("acme", &replay.Sequence{}), calls: map[string]int{}, fail: map[string]error{},
	}}
}

// apply applies an input some seconds after noon and gives the events.
func (b *bench) apply(second int, in engine.Input) []engine.Effect {
	b.Helper()
	effects, err := b.engine.Apply(b.Context(), b.store, noon.Add(time.Duration(second)*time.Second), in)
	require.NoError(b, err)
	for _, e := range effects {
		require.NotEmpty(b, e.Key)
		require.False(b, b.keys[e.Key], "idempotency key %s was given twice", e.Key)
		require.False(b, e.At.IsZero())
		b.keys[e.Key] = true
	}
	return effects
}

func types(effects []engine.Effect) []engine.EventType {
	var out []engine.EventType
	for _, e := range effects {
		out = append(out, e.Type)
	}
	return out
}

func observation(device, fingerprint string, second int) configchange.Observation {
	return configchange.Observation{
		Stream:     configchange.Stream{Device: device, Category: "bgp", Source: "http", Exporter: "e"},
		ObservedAt: noon.Add(time.Duration(second) * time.Second), Fingerprint: fingerprint,
	}
}

const before, later, third = "aaaaaaaaaaaa", "bbbbbbbbbbbb", "cccccccccccc"

// TestSteadyBatch: what changes nothing costs one read and one write, however many it is.
func TestSteadyBatch(t *testing.T) {
	t.Parallel()
	b := setup(t)
	batch := func(second int) engine.ObservationsInput {
		var in engine.ObservationsInput
		for i := range 1000 {
			in.Observations = append(in.Observations, observation(fmt.Sprintf("R%04d", i), before, second))
		}
		return in
	}
	b.apply(0, batch(0))
	clear(b.store.calls)
	require.Empty(t, b.apply(60, batch(60)))
	require.Equal(t, map[string]int{"Heads": 1, "SaveRuns": 1}, b.store.calls)

	clear(b.store.calls)
	require.Empty(t, b.apply(61, batch(60)), "the same batch again")
	require.Equal(t, map[string]int{"Heads": 1}, b.store.calls, "is not even written")
}

func TestEventsOfAChange(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.apply(0, engine.InventoryInput{Inventory: topology.Inventory{Devices: []topology.Device{{Name: "EDGE1"}}}})
	require.Empty(t, b.apply(1, engine.ObservationsInput{Observations: []configchange.Observation{observation("EDGE1", before, 0)}}))
	effects := b.apply(120, engine.ObservationsInput{Observations: []configchange.Observation{observation("EDGE1", later, 120)}})
	require.Equal(t, []engine.EventType{engine.ConfigChangeDetected}, types(effects))
	id := effects[0].Change.ID
	require.Equal(t, noon, effects[0].Change.NotBefore)

	effects = b.apply(130, engine.ObservationsInput{Observations: []configchange.Observation{observation("EDGE1", before, 60)}})
	require.Equal(t, []engine.EventType{engine.ConfigChangeUpdated}, types(effects), "a late sighting narrows the interval")
	require.Equal(t, id, effects[0].Change.ID, "of the same change")
	require.Equal(t, noon.Add(time.Minute), effects[0].Change.NotBefore)

	effects = b.apply(140, engine.ObservationsInput{Observations: []configchange.Observation{observation("EDGE1", "cccccccccccc", 90)}})
	require.ElementsMatch(t, []engine.EventType{engine.ConfigChangeDetected, engine.ConfigChangeDetected, engine.ConfigChangeRetracted}, types(effects),
		"a late sighting shows that it was two other changes")
}

// TestLearntLater: what a later sighting of the same state tells (a router may say who did it a poll
// later) is told of the change.
func TestLearntLater(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.apply(0, engine.ObservationsInput{Observations: []configchange.Observation{observation("EDGE1", before, 0)}})
	b.apply(60, engine.ObservationsInput{Observations: []configchange.Observation{observation("EDGE1", later, 60)}})
	told := observation("EDGE1", later, 120)
	told.Actor = &configchange.Actor{User: "ana"}
	effects := b.apply(120, engine.ObservationsInput{Observations: []configchange.Observation{told}})
	require.Equal(t, []engine.EventType{engine.ConfigChangeUpdated}, types(effects))
	require.Equal(t, "ana", effects[0].Change.Actor.User)
	told.ObservedAt = noon.Add(180 * time.Second)
	require.Empty(t, b.apply(180, engine.ObservationsInput{Observations: []configchange.Observation{told}}))
}

// TestEveryMinute: a category that changes with every look costs one look at its runs each time.
func TestEveryMinute(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for minute := range 30 {
		clear(b.store.calls)
		b.apply(60*minute, engine.ObservationsInput{Observations: []configchange.Observation{observation("EDGE1", fmt.Sprintf("%012x", minute), 60*minute)}})
	}
	require.Equal(t, 1, b.store.calls["RunsAround"])
	require.Equal(t, 1, b.store.calls["ConfigChangesIn"])
}

// TestFarApart: sightings of one category by two exporters, one of them a month late, load what is near
// them and not the month between.
func TestFarApart(t *testing.T) {
	t.Parallel()
	const month = 30 * 24 * 3600
	b := setup(t)
	sight := func(exporter, fingerprint string, second int) configchange.Observation {
		o := observation("EDGE1", fingerprint, second)
		o.Exporter = exporter
		return o
	}
	for i := range 30 * 12 { // the month in between has a history
		letter := []string{before, later}[i%2]
		b.apply(7200*i+7100, engine.ObservationsInput{Observations: []configchange.Observation{sight("e1", letter, 7200*i), sight("e1", letter, 7200*i+7100)}})
	}
	b.apply(month, engine.ObservationsInput{Observations: []configchange.Observation{sight("e1", before, month), sight("e2", before, 0)}})
	var widest time.Duration
	b.store.ranged = func(s engine.Stretch) { widest = max(widest, s.To.Sub(s.From)) }
	b.apply(month+60, engine.ObservationsInput{Observations: []configchange.Observation{
		sight("e1", later, month+60), sight("e2", before, month), sight("e2", before, 30), sight("e2", later, 60), sight("e2", before, 90),
	}})
	require.NotZero(t, widest)
	require.Less(t, widest, 4*time.Hour)
}

func down(device string, second int) engine.Alert {
	return engine.Alert{
		Fingerprint: "fp-" + device, StartsAt: noon.Add(time.Duration(second) * time.Second),
		Labels:      map[string]string{"alertname": "DeviceDown", "device": device, "severity": "critical"},
		Annotations: map[string]string{"onset_lag": "30s"},
	}
}

func over(a engine.Alert, second int) engine.Alert {
	ends := noon.Add(time.Duration(second) * time.Second)
	a.EndsAt = &ends
	return a
}

func TestEventsOfAnIncident(t *testing.T) {
	t.Parallel()
	b := setup(t)
	effects := b.apply(10, engine.AlertsInput{Alerts: []engine.Alert{down("EDGE1", 0)}})
	require.Equal(t, []engine.EventType{engine.NotificationDue, engine.IncidentOpened}, types(effects))
	opened := effects[1].Incident
	require.Equal(t, incident.Interval{NotBefore: noon.Add(-30 * time.Second), NotAfter: noon}, opened.Onset)
	require.Empty(t, b.apply(20, engine.AlertsInput{Alerts: []engine.Alert{down("EDGE1", 0)}}), "a retry is no news")

	ack := engine.OperatorInput{Op: engine.OpAcknowledge, By: "ana", Incident: engine.IncidentRef{ID: opened.ID}}
	until := noon.Add(time.Minute)
	ack.Until = &until
	require.Equal(t, []engine.EventType{engine.IncidentAcknowledged}, types(b.apply(30, ack)))
	effects = b.apply(60, engine.Tick{})
	require.Equal(t, []engine.EventType{engine.IncidentUnacknowledged}, types(effects), "it still fires, and nobody has it")
	require.Nil(t, effects[0].Incident.Acknowledged, "it has expired")

	b.apply(130, engine.AlertsInput{Alerts: []engine.Alert{over(down("EDGE1", 0), 120)}})
	require.Empty(t, b.apply(419, engine.Tick{}))
	effects = b.apply(600, engine.Tick{})
	require.Equal(t, []engine.EventType{engine.NotificationDue, engine.IncidentClosed}, types(effects))
	require.Equal(t, noon.Add(420*time.Second), *effects[1].Incident.ClosedAt, "cool-down counts from the end of the alert")
	require.Equal(t, noon.Add(420*time.Second), effects[1].At, "and the event from when it was due, however late the tick")

	effects = b.apply(700, engine.AlertsInput{Alerts: []engine.Alert{down("EDGE1", 690)}})
	require.Equal(t, []engine.EventType{engine.NotificationDue, engine.IncidentReopened}, types(effects))
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.apply(0, engine.InventoryInput{IfRevision: new(int64)})
	b.apply(0, engine.AlertsInput{Alerts: []engine.Alert{down("EDGE1", 0)}})
	w := calendar.Window{ID: "c1", Kind: calendar.Change, StartsAt: noon.Add(time.Hour), EndsAt: noon.Add(2 * time.Hour), Scope: topology.Scope{Devices: []string{"EDGE1"}}}
	b.apply(0, engine.WindowInput{Op: engine.OpCreate, Window: w})
	require.Empty(t, b.apply(1, engine.WindowInput{Op: engine.OpCreate, Window: w}), "the same again changes nothing")
	done := w
	done.ID = "c9"
	b.apply(1, engine.WindowInput{Op: engine.OpCreate, Window: done})
	b.apply(1, engine.WindowInput{Op: engine.OpCancel, Window: done})
	require.Empty(t, b.apply(1, engine.WindowInput{Op: engine.OpCancel, Window: done}), "canceled is canceled")
	other := w
	other.Title = "something else"
	short := time.Millisecond
	edge1 := engine.IncidentRef{Device: "EDGE1", AlertName: "DeviceDown"}
	for _, c := range []struct {
		in   engine.Input
		kind engine.RefusalKind
		want string
	}{
		{engine.WindowInput{Op: engine.OpCreate, Window: other}, engine.Conflict, `change "c1" exists with other content: update it instead, or choose another id`},
		{
			engine.WindowInput{Op: engine.OpCreate, Window: calendar.Window{ID: "c2", Kind: calendar.Change}},
			engine.Invalid,
			`change "c2": starts_at and ends_at are both needed: correct it and send it again`,
		},
		{engine.WindowInput{Op: engine.OpStart, Window: calendar.Window{ID: "nope", Kind: calendar.Change}}, engine.NotFound, `there is no change "nope": create it first`},
		{engine.WindowInput{Op: engine.OpStart, Window: calendar.Window{Kind: calendar.Change}}, engine.Invalid, "the change has no id: name it by its id"},
		{engine.WindowInput{Op: engine.OpStart, Window: done}, engine.Conflict, `change "c9" is canceled already: create a new one`},
		{engine.WindowInput{Op: engine.OpComplete, Window: done}, engine.Conflict, `change "c9" is canceled already: create a new one`},
		{engine.WindowInput{Op: "explode", Window: w}, engine.Invalid, `unknown operation "explode" on a change: use create, update, start, complete or cancel`},
		{engine.SettingsInput{Cooldown: &short}, engine.Invalid, "setting cooldown: 1ms is too short: give at least 1s"},
		{
			engine.SettingsInput{Weights: []byte("x: 1")},
			engine.Invalid,
			"weights: yaml: unmarshal errors:\n  line 1: field x not found in type incident.Weights: correct the weights and send them again",
		},
		{
			engine.ObservationsInput{Observations: []configchange.Observation{{}}},
			engine.Invalid,
			"observation 0: device is missing\ncategory is missing\nobserved_at is missing\na fingerprint has 12 or 64 hex digits, got 0: correct the observation and send it again",
		},
		{engine.ObservationFailedInput{}, engine.Invalid, "the failed observation is incomplete: name device, category and observed_at"},
		{engine.AlertsInput{Alerts: []engine.Alert{{}}}, engine.Invalid, "alert 0 has no fingerprint or no startsAt: send what Alertmanager sends"},
		{
			engine.OperatorInput{Op: engine.OpAcknowledge, Incident: engine.IncidentRef{ID: "i9"}},
			engine.NotFound,
			`there is no incident "i9": list the incidents to find the right one; a merged one lives on in another`,
		},
		{engine.OperatorInput{Op: "praise", Incident: edge1}, engine.Invalid, `unknown operation "praise" on an incident: use acknowledge, unacknowledge, merge, split or feedback`},
		{engine.OperatorInput{Op: engine.OpMerge, Incident: edge1, Into: edge1}, engine.Conflict, "both alerts are in incident incident-000001 already: nothing needs to be done"},
		{
			engine.OperatorInput{Op: engine.OpSplit, Incident: edge1, Alerts: []string{"fp-EDGE1"}},
			engine.Conflict,
			"nothing would be split from incident incident-000001: name fingerprints of some of its alerts, not of all",
		},
		{
			engine.InventoryInput{Inventory: topology.Inventory{Devices: []topology.Device{{}}}},
			engine.Invalid,
			"inventory: device 0 has no name: correct the inventory and send it again",
		},
		{
			engine.InventoryInput{IfRevision: new(int64)},
			engine.Conflict,
			"the inventory is at revision 1 and no longer at 0: read it again and decide anew",
		},
		{engine.SubscribersInput{Counts: map[string]int{"": 1}}, engine.Invalid, "subscribers of a device without a name: name it"},
		{engine.SubscribersInput{Counts: map[string]int{"A": -1}}, engine.Invalid, `device "A": -1 subscribers: send at least 0`},
	} {
		effects, err := b.engine.Apply(t.Context(), b.store, noon.Add(2*time.Second), c.in)
		require.EqualError(t, err, c.want)
		refusal, ok := engine.AsRefusal(err)
		require.True(t, ok)
		require.Equal(t, c.kind, refusal.Kind, c.want)
		require.Empty(t, effects, "nothing was changed")
	}
}

// TestTheSameSettingsAgainChangeNothing: a service that starts again gives what is configured, and no
// incident may look different for it.
func TestTheSameSettingsAgainChangeNothing(t *testing.T) {
	t.Parallel()
	b := setup(t)
	hour, other := time.Hour, 2*time.Hour
	b.apply(0, engine.SettingsInput{Cooldown: &hour, Weights: []byte(`{}`)})
	b.apply(1, engine.AlertsInput{Alerts: []engine.Alert{down("EDGE1", 0)}})
	b.store.calls = map[string]int{}
	b.apply(2, engine.SettingsInput{Cooldown: &hour, Weights: []byte(`{}`)})
	require.Zero(t, b.store.calls["ConfigChanges"], "nothing was judged")
	b.apply(3, engine.SettingsInput{Cooldown: &other})
	require.NotZero(t, b.store.calls["ConfigChanges"], "what fires was judged anew")
}

// TestStoreTroubleIsNoRefusal: whoever gets such an error must not commit, and may try again.
func TestStoreTroubleIsNoRefusal(t *testing.T) {
	t.Parallel()
	for _, call := range []string{"Heads", "SaveRuns", "RunsAround", "ConfigChangesIn", "SaveConfigChanges", "Windows", "IncidentsReaching", "Settings", "Inventory"} {
		t.Run(call, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.apply(0, engine.ObservationsInput{Observations: []configchange.Observation{observation("EDGE1", before, 0)}})
			fresh, err := engine.New(engine.Options{}) // with nothing cached
			require.NoError(t, err)
			b.store.fail[call] = context.DeadlineExceeded
			_, err = fresh.Apply(t.Context(), b.store, noon.Add(time.Minute),
				engine.ObservationsInput{Observations: []configchange.Observation{observation("EDGE1", later, 60)}})
			require.ErrorIs(t, err, context.DeadlineExceeded)
			_, refused := engine.AsRefusal(err)
			require.False(t, refused)
		})
	}
}

// TestInventoryOfAnAbortedTransaction: an inventory that was not committed is not remembered.
func TestInventoryOfAnAbortedTransaction(t *testing.T) {
	t.Parallel()
	e, err := engine.New(engine.Options{})
	require.NoError(t, err)
	tree := topology.Inventory{Devices: []topology.Device{{Name: "TOP"}, {Name: "A", DependsOn: []topology.Group{{All: []string{"TOP"}}}}}}
	aborted := replay.NewStore("acme", &replay.Sequence{})
	for _, in := range []engine.Input{
		engine.InventoryInput{Inventory: tree}, engine.SubscribersInput{Counts: map[string]int{"A": 7}}, engine.AlertsInput{Alerts: []engine.Alert{down("A", 0)}},
	} {
		_, err = e.Apply(t.Context(), aborted, noon, in)
		require.NoError(t, err)
	}
	e.Forget("acme")

	kept := replay.NewStore("acme", &replay.Sequence{}) // as if that transaction had come to nothing
	_, err = e.Apply(t.Context(), kept, noon, engine.InventoryInput{Inventory: topology.Inventory{}})
	require.NoError(t, err)
	effects, err := e.Apply(t.Context(), kept, noon, engine.AlertsInput{Alerts: []engine.Alert{down("TOP", 0), down("A", 0)}})
	require.NoError(t, err)
	opened := 0
	for _, effect := range effects {
		if effect.Type == engine.IncidentOpened {
			opened++
		}
	}
	require.Equal(t, 2, opened, "nothing is known to join them")
}

func TestLateInventoryMerges(t *testing.T) {
	t.Parallel()
	b := setup(t)
	effects := b.apply(0, engine.AlertsInput{Alerts: []engine.Alert{down("TOP", 0), down("A", 10)}})
	require.Len(t, effects, 4)
	effects = b.apply(60, engine.InventoryInput{Inventory: topology.Inventory{Devices: []topology.Device{
		{Name: "TOP"}, {Name: "A", DependsOn: []topology.Group{{All: []string{"TOP"}}}},
	}}})
	require.ElementsMatch(t, []engine.EventType{engine.IncidentUpdated, engine.IncidentMerged}, types(effects))
	for _, e := range effects {
		if e.Type == engine.IncidentUpdated {
			require.Equal(t, "TOP", e.Incident.Judgement.Candidates[0].Name)
			require.Len(t, e.Incident.MergedFrom, 1)
		}
	}
}
