package collector

import (
	"context"

	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/routeros"
)

// firewall reads the counters of rules. It is optional: there may be
// thousands.
type firewall struct {
	family
	bytes, packets *Metric
}

func newFirewall() Collector {
	c := &firewall{family: family{name: "firewall", about: "Counters of firewall rules that somebody configured.", optional: true}}
	labels := []string{"table", "chain", "rule", "action", "comment"}
	c.bytes = c.counter("rule_bytes_total", "Bytes that the rule matched; the label rule is the router's own id of it, which stays when rules are moved.", labels...)
	c.packets = c.counter("rule_packets_total", "Packets that the rule matched.", labels...)
	return c
}

// firewallTables are the menus of rules.
var firewallTables = []string{"filter", "nat", "mangle", "raw"}

func (c *firewall) Collect(ctx context.Context, r Router, _ Input, out *Samples) error {
	for _, table := range firewallTables { // one after the other: rows are many, and share out
		err := readAll(ctx, r, read{
			"/ip/firewall/" + table,
			[]string{".id", "chain", "action", "comment", "bytes", "packets"},
			routeros.NotDynamic(), func(row routeros.Row) {
				for property, m := range map[string]*Metric{"bytes": c.bytes, "packets": c.packets} {
					if v, ok := number(row, property); ok {
						out.add(m, v, table, row.String("chain"), row.String(".id"), row.String("action"), row.String("comment"))
					}
				}
			},
		})
		if err != nil {
			return err
		}
	}
	return nil
}
