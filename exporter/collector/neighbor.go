package collector

import (
	"context"
	"strings"
	"time"

	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/routeros"
)

// maxNeighbors bounds the series of neighbours: what announces itself on an
// access network is in the hands of subscribers.
const maxNeighbors = 256

// neighbors reads what announces itself by LLDP, MNDP or CDP.
type neighbors struct {
	family
	info *Metric
}

func newNeighbors() limited {
	c := &neighbors{family: family{
		name: "neighbor", about: "Devices that announce themselves on the router's links, for topology; no more than 256.",
		every: 5 * time.Minute, series: maxNeighbors,
	}}
	c.info = c.gauge("info", "A device seen on an interface, always 1.", "interface", "remote_identity", "remote_interface", "remote_mac_address", "platform")
	return c
}

func (c *neighbors) Collect(ctx context.Context, r Router, _ Input, out *Samples) error {
	seen := map[[5]string]bool{}
	return readAll(ctx, r, read{"/ip/neighbor", []string{"interface", "identity", "interface-name", "mac-address", "platform"}, nil, func(row routeros.Row) {
		// A port of a bridge comes with the bridge behind it ("ether3,bridge").
		iface, _, _ := strings.Cut(row.String("interface"), ",")
		key := [5]string{iface, row.String("identity"), row.String("interface-name"), row.String("mac-address"), row.String("platform")}
		if seen[key] {
			return
		}
		seen[key] = true
		out.add(c.info, 1, key[0], key[1], key[2], key[3], key[4])
	}})
}
