package collector

import (
	"context"
	"fmt"

	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/routeros"
)

// interfaces reads /interface, which is the same in RouterOS 6 and 7.
type interfaces struct {
	family
	adminUp, up, info, mtu, changed *Metric
	counters                        []rowCounter
	properties                      []string
}

type rowCounter struct {
	property string
	desc     *Metric
}

func newInterface() limited {
	c := &interfaces{family: family{name: "interface", about: "Interfaces and their traffic.", series: maxSeriesRows}}
	c.adminUp = c.gauge("admin_up", "Whether the interface is enabled in the configuration.", "interface")
	c.up = c.gauge("up", "Whether the interface is running.", "interface")
	c.info = c.gauge("info", "What the interface is, always 1.", "interface", "type", "comment", "mac_address")
	c.mtu = c.gauge("mtu_bytes", "MTU in use.", "interface")
	c.changed = c.gauge("last_link_change_timestamp_seconds", "When the link last came up or went down, by the router's clock; absent if it never did.", "interface")
	c.counters = []rowCounter{
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
	c.properties = []string{"name", "type", "disabled", "running", "mtu", "actual-mtu", "mac-address", "comment", "last-link-up-time", "last-link-down-time"}
	for _, n := range c.counters {
		c.properties = append(c.properties, n.property)
	}
	return c
}

// linkChange is when a link changed, in the router's local time.
type linkChange struct{ iface, at string }

// Collect reads the offset of the clock along with the interfaces: they tell
// local time, and it is needed where the clock is set to summer time.
func (c *interfaces) Collect(ctx context.Context, r Router, in Input, out *Samples) error {
	query := routeros.NotDynamic()
	if in.DynamicInterfaces {
		query = nil
	}
	var changes []linkChange
	var offset string
	err := readAll(ctx, r,
		read{"/interface", c.properties, query, func(row routeros.Row) {
			c.row(row, out)
			if at := lastLinkChange(row); at != "" {
				changes = append(changes, linkChange{row.String("name"), at})
			}
		}},
		read{"/system/clock", []string{"gmt-offset"}, nil, func(row routeros.Row) { offset = row.String("gmt-offset") }},
	)
	if err != nil {
		return err
	}
	zone, err := parseOffset(offset)
	if err != nil {
		return fmt.Errorf("/system/clock: %w", err)
	}
	for _, l := range changes {
		if t, err := parseTimestamp(l.at, zone); err == nil {
			out.add(c.changed, float64(t.Unix()), l.iface)
		}
	}
	return nil
}

// lastLinkChange returns when a link last changed: what is up has come up
// last.
func lastLinkChange(row routeros.Row) string {
	if row.Bool("running") {
		return row.String("last-link-up-time")
	}
	return row.String("last-link-down-time")
}

func (c *interfaces) row(row routeros.Row, out *Samples) {
	name := row.String("name")
	if name == "" {
		return
	}
	out.add(c.info, 1, name, row.String("type"), comment(row), row.String("mac-address"))
	out.add(c.adminUp, truth(!row.Bool("disabled")), name)
	out.add(c.up, truth(row.Bool("running")), name)
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
