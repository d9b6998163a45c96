package engine_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/configchange"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/engine"
)

// TestRejudge: what is stored gives the judgement that was made of it, other weights give another one, and
// nothing is written.
func TestRejudge(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.apply(0, engine.InventoryInput{Inventory: tree()})
	b.apply(1, engine.ObservationsInput{Observations: []configchange.Observation{observation("TOP", before, 0)}})
	b.apply(61, engine.ObservationsInput{Observations: []configchange.Observation{observation("TOP", later, 60)}})
	id := opened(b.apply(100, engine.AlertsInput{Alerts: []engine.Alert{down("TOP", 95), down("A", 96)}}))[0]
	stored := b.incident(id)
	require.NotEmpty(t, stored.Judgement.Label)

	same, err := b.engine.Rejudge(t.Context(), b.store, []string{id, "no such incident"}, nil)
	require.NoError(t, err)
	require.Len(t, same, 1)
	require.Equal(t, stored.Judgement.Candidates, same[0].Before.Candidates)
	require.Equal(t, same[0].Before, same[0].After)

	other, err := b.engine.Rejudge(t.Context(), b.store, []string{id}, []byte("change: {label_share: 1}"))
	require.NoError(t, err)
	require.Equal(t, stored.Judgement.Label, other[0].Before.Label)
	require.Empty(t, other[0].After.Label, "no evidence is strong enough for that")
	require.Equal(t, stored, b.incident(id), "and nothing was written")

	_, err = b.engine.Rejudge(t.Context(), b.store, []string{id}, []byte("chance: 1"))
	require.ErrorContains(t, err, "the weights to judge with")
}
