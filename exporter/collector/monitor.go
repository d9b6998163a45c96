package collector

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/routeros"
)

// monitored reads properties that only a menu's monitor command tells, once,
// for all ports in one command.
func monitored(ctx context.Context, r Router, menu string, ports, properties []string, each func(routeros.Row)) error {
	if len(ports) == 0 {
		return nil
	}
	err := r.Run(ctx, routeros.Command{
		menu + "/monitor", "=numbers=" + strings.Join(ports, ","), "=once=", "=.proplist=" + strings.Join(properties, ","),
	}, func(row routeros.Row) error {
		each(row)
		return nil
	})
	if routeros.IsMissing(err) {
		return nil
	}
	return err
}

// measure is a property with its metric and the factor that makes the
// router's unit the metric's.
type measure struct {
	property string
	metric   *Metric
	factor   float64
}

func (m measure) emit(row routeros.Row, out *Samples, labels ...string) {
	// Some versions write the unit behind the number ("-7.2dBm").
	text := strings.TrimRight(row.String(m.property), "dBmCVAW%hsz ")
	if v, err := strconv.ParseFloat(text, 64); err == nil {
		out.add(m.metric, v*m.factor, labels...)
	}
}

// port reads the name that a monitor command gives its answer.
func port(row routeros.Row) string {
	if name := row.String("name"); name != "" {
		return name
	}
	return row.String("interface")
}

// optics reads the transceivers of SFP ports.
type optics struct {
	family
	info, present *Metric
	measures      []measure
}

func newOptics() Collector {
	c := &optics{family: family{name: "optics", about: "SFP transceivers.", every: time.Minute}}
	c.info = c.gauge("info", "What the transceiver is, always 1.", "interface", "vendor", "part_number")
	c.present = c.gauge("module_present", "Whether there is a transceiver in the port.", "interface")
	c.measures = []measure{
		{"sfp-rx-power", c.gauge("receive_power_dbm", "Optical power received, in dBm as thresholds are.", "interface"), 1},
		{"sfp-tx-power", c.gauge("transmit_power_dbm", "Optical power sent, in dBm.", "interface"), 1},
		{"sfp-temperature", c.gauge("temperature_celsius", "Temperature of the transceiver.", "interface"), 1},
		{"sfp-supply-voltage", c.gauge("supply_voltage_volts", "Supply voltage of the transceiver.", "interface"), 1},
		{"sfp-tx-bias-current", c.gauge("transmit_bias_amperes", "Bias current of the laser.", "interface"), 1e-3},
	}
	return c
}

func (c *optics) Collect(ctx context.Context, r Router, _ Input, out *Samples) error {
	var ports []string
	err := readAll(ctx, r, read{"/interface/ethernet", []string{"name", "default-name"}, nil, func(row routeros.Row) {
		if strings.Contains(row.String("default-name"), "sfp") {
			ports = append(ports, row.String("name"))
		}
	}})
	if err != nil {
		return err
	}
	properties := []string{"name", "sfp-module-present", "sfp-vendor-name", "sfp-vendor-part-number"}
	for _, m := range c.measures {
		properties = append(properties, m.property)
	}
	return monitored(ctx, r, "/interface/ethernet", ports, properties, func(row routeros.Row) {
		if _, known := row.Get("sfp-module-present"); !known {
			return
		}
		out.add(c.present, truth(row.Bool("sfp-module-present")), port(row))
		if !row.Bool("sfp-module-present") {
			return
		}
		out.add(c.info, 1, port(row), row.String("sfp-vendor-name"), row.String("sfp-vendor-part-number"))
		for _, m := range c.measures {
			m.emit(row, out, port(row))
		}
	})
}
