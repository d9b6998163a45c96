package collector

import "github.com/ispvisualmonitor/ispvisualmonitor/exporter/routeros"

// routingV6 has routing marks. There is no list of them, so they are looked
// for wherever one is set, and only IPv4 has them. What bears none is in main.
var routingV6 = routing{
	filters:       "/routing/filter",
	rules:         "/ip/route/rule",
	rareProtocols: []string{"rip"},
	tables: func(note func(string)) []read {
		return []read{
			{"/ip/route/rule", []string{"table"}, nil, func(row routeros.Row) { note(row.String("table")) }},
			{"/ip/route/vrf", []string{"routing-mark"}, nil, func(row routeros.Row) { note(row.String("routing-mark")) }},
			{"/ip/firewall/mangle", []string{"new-routing-mark"}, []string{"?action=mark-routing"}, func(row routeros.Row) { note(row.String("new-routing-mark")) }},
		}
	},
	ask: func(byTable *Metric, marks []string, out *Samples, unexplained map[string]float64) []tally {
		marked := map[string]float64{} // by IP version
		var tallies []tally
		for _, mark := range marks {
			tallies = append(tallies, tally{"/ip/route", []string{"?routing-mark=" + mark}, func(n float64) {
				marked["4"] += n
				out.add(byTable, n, "4", mark)
			}})
		}
		for _, version := range ipVersions {
			tallies = append(tallies, tally{version.menu, nil, func(n float64) { // all of them, answered after the marks
				unexplained[version.name] += n
				out.add(byTable, n-marked[version.name], version.name, "main")
			}})
		}
		return tallies
	},
}
