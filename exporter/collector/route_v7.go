package collector

import "github.com/ispvisualmonitor/ispvisualmonitor/exporter/routeros"

// routingV7 has tables, which are the same for IPv4 and IPv6.
var routingV7 = routing{
	filters:       "/routing/filter/rule",
	rules:         "/routing/rule",
	rareProtocols: []string{"rip", "is-is", "dhcp", "vpn", "modem", "slaac"},
	tables: func(note func(string)) []read {
		return []read{{"/routing/table", []string{"name"}, nil, func(row routeros.Row) { note(row.String("name")) }}}
	},
	ask: func(byTable *Metric, tables []string, out *Samples, unexplained map[string]float64) []tally {
		var tallies []tally
		for _, version := range ipVersions {
			for _, table := range append([]string{"main"}, tables...) {
				tallies = append(tallies, tally{version.menu, []string{"?routing-table=" + table}, func(n float64) {
					unexplained[version.name] += n
					out.add(byTable, n, version.name, table)
				}})
			}
		}
		return tallies
	},
}
