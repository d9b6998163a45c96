package collector

import (
	"context"

	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/routeros"
)

// netwatch reads what the router itself watches.
type netwatch struct {
	family
	up, info *Metric
}

func newNetwatch() limited {
	c := &netwatch{family: family{name: "netwatch", about: "Hosts that the router watches by itself.", series: maxSeriesRows}}
	c.up = c.gauge("up", "Whether the router's own probe reaches the host; absent while it does not know.", "host", "type", "name")
	c.info = c.gauge("info", "What is watched, always 1.", "host", "type", "name", "comment")
	return c
}

func (c *netwatch) Collect(ctx context.Context, r Router, _ Input, out *Samples) error {
	seen := map[[3]string]bool{} // RouterOS lets one host be watched twice in the same way; the first stands for both
	return readAll(ctx, r, read{"/tool/netwatch", []string{"host", "type", "name", "comment", "status", "disabled"}, nil, func(row routeros.Row) {
		status := row.String("status")
		key := [3]string{row.String("host"), row.String("type"), row.String("name")}
		if row.Bool("disabled") || seen[key] || status != "up" && status != "down" {
			return
		}
		seen[key] = true
		out.add(c.up, truth(status == "up"), key[0], key[1], key[2])
		out.add(c.info, 1, key[0], key[1], key[2], comment(row))
	}})
}
