package collector

import (
	"context"
	"strings"
	"time"

	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/routeros"
)

// health reads the sensors of the hardware.
type health struct {
	family
	byUnit map[string]*Metric // by the router's name of the unit
	ok     *Metric
}

func newHealth() Collector {
	c := &health{family: family{name: "health", about: "Temperatures, voltages, fans and power supplies.", every: time.Minute}}
	c.byUnit = map[string]*Metric{
		"C":   c.gauge("temperature_celsius", "Temperature.", "sensor"),
		"V":   c.gauge("voltage_volts", "Voltage.", "sensor"),
		"A":   c.gauge("current_amperes", "Current; RouterOS 7 alone tells the unit.", "sensor"),
		"W":   c.gauge("power_watts", "Power.", "sensor"),
		"RPM": c.gauge("fan_speed_rpm", "Speed of a fan in revolutions per minute.", "sensor"),
	}
	c.ok = c.gauge("ok", "Whether a power supply or fan says that it is well.", "sensor")
	return c
}

// healthV6 are the sensors of RouterOS 6, one property each, with their units;
// no unit marks a state.
var healthV6 = map[string]string{
	"temperature": "C", "cpu-temperature": "C", "board-temperature1": "C", "board-temperature2": "C",
	"switch-temperature": "C", "phy-temperature": "C", "voltage": "V", "psu1-voltage": "V", "psu2-voltage": "V",
	"power-consumption": "W", "fan1-speed": "RPM", "fan2-speed": "RPM", "fan3-speed": "RPM", "fan4-speed": "RPM",
	"psu1-state": "", "psu2-state": "",
}

// Collect reads rows of a name and a value, or in RouterOS 6 one row with a
// property for each sensor.
func (c *health) Collect(ctx context.Context, r Router, in Input, out *Samples) error {
	if in.Major >= 7 {
		return readAll(ctx, r, read{"/system/health", []string{"name", "value", "type"}, nil, func(row routeros.Row) {
			c.sensor(row, row.String("name"), "value", row.String("type"), out)
		}})
	}
	properties := make([]string, 0, len(healthV6))
	for name := range healthV6 {
		properties = append(properties, name)
	}
	return readAll(ctx, r, read{"/system/health", properties, nil, func(row routeros.Row) {
		for name, unit := range healthV6 {
			c.sensor(row, name, name, unit, out)
		}
	}})
}

func (c *health) sensor(row routeros.Row, name, property, unit string, out *Samples) {
	text, ok := row.Get(property)
	if !ok {
		return
	}
	if strings.HasSuffix(name, "-state") {
		out.add(c.ok, truth(string(text) == "ok"), name)
	} else if v, ok := number(row, property); ok && c.byUnit[unit] != nil {
		out.add(c.byUnit[unit], v, name)
	}
}
