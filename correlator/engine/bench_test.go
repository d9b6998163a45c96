package engine_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/engine"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/replay"
)

// BenchmarkSteadyObservations is the engine's own share of a batch of 1,000 unchanged fingerprints.
func BenchmarkSteadyObservations(b *testing.B) {
	e, err := engine.New(engine.Options{})
	require.NoError(b, err)
	store := replay.NewStore("acme", &replay.Sequence{})
	second := 0
	for b.Loop() {
		second += 60
		var in engine.ObservationsInput
		for i := range 1000 {
			in.Observations = append(in.Observations, observation(fmt.Sprintf("R%04d", i), before, second))
		}
		_, err := e.Apply(b.Context(), store, noon.Add(time.Duration(second)*time.Second), in)
		require.NoError(b, err)
	}
	b.ReportMetric(float64(b.N)*1000/b.Elapsed().Seconds(), "observations/s")
}
