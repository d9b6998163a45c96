package replay_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/replay"
)

// difference replays a recorded scenario with the built-in weights and with others.
func difference(t *testing.T, path, weights string) string {
	t.Helper()
	timeline, err := os.ReadFile(path)
	require.NoError(t, err)
	before, err := replay.Run(t.Context(), bytes.NewReader(timeline), options())
	require.NoError(t, err)
	o := options()
	o.Weights = []byte(weights)
	after, err := replay.Run(t.Context(), bytes.NewReader(timeline), o)
	require.NoError(t, err)
	var out strings.Builder
	require.NoError(t, replay.WriteDifference(&out, before, after))
	return out.String()
}

func TestTheSameWeightsDifferInNothing(t *testing.T) {
	t.Parallel()
	timelines, err := filepath.Glob("testdata/*.jsonl")
	require.NoError(t, err)
	for _, path := range timelines {
		require.Regexp(t, `^0 incidents differ; `, difference(t, path, "version: other"), path)
	}
}

func TestDifferenceOfARollout(t *testing.T) {
	t.Parallel()
	got := difference(t, "testdata/rollout.jsonl", "rollout: {devices: 50}")
	require.Contains(t, got, "cause: rollout/", "what was one roll-out …")
	require.Contains(t, got, " → device/", "… is a device with a change of its own")
	require.Contains(t, got, "an incident of its own now: device/", "and the others are incidents of their own")
	require.Contains(t, got, "; incidents 1 → ")

	back := difference(t, "testdata/rollout.jsonl", "change: {label_share: 1}")
	require.NotContains(t, back, "an incident of its own now")
}
