package collector

import (
	"context"

	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/routeros"
)

// ldp reads the neighbours with which MPLS labels are exchanged.
type ldp struct {
	family
	up *Metric
}

func newLDP() Collector {
	c := &ldp{family: family{name: "ldp", about: "MPLS LDP neighbours."}}
	c.up = c.gauge("neighbor_up", "Whether the LDP session with the neighbour is operational.", "peer", "transport")
	return c
}

func (c *ldp) Collect(ctx context.Context, r Router, _ Input, out *Samples) error {
	neighbors := map[[2]string]bool{}
	err := readAll(ctx, r, read{"/mpls/ldp/neighbor", []string{"peer", "transport", "operational"}, nil, func(row routeros.Row) {
		key := [2]string{row.String("peer"), row.String("transport")}
		neighbors[key] = neighbors[key] || row.Bool("operational")
	}})
	for key, up := range neighbors {
		out.add(c.up, truth(up), key[0], key[1])
	}
	return err
}
