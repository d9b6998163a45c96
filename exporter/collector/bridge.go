package collector

import (
	"context"
	"time"

	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/routeros"
)

// bridge counts what is on bridges.
type bridge struct {
	family
	ports, inactive, vlans, active *Metric
}

func newBridge() limited {
	c := &bridge{family: family{name: "bridge", about: "Ports of bridges, and their VLANs counted.", every: time.Minute}}
	c.ports = c.gauge("ports", "Ports configured on the bridge.", "bridge")
	c.inactive = c.gauge("ports_inactive", "Ports of the bridge that are enabled and not running.", "bridge")
	c.vlans = c.gauge("vlans", "Rows of the VLAN table of the bridge, dynamic ones left out.", "bridge")
	c.active = c.gauge("port_active", "Whether the port is enabled and running in its bridge.", "bridge", "interface")
	return c
}

func (c *bridge) Collect(ctx context.Context, r Router, _ Input, out *Samples) error {
	ports, inactive, vlans := count{}, count{}, count{}
	active := map[[2]string]bool{} // by bridge and port: a list of interfaces may be in two
	var bridges []string
	err := readAll(ctx, r,
		read{"/interface/bridge", []string{"name"}, nil, func(row routeros.Row) { bridges = append(bridges, row.String("name")) }},
		read{"/interface/bridge/port", []string{"bridge", "interface", "disabled", "inactive"}, routeros.NotDynamic(), func(row routeros.Row) {
			name, iface := row.String("bridge"), row.String("interface")
			ports[name]++
			if row.Bool("inactive") && !row.Bool("disabled") {
				inactive[name]++
			}
			active[[2]string{name, iface}] = !row.Bool("inactive") && !row.Bool("disabled")
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
	for key, is := range active {
		out.add(c.active, truth(is), key[0], key[1])
	}
	ports.emit(c.ports, out)
	inactive.emit(c.inactive, out)
	vlans.emit(c.vlans, out)
	return nil
}
