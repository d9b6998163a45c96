package collector

import (
	"context"
	"time"

	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/routeros"
)

// certificate reads until when certificates are valid, and nothing of keys.
type certificate struct {
	family
	notAfter *Metric
}

func newCertificate() limited {
	c := &certificate{family: family{name: "certificate", about: "Validity of certificates.", every: time.Hour, series: maxSeriesRows}}
	c.notAfter = c.gauge("not_after_timestamp_seconds", "When the certificate expires, the router's time taken as UTC.", "name", "common_name")
	return c
}

func (c *certificate) Collect(ctx context.Context, r Router, _ Input, out *Samples) error {
	return readAll(ctx, r, read{"/certificate", []string{"name", "common-name", "invalid-after"}, nil, func(row routeros.Row) {
		if t, err := parseTimestamp(row.String("invalid-after"), time.UTC); err == nil {
			out.add(c.notAfter, float64(t.Unix()), row.String("name"), row.String("common-name"))
		}
	}})
}
