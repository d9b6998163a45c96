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
// arrives by itself at that instant, in the batch's order of time: the same changes, planned and not.
// Where several exporters watch a category, a batch has one sighting of it: what one of them saw is
// weighed against what is known of the others by then.
func TestBatchIsSequence(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		exporters := rapid.SampledFrom([][]string{{"e1"}, {"e1", "e2"}}).Draw(t, "exporters")
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
		for i := range 3 {
			sightings := drawSightings(t, exporters)
			at := 10 + 5*i
			batch.apply(t, at, engine.ObservationsInput{Observations: sightings})
			slices.SortStableFunc(sightings, func(a, b configchange.Observation) int {
				return cmp.Or(configchange.CompareStreams(a.Stream, b.Stream), a.ObservedAt.Compare(b.ObservedAt))
			})
			for _, o := range sightings {
				sequence.apply(t, at, engine.ObservationsInput{Observations: []configchange.Observation{o}})
			}
		}
		require.Equal(t, sequence.changes(t), batch.changes(t))
	})
}

func drawSightings(t *rapid.T, exporters []string) []configchange.Observation {
	sighting := rapid.Custom(func(t *rapid.T) configchange.Observation {
		return configchange.Observation{
			Stream: configchange.Stream{
				Device:   rapid.SampledFrom([]string{"TOP", "A", "B"}).Draw(t, "device"),
				Category: rapid.SampledFrom([]string{"interfaces", "bgp"}).Draw(t, "category"),
				Exporter: rapid.SampledFrom(exporters).Draw(t, "exporter"),
			},
			ObservedAt:       noon.Add(time.Duration(rapid.IntRange(0, 9).Draw(t, "minute")) * time.Minute),
			Fingerprint:      rapid.SampledFrom([]string{before, later}).Draw(t, "fingerprint"),
			AllowlistVersion: rapid.IntRange(0, 2).Draw(t, "allowlist"),
		}
	})
	if len(exporters) == 1 {
		return rapid.SliceOfN(sighting, 1, 12).Draw(t, "sightings")
	}
	return rapid.SliceOfNDistinct(sighting, 1, 6, func(o configchange.Observation) string { return o.Device + o.Category }).Draw(t, "sightings")
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
