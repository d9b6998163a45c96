package collector

import (
	"context"
	"time"

	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/routeros"
)

// ntp reads whether something sets the router's clock. How wrong the clock is
// tells the skew of the collector system.
type ntp struct {
	family
	enabled, synchronized *Metric
}

func newNTP() Collector {
	c := &ntp{family: family{name: "ntp", about: "The NTP client.", every: time.Minute}}
	c.enabled = c.gauge("enabled", "Whether the NTP client is enabled.")
	c.synchronized = c.gauge("synchronized", "Whether the clock is synchronized; absent where the router does not say (RouterOS 6).")
	return c
}

func (c *ntp) Collect(ctx context.Context, r Router, _ Input, out *Samples) error {
	return readAll(ctx, r, read{"/system/ntp/client", []string{"enabled", "status"}, nil, func(row routeros.Row) {
		out.add(c.enabled, truth(row.Bool("enabled")))
		if status := row.String("status"); status != "" {
			out.add(c.synchronized, truth(status == "synchronized"))
		}
	}})
}
