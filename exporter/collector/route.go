package collector

import (
	"context"
	"time"

	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/routeros"
)

// route counts routes. They are never read: a full table is a million rows.
type route struct {
	family
	byTable, byProtocol, filterRules *Metric
}

func newRoute() Collector {
	c := &route{family: family{name: "route", about: "Routes, counted by the router, and rules of routing filters.", every: 5 * time.Minute}}
	c.byTable = c.gauge("table_routes", "Routes in a routing table; of RouterOS 7, which has tables.", "ip_version", "table")
	c.byProtocol = c.gauge("protocol_routes", "Routes of a protocol in all tables.", "ip_version", "protocol")
	c.filterRules = c.gauge("filter_rules", "Rules of a chain of the routing filters.", "chain")
	return c
}

// protocols are the flags by which a router tells where a route came from.
var protocols = []string{"connect", "static", "bgp", "ospf"}

// Collect asks one question after the other: each makes the router walk the
// whole table.
func (c *route) Collect(ctx context.Context, r Router, in Input, out *Samples) error {
	filters, tables, rules := "/routing/filter", []string(nil), count{}
	reads := []read{}
	if in.Major >= 7 {
		filters = "/routing/filter/rule"
		reads = append(reads, read{"/routing/table", []string{"name"}, nil, func(row routeros.Row) { tables = append(tables, row.String("name")) }})
	}
	reads = append(reads, read{filters, []string{"chain"}, nil, func(row routeros.Row) { rules[row.String("chain")]++ }})
	if err := readAll(ctx, r, reads...); err != nil {
		return err
	}
	rules.emit(c.filterRules, out)
	for _, version := range []struct{ name, menu string }{{"4", "/ip/route"}, {"6", "/ipv6/route"}} {
		for _, table := range tables {
			if err := c.count(ctx, r, version.menu, "?routing-table="+table, func(n float64) { out.add(c.byTable, n, version.name, table) }); err != nil {
				return err
			}
		}
		for _, protocol := range protocols {
			if err := c.count(ctx, r, version.menu, "?"+protocol+"=true", func(n float64) { out.add(c.byProtocol, n, version.name, protocol) }); err != nil {
				return err
			}
		}
	}
	return nil
}

func (*route) count(ctx context.Context, r Router, menu, query string, emit func(float64)) error {
	n, err := r.Count(ctx, menu, query)
	switch {
	case routeros.IsMissing(err):
		return nil
	case err != nil:
		return err
	}
	emit(float64(n))
	return nil
}
