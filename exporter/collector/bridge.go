package collector

import (
	"context"
	"time"

	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/routeros"
)

// bridge counts what is on bridges.
type bridge struct {
	family
	ports, inactive, vlans *Metric
}

func newBridge() limited {
	c := &bridge{family: family{name: "bridge", about: "Ports and VLANs of bridges, counted.", every: time.Minute}}
	c.ports = c.gauge("ports", "Ports configured on the bridge.", "bridge")
	c.inactive = c.gauge("ports_inactive", "Ports of the bridge that are enabled and not running.", "bridge")
	c.vlans = c.gauge("vlans", "Rows of the VLAN table of the bridge, dynamic ones left out.", "bridge")
	return c
}

func (c *bridge) Collect(ctx context.Context, r Router, _ Input, out *Samples) error {
	ports, inactive, vlans := count{}, count{}, count{}
	var bridges []string
	err := readAll(ctx, r,
		read{"/interface/bridge", []string{"name"}, nil, func(row routeros.Row) { bridges = append(bridges, row.String("name")) }},
		read{"/interface/bridge/port", []string{"bridge", "disabled", "inactive"}, routeros.NotDynamic(), func(row routeros.Row) {
			ports[row.String("bridge")]++
			if row.Bool("inactive") && !row.Bool("disabled") {
				inactive[row.String("bridge")]++
			}
		}},
		read{"/interface/bridge/vlan", []string{"bridge"}, routeros.NotDynamic(), func(row routeros.Row) { vlans[row.String("bridge")]++ }},
	)
	if err != nil {
		return err
	}
	for _, c := range []count{ports, inactive, vlans} {
		for _, name := range bridges {
			c[name] += 0
		}
	}
	ports.emit(c.ports, out)
	inactive.emit(c.inactive, out)
	vlans.emit(c.vlans, out)
	return nil
}
