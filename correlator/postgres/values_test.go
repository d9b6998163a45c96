package postgres

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/engine"
)

func drawTime(t *rapid.T, label string) time.Time {
	return time.UnixMicro(rapid.Int64Range(-1<<50, 1<<52).Draw(t, label)).UTC()
}

func TestTrailsComeBackAsTheyWent(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var trail []time.Time
		for range rapid.IntRange(0, 64).Draw(t, "n") {
			trail = append(trail, drawTime(t, "at"))
		}
		slices.SortFunc(trail, time.Time.Compare)
		back, err := decodeTrail(encodeTrail(trail))
		require.NoError(t, err)
		require.Equal(t, trail, back)
	})
}

func TestATrailIsSmall(t *testing.T) {
	t.Parallel()
	var trail []time.Time
	for i := range 64 {
		trail = append(trail, noon.Add(time.Duration(i)*(time.Minute+17*time.Millisecond)))
	}
	require.Less(t, len(encodeTrail(trail)), 64*4+8)
}

func FuzzTrail(f *testing.F) {
	f.Add(encodeTrail([]time.Time{noon, noon.Add(time.Minute)}))
	f.Add([]byte{0x80})
	f.Fuzz(func(t *testing.T, data []byte) {
		trail, err := decodeTrail(data)
		if err != nil {
			return
		}
		again, err := decodeTrail(encodeTrail(trail))
		require.NoError(t, err)
		require.Equal(t, trail, again)
	})
}

func TestCursorsComeBackAsTheyWent(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := cursor{at: drawTime(t, "at"), id: clean(rapid.String().Draw(t, "id"))}
		back, some, err := parseCursor("changes", c.token("changes"))
		require.NoError(t, err)
		require.True(t, some)
		require.Equal(t, c, back)
		_, _, err = parseCursor(incidentList, c.token("changes"))
		require.ErrorIs(t, err, engine.ErrPageToken, "a token of another list")
	})
}

func FuzzCursor(f *testing.F) {
	f.Add("")
	f.Add("!")
	f.Add(cursor{at: noon, id: "x y"}.token("changes"))
	f.Fuzz(func(t *testing.T, token string) {
		c, some, err := parseCursor("changes", token)
		if err != nil {
			require.ErrorIs(t, err, engine.ErrPageToken)
			return
		}
		require.Equal(t, token != "", some)
		if some {
			again, _, err := parseCursor("changes", c.token("changes"))
			require.NoError(t, err)
			require.Equal(t, c, again)
		}
	})
}

func TestNormalizeMakesWhatTheDatabaseKeeps(t *testing.T) {
	t.Parallel()
	odd := time.Date(2026, 3, 1, 13, 0, 0, 123456789, time.FixedZone("CET", 3600))
	want := time.Date(2026, 3, 1, 12, 0, 0, 123456000, time.UTC)
	a := alert("DeviceDown", "EDGE1\x00", odd)
	a.EndsAt = &odd
	given := webhook(a)
	got := normalize(given).(engine.AlertsInput)
	require.Equal(t, want, got.Alerts[0].StartsAt)
	require.Equal(t, want, *got.Alerts[0].EndsAt)
	require.Equal(t, "EDGE1\uFFFD", got.Alerts[0].Labels["device"])
	require.Equal(t, odd, given.Alerts[0].StartsAt, "what the caller has stays")
	require.Equal(t, "EDGE1\x00", given.Alerts[0].Labels["device"])

	sighting := normalize(observe(sight("A\x00", "bgp", printA, odd))).(engine.ObservationsInput).Observations[0]
	require.Equal(t, "A\uFFFD", sighting.Device)
	require.Equal(t, want, sighting.ObservedAt)
}
