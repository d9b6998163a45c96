package postgres

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/engine"
)

// TestPruneJournal removes what is old of each tenant, in more than one batch, and keeps what a replay of
// the rest needs.
func TestPruneJournal(t *testing.T) {
	t.Parallel()
	b := setup(t)
	require.NoError(t, b.EnsureTenant(t.Context(), "globex"))
	hour := time.Hour
	b.submitAt(t, noon, network())
	b.submitAt(t, noon.Add(time.Minute), engine.SettingsInput{Lookback: &hour})
	b.submitAt(t, noon.Add(2*time.Minute), network())
	b.submitAt(t, noon.Add(3*time.Minute), observe(sight("EDGE1", "bgp", printA, noon)))
	_, err := b.Submit(t.Context(), "globex", observe(sight("R1", "bgp", printA, noon)))
	require.NoError(t, err)
	_, err = b.admin.Exec(t.Context(), `
		INSERT INTO inputs (tenant_id, seq, received_at, kind, payload)
		SELECT $1, n, $2, 'observation', '{}' FROM generate_series(1000, 1000 + $3::int) AS n`, tenant, noon, journalBatch)
	require.NoError(t, err)
	cut := noon.Add(4 * time.Minute)
	b.submitAt(t, cut, observe(sight("EDGE1", "bgp", printB, noon.Add(time.Minute))))
	b.submitAt(t, cut.Add(time.Minute), network())

	pruned, err := b.PruneJournal(t.Context(), cut)
	require.NoError(t, err)
	require.EqualValues(t, 3+journalBatch+1, pruned, "the older inventory, an observation of each tenant, and the mass")
	var left []string
	require.NoError(t, b.Timeline(t.Context(), tenant, time.Time{}, time.Time{}, func(line string) error {
		var parsed struct{ Type string }
		err := json.Unmarshal([]byte(line), &parsed)
		left = append(left, parsed.Type)
		return err
	}))
	require.Equal(t, []string{"settings", "inventory", "observation", "inventory"}, left)
	require.Zero(t, b.count(t, "SELECT count(*) FROM inputs WHERE tenant_id = 'globex'"))

	again, err := b.PruneJournal(t.Context(), cut)
	require.NoError(t, err)
	require.Zero(t, again)
}
