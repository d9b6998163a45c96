package collector

import (
	"context"
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
	return once(ctx, r, routeros.Command{menu + "/monitor", "=numbers=" + strings.Join(ports, ","), "=once="}, properties, each)
}

// once runs a command that would go on for ever if it were not told to end.
func once(ctx context.Context, r Router, cmd routeros.Command, properties []string, each func(routeros.Row)) error {
	err := r.Run(ctx, append(cmd, "=.proplist="+strings.Join(properties, ",")), func(row routeros.Row) error {
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
	if v, ok := parseMeasure(row.String(m.property)); ok {
		out.add(m.metric, v*m.factor, labels...)
	}
}

// parseMeasure reads a number behind which some versions write the unit
// ("-7.2dBm", "41C", "0.317 ms").
func parseMeasure(s string) (float64, bool) {
	return parseNumber(strings.TrimRight(s, "dBmCVAWRPMs% "))
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
	info, present, loss, fault *Metric
	measures                   []measure
}

func newOptics() limited {
	c := &optics{family: family{name: "optics", about: "SFP transceivers.", every: time.Minute, series: maxSeriesRows}}
	c.info = c.gauge("info", "What the transceiver is, always 1.", "interface", "vendor", "part_number")
	c.present = c.gauge("module_present", "Whether there is a transceiver in the port.", "interface")
	c.loss = c.gauge("receive_loss", "Whether the transceiver receives no light.", "interface")
	c.fault = c.gauge("transmit_fault", "Whether the transceiver says that it cannot send.", "interface")
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
	properties := []string{"name", "sfp-module-present", "sfp-vendor-name", "sfp-vendor-part-number", "sfp-rx-loss", "sfp-tx-fault"}
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
		for property, m := range map[string]*Metric{"sfp-rx-loss": c.loss, "sfp-tx-fault": c.fault} {
			if _, known := row.Get(property); known {
				out.add(m, truth(row.Bool(property)), port(row))
			}
		}
		for _, m := range c.measures {
			m.emit(row, out, port(row))
		}
	})
}
