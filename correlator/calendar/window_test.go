package calendar_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/calendar"
)

func at(hour, minute int) time.Time { return time.Date(2026, 3, 10, hour, minute, 0, 0, time.UTC) }

func window() calendar.Window {
	return calendar.Window{ID: "w", Kind: calendar.Change, StartsAt: at(12, 0), EndsAt: at(13, 0), Status: calendar.Planned}
}

func TestLife(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name     string
		window   calendar.Window
		status   calendar.Status
		from, to time.Time
		never    bool
	}{
		{name: "planned", window: window(), status: calendar.Planned, from: at(12, 0), to: at(13, 0)},
		{name: "begins by itself", window: window().Advance(at(12, 30)), status: calendar.InProgress, from: at(12, 0), to: at(13, 0)},
		{name: "ends by itself", window: window().Advance(at(15, 0)), status: calendar.Completed, from: at(12, 0), to: at(13, 0)},
		{name: "is not yet due", window: window().Advance(at(11, 59)), status: calendar.Planned, from: at(12, 0), to: at(13, 0)},
		{name: "started early", window: window().Start(at(11, 0)), status: calendar.InProgress, from: at(11, 0), to: at(13, 0)},
		{name: "started twice", window: window().Start(at(11, 0)).Start(at(11, 5)), status: calendar.InProgress, from: at(11, 0), to: at(13, 0)},
		{name: "completed early", window: window().Start(at(12, 0)).Complete(at(12, 20)), status: calendar.Completed, from: at(12, 0), to: at(12, 20)},
		{name: "canceled midway", window: window().Advance(at(12, 0)).Cancel(at(12, 20)), status: calendar.Canceled, from: at(12, 0), to: at(12, 20)},
		{name: "canceled before", window: window().Cancel(at(11, 0)), status: calendar.Canceled, never: true},
		{name: "completed without having begun", window: window().Complete(at(11, 0)), status: calendar.Completed, never: true},
		{name: "over stays over", window: window().Advance(at(13, 0)).Cancel(at(14, 0)).Start(at(14, 0)), status: calendar.Completed, from: at(12, 0), to: at(13, 0)},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.status, c.window.Status)
			from, to, ok := c.window.Interval()
			require.Equal(t, !c.never, ok)
			if ok {
				require.Equal(t, c.from, from)
				require.Equal(t, c.to, to)
				require.True(t, c.window.Active(from), "its start belongs to it")
				require.False(t, c.window.Active(to), "its end does not")
			} else {
				require.False(t, c.window.Active(at(12, 0)))
			}
		})
	}
}

func TestOverlaps(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		notBefore, notAfter time.Time
		want                bool
	}{
		{at(11, 0), at(11, 59), false},
		{at(11, 0), at(12, 0), true}, // a change at the very start
		{at(12, 59), at(14, 0), true},
		{at(13, 0), at(14, 0), false}, // after 13:00, which is out already
		{at(11, 0), at(14, 0), true},
	} {
		require.Equal(t, c.want, window().Overlaps(c.notBefore, c.notAfter), "(%s, %s]", c.notBefore, c.notAfter)
	}
}

func TestValidate(t *testing.T) {
	t.Parallel()
	require.NoError(t, window().Validate())
	w := window()
	w.EndsAt = w.StartsAt
	require.EqualError(t, w.Validate(), "ends_at must be after starts_at")
	require.EqualError(t, calendar.Window{}.Validate(), "id is missing\nstarts_at and ends_at are both needed")
}
