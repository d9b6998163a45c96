package collector

import (
	"context"
	"time"

	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/routeros"
)

// maxNeighbors bounds the series of neighbours: what announces itself on an
// access network is in the hands of subscribers.
const maxNeighbors = 256

// neighbors reads what announces itself by LLDP, MNDP or CDP.
type neighbors struct {
	family
	info, truncated *Metric
}

func newNeighbors() Collector {
	c := &neighbors{family: family{name: "neighbor", about: "Devices that announce themselves on the router's links, for topology.", every: 5 * time.Minute}}
	c.info = c.gauge("info", "A device seen on an interface, always 1.", "interface", "remote_identity", "remote_interface", "remote_mac_address", "platform")
	c.truncated = c.gauge("truncated", "Whether there are more neighbours than are shown (256).")
	return c
}

func (c *neighbors) Collect(ctx context.Context, r Router, _ Input, out *Samples) error {
	seen := map[[5]string]bool{}
	more, rows := false, 0
	err := readAll(ctx, r, read{"/ip/neighbor", []string{"interface", "identity", "interface-name", "mac-address", "platform"}, nil, func(row routeros.Row) {
		key := [5]string{row.String("interface"), row.String("identity"), row.String("interface-name"), row.String("mac-address"), row.String("platform")}
		rows++
		switch {
		case seen[key]:
		case len(seen) == maxNeighbors:
			more = true
		default:
			seen[key] = true
			out.add(c.info, 1, key[:]...)
		}
	}})
	if rows > 0 {
		out.add(c.truncated, truth(more))
	}
	return err
}
