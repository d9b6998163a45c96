package engine_test

import (
	"cmp"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/calendar"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/configchange"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/engine"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/replay"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/topology"
)

// TestBatchIsSequence: sightings that arrive in one batch come to what they come to when each of them
// arrives by itself at that instant, in the batch's order of time: the same changes, planned and not,
// however many exporters watch. So do judgements, as long as no incidents merge: what a moment of the
// sequence showed to be one event stays one, though the batch never saw that moment.
func TestBatchIsSequence(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		devices := rapid.SampledFrom([][]string{{"TOP", "A", "B"}, {"A"}}).Draw(t, "devices")
		exporters := rapid.SampledFrom([][]string{{"e1"}, {"e1", "e2"}, {"e1", "e2", "e3"}}).Draw(t, "exporters")
		batch, sequence := newWorld(t), newWorld(t)
		for _, w := range []*world{batch, sequence} {
			w.apply(t, 0, engine.InventoryInput{Inventory: topology.Inventory{Devices: []topology.Device{
				{Name: "TOP"}, {Name: "A", DependsOn: []topology.Group{{All: []string{"TOP"}}}}, {Name: "B"},
			}}})
			w.apply(t, 0, engine.WindowInput{Op: engine.OpCreate, Window: calendar.Window{
				Kind: calendar.Change, ID: "planned", Title: "work", StartsAt: noon.Add(2 * time.Minute), EndsAt: noon.Add(5 * time.Minute),
				Scope: topology.Scope{Devices: []string{"A"}},
			}})
		}
		alerts := drawAlerts(t)
		for i := range 3 {
			if i == 1 {
				batch.apply(t, 12, engine.AlertsInput{Alerts: alerts})
				sequence.apply(t, 12, engine.AlertsInput{Alerts: alerts})
			}
			sightings := drawSightings(t, devices, exporters)
			at := 10 + 5*i
			batch.apply(t, at, engine.ObservationsInput{Observations: sightings})
			slices.SortStableFunc(sightings, func(a, b configchange.Observation) int {
				return cmp.Or(configchange.CompareStreams(a.Stream, b.Stream), a.ObservedAt.Compare(b.ObservedAt))
			})
			for _, o := range sightings {
				sequence.apply(t, at, engine.ObservationsInput{Observations: []configchange.Observation{o}})
			}
		}
		for _, w := range []*world{batch, sequence} { // what is unknown changes with every look
			_, err := w.engine.Settle(t.Context(), w.store, noon.Add(20*time.Minute))
			require.NoError(t, err)
		}
		require.Equal(t, sequence.changes(t), batch.changes(t))
		if merged := sequence.merged(t) || batch.merged(t); !merged {
			require.Equal(t, sequence.incidents(t), batch.incidents(t))
		}
	})
}

func drawSightings(t *rapid.T, devices, exporters []string) []configchange.Observation {
	sighting := rapid.Custom(func(t *rapid.T) configchange.Observation {
		return configchange.Observation{
			Stream: configchange.Stream{
				Device:   rapid.SampledFrom(devices).Draw(t, "device"),
				Category: rapid.SampledFrom([]string{"interfaces", "bgp"}).Draw(t, "category"),
				Exporter: rapid.SampledFrom(exporters).Draw(t, "exporter"),
			},
			ObservedAt:       noon.Add(time.Duration(rapid.IntRange(0, 60).Draw(t, "ten seconds")) * 10 * time.Second),
			Fingerprint:      rapid.SampledFrom([]string{before, later, third}).Draw(t, "fingerprint"),
			AllowlistVersion: rapid.IntRange(0, 2).Draw(t, "allowlist"),
		}
	})
	return rapid.SliceOfN(sighting, 1, 20).Draw(t, "sightings")
}

func drawAlerts(t *rapid.T) []engine.Alert {
	return rapid.SliceOfNDistinct(rapid.Custom(func(t *rapid.T) engine.Alert {
		return down(rapid.SampledFrom([]string{"TOP", "A", "B"}).Draw(t, "down"), rapid.IntRange(0, 700).Draw(t, "since"))
	}), 0, 3, func(a engine.Alert) string { return a.Fingerprint }).Draw(t, "alerts")
}

// world is an engine with a store, for one course of events.
type world struct {
	engine *engine.Engine
	store  *replay.Store
}

func newWorld(t require.TestingT) *world {
	e, err := engine.New(engine.Options{})
	require.NoError(t, err)
	return &world{engine: e, store: replay.NewStore("acme", &replay.Sequence{})}
}

func (w *world) apply(t *rapid.T, minute int, in engine.Input) {
	_, err := w.engine.Apply(t.Context(), w.store, noon.Add(time.Duration(minute)*time.Minute), in)
	require.NoError(t, err)
}

// changes are all changes, without what counts how they were found: ids and revisions.
func (w *world) changes(t *rapid.T) []string {
	all, err := w.store.ConfigChanges(t.Context(), engine.ChangeSelector{From: noon.Add(-time.Hour), To: noon.Add(time.Hour)})
	require.NoError(t, err)
	var out []string
	for _, c := range all {
		out = append(out, fmt.Sprint(c.Device, c.Category, c.NotBefore, c.NotAfter, c.OldFingerprint, c.NewFingerprint, c.PlannedChangeID))
	}
	slices.Sort(out)
	return out
}

// incidents are all incidents as they are judged, without what counts how they came to be: ids, and the
// revision.
func (w *world) incidents(t *rapid.T) []string {
	firing, err := w.store.FiringOccurrences(t.Context())
	require.NoError(t, err)
	var out []string
	for _, o := range firing {
		found, err := w.store.Incidents(t.Context(), engine.IncidentSelector{IDs: []string{o.IncidentID}})
		require.NoError(t, err)
		require.Len(t, found, 1)
		j := found[0].Judgement
		text := fmt.Sprint(o.Device, found[0].Onset, found[0].MergedFrom, j.Label, j.Explanation, j.Unknowns)
		for _, c := range j.Candidates {
			text += fmt.Sprint(c.Kind, c.Name, c.Role, c.Score, c.Confidence, c.Explains)
			for _, e := range c.Evidence {
				text += fmt.Sprint(e.Kind, e.Weight, e.Terms, e.Text)
			}
		}
		out = append(out, text)
	}
	slices.Sort(out)
	return out
}

// merged says whether any incident took in another.
func (w *world) merged(t *rapid.T) bool {
	firing, err := w.store.FiringOccurrences(t.Context())
	require.NoError(t, err)
	for _, o := range firing {
		found, err := w.store.Incidents(t.Context(), engine.IncidentSelector{IDs: []string{o.IncidentID}})
		require.NoError(t, err)
		if len(found[0].MergedFrom) > 0 {
			return true
		}
	}
	return false
}
