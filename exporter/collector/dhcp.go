package collector

import (
	"context"
	"slices"
	"time"

	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/routeros"
)

// dhcp counts leases: there is one for each subscriber, so the router counts.
type dhcp struct {
	family
	leases, bound, bindings, bindingsBound *Metric
}

func newDHCP() limited {
	c := &dhcp{family: family{name: "dhcp", about: "Leases of DHCP servers and bindings of DHCPv6 servers, counted by the router.", every: time.Minute}}
	c.leases = c.gauge("leases", "Leases of the server, in whatever state.", "server")
	c.bound = c.gauge("leases_bound", "Leases of the server that are in use.", "server")
	c.bindings = c.gauge("ipv6_bindings", "Bindings of the DHCPv6 server, in whatever state.", "server")
	c.bindingsBound = c.gauge("ipv6_bindings_bound", "Bindings of the DHCPv6 server that are in use.", "server")
	return c
}

func (c *dhcp) Collect(ctx context.Context, r Router, _ Input, out *Samples) error {
	var servers, serversV6 []string
	err := readAll(ctx, r,
		read{"/ip/dhcp-server", []string{"name"}, nil, func(row routeros.Row) { servers = append(servers, row.String("name")) }},
		read{"/ipv6/dhcp-server", []string{"name"}, nil, func(row routeros.Row) { serversV6 = append(serversV6, row.String("name")) }},
	)
	if err != nil {
		return err
	}
	var tallies []tally
	ask := func(menu string, servers []string, all, bound *Metric) {
		slices.Sort(servers)
		for _, server := range slices.Compact(servers) {
			tallies = append(tallies,
				tally{menu, []string{"?server=" + server}, func(n float64) { out.add(all, n, server) }},
				tally{menu, []string{"?server=" + server, "?status=bound"}, func(n float64) { out.add(bound, n, server) }})
		}
	}
	ask("/ip/dhcp-server/lease", servers, c.leases, c.bound)
	ask("/ipv6/dhcp-server/binding", serversV6, c.bindings, c.bindingsBound)
	return countAll(ctx, r, tallies)
}
