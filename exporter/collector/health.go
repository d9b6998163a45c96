package collector

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/routeros"
)

// health reads the sensors of the hardware.
type health struct {
	family
	byUnit     map[string]*Metric // by the router's name of the unit
	ok         *Metric
	sensors    map[string]string // of RouterOS 6, with their units
	properties []string          // their names
}

func newHealth() limited {
	c := &health{family: family{name: "health", about: "Temperatures, voltages, fans and power supplies.", every: time.Minute}, sensors: sensorsV6()}
	c.byUnit = map[string]*Metric{
		"C":   c.gauge("temperature_celsius", "Temperature.", "sensor"),
		"V":   c.gauge("voltage_volts", "Voltage.", "sensor"),
		"A":   c.gauge("current_amperes", "Current.", "sensor"),
		"W":   c.gauge("power_watts", "Power.", "sensor"),
		"RPM": c.gauge("fan_speed_rpm", "Speed of a fan in revolutions per minute.", "sensor"),
	}
	c.ok = c.gauge("ok", "Whether a power supply or fan is well, or idle; absent where none is present.", "sensor")
	for name := range c.sensors {
		c.properties = append(c.properties, name)
	}
	return c
}

// milliamperes are how RouterOS 6 gives the one current that is of no power
// supply in particular, as its SNMP tree says.
const milliamperes = "mA"

// sensorsV6 are the sensors of RouterOS 6, one property each, with their
// units; no unit marks a state. It gives no list of them, so they have to be
// asked for by name.
func sensorsV6() map[string]string {
	sensors := map[string]string{
		"temperature": "C", "cpu-temperature": "C", "switch-temperature": "C", "phy-temperature": "C", "sfp-temperature": "C",
		"voltage": "V", "jack-voltage": "V", "2pin-voltage": "V", "poe-in-voltage": "V",
		"current": milliamperes, "power-consumption": "W", "poe-out-consumption": "W", "fan-state": "",
	}
	for i := 1; i <= 4; i++ {
		sensors[fmt.Sprintf("board-temperature%d", i)] = "C"
		sensors[fmt.Sprintf("fan%d-speed", i)] = "RPM"
		for name, unit := range map[string]string{"voltage": "V", "current": "A", "temperature": "C", "state": ""} {
			sensors[fmt.Sprintf("psu%d-%s", i, name)] = unit
		}
	}
	return sensors
}

// Collect reads rows of a name and a value, or in RouterOS 6 one row with a
// property for each sensor.
func (c *health) Collect(ctx context.Context, r Router, in Input, out *Samples) error {
	if in.Major >= 7 {
		return readAll(ctx, r, read{"/system/health", []string{"name", "value", "type"}, nil, func(row routeros.Row) {
			c.sensor(row, row.String("name"), "value", row.String("type"), out)
		}})
	}
	return readAll(ctx, r, read{"/system/health", c.properties, nil, func(row routeros.Row) {
		for name, unit := range c.sensors {
			c.sensor(row, name, name, unit, out)
		}
	}})
}

func (c *health) sensor(row routeros.Row, name, property, unit string, out *Samples) {
	text := row.String(property)
	if strings.HasSuffix(name, "-state") {
		if text != "" && text != "not-present" { // an empty bay is no failure
			out.add(c.ok, truth(text == "ok" || text == "idle"), name)
		}
		return
	}
	factor := 1.0
	if unit == milliamperes {
		unit, factor = "A", 1e-3
	}
	if m := c.byUnit[unit]; m != nil {
		measure{property, m, factor}.emit(row, out, name)
	}
}
