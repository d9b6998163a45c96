package collector

import (
	"fmt"
	"slices"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
)

// labelSet are the labels of one thing, shared by all samples of it: a dozen
// for each interface.
type labelSet struct {
	names, values []string // as they were given
	pairs         []*dto.LabelPair
}

// newLabelSet makes the labels of a metric, in the order in which they are
// exposed. It panics if there are not as many values as names.
func newLabelSet(m *Metric, values []string) *labelSet {
	if len(values) != len(m.Labels) {
		panic(fmt.Sprintf("%s has the labels %v, and got the values %q", m.Name, m.Labels, values))
	}
	s := &labelSet{names: m.Labels, values: values}
	pairs := make([]dto.LabelPair, len(values))
	s.pairs = make([]*dto.LabelPair, len(values))
	for i, at := range m.sorted {
		pairs[i].Name, pairs[i].Value = &m.Labels[at], &s.values[at]
		s.pairs[i] = &pairs[i]
	}
	return s
}

// of reports whether the labels are those of a metric with these values.
func (s *labelSet) of(m *Metric, values []string) bool {
	return s != nil && slices.Equal(s.values, values) && slices.Equal(s.names, m.Labels)
}

// sample is one sample. It is what [prometheus.NewConstMetric] makes, save
// that labels are shared instead of made, sorted and kept for each.
type sample struct {
	metric *Metric
	value  float64
	labels *labelSet
}

// Desc implements prometheus.Metric.
func (s *sample) Desc() *prometheus.Desc { return s.metric.desc }

// Write implements prometheus.Metric.
func (s *sample) Write(out *dto.Metric) error {
	out.Label = s.labels.pairs
	if s.metric.Type == prometheus.CounterValue {
		out.Counter = &dto.Counter{Value: &s.value}
	} else {
		out.Gauge = &dto.Gauge{Value: &s.value}
	}
	return nil
}

var _ prometheus.Metric = (*sample)(nil)
