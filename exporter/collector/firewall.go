package collector

import (
	"context"
	"time"
)

// firewall counts rules and address lists: that half of them are gone shows
// without reading any.
type firewall struct {
	family
	rules, addresses *Metric
}

func newFirewall() limited {
	c := &firewall{family: family{name: "firewall", about: "Rules of the firewall and entries of address lists, counted by the router.", every: 5 * time.Minute}}
	c.rules = c.gauge("rules", "Rules of a table of the firewall, dynamic and disabled ones included.", "ip_version", "table")
	c.addresses = c.gauge("address_list_entries", "Entries of all address lists.", "ip_version")
	return c
}

// firewallTables are the menus of rules.
var firewallTables = []string{"filter", "nat", "mangle", "raw"}

// firewallMenus are where the tables of each IP version are.
var firewallMenus = []struct{ version, menu string }{{"4", "/ip/firewall/"}, {"6", "/ipv6/firewall/"}}

func (c *firewall) Collect(ctx context.Context, r Router, _ Input, out *Samples) error {
	var tallies []tally
	for _, f := range firewallMenus {
		for _, table := range firewallTables {
			tallies = append(tallies, tally{f.menu + table, nil, func(n float64) { out.add(c.rules, n, f.version, table) }})
		}
		tallies = append(tallies, tally{f.menu + "address-list", nil, func(n float64) { out.add(c.addresses, n, f.version) }})
	}
	return countAll(ctx, r, tallies)
}
