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

// An empty menu that nothing fills by itself is asked for anew in time, and at
// each scrape once there is something in it.
func TestMemoryOfEmptyMenus(t *testing.T) {
	t.Parallel()
	r := &routerostest.Router{Menus: map[string][][]string{"/ip/firewall/raw": {}, "/routing/bgp/session": {}}}
	now := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	m := NewMemory(connect(t, r), func() time.Time { return now })
	ask := func() (rows int, asked []string) {
		t.Helper()
		for _, menu := range []string{"/ip/firewall/raw", "/routing/bgp/session"} {
			require.NoError(t, m.Run(t.Context(), routeros.Print(menu, []string{"bytes"}), func(routeros.Row) error { rows++; return nil }))
		}
		return rows, r.Asked()
	}
	both := []string{"/ip/firewall/raw/print", "/routing/bgp/session/print"}
	r.Asked() // of the connection
	_, asked := ask()
	require.Equal(t, both, asked)

	r.Set("/ip/firewall/raw", []string{"bytes=1"})
	rows, asked := ask()
	require.Zero(t, rows)
	require.Equal(t, both[1:], asked)

	now = now.Add(settledFor)
	for range 2 {
		rows, asked = ask()
		require.Equal(t, 1, rows)
		require.Equal(t, both, asked)
	}
}
