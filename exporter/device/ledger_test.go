package device

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/fingerprint"
)

// Whatever the router does and however long readings take, the true moment of
// a change lies between the instant noted last before it and the one noted
// with it, unless it fell into a reading that already saw another change.
func TestTheIntervalHoldsTheChange(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		e := entry{}
		at := time.Unix(0, 0)
		state := byte(0)
		for range rapid.IntRange(1, 30).Draw(t, "readings") {
			at = at.Add(time.Duration(rapid.IntRange(0, 60).Draw(t, "pause")) * time.Second)
			began := at
			seen := state
			took := time.Duration(rapid.IntRange(0, 10).Draw(t, "took")) * time.Second
			changed := rapid.Bool().Draw(t, "changes")
			moment := began.Add(time.Duration(rapid.IntRange(-20, int(took/time.Second)).Draw(t, "moment")) * time.Second)
			if changed && moment.After(e.observed) {
				state++
				// During the reading it may be seen or not; before, it is.
				if moment.Before(began) || rapid.Bool().Draw(t, "seen") {
					seen = state
				}
			}
			before := e.observed
			known := e.known
			if e.note(fingerprint.Fingerprint{seen}, began, began.Add(took)) {
				if changed && seen == state && moment.After(before) && known {
					require.False(t, moment.After(e.observed), "change at %v, noted at %v", moment, e.observed)
				}
				require.Equal(t, e.observed, e.lastChange)
			}
			require.False(t, e.observed.Before(before), "time does not run backwards")
			at = began.Add(took)
		}
	})
}

func TestFirstObservationIsNoChange(t *testing.T) {
	t.Parallel()
	e := entry{}
	t0 := time.Unix(100, 0)
	require.False(t, e.note(fingerprint.Fingerprint{1}, t0, t0.Add(time.Second)))
	require.Zero(t, e.changes)
	require.True(t, e.lastChange.IsZero())
	require.False(t, e.note(fingerprint.Fingerprint{1}, t0.Add(time.Minute), t0.Add(time.Minute)))
	require.True(t, e.note(fingerprint.Fingerprint{2}, t0.Add(2*time.Minute), t0.Add(3*time.Minute)))
	require.Equal(t, t0.Add(3*time.Minute), e.lastChange)
	require.Equal(t, 1, e.changes)
}
