package postgres

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/engine"
)

// TestNextTimerIsKnownOrAsked: whatever is set and cleared, what is believed to be the first timer is the
// first, and a first one that moved is not passed over in silence.
func TestNextTimerIsKnownOrAsked(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		all := map[string]engine.Timer{}
		next := nextTimer{known: true}
		for range rapid.IntRange(1, 30).Draw(t, "steps") {
			before, _ := firstOf(all)
			subject := rapid.SampledFrom([]string{"a", "b", "c", "d"}).Draw(t, "subject")
			moved := false
			if rapid.Bool().Draw(t, "set") {
				timer := engine.Timer{Kind: engine.TimerClose, Subject: subject, Due: noon.Add(time.Duration(rapid.IntRange(0, 5).Draw(t, "due")) * time.Second)}
				all[subject] = timer
				next.set(timer, &moved)
			} else {
				delete(all, subject)
				next.clear(engine.TimerClose, subject, &moved)
			}
			first, some := firstOf(all)
			if next.known {
				require.Equal(t, nextTimer{known: true, timer: first, some: some}, next)
			}
			require.True(t, moved || before.Due.Equal(first.Due), "the first timer moved from %s to %s", before.Due, first.Due)
			if !next.known && rapid.Bool().Draw(t, "ask") {
				next = nextTimer{known: true, timer: first, some: some}
			}
		}
	})
}

func firstOf(all map[string]engine.Timer) (first engine.Timer, some bool) {
	for _, timer := range all {
		if !some || compareTimers(timer, first) < 0 {
			first, some = timer, true
		}
	}
	return first, some
}
