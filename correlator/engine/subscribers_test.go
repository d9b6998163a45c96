package engine_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/engine"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/incident"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/topology"
)

// affected is how many subscribers the newest judgement of the only incident counts.
func affected(b *bench) int {
	b.Helper()
	found, err := b.store.Incidents(b.Context(), engine.IncidentSelector{Latest: &engine.IncidentRef{Device: "AGG1", AlertName: "DeviceDown"}})
	require.NoError(b, err)
	require.Len(b, found, 1)
	return found[0].Judgement.Impact.Subscribers
}

func TestSubscribersAreCounted(t *testing.T) {
	t.Parallel()
	b := setup(t)
	inv := topology.Inventory{Devices: []topology.Device{
		{Name: "AGG1"},
		{Name: "BNG1", DependsOn: []topology.Group{{All: []string{"AGG1"}}}},
		{Name: "OLT1", Subscribers: 64, DependsOn: []topology.Group{{All: []string{"AGG1"}}}},
		{Name: "ELSEWHERE"},
	}}
	b.apply(0, engine.InventoryInput{Inventory: inv})
	b.apply(1, engine.AlertsInput{Alerts: []engine.Alert{down("AGG1", 0)}})
	require.Equal(t, 64, affected(b), "nothing was measured yet")

	counts := map[string]int{"BNG1": 1200, "OLT1": 9, "ELSEWHERE": 5}
	require.Empty(t, b.apply(2, engine.SubscribersInput{Counts: counts}), "nobody needs to hear of it by itself")
	require.Equal(t, 64, affected(b), "the judgement that stands is left alone")
	b.apply(3, engine.AlertsInput{Alerts: []engine.Alert{down("BNG1", 1)}})
	require.Equal(t, 1264, affected(b))

	revision, err := b.store.SubscribersRevision(t.Context())
	require.NoError(t, err)
	b.apply(4, engine.SubscribersInput{Counts: counts})
	b.apply(4, engine.SubscribersInput{Counts: map[string]int{"BNG1": 1200}})
	again, err := b.store.SubscribersRevision(t.Context())
	require.NoError(t, err)
	require.Equal(t, revision, again, "the same again writes nothing")

	b.apply(5, engine.InventoryInput{Inventory: inv})
	require.Equal(t, 1264, affected(b), "another inventory leaves what was measured")
	b.apply(6, engine.SubscribersInput{Counts: map[string]int{"BNG1": 0}})
	b.apply(7, engine.AlertsInput{Alerts: []engine.Alert{down("OLT1", 2)}})
	require.Equal(t, 64, affected(b), "0 forgets the device")
	require.Equal(t, incident.Impact{Devices: 3, Subscribers: 64}, func() incident.Impact {
		found, err := b.store.Incidents(t.Context(), engine.IncidentSelector{Latest: &engine.IncidentRef{Device: "AGG1", AlertName: "DeviceDown"}})
		require.NoError(t, err)
		return found[0].Judgement.Impact
	}())
}

// TestInventoryOfARevision: whoever changes an inventory that they have read does not undo what came between.
func TestInventoryOfARevision(t *testing.T) {
	t.Parallel()
	b := setup(t)
	at := func(revision int64) engine.InventoryInput {
		return engine.InventoryInput{Inventory: topology.Inventory{Devices: []topology.Device{{Name: "A"}}}, IfRevision: &revision}
	}
	b.apply(0, at(0))
	b.apply(1, at(1))
	_, err := b.engine.Apply(t.Context(), b.store, noon, at(1))
	refusal, refused := engine.AsRefusal(err)
	require.True(t, refused)
	require.Equal(t, engine.Conflict, refusal.Kind)

	b.store.fail["Inventory"] = errors.New("disk on fire")
	b.apply(2, at(2)) // replacing asks for none
}
