package collector

import (
	"context"
	"time"

	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/routeros"
)

// conntrack reads how full the table of connections is.
type conntrack struct {
	family
	entries, limit *Metric
}

func newConntrack() limited {
	c := &conntrack{family: family{name: "conntrack", about: "The table of tracked connections.", every: time.Minute}}
	c.entries = c.gauge("entries", "Connections tracked.")
	c.limit = c.gauge("entries_limit", "Connections that can be tracked.")
	return c
}

func (c *conntrack) Collect(ctx context.Context, r Router, _ Input, out *Samples) error {
	return readAll(ctx, r, read{"/ip/firewall/connection/tracking", []string{"total-entries", "max-entries"}, nil, func(row routeros.Row) {
		measure{"total-entries", c.entries, 1}.emit(row, out)
		measure{"max-entries", c.limit, 1}.emit(row, out)
	}})
}
