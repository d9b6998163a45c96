package collector

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/routeros"
)

// maxTables bounds the routing tables that are counted: each makes the router
// walk all of its routes.
const maxTables = 64

// route counts routes. They are never read: a full table is a million rows.
type route struct {
	family
	byTable, byProtocol, filterRules, policyRules *Metric
}

func newRoute() limited {
	c := &route{family: family{name: "route", about: "Routes, counted by the router, and rules of routing filters and policy routing.", every: 5 * time.Minute}}
	c.byTable = c.gauge("table_routes",
		"Routes in a routing table, of the first 64. RouterOS 6 has routing marks in the place of tables, and main for the rest.", "ip_version", "table")
	c.byProtocol = c.gauge("protocol_routes", "Routes of a protocol in all tables.", "ip_version", "protocol")
	c.filterRules = c.gauge("filter_rules", "Rules of a chain of the routing filters.", "chain")
	c.policyRules = c.gauge("policy_rules", "Rules of policy routing.")
	return c
}

// commonProtocols are flags by which a router tells where a route came from.
// Rarer ones are asked for where these do not make up the whole.
var commonProtocols = []string{"connect", "static", "bgp", "ospf"}

// ipVersions are the menus of routes.
var ipVersions = []ipVersion{{"4", "/ip/route"}, {"6", "/ipv6/route"}}

type ipVersion struct{ name, menu string }

// routing is where a version of RouterOS has things.
type routing struct {
	filters, rules string   // menus
	rareProtocols  []string // beside the common ones
	// tables are the commands that tell the names of tables other than main.
	tables func(note func(name string)) []read
	// ask are the questions for the routes of each table. Their answers are
	// added to the routes that no protocol explains yet, by IP version.
	ask func(byTable *Metric, tables []string, out *Samples, unexplained map[string]float64) []tally
}

func (c *route) Collect(ctx context.Context, r Router, in Input, out *Samples) error {
	v := routingV7
	if in.Major < 7 {
		v = routingV6
	}
	names, chains := map[string]bool{}, count{}
	reads := v.tables(func(name string) {
		if name != "" && name != "main" {
			names[name] = true
		}
	})
	reads = append(reads, read{v.filters, []string{"chain"}, nil, func(row routeros.Row) { chains[row.String("chain")]++ }})
	if err := readAll(ctx, r, reads...); err != nil {
		return err
	}
	chains.emit(c.filterRules, out)
	tables := slices.Sorted(maps.Keys(names))

	unexplained := map[string]float64{}
	tallies := v.ask(c.byTable, tables[:min(len(tables), maxTables-1)], out, unexplained)
	for _, version := range ipVersions {
		tallies = append(tallies, c.protocols(version, commonProtocols, out, unexplained)...)
	}
	tallies = append(tallies, tally{v.rules, nil, func(n float64) { out.add(c.policyRules, n) }})
	if err := countAll(ctx, r, tallies); err != nil {
		return err
	}
	tallies = nil
	for _, version := range ipVersions {
		switch left, known := unexplained[version.name]; {
		case !known: // the router does not have it
		case left == 0:
			for _, protocol := range v.rareProtocols {
				out.add(c.byProtocol, 0, version.name, protocol)
			}
		default:
			tallies = append(tallies, c.protocols(version, v.rareProtocols, out, unexplained)...)
		}
	}
	return countAll(ctx, r, tallies)
}

// protocols asks for the routes of each protocol, and takes them from those
// that are not explained.
func (c *route) protocols(version ipVersion, protocols []string, out *Samples, unexplained map[string]float64) []tally {
	var tallies []tally
	for _, protocol := range protocols {
		tallies = append(tallies, tally{version.menu, []string{"?" + protocol + "=true"}, func(n float64) {
			unexplained[version.name] -= n
			out.add(c.byProtocol, n, version.name, protocol)
		}})
	}
	return tallies
}
