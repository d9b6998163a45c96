package promwatch

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/prometheus/common/model"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/configchange"
)

// Reasons for which a sample is not an observation.
const (
	skipNoDevice     = "no_device"     // the series has no device label
	skipNoCategory   = "no_category"   // the series has no category label
	skipNoTimestamp  = "no_timestamp"  // the same scrape did not say when it was read
	skipBadValue     = "bad_value"     // no whole number below 2^48
	skipBadTimestamp = "bad_timestamp" // no time
)

// skips counts skipped samples by reason.
type skips map[string]int

// reading is one reading of one stream, which many scrapes repeat.
type reading struct {
	configchange.Stream
	at          time.Time
	fingerprint string
	allowlist   int
}

func readingOf(o configchange.Observation) reading {
	return reading{o.Stream, o.ObservedAt, o.Fingerprint, o.AllowlistVersion}
}

// scrape identifies one sample of one target (and category): what the three series have in common.
type scrape struct {
	labels model.Fingerprint
	at     model.Time
}

// decode joins the three series into observations, sorted by time, then stream. An observation is
// made when the exporter read the router, which the timestamp series tells; the time of the scrape
// says nothing, since a scrape repeats the last reading.
func decode(matrix model.Matrix, s Series) ([]configchange.Observation, skips) {
	skipped := skips{}
	observed, versions := index(matrix, s.ObservedTimestamp), index(matrix, s.AllowlistVersion)
	found := make(map[reading]bool)
	for _, series := range matrix {
		if series.Metric[model.MetricNameLabel] != model.LabelValue(s.Fingerprint) {
			continue
		}
		stream, reason := streamOf(series.Metric, s)
		if reason != "" {
			skipped[reason] += len(series.Values)
			continue
		}
		if stream.Category == configchange.AllCategories {
			continue
		}
		with, without := identity(series.Metric, ""), identity(series.Metric, s.CategoryLabel)
		for _, sample := range series.Values {
			fingerprint, ok := fingerprintOf(float64(sample.Value))
			if !ok {
				skipped[skipBadValue]++
				continue
			}
			seconds, ok := observed[scrape{with, sample.Timestamp}]
			if !ok {
				skipped[skipNoTimestamp]++
				continue
			}
			at, ok := timeOf(seconds)
			if !ok {
				skipped[skipBadTimestamp]++
				continue
			}
			found[reading{stream, at, fingerprint, int(versions[scrape{without, sample.Timestamp}])}] = true
		}
	}
	return inOrder(found), skipped
}

func inOrder(found map[reading]bool) []configchange.Observation {
	out := make([]configchange.Observation, 0, len(found))
	for r := range found {
		out = append(out, configchange.Observation{
			Stream: r.Stream, ObservedAt: r.at, Fingerprint: r.fingerprint, AllowlistVersion: r.allowlist,
		})
	}
	slices.SortFunc(out, func(a, b configchange.Observation) int {
		return cmp.Or(a.ObservedAt.Compare(b.ObservedAt), cmp.Compare(a.Device, b.Device), cmp.Compare(a.Category, b.Category),
			cmp.Compare(a.Exporter, b.Exporter), cmp.Compare(a.Fingerprint, b.Fingerprint))
	})
	return out
}

// index lays out one series' samples by target and time.
func index(matrix model.Matrix, name string) map[scrape]float64 {
	samples := make(map[scrape]float64)
	for _, series := range matrix {
		if series.Metric[model.MetricNameLabel] != model.LabelValue(name) {
			continue
		}
		labels := identity(series.Metric, "")
		for _, sample := range series.Values {
			samples[scrape{labels, sample.Timestamp}] = float64(sample.Value)
		}
	}
	return samples
}

// identity is the series without its name, and without one more label.
func identity(metric model.Metric, ignore string) model.Fingerprint {
	rest := make(model.Metric, len(metric))
	for name, value := range metric {
		if name != model.MetricNameLabel && string(name) != ignore {
			rest[name] = value
		}
	}
	return rest.Fingerprint()
}

func streamOf(metric model.Metric, s Series) (configchange.Stream, string) {
	stream := configchange.Stream{
		Device:   string(metric[model.LabelName(s.DeviceLabel)]),
		Category: string(metric[model.LabelName(s.CategoryLabel)]),
		Source:   Source,
	}
	if s.ExporterLabel != "" {
		stream.Exporter = string(metric[model.LabelName(s.ExporterLabel)])
	}
	switch {
	case stream.Device == "":
		return stream, skipNoDevice
	case stream.Category == "":
		return stream, skipNoCategory
	}
	return stream, ""
}

// fingerprintOf turns a gauge into the 12 hex digits that it stands for. A float64 holds every whole
// number below 2^53, so 48 bits come through exactly; anything else is not a fingerprint.
func fingerprintOf(value float64) (string, bool) {
	if math.IsNaN(value) || value < 0 || value >= 1<<48 || value != math.Trunc(value) {
		return "", false
	}
	return fmt.Sprintf("%012x", uint64(value)), true
}

// timeOf turns a gauge in seconds into a time, to the microsecond: what a float64 still holds, and
// what the database keeps.
func timeOf(seconds float64) (time.Time, bool) {
	if math.IsNaN(seconds) || seconds <= 0 || seconds > 1e11 {
		return time.Time{}, false
	}
	return time.UnixMicro(int64(math.Round(seconds * 1e6))).UTC(), true
}
