package collector

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/routeros"
	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/routeros/routerostest"
)

func TestMemory(t *testing.T) {
	t.Parallel()
	r := &routerostest.Router{Menus: map[string][][]string{
		"/system/identity": {{"name=A"}}, "/system/clock": {{"time=12:00:00"}},
	}}
	now := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	m := NewMemory(connect(t, r), func() time.Time { return now })
	var name string
	ask := func() {
		t.Helper()
		name = ""
		require.NoError(t, m.Run(t.Context(), routeros.Print("/system/identity", []string{"name"}), func(row routeros.Row) error {
			name = row.String("name")
			return nil
		}))
		require.NoError(t, m.Run(t.Context(), routeros.Print("/system/clock", []string{"time"}), func(routeros.Row) error { return nil }))
		_, err := m.Count(t.Context(), "/ppp/active")
		require.True(t, routeros.IsMissing(err), "%v", err)
		require.Equal(t, "A", name)
	}
	r.Asked() // of the connection
	ask()
	require.Equal(t, []string{"/system/identity/print", "/system/clock/print", "/ppp/active/print"}, r.Asked())
	now = now.Add(settledFor - time.Second)
	ask()
	require.Equal(t, []string{"/system/clock/print"}, r.Asked())
	now = now.Add(time.Second)
	ask()
	require.Equal(t, []string{"/system/identity/print", "/system/clock/print"}, r.Asked())
	now = now.Add(missingFor)
	ask()
	require.Equal(t, []string{"/system/identity/print", "/system/clock/print", "/ppp/active/print"}, r.Asked())
}

// A failure is not remembered, and what was known before is not shown for it.
func TestMemoryDoesNotHideAFailure(t *testing.T) {
	t.Parallel()
	r := &routerostest.Router{Menus: map[string][][]string{"/system/identity": {{"name=A"}}}}
	m := NewMemory(connect(t, r), time.Now)
	cmd := routeros.Print("/system/identity", []string{"name"})
	r.Refuse("/system/identity", "not enough permissions (9)")
	require.Error(t, m.Run(t.Context(), cmd, func(routeros.Row) error { return nil }))
	r.Refuse("/system/identity", "")
	rows := 0
	require.NoError(t, m.Run(t.Context(), cmd, func(routeros.Row) error { rows++; return nil }))
	require.Equal(t, 1, rows)
}
