package main

import (
	"context"
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
)

// journal is the record of inputs, of which only so much is kept.
type journal interface {
	// PruneJournal removes what was received before an instant, and answers how much that was.
	PruneJournal(ctx context.Context, before time.Time) (int64, error)
}

// retention removes what is older than the configuration keeps.
type retention struct {
	journal journal
	// keep is how long inputs are kept, as configured now; 0 is for ever.
	keep   func() time.Duration
	log    *slog.Logger
	pruned prometheus.Counter
	at     prometheus.Gauge
}

func newRetention(j journal, keep func() time.Duration, log *slog.Logger, reg prometheus.Registerer) *retention {
	return &retention{
		journal: j, keep: keep, log: log,
		pruned: promauto.With(reg).NewCounter(prometheus.CounterOpts{
			Name: "ispvm_journal_pruned_inputs_total", Help: "Inputs that were removed because they were older than retention.journal.",
		}),
		at: promauto.With(reg).NewGauge(prometheus.GaugeOpts{
			Name: "ispvm_journal_last_prune_timestamp_seconds", Help: "When old inputs were last removed, or found to be none.",
		}),
	}
}

// run removes at once, since a service may be restarted more often than daily, and then daily until ctx is
// done. Several replicas may do so: what one has removed the other does not find.
func (r *retention) run(ctx context.Context) error {
	for ctx.Err() == nil {
		pause := retentionInterval
		if err := r.prune(ctx); err != nil && ctx.Err() == nil {
			r.log.ErrorContext(ctx, "Could not remove old inputs; will try again", slog.Any("err", err), slog.Duration("pause", retentionRetry))
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
	n, err := r.journal.PruneJournal(ctx, before)
	r.pruned.Add(float64(n))
	if n > 0 {
		r.log.InfoContext(ctx, "Removed old inputs", slog.Int64("inputs", n), slog.Time("before", before))
	}
	if err == nil {
		r.at.SetToCurrentTime()
	}
	return err
}
