package collector

import (
	"context"
	"time"

	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/routeros"
)

// poe reads the power that ports give to what is connected.
type poe struct {
	family
	powered  *Metric
	measures []measure
}

func newPoE() limited {
	c := &poe{family: family{name: "poe", about: "Power over Ethernet.", every: time.Minute}}
	c.powered = c.gauge("out_powered", "Whether the port powers a device.", "interface")
	c.measures = []measure{
		{"poe-out-voltage", c.gauge("out_voltage_volts", "Voltage given.", "interface"), 1},
		{"poe-out-current", c.gauge("out_current_amperes", "Current given.", "interface"), 1e-3},
		{"poe-out-power", c.gauge("out_power_watts", "Power given.", "interface"), 1},
	}
	return c
}

func (c *poe) Collect(ctx context.Context, r Router, _ Input, out *Samples) error {
	var ports []string
	err := readAll(ctx, r, read{"/interface/ethernet/poe", []string{"name", "poe-out"}, nil, func(row routeros.Row) {
		if row.String("poe-out") != "off" {
			ports = append(ports, row.String("name"))
		}
	}})
	if err != nil {
		return err
	}
	properties := []string{"name", "poe-out-status"}
	for _, m := range c.measures {
		properties = append(properties, m.property)
	}
	return monitored(ctx, r, "/interface/ethernet/poe", ports, properties, func(row routeros.Row) {
		out.add(c.powered, truth(row.String("poe-out-status") == "powered-on"), port(row))
		for _, m := range c.measures {
			m.emit(row, out, port(row))
		}
	})
}
