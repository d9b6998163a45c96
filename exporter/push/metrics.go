package push

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

// metrics are about the road from the exporter to the correlator.
type metrics struct {
	delivered, coalesced   prometheus.Counter
	dropped                *prometheus.CounterVec
	calls                  *prometheus.CounterVec
	duration               prometheus.Histogram
	spoolErrors            prometheus.Counter
	withoutSections        prometheus.Counter
	lastSuccess, oldestAge prometheus.Gauge
}

// Values of the label reason of dropped observations.
const (
	droppedRepeat   = "oldest_repeat" // the spool was full, an interval becomes wider
	droppedFull     = "spool_full"
	droppedRejected = "rejected" // set aside in rejected.jsonl
	droppedBuffer   = "buffer_full"
	droppedInvalid  = "invalid"
)

func newMetrics(reg prometheus.Registerer, level func() fill) *metrics {
	auto := promauto.With(reg)
	m := &metrics{
		delivered: auto.NewCounter(prometheus.CounterOpts{
			Name: "routeros_exporter_push_observations_delivered_total", Help: "Observations that the correlator has committed.",
		}),
		coalesced: auto.NewCounter(prometheus.CounterOpts{
			Name: "routeros_exporter_push_observations_coalesced_total", Help: "Repeats that were replaced by a newer one before they were sent; nothing is lost by that.",
		}),
		dropped: auto.NewCounterVec(prometheus.CounterOpts{
			Name: "routeros_exporter_push_observations_dropped_total", Help: "Observations that were not delivered and will not be.",
		}, []string{"reason"}),
		calls: auto.NewCounterVec(prometheus.CounterOpts{
			Name: "routeros_exporter_push_calls_total", Help: "Calls of the correlator.",
		}, []string{"result"}),
		duration: auto.NewHistogram(prometheus.HistogramOpts{
			Name: "routeros_exporter_push_call_duration_seconds", Help: "How long calls of the correlator took.",
			Buckets: []float64{.005, .025, .1, .5, 1, 5, 30},
		}),
		spoolErrors: auto.NewCounter(prometheus.CounterOpts{
			Name: "routeros_exporter_push_spool_errors_total", Help: "Failures to write or read the spool; what was to be written is tried again.",
		}),
		withoutSections: auto.NewCounter(prometheus.CounterOpts{
			Name: "routeros_exporter_push_sections_left_out_total", Help: "Observations of level 2 whose configuration was too large to go along.",
		}),
		lastSuccess: auto.NewGauge(prometheus.GaugeOpts{
			Name: "routeros_exporter_push_last_success_timestamp_seconds", Help: "When the correlator last committed a batch.",
		}),
		oldestAge: auto.NewGauge(prometheus.GaugeOpts{
			Name: "routeros_exporter_push_oldest_timestamp_seconds", Help: "When the first observation of the batch that is being sent was made; 0 if none is.",
		}),
	}
	auto.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "routeros_exporter_push_spool_observations", Help: "Observations that wait in the spool.",
	}, func() float64 { return float64(level().entries) })
	auto.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "routeros_exporter_push_spool_bytes", Help: "Bytes of the observations that wait in the spool.",
	}, func() float64 { return float64(level().bytes) })
	for _, reason := range []string{droppedRepeat, droppedFull, droppedRejected, droppedBuffer, droppedInvalid} {
		m.dropped.WithLabelValues(reason)
	}
	for _, result := range []verdict{callOK, callFailed, callTooMuch, callRefused, callRejected} {
		m.calls.WithLabelValues(string(result))
	}
	return m
}
