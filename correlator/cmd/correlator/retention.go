package main

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

const (
	// retentionInterval is how often what is too old is removed.
	retentionInterval = 24 * time.Hour
	// retentionRetry is how soon it is tried again when it failed.
	retentionRetry = time.Hour
	// keepRuns is how long runs are kept at least, however short the journal: exporters and the watch of
	// Prometheus catch up on a day, and what comes late must find its place.
	keepRuns = 48 * time.Hour
)

// past is what grows with time, of which only so much is kept.
type past interface {
	// PruneJournal removes what was received before an instant, and answers how much that was.
	PruneJournal(ctx context.Context, before time.Time) (int64, error)
	// PruneRuns removes the runs that were over at an instant, and answers how many.
	PruneRuns(ctx context.Context, before time.Time) (int64, error)
}

// retention removes what is older than the configuration keeps.
type retention struct {
	past past
	// keep is how long inputs are kept, as configured now; 0 is for ever.
	keep   func() time.Duration
	log    *slog.Logger
	pruned prometheus.Counter
	runs   prometheus.Counter
	at     prometheus.Gauge
}

func newRetention(p past, keep func() time.Duration, log *slog.Logger, reg prometheus.Registerer) *retention {
	return &retention{
		past: p, keep: keep, log: log,
		pruned: promauto.With(reg).NewCounter(prometheus.CounterOpts{
			Name: "ispvm_journal_pruned_inputs_total", Help: "Inputs that were removed because they were older than retention.journal.",
		}),
		runs: promauto.With(reg).NewCounter(prometheus.CounterOpts{
			Name: "ispvm_pruned_runs_total", Help: "Runs of fingerprints that were removed because they were over longer ago than retention.journal.",
		}),
		at: promauto.With(reg).NewGauge(prometheus.GaugeOpts{
			Name: "ispvm_journal_last_prune_timestamp_seconds", Help: "When old inputs and runs were last removed, or found to be none.",
		}),
	}
}

// run removes at once, since a service may be restarted more often than daily, and then daily until ctx is
// done. Several replicas may do so: what one has removed the other does not find.
func (r *retention) run(ctx context.Context) error {
	for ctx.Err() == nil {
		pause := retentionInterval
		if err := r.prune(ctx); err != nil && ctx.Err() == nil {
			r.log.ErrorContext(ctx, "Could not remove what is old; will try again", slog.Any("err", err), slog.Duration("pause", retentionRetry))
			pause = retentionRetry
		}
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
	}
	return nil
}

func (r *retention) prune(ctx context.Context) error {
	keep := r.keep()
	if keep == 0 {
		return nil
	}
	before := time.Now().Add(-keep)
	inputs, errJournal := r.past.PruneJournal(ctx, before)
	r.pruned.Add(float64(inputs))
	runs, errRuns := r.past.PruneRuns(ctx, time.Now().Add(-max(keep, keepRuns)))
	r.runs.Add(float64(runs))
	if inputs+runs > 0 {
		r.log.InfoContext(ctx, "Removed what is old", slog.Int64("inputs", inputs), slog.Int64("runs", runs), slog.Time("before", before))
	}
	err := errors.Join(errJournal, errRuns)
	if err == nil {
		r.at.SetToCurrentTime()
	}
	return err
}
