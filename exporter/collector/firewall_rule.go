package collector

import (
	"context"

	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/routeros"
)

// firewallRules reads the counters of rules. It is optional: there may be
// thousands.
type firewallRules struct {
	family
	info, bytes, packets *Metric
}

func newFirewallRules() limited {
	c := &firewallRules{family: family{
		name: "firewall_rule", about: "Counters of firewall rules that somebody configured.", optional: true, series: maxSeriesRows,
	}}
	rule := []string{"ip_version", "table", "rule"}
	c.info = c.gauge("info", "What the rule is, always 1. The label rule is the router's own id of it, which stays when rules are moved.",
		append(rule[:3:3], "chain", "action", "comment")...)
	c.bytes = c.counter("bytes_total", "Bytes that the rule matched.", rule...)
	c.packets = c.counter("packets_total", "Packets that the rule matched.", rule...)
	return c
}

func (c *firewallRules) Collect(ctx context.Context, r Router, _ Input, out *Samples) error {
	properties := []string{".id", "chain", "action", "comment", "bytes", "packets"}
	var reads []read
	for _, f := range firewallMenus {
		for _, table := range firewallTables {
			reads = append(reads, read{f.menu + table, properties, routeros.NotDynamic(), func(row routeros.Row) {
				c.rule(row, f.version, table, out)
			}})
		}
	}
	return readAll(ctx, r, reads...)
}

func (c *firewallRules) rule(row routeros.Row, version, table string, out *Samples) {
	id := row.String(".id")
	out.add(c.info, 1, version, table, id, row.String("chain"), row.String("action"), comment(row))
	if v, ok := number(row, "bytes"); ok {
		out.add(c.bytes, v, version, table, id)
	}
	if v, ok := number(row, "packets"); ok {
		out.add(c.packets, v, version, table, id)
	}
}
