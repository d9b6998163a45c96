package collector

import (
	"context"

	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/routeros"
)

// netwatch reads what the router itself watches.
type netwatch struct {
	family
	up *Metric
}

func newNetwatch() Collector {
	c := &netwatch{family: family{name: "netwatch", about: "Hosts that the router watches by itself."}}
	c.up = c.gauge("up", "Whether the router's own probe reaches the host; absent while it does not know.", "host", "type", "comment")
	return c
}

func (c *netwatch) Collect(ctx context.Context, r Router, _ Input, out *Samples) error {
	seen := map[[3]string]bool{}
	return readAll(ctx, r, read{"/tool/netwatch", []string{"host", "type", "comment", "status", "disabled"}, nil, func(row routeros.Row) {
		status := row.String("status")
		key := [3]string{row.String("host"), row.String("type"), row.String("comment")}
		if row.Bool("disabled") || seen[key] || status != "up" && status != "down" {
			return
		}
		seen[key] = true
		out.add(c.up, truth(status == "up"), key[:]...)
	}})
}
