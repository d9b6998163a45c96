package collector

import (
	"slices"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Metric is one metric as it is exposed and documented.
type Metric struct {
	// Name is the full name ("routeros_interface_receive_bytes_total").
	Name string
	// Help says what the value means.
	Help string
	// Type is gauge or counter.
	Type prometheus.ValueType
	// Labels are the names of the variable labels, in the order of values.
	Labels []string

	desc   *prometheus.Desc
	sorted []int // places in Labels, by name
}

// NewMetric returns a metric; name goes without the prefix that all have.
func NewMetric(t prometheus.ValueType, name, help string, labels ...string) *Metric {
	m := &Metric{Name: namespace + "_" + name, Help: help, Type: t, Labels: labels}
	m.desc = prometheus.NewDesc(m.Name, help, labels, nil)
	for i := range labels {
		m.sorted = append(m.sorted, i)
	}
	slices.SortFunc(m.sorted, func(a, b int) int { return strings.Compare(labels[a], labels[b]) })
	return m
}

// family is what all collectors have in common: it is embedded in each.
type family struct {
	name     string
	about    string
	every    time.Duration
	optional bool
	series   int // how many rows of a menu make series; 0: none does, or all of them must
	metrics  []*Metric
}

// Name implements Collector.
func (f *family) Name() string { return f.name }

// About implements Collector.
func (f *family) About() string { return f.about }

// Every implements Collector.
func (f *family) Every() time.Duration { return f.every }

// Optional implements Collector.
func (f *family) Optional() bool { return f.optional }

// Metrics implements Collector.
func (f *family) Metrics() []*Metric { return f.metrics }

func (f *family) gauge(name, help string, labels ...string) *Metric {
	return f.add(prometheus.GaugeValue, name, help, labels)
}

func (f *family) counter(name, help string, labels ...string) *Metric {
	return f.add(prometheus.CounterValue, name, help, labels)
}

func (f *family) add(t prometheus.ValueType, name, help string, labels []string) *Metric {
	m := NewMetric(t, f.name+"_"+name, help, labels...)
	f.metrics = append(f.metrics, m)
	return m
}
