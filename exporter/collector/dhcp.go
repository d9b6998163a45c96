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
	leases, bound *Metric
}

func newDHCP() Collector {
	c := &dhcp{family: family{name: "dhcp", about: "Leases of DHCP servers, counted by the router.", every: time.Minute}}
	c.leases = c.gauge("leases", "Leases of the server, in whatever state.", "server")
	c.bound = c.gauge("leases_bound", "Leases of the server that are in use.", "server")
	return c
}

func (c *dhcp) Collect(ctx context.Context, r Router, _ Input, out *Samples) error {
	var servers []string
	err := readAll(ctx, r, read{"/ip/dhcp-server", []string{"name"}, nil, func(row routeros.Row) { servers = append(servers, row.String("name")) }})
	if err != nil {
		return err
	}
	slices.Sort(servers)
	for _, server := range slices.Compact(servers) {
		leases, err := r.Count(ctx, "/ip/dhcp-server/lease", "?server="+server)
		if err != nil {
			return err
		}
		bound, err := r.Count(ctx, "/ip/dhcp-server/lease", "?server="+server, "?status=bound")
		if err != nil {
			return err
		}
		out.add(c.leases, float64(leases), server)
		out.add(c.bound, float64(bound), server)
	}
	return nil
}
