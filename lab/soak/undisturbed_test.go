package soak

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/alertmanager"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/replay"
	"github.com/ispvisualmonitor/ispvisualmonitor/lab/endstate"
	"github.com/ispvisualmonitor/ispvisualmonitor/lab/roads"
)

// timeline is the storm when nothing goes wrong, each message a millisecond after the one before.
func (s storm) timeline(t *testing.T, now time.Time) []byte {
	t.Helper()
	var timeline bytes.Buffer
	at := now
	add := func(l roads.Line) {
		text, err := l.Text(at)
		require.NoError(t, err)
		timeline.Write(append(text, '\n'))
	}
	add(line("settings", map[string]any{"cooldown": cooldown}))
	for _, step := range s.steps {
		for _, m := range step {
			at = at.Add(time.Millisecond)
			for i, l := range m {
				if i == 0 && len(m) > 1 {
					l = l.With("batch", len(m))
				}
				add(l)
			}
		}
	}
	return timeline.Bytes()
}

func replayed(t *testing.T, timeline []byte) endstate.State {
	t.Helper()
	var document bytes.Buffer
	require.NoError(t, replay.Write(t.Context(), bytes.NewReader(timeline), &document, replay.Options{
		DecodeWebhook: alertmanager.DecodeWebhook, DecodeAlerts: alertmanager.DecodeList,
	}))
	state, err := endstate.Parse(document.Bytes())
	require.NoError(t, err)
	return state
}

// TestOrderWithinAStepDoesNotMatter shows that a storm comes to the same in whatever order the messages of
// a step arrive: or a round could not tell a loss from another order.
func TestOrderWithinAStepDoesNotMatter(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for seed := range uint64(*orders) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			s := drawStorm(seed, now)
			want := replayed(t, s.timeline(t, now))
			require.NotEmpty(t, want.ConfigChanges)
			require.NotEmpty(t, want.Incidents)
			random := rand.New(rand.NewPCG(seed, 1)) //nolint:gosec // a test wants the same every time
			for range 3 {
				other := storm{steps: slices.Clone(s.steps)}
				for i, step := range other.steps {
					step = slices.Clone(step)
					random.Shuffle(len(step), func(a, b int) { step[a], step[b] = step[b], step[a] })
					other.steps[i] = step
				}
				require.Empty(t, gocmp.Diff(want.Timeless(), replayed(t, other.timeline(t, now)).Timeless()))
			}
		})
	}
}
