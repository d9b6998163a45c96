package collector

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/routeros"
)

// namespace begins the name of every metric.
const namespace = "routeros"

// Samples gathers what a collector has read.
type Samples struct {
	metrics []prometheus.Metric
	last    *labelSet // of the sample before
	block   []sample  // room for samples that come
}

// Metrics returns the samples gathered so far.
func (s *Samples) Metrics() []prometheus.Metric { return s.metrics }

// Samples are made room for by as many as there are already, within bounds:
// most collectors have a few, and keep them for as long as a minute.
const (
	firstBlock = 4
	mostBlock  = 64
)

func (s *Samples) add(m *Metric, v float64, labels ...string) {
	for i, l := range labels {
		labels[i] = text(l)
	}
	if !s.last.of(m, labels) {
		s.last = newLabelSet(m, slices.Clone(labels))
	}
	if len(s.block) == 0 {
		s.block = make([]sample, min(max(len(s.metrics), firstBlock), mostBlock))
	}
	s.block[0] = sample{metric: m, value: v, labels: s.last}
	s.metrics = append(s.metrics, &s.block[0])
	s.block = s.block[1:]
}

// notUTF8 marks the end of a label that was not UTF-8.
const notUTF8 = "\uFFFD"

// text makes a router's bytes into a label value, which has to be UTF-8: what
// is not, is taken as ISO 8859-1 and marked, so that different names stay
// different. Two series of one name would cost both.
func text(s string) string {
	if utf8.ValidString(s) {
		if strings.HasSuffix(s, notUTF8) { // as somebody may have called it
			return s + notUTF8
		}
		return s
	}
	runes := make([]rune, len(s))
	for i := range len(s) {
		runes[i] = rune(s[i])
	}
	return string(runes) + notUTF8
}

// maxComment bounds a comment in a label, in bytes.
const maxComment = 256

// comment returns a row's comment, cut if it is long. Comments are labels of
// metrics named _info alone: whoever changes one begins one series and not a
// dozen, and rules that look at values do not see it.
func comment(row routeros.Row) string {
	s := row.String("comment")
	if len(s) <= maxComment {
		return s
	}
	cut := maxComment
	for cut > 0 && utf8.ValidString(s) && !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut]
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// count is how much one label value has to count.
type count map[string]int

// emit adds a sample for each key, in order.
func (c count) emit(m *Metric, out *Samples) {
	for _, key := range slices.Sorted(maps.Keys(c)) {
		out.add(m, float64(c[key]), key)
	}
}

// number returns a numeric property; false if the row has none or the router
// wrote something else ("auto").
func number(row routeros.Row, property string) (float64, bool) {
	v, ok := row.Get(property)
	if !ok {
		return 0, false
	}
	return parseNumber(string(v))
}

// parseNumber reads a number in digits. What else ParseFloat knows ("inf",
// "0x1p4", "1_000") is a name where a router writes it.
func parseNumber(s string) (float64, bool) {
	if strings.Trim(s, "0123456789.-") != "" {
		return 0, false
	}
	f, err := strconv.ParseFloat(s, 64)
	return f, err == nil
}
