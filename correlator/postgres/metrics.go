package postgres

import (
	"context"
	"errors"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/engine"
)

// metrics are the database's part of the service's own metrics. Every label value is from a fixed set.
type metrics struct {
	inputs      *prometheus.CounterVec
	groupSize   prometheus.Histogram
	groupTime   prometheus.Histogram
	published   *prometheus.CounterVec
	pending     prometheus.Gauge
	deadLetters prometheus.Gauge
	timerLag    prometheus.Gauge
}

// The outcomes of an input.
const (
	outcomeApplied    = "applied"
	outcomeRefused    = "refused"
	outcomeOverloaded = "overloaded"
	outcomeGone       = "gone"
	outcomeFailed     = "failed"
)

// The outcomes of handing on an event.
const (
	outcomeDelivered = "delivered"
	outcomeRetry     = "retry"
	outcomeDead      = "dead"
)

func newMetrics(reg prometheus.Registerer) *metrics {
	f := promauto.With(reg)
	m := &metrics{
		inputs: f.NewCounterVec(prometheus.CounterOpts{
			Name: "ispvm_inputs_total",
			Help: "Inputs by kind and by what became of them: applied, refused (they make no sense), overloaded (the inbox was full), gone (the sender did not wait), failed (our trouble; the sender tries again).",
		}, []string{"kind", "outcome"}),
		groupSize: f.NewHistogram(prometheus.HistogramOpts{
			Name: "ispvm_commit_group_inputs", Help: "Inputs that one transaction applied.",
			Buckets: prometheus.ExponentialBuckets(1, 4, 7),
		}),
		groupTime: f.NewHistogram(prometheus.HistogramOpts{
			Name: "ispvm_commit_duration_seconds", Help: "Time from the start of a transaction that applies inputs to its end.",
			Buckets: prometheus.ExponentialBuckets(0.001, 2, 14),
		}),
		published: f.NewCounterVec(prometheus.CounterOpts{
			Name: "ispvm_outbox_deliveries_total",
			Help: "Attempts to hand an event of the outbox on: delivered, retry (it failed and will be tried again), dead (given up, see the dead letters).",
		}, []string{"outcome"}),
		pending: f.NewGauge(prometheus.GaugeOpts{
			Name: "ispvm_outbox_pending_events", Help: "Events that wait to be handed on.",
		}),
		deadLetters: f.NewGauge(prometheus.GaugeOpts{
			Name: "ispvm_outbox_dead_letters", Help: "Events that nobody took after many attempts.",
		}),
		timerLag: f.NewGauge(prometheus.GaugeOpts{
			Name: "ispvm_timer_lag_seconds", Help: "How late the newest due timer was fired.",
		}),
	}
	for _, outcome := range []string{outcomeDelivered, outcomeRetry, outcomeDead} {
		m.published.WithLabelValues(outcome)
	}
	return m
}

func (m *metrics) submitted(in engine.Input, err error) {
	m.inputs.WithLabelValues(kindOf(in), inputOutcome(err)).Inc()
}

func inputOutcome(err error) string {
	_, refused := engine.AsRefusal(err)
	switch {
	case err == nil:
		return outcomeApplied
	case refused:
		return outcomeRefused
	case errors.Is(err, ErrOverloaded):
		return outcomeOverloaded
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return outcomeGone
	default:
		return outcomeFailed
	}
}
