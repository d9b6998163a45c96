package postgres

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestDismissedTopology(t *testing.T) {
	t.Parallel()
	b := setup(t)
	require.NoError(t, b.EnsureTenant(t.Context(), "other"))
	dismissed := func(tenant string) []string {
		ids, err := b.DismissedTopology(t.Context(), tenant)
		require.NoError(t, err)
		return ids
	}
	require.Empty(t, dismissed(tenant))
	require.NoError(t, b.DismissTopology(t.Context(), tenant, []string{"link:B", "device:A", "link:B", "device:\x00"}, "ada", "on loan", noon))
	require.NoError(t, b.DismissTopology(t.Context(), tenant, []string{"link:B"}, "boris", "me too", noon.Add(time.Hour)), "the same again")
	require.Equal(t, []string{"device:A", "device:\uFFFD", "link:B"}, dismissed(tenant))
	require.Empty(t, dismissed("other"), "another tenant's business")

	var by, reason string
	require.NoError(t, b.admin.QueryRow(t.Context(), "SELECT dismissed_by, reason FROM topology_dismissals WHERE proposal_id = 'link:B'").Scan(&by, &reason))
	require.Equal(t, []string{"ada", "on loan"}, []string{by, reason}, "who did it first stays")

	require.NoError(t, b.RestoreTopology(t.Context(), "other", []string{"link:B"}))
	require.NoError(t, b.RestoreTopology(t.Context(), tenant, []string{"device:A", "link:B", "never there"}))
	require.Equal(t, []string{"device:\uFFFD"}, dismissed(tenant))

	_, err := b.DismissedTopology(t.Context(), "")
	require.ErrorIs(t, err, ErrUnknownTenant)
}
