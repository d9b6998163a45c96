package promwatch

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

// The outcomes of a poll, as the metric counts them.
const (
	outcomeOK          = "ok"
	outcomeUnreachable = "unreachable"
	outcomeUncommitted = "uncommitted"
)

// Metrics are shared by all watchers of a process, each with its tenant and name.
type Metrics struct {
	polls        *prometheus.CounterVec
	evaluated    *prometheus.GaugeVec
	clockSkew    *prometheus.GaugeVec
	queries      *prometheus.HistogramVec
	observations *prometheus.CounterVec
	refusals     *prometheus.CounterVec
	skipped      *prometheus.CounterVec
}

// NewMetrics registers the metrics of watchers.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	auto, labels := promauto.With(reg), []string{"tenant", "source"}
	return &Metrics{
		polls: auto.NewCounterVec(prometheus.CounterOpts{
			Name: "ispvm_promwatch_polls_total",
			Help: "Polls of Prometheus by outcome.",
		}, append(labels, "outcome")),
		evaluated: auto.NewGaugeVec(prometheus.GaugeOpts{
			Name: "ispvm_promwatch_evaluated_timestamp_seconds",
			Help: "Up to when Prometheus' samples are committed; time() minus this is the lag.",
		}, labels),
		clockSkew: auto.NewGaugeVec(prometheus.GaugeOpts{
			Name: "ispvm_promwatch_clock_skew_seconds",
			Help: "How far Prometheus' clock is ahead of the correlator's, with the time of a request in it.",
		}, labels),
		queries: auto.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "ispvm_promwatch_query_duration_seconds",
			Help:    "Time of one query to Prometheus.",
			Buckets: []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30},
		}, labels),
		observations: auto.NewCounterVec(prometheus.CounterOpts{
			Name: "ispvm_promwatch_observations_total",
			Help: "Observations found in Prometheus and committed.",
		}, labels),
		refusals: auto.NewCounterVec(prometheus.CounterOpts{
			Name: "ispvm_promwatch_refused_observations_total",
			Help: "Observations found in Prometheus that were refused.",
		}, labels),
		skipped: auto.NewCounterVec(prometheus.CounterOpts{
			Name: "ispvm_promwatch_skipped_samples_total",
			Help: "Fingerprint samples that are no observations, by reason.",
		}, append(labels, "reason")),
	}
}

// prepare makes the series of a watcher appear before anything has happened.
func (m *Metrics) prepare(tenant, source string) {
	for _, outcome := range []string{outcomeOK, outcomeUnreachable, outcomeUncommitted} {
		m.polls.WithLabelValues(tenant, source, outcome)
	}
	m.observations.WithLabelValues(tenant, source)
	m.refusals.WithLabelValues(tenant, source)
	for _, reason := range []string{skipNoDevice, skipNoCategory, skipNoTimestamp, skipBadValue, skipBadTimestamp} {
		m.skipped.WithLabelValues(tenant, source, reason)
	}
}

func (m *Metrics) polled(tenant, source, outcome string) {
	m.polls.WithLabelValues(tenant, source, outcome).Inc()
}

func (m *Metrics) evaluatedUpTo(tenant, source string, t time.Time) {
	m.evaluated.WithLabelValues(tenant, source).Set(float64(t.UnixMilli()) / 1e3)
}

func (m *Metrics) skew(tenant, source string, d time.Duration) {
	m.clockSkew.WithLabelValues(tenant, source).Set(d.Seconds())
}

func (m *Metrics) queried(tenant, source string, d time.Duration) {
	m.queries.WithLabelValues(tenant, source).Observe(d.Seconds())
}

func (m *Metrics) observed(tenant, source string, n int) {
	m.observations.WithLabelValues(tenant, source).Add(float64(n))
}

func (m *Metrics) refused(tenant, source string, n int) {
	m.refusals.WithLabelValues(tenant, source).Add(float64(n))
}

func (m *Metrics) skippedSamples(tenant, source string, s skips) {
	for reason, n := range s {
		m.skipped.WithLabelValues(tenant, source, reason).Add(float64(n))
	}
}

// CensusMetrics are shared by all censuses of a process, each with its tenant and name.
type CensusMetrics struct {
	counts  *prometheus.CounterVec
	devices *prometheus.CounterVec
}

// NewCensusMetrics registers the metrics of censuses.
func NewCensusMetrics(reg prometheus.Registerer) *CensusMetrics {
	auto, labels := promauto.With(reg), []string{"tenant", "source"}
	return &CensusMetrics{
		counts: auto.NewCounterVec(prometheus.CounterOpts{
			Name: "ispvm_promwatch_subscriber_counts_total",
			Help: "Counts of subscribers in Prometheus by outcome.",
		}, append(labels, "outcome")),
		devices: auto.NewCounterVec(prometheus.CounterOpts{
			Name: "ispvm_promwatch_subscriber_updates_total",
			Help: "Numbers of subscribers of devices that moved and were committed.",
		}, labels),
	}
}

const outcomeFailed = "failed"

func (m *CensusMetrics) prepare(tenant, source string) {
	m.counts.WithLabelValues(tenant, source, outcomeOK)
	m.counts.WithLabelValues(tenant, source, outcomeFailed)
	m.devices.WithLabelValues(tenant, source)
}

func (m *CensusMetrics) counted(tenant, source string, err error) {
	outcome := outcomeOK
	if err != nil {
		outcome = outcomeFailed
	}
	m.counts.WithLabelValues(tenant, source, outcome).Inc()
}

func (m *CensusMetrics) told(tenant, source string, devices int) {
	m.devices.WithLabelValues(tenant, source).Add(float64(devices))
}
