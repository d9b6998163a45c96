package collector

import (
	"context"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/routeros"
)

// interfaces reads /interface, which is the same in RouterOS 6 and 7.
type interfaces struct {
	adminUp, up, info, mtu *prometheus.Desc
	counters               []interfaceCounter
	properties             []string
}

type interfaceCounter struct {
	property string
	desc     *prometheus.Desc
}

func newInterface() Collector {
	d := func(name, help string, more ...string) *prometheus.Desc {
		return desc("interface", name, help, append([]string{"interface"}, more...)...)
	}
	c := &interfaces{
		adminUp: d("admin_up", "Whether the interface is enabled in the configuration."),
		up:      d("up", "Whether the interface is running."),
		info:    d("info", "What the interface is, always 1.", "type", "comment", "mac_address"),
		mtu:     d("mtu_bytes", "MTU in use."),
		counters: []interfaceCounter{
			{"rx-byte", d("receive_bytes_total", "Bytes received.")},
			{"tx-byte", d("transmit_bytes_total", "Bytes sent.")},
			{"rx-packet", d("receive_packets_total", "Packets received.")},
			{"tx-packet", d("transmit_packets_total", "Packets sent.")},
			{"rx-error", d("receive_errors_total", "Packets received with an error.")},
			{"tx-error", d("transmit_errors_total", "Packets that could not be sent because of an error.")},
			{"rx-drop", d("receive_drops_total", "Received packets that were dropped.")},
			{"tx-drop", d("transmit_drops_total", "Packets dropped instead of sent.")},
			{"link-downs", d("link_downs_total", "How often the link went down.")},
		},
		properties: []string{"name", "type", "disabled", "running", "mtu", "actual-mtu", "mac-address", "comment"},
	}
	for _, n := range c.counters {
		c.properties = append(c.properties, n.property)
	}
	return c
}

func (*interfaces) Name() string { return "interface" }

func (c *interfaces) Collect(ctx context.Context, r Router, in Input, out *Samples) error {
	query := routeros.NotDynamic()
	if in.DynamicInterfaces {
		query = nil
	}
	return readAll(ctx, r, read{"/interface", c.properties, query, func(row routeros.Row) { c.row(row, out) }})
}

func (c *interfaces) row(row routeros.Row, out *Samples) {
	name := row.String("name")
	if name == "" {
		return
	}
	out.gauge(c.adminUp, truth(!row.Bool("disabled")), name)
	out.gauge(c.up, truth(row.Bool("running")), name)
	out.gauge(c.info, 1, name, row.String("type"), row.String("comment"), row.String("mac-address"))
	if mtu, ok := number(row, "actual-mtu"); ok {
		out.gauge(c.mtu, mtu, name)
	} else if mtu, ok := number(row, "mtu"); ok {
		out.gauge(c.mtu, mtu, name)
	}
	for _, n := range c.counters {
		if v, ok := number(row, n.property); ok {
			out.counter(n.desc, v, name)
		}
	}
}
