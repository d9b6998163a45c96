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
	enabled, synchronized, offset, stratum *Metric
}

func newNTP() limited {
	c := &ntp{family: family{name: "ntp", about: "The NTP client.", every: time.Minute}}
	c.enabled = c.gauge("enabled", "Whether the NTP client is enabled.")
	c.synchronized = c.gauge("synchronized",
		"Whether the clock is synchronized; of RouterOS 6, whether a server answered within the last three polls.")
	c.offset = c.gauge("offset_seconds", "How far the server's clock was ahead of the router's when last compared.")
	c.stratum = c.gauge("stratum", "Stratum of the server; of RouterOS 7, which tells it.")
	return c
}

func (c *ntp) Collect(ctx context.Context, r Router, in Input, out *Samples) error {
	properties, client := []string{"enabled", "status", "system-offset", "synced-stratum"}, c.v7
	if in.Major < 7 {
		properties, client = []string{"enabled", "poll-interval", "last-update-before", "last-adjustment"}, c.v6
	}
	return readAll(ctx, r, read{"/system/ntp/client", properties, nil, func(row routeros.Row) {
		out.add(c.enabled, truth(row.Bool("enabled")))
		if row.Bool("enabled") {
			client(row, out)
		}
	}})
}

func (c *ntp) v7(row routeros.Row, out *Samples) {
	out.add(c.synchronized, truth(row.String("status") == "synchronized"))
	measure{"system-offset", c.offset, 1e-3}.emit(row, out) // milliseconds
	measure{"synced-stratum", c.stratum, 1}.emit(row, out)
}

// v6 reads the client of RouterOS 6, which has no state: only when a server
// last answered, and how far it then moved the clock.
func (c *ntp) v6(row routeros.Row, out *Samples) {
	last, err := parseDuration(row.String("last-update-before"))
	interval, err2 := parseDuration(row.String("poll-interval"))
	out.add(c.synchronized, truth(err == nil && err2 == nil && last <= 3*interval))
	if adjustment, err := parseSigned(row.String("last-adjustment")); err == nil {
		out.add(c.offset, adjustment.Seconds())
	}
}
