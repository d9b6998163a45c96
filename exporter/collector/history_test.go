package collector

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/routeros/routerostest"
)

func TestReadHistory(t *testing.T) {
	t.Parallel()
	// It is noon here, and ten seconds after at the router.
	noon := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	now := func() time.Time { return noon }
	clock := [][]string{{"date=nov/24/2026", "time=14:00:10", "gmt-offset=+02:00"}}
	menus := func(history ...[]string) map[string][][]string {
		return map[string][][]string{"/system/clock": clock, "/system/history": history}
	}
	for name, c := range map[string]struct {
		router *routerostest.Router
		want   History
		err    string
	}{
		"times of all forms, in order": {
			&routerostest.Router{Menus: menus(
				[]string{"action=route added", "by=ann", "time=13:00:00", "redo=/ip route add", "policy=write"},
				[]string{"action=filter rule changed", "time=2026-11-23 10:00:00"},
				[]string{"action=address added", "by=bob", "time=nov/24/2026 12:59:59", "redoable=true"},
			)},
			History{
				Told: true, Undone: true, ReadAt: noon, Ahead: 10 * time.Second, Uncertainty: time.Second, Offset: "+02:00",
				Entries: []HistoryEntry{
					{Action: "filter rule changed", At: noon.Add(-28*time.Hour - 10*time.Second)},
					{Action: "address added", By: "bob", At: noon.Add(-time.Hour - 11*time.Second)},
					{Action: "route added", By: "ann", At: noon.Add(-time.Hour - 10*time.Second)},
				},
			},
			"",
		},
		"newest first": {
			&routerostest.Router{Menus: menus([]string{"time=13:00:00"}, []string{"time=12:00:00"})},
			History{
				Told: true, Orderly: true, ReadAt: noon, Ahead: 10 * time.Second, Uncertainty: time.Second, Offset: "+02:00",
				Entries: []HistoryEntry{{At: noon.Add(-2*time.Hour - 10*time.Second)}, {At: noon.Add(-time.Hour - 10*time.Second)}},
			},
			"",
		},
		"none": {&routerostest.Router{Menus: menus()}, History{Told: true, Orderly: true, ReadAt: noon, Ahead: 10 * time.Second, Uncertainty: time.Second, Offset: "+02:00"}, ""},
		"not allowed": {
			&routerostest.Router{Menus: menus(), Traps: map[string]string{"/system/history": "not enough permissions (9)"}},
			History{ReadAt: noon},
			"",
		},
		"without a date, when the day may have changed in between": {
			&routerostest.Router{Menus: map[string][][]string{
				"/system/clock":   {{"date=nov/24/2026", "time=00:00:01", "gmt-offset=+02:00"}},
				"/system/history": {{"time=23:59:59"}},
			}},
			History{ReadAt: noon},
			"",
		},
		"of some sort":  {&routerostest.Router{Menus: menus([]string{"time=noon"})}, History{}, `/system/history: time "noon" is in no form known`},
		"without clock": {&routerostest.Router{Menus: map[string][][]string{"/system/history": {{"time=13:00:00"}}}}, History{}, `/system/clock: clock "" "" is in no form known`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := ReadHistory(t.Context(), connect(t, c.router), now)
			if c.err != "" {
				require.EqualError(t, err, c.err)
				return
			}
			require.NoError(t, err)
			for i := range got.Entries {
				require.Equal(t, got.Ahead, got.Entries[i].Noted.Sub(got.Entries[i].At))
				got.Entries[i].Noted = time.Time{}
				got.Entries[i].At = got.Entries[i].At.UTC()
			}
			require.Equal(t, c.want, got)
		})
	}
}

func TestReadSessions(t *testing.T) {
	t.Parallel()
	r := &routerostest.Router{Menus: map[string][][]string{"/user/active": {{"name=ann", "address=192.0.2.7", "via=winbox", "group=full"}}}}
	conn := connect(t, r)
	got, err := ReadSessions(t.Context(), conn)
	require.NoError(t, err)
	require.Equal(t, []UserSession{{"ann", "192.0.2.7", "winbox"}}, got)
	r.Refuse("/user/active", "not enough permissions (9)")
	got, err = ReadSessions(t.Context(), conn)
	require.NoError(t, err)
	require.Empty(t, got)
}
