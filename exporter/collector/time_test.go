package collector

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestParseDuration(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	for s, want := range map[string]time.Duration{
		"0s": 0, "1m30s": 90 * time.Second, "5m10s": 310 * time.Second, "1w4d23h26m9s": 11*day + 23*time.Hour + 26*time.Minute + 9*time.Second,
		"10s500ms": 10500 * time.Millisecond, "00:12:34": 12*time.Minute + 34*time.Second, "1d00:00:01": day + time.Second,
		"7us": 7 * time.Microsecond,
	} {
		got, err := parseDuration(s)
		require.NoError(t, err, s)
		require.Equal(t, want, got, s)
	}
	for _, s := range []string{"", "never", "5", "m", "5x", "-1s", "00:99:00", "999999999w", "1d:00:00", "1d00:00:00x"} {
		_, err := parseDuration(s)
		require.Error(t, err, s)
	}
}

func FuzzParseDuration(f *testing.F) {
	f.Add("1w2d3h4m5s")
	f.Add("1d00:12:34")
	f.Fuzz(func(t *testing.T, s string) {
		if d, err := parseDuration(s); err == nil {
			require.GreaterOrEqual(t, d, time.Duration(0))
			require.LessOrEqual(t, d, maxDuration+24*time.Hour)
		}
	})
}

func TestParseClock(t *testing.T) {
	t.Parallel()
	want := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for _, c := range [][3]string{
		{"2026-01-02", "03:04:05", ""}, {"jan/02/2026", "03:04:05", "+00:00"}, {"2026-01-02", "05:34:05", "+02:30"}, {"jan/01/2026", "22:04:05", "-05:00"},
	} {
		got, err := parseClock(c[0], c[1], c[2])
		require.NoError(t, err, c)
		require.True(t, want.Equal(got), "%v: %v", c, got)
	}
	_, err := parseClock("2026-01-02", "03:04:05", "CET")
	require.Error(t, err)
}

func FuzzParseHistoryTime(f *testing.F) {
	f.Add("2026-11-24 10:00:00", "2026-11-24", "+02:00")
	f.Add("10:00:00", "nov/24/2026", "")
	f.Fuzz(func(t *testing.T, s, today, offset string) {
		got, err := parseHistoryTime(s, today, offset)
		require.True(t, err == nil || got.IsZero())
	})
}
