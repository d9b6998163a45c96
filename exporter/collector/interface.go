package collector

import (
	"context"

	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/routeros"
)

// interfaces reads /interface, which is the same in RouterOS 6 and 7.
type interfaces struct {
	family
	adminUp, up, info, mtu *Metric
	counters               []interfaceCounter
	properties             []string
}

type interfaceCounter struct {
	property string
	desc     *Metric
}

func newInterface() Collector {
	c := &interfaces{family: family{name: "interface", about: "Interfaces and their traffic."}}
	c.adminUp = c.gauge("admin_up", "Whether the interface is enabled in the configuration.", "interface")
	c.up = c.gauge("up", "Whether the interface is running.", "interface")
	c.info = c.gauge("info", "What the interface is, always 1.", "interface", "type", "comment", "mac_address")
	c.mtu = c.gauge("mtu_bytes", "MTU in use.", "interface")
	c.counters = []interfaceCounter{
		{"rx-byte", c.counter("receive_bytes_total", "Bytes received.", "interface")},
		{"tx-byte", c.counter("transmit_bytes_total", "Bytes sent.", "interface")},
		{"rx-packet", c.counter("receive_packets_total", "Packets received.", "interface")},
		{"tx-packet", c.counter("transmit_packets_total", "Packets sent.", "interface")},
		{"rx-error", c.counter("receive_errors_total", "Packets received with an error.", "interface")},
		{"tx-error", c.counter("transmit_errors_total", "Packets that could not be sent because of an error.", "interface")},
		{"rx-drop", c.counter("receive_drops_total", "Received packets that were dropped.", "interface")},
		{"tx-drop", c.counter("transmit_drops_total", "Packets dropped instead of sent.", "interface")},
		{"link-downs", c.counter("link_downs_total", "How often the link went down.", "interface")},
	}
	c.properties = []string{"name", "type", "disabled", "running", "mtu", "actual-mtu", "mac-address", "comment"}
	for _, n := range c.counters {
		c.properties = append(c.properties, n.property)
	}
	return c
}

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
	out.add(c.adminUp, truth(!row.Bool("disabled")), name)
	out.add(c.up, truth(row.Bool("running")), name)
	out.add(c.info, 1, name, row.String("type"), row.String("comment"), row.String("mac-address"))
	if mtu, ok := number(row, "actual-mtu"); ok {
		out.add(c.mtu, mtu, name)
	} else if mtu, ok := number(row, "mtu"); ok {
		out.add(c.mtu, mtu, name)
	}
	for _, n := range c.counters {
		if v, ok := number(row, n.property); ok {
			out.add(n.desc, v, name)
		}
	}
}
