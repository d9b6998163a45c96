package main

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"
)

// pruning is one call of PruneJournal: when, and how far back.
type pruning struct{ after, keeps time.Duration }

type fakeJournal struct {
	start time.Time
	err   error
	calls []pruning
}

func (j *fakeJournal) PruneJournal(_ context.Context, before time.Time) (int64, error) {
	j.calls = append(j.calls, pruning{time.Since(j.start), time.Since(before)})
	return 5, j.err
}

func TestRetention(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	synctest.Test(t, func(t *testing.T) {
		j := &fakeJournal{start: time.Now()}
		keep := 90 * day
		registry := prometheus.NewPedanticRegistry()
		r := newRetention(j, func() time.Duration { return keep }, slog.New(slog.DiscardHandler), registry)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- r.run(ctx) }()
		step := func(d time.Duration) []pruning {
			<-time.After(d)
			synctest.Wait()
			calls := j.calls
			j.calls = nil
			return calls
		}
		require.Equal(t, []pruning{{0, 90 * day}}, step(time.Minute), "at once")
		require.InDelta(t, float64(j.start.Unix()), testutil.ToFloat64(r.at), 1)
		require.Equal(t, []pruning{{day, 90 * day}}, step(day), "and daily")
		keep = 7 * day
		require.Equal(t, []pruning{{2 * day, 7 * day}}, step(day), "as it is configured now")

		j.err = errors.New("database down")
		require.Equal(t, []pruning{{3 * day, 7 * day}, {3*day + time.Hour, 7 * day}}, step(day+time.Hour), "again soon when it failed")
		require.InDelta(t, 25, testutil.ToFloat64(r.pruned), 0, "what was removed before it failed is counted")
		require.InDelta(t, float64(j.start.Add(2*day).Unix()), testutil.ToFloat64(r.at), 1, "but it is no success")

		keep = 0
		require.Empty(t, step(10*day), "for ever")
		cancel()
		require.NoError(t, <-done)
		problems, err := testutil.GatherAndLint(registry)
		require.NoError(t, err)
		require.Empty(t, problems)
	})
}
