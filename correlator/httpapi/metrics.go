package httpapi

import (
	"context"
	"strings"
	"time"

	"connectrpc.com/connect/v2"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

type metrics struct {
	duration *prometheus.HistogramVec
	calls    *prometheus.CounterVec
}

func newMetrics(reg prometheus.Registerer) *metrics {
	m := &metrics{
		calls: promauto.With(reg).NewCounterVec(prometheus.CounterOpts{
			Name: "ispvm_api_requests_total",
			Help: "API calls by procedure, protocol and outcome (ok, or the code of the error).",
		}, []string{"procedure", "protocol", "code"}),
		duration: promauto.With(reg).NewHistogramVec(prometheus.HistogramOpts{
			Name:    "ispvm_api_request_duration_seconds",
			Help:    "Time from the start of an API call to its answer.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30},
		}, []string{"procedure"}),
	}
	for procedure := range permissions {
		m.duration.WithLabelValues(procedureLabel(procedure))
	}
	return m
}

// procedureLabel keeps label values to the procedures that exist, in the form Service/Method.
func procedureLabel(procedure string) string {
	if _, known := permissions[procedure]; !known {
		return "unknown"
	}
	return strings.TrimPrefix(procedure, "/ispvm.v1.")
}

func (m *metrics) interceptor(next connect.ServerFunc) connect.ServerFunc {
	return func(ctx context.Context, spec connect.Spec, stream connect.ServerStream) error {
		begin := time.Now()
		err := next(ctx, spec, stream)
		procedure, code, protocol := procedureLabel(spec.Procedure), "ok", "other"
		if err != nil {
			code = connect.CodeOf(err).String()
		}
		if info, ok := connect.CallInfoForServerContext(ctx); ok {
			protocol = info.Protocol
		}
		m.calls.WithLabelValues(procedure, protocol, code).Inc()
		m.duration.WithLabelValues(procedure).Observe(time.Since(begin).Seconds())
		return err
	}
}
