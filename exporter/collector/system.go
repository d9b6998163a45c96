package collector

import (
	"context"
	"fmt"

	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/routeros"
)

// system reads what a router is and how it fares.
type system struct {
	family
	info, identity, board, outdated *Metric
	uptime, cpuLoad, cpus           *Metric
	clock, skew                     *Metric
	sizes                           []systemSize
}

type systemSize struct {
	property string
	desc     *Metric
}

func newSystem() limited {
	c := &system{family: family{name: "system", about: "What the router is, its load and its clock."}}
	c.info = c.gauge("info", "RouterOS version and hardware, always 1.", "version", "board_name", "architecture")
	c.identity = c.gauge("identity_info", "The name that the router gives itself, always 1.", "identity")
	c.board = c.gauge("routerboard_info", "Model and firmware of RouterBOARD hardware, always 1.", "model", "current_firmware", "upgrade_firmware")
	c.outdated = c.gauge("firmware_upgrade_available", "Whether RouterBOARD hardware runs another firmware than the one that comes with its RouterOS.")
	c.uptime = c.gauge("uptime_seconds", "Time since the router was started.")
	c.cpuLoad = c.gauge("cpu_load_ratio", "Share of CPU time in use, 0 to 1.")
	c.cpus = c.gauge("cpus", "Number of CPU cores.")
	c.clock = c.gauge("clock_timestamp_seconds", "The router's clock, to the second.")
	c.skew = c.gauge("clock_skew_seconds", "The router's clock minus the exporter's, to the second and with the time of the reading in it.")
	c.sizes = []systemSize{
		{"free-memory", c.gauge("memory_free_bytes", "Free memory.")},
		{"total-memory", c.gauge("memory_total_bytes", "Memory of the router.")},
		{"free-hdd-space", c.gauge("storage_free_bytes", "Free storage.")},
		{"total-hdd-space", c.gauge("storage_total_bytes", "Storage of the router.")},
	}
	return c
}

func (c *system) Collect(ctx context.Context, r Router, in Input, out *Samples) error {
	resource := []string{"version", "board-name", "architecture-name", "uptime", "cpu-load", "cpu-count"}
	for _, s := range c.sizes {
		resource = append(resource, s.property)
	}
	var invalid error // what the router wrote and we cannot read
	note := func(err error) {
		if invalid == nil {
			invalid = err
		}
	}
	err := readAll(ctx, r,
		read{"/system/resource", resource, nil, func(row routeros.Row) { note(c.resource(row, out)) }},
		read{"/system/identity", []string{"name"}, nil, func(row routeros.Row) {
			out.add(c.identity, 1, row.String("name"))
		}},
		read{"/system/routerboard", []string{"routerboard", "model", "current-firmware", "upgrade-firmware"}, nil, func(row routeros.Row) {
			if row.Bool("routerboard") {
				current, upgrade := row.String("current-firmware"), row.String("upgrade-firmware")
				out.add(c.board, 1, row.String("model"), current, upgrade)
				out.add(c.outdated, truth(upgrade != "" && current != upgrade))
			}
		}},
		read{"/system/clock", []string{"date", "time", "gmt-offset"}, nil, func(row routeros.Row) {
			t, err := parseClock(row.String("date"), row.String("time"), row.String("gmt-offset"))
			if err != nil {
				note(fmt.Errorf("/system/clock: %w", err))
				return
			}
			out.add(c.clock, float64(t.Unix()))
			out.add(c.skew, t.Sub(in.Now()).Seconds())
		}},
	)
	if err != nil {
		return err
	}
	return invalid
}

func (c *system) resource(row routeros.Row, out *Samples) error {
	out.add(c.info, 1, row.String("version"), row.String("board-name"), row.String("architecture-name"))
	if load, ok := number(row, "cpu-load"); ok {
		out.add(c.cpuLoad, load/100)
	}
	if n, ok := number(row, "cpu-count"); ok {
		out.add(c.cpus, n)
	}
	for _, s := range c.sizes {
		if v, ok := number(row, s.property); ok {
			out.add(s.desc, v)
		}
	}
	uptime, err := parseDuration(row.String("uptime"))
	if err != nil {
		return fmt.Errorf("/system/resource: uptime: %w", err)
	}
	out.add(c.uptime, uptime.Seconds())
	return nil
}
