package main

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"
)

// pruning is one call of PruneJournal and the one of PruneRuns after it: when, and how far back each.
type pruning struct{ after, keeps, runs time.Duration }

type fakePast struct {
	start time.Time

	mu    sync.Mutex
	keeps time.Duration
	err   error
	calls []pruning
}

func (j *fakePast) PruneJournal(_ context.Context, before time.Time) (int64, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.calls = append(j.calls, pruning{after: time.Since(j.start), keeps: time.Since(before)})
	return 5, j.err
}

func (j *fakePast) PruneRuns(_ context.Context, before time.Time) (int64, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.calls[len(j.calls)-1].runs = time.Since(before)
	return 2, nil
}

func (j *fakePast) keep() time.Duration {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.keeps
}

func (j *fakePast) set(keeps time.Duration, err error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.keeps, j.err = keeps, err
}

// called answers the calls since it was last asked.
func (j *fakePast) called() []pruning {
	j.mu.Lock()
	defer j.mu.Unlock()
	calls := j.calls
	j.calls = nil
	return calls
}

func TestRetention(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	synctest.Test(t, func(t *testing.T) {
		j := &fakePast{start: time.Now(), keeps: 90 * day}
		registry := prometheus.NewPedanticRegistry()
		r := newRetention(j, j.keep, slog.New(slog.DiscardHandler), registry)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- r.run(ctx) }()
		step := func(d time.Duration) []pruning {
			<-time.After(d)
			synctest.Wait()
			return j.called()
		}
		require.Equal(t, []pruning{{0, 90 * day, 90 * day}}, step(time.Minute), "at once")
		require.InDelta(t, float64(j.start.Unix()), testutil.ToFloat64(r.at), 1)
		require.Equal(t, []pruning{{day, 90 * day, 90 * day}}, step(day), "and daily")
		j.set(day, nil)
		require.Equal(t, []pruning{{2 * day, day, 2 * day}}, step(day), "as it is configured now, but for runs that a late sighting may need")

		j.set(7*day, errors.New("database down"))
		require.Equal(t, []pruning{{3 * day, 7 * day, 7 * day}, {3*day + time.Hour, 7 * day, 7 * day}}, step(day+time.Hour), "again soon when it failed")
		require.InDelta(t, 25, testutil.ToFloat64(r.pruned), 0, "what was removed before it failed is counted")
		require.InDelta(t, 10, testutil.ToFloat64(r.runs), 0)
		require.InDelta(t, float64(j.start.Add(2*day).Unix()), testutil.ToFloat64(r.at), 1, "but it is no success")

		j.set(0, nil)
		require.Empty(t, step(10*day), "for ever")
		cancel()
		require.NoError(t, <-done)
		problems, err := testutil.GatherAndLint(registry)
		require.NoError(t, err)
		require.Empty(t, problems)
	})
}
