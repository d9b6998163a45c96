package postgres

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/engine"
)

// TestPruneRuns removes runs that are over, in more than one batch, and leaves what is still needed: a
// sighting after the cut, however late it comes, finds its place, and no change goes or comes.
func TestPruneRuns(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.submitAt(t, noon, network())
	at := func(hour int) time.Time { return noon.Add(time.Duration(hour) * time.Hour) }
	for hour := range 10 { // changes every hour
		fingerprint := []string{printA, printB}[hour%2]
		b.submitAt(t, at(hour), observe(sight("EDGE1", "bgp", fingerprint, at(hour)), sight("EDGE2", "bgp", printA, at(hour))))
	}
	b.submitAt(t, at(10), observe(sight("GONE", "bgp", printA, at(0)))) // renamed or scrapped: seen no more
	_, err := b.admin.Exec(t.Context(), `
		INSERT INTO runs (tenant_id, id, device, category, source, exporter, fingerprint, sha256, allowlist_version, first_seen, last_seen, trail, delay_ns)
		SELECT $1, 'mass-' || n, 'MASS', 'bgp', 'http', 'exp1', $4, '', 1, $2::timestamptz - n * interval '1 s', $2::timestamptz - n * interval '1 s', '', 0
		  FROM generate_series(1, $3::int) AS n`, tenant, noon, runsBatch+keptRuns, printA)
	require.NoError(t, err)
	before := b.configChanges(t)
	require.Len(t, before, 9)

	cut := at(8).Add(30 * time.Minute)
	pruned, err := b.PruneRuns(t.Context(), cut)
	require.NoError(t, err)
	require.EqualValues(t, 9-keptRuns+runsBatch, pruned)
	for device, want := range map[string]int{"EDGE1": keptRuns + 1, "EDGE2": 1, "GONE": 1, "MASS": keptRuns} {
		require.Equal(t, want, b.count(t, "SELECT count(*) FROM runs WHERE device = $1", device), device)
	}
	again, err := b.PruneRuns(t.Context(), cut)
	require.NoError(t, err)
	require.Zero(t, again)
	require.Equal(t, before, b.configChanges(t), "the past stays")

	b.submitAt(t, at(11), observe(sight("EDGE1", "bgp", printA, at(8).Add(45*time.Minute))))
	narrowed := b.configChanges(t)
	require.Len(t, narrowed, 9)
	require.Equal(t, at(8).Add(45*time.Minute), narrowed[0].NotBefore.UTC(), "a late sighting after the cut narrows the change that straddles it")
	require.Equal(t, before[1:], narrowed[1:])
}

// configChanges are the tenant's config changes, the newest first.
func (b *bundle) configChanges(t *testing.T) []engine.ConfigChangeView {
	t.Helper()
	page, err := b.ConfigChanges(t.Context(), tenant, engine.ConfigChangeQuery{})
	require.NoError(t, err)
	return page.ConfigChanges
}
