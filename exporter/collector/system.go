package collector

import (
	"context"
	"fmt"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/routeros"
)

// system reads what a router is and how it fares.
type system struct {
	info, identity, board, uptime, cpuLoad, cpus *prometheus.Desc
	clock, skew                                  *prometheus.Desc
	sizes                                        []systemSize
}

type systemSize struct {
	property string
	desc     *prometheus.Desc
}

func newSystem() Collector {
	d := func(name, help string, labels ...string) *prometheus.Desc {
		return desc("system", name, help, labels...)
	}
	return &system{
		info:     d("info", "RouterOS version and hardware, always 1.", "version", "board_name", "architecture"),
		identity: d("identity_info", "The name that the router gives itself, always 1.", "identity"),
		board:    d("routerboard_info", "Model and firmware of RouterBOARD hardware, always 1.", "model", "current_firmware", "upgrade_firmware"),
		uptime:   d("uptime_seconds", "Time since the router was started."),
		cpuLoad:  d("cpu_load_ratio", "Share of CPU time in use, 0 to 1."),
		cpus:     d("cpus", "Number of CPU cores."),
		clock:    d("clock_timestamp_seconds", "The router's clock, to the second."),
		skew:     d("clock_skew_seconds", "The router's clock minus the exporter's, to the second and with the time of the reading in it."),
		sizes: []systemSize{
			{"free-memory", d("memory_free_bytes", "Free memory.")},
			{"total-memory", d("memory_total_bytes", "Memory of the router.")},
			{"free-hdd-space", d("storage_free_bytes", "Free storage.")},
			{"total-hdd-space", d("storage_total_bytes", "Storage of the router.")},
		},
	}
}

func (*system) Name() string { return "system" }

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
			out.gauge(c.identity, 1, row.String("name"))
		}},
		read{"/system/routerboard", []string{"routerboard", "model", "current-firmware", "upgrade-firmware"}, nil, func(row routeros.Row) {
			if row.Bool("routerboard") {
				out.gauge(c.board, 1, row.String("model"), row.String("current-firmware"), row.String("upgrade-firmware"))
			}
		}},
		read{"/system/clock", []string{"date", "time", "gmt-offset"}, nil, func(row routeros.Row) {
			t, err := parseClock(row.String("date"), row.String("time"), row.String("gmt-offset"))
			if err != nil {
				note(fmt.Errorf("/system/clock: %w", err))
				return
			}
			out.gauge(c.clock, float64(t.Unix()))
			out.gauge(c.skew, t.Sub(in.Now()).Seconds())
		}},
	)
	if err != nil {
		return err
	}
	return invalid
}

func (c *system) resource(row routeros.Row, out *Samples) error {
	out.gauge(c.info, 1, row.String("version"), row.String("board-name"), row.String("architecture-name"))
	if load, ok := number(row, "cpu-load"); ok {
		out.gauge(c.cpuLoad, load/100)
	}
	if n, ok := number(row, "cpu-count"); ok {
		out.gauge(c.cpus, n)
	}
	for _, s := range c.sizes {
		if v, ok := number(row, s.property); ok {
			out.gauge(s.desc, v)
		}
	}
	uptime, err := parseDuration(row.String("uptime"))
	if err != nil {
		return fmt.Errorf("/system/resource: uptime: %w", err)
	}
	out.gauge(c.uptime, uptime.Seconds())
	return nil
}
