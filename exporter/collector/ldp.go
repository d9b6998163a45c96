package collector

import (
	"context"

	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/routeros"
)

// ldp reads the neighbours with which MPLS labels are exchanged.
type ldp struct {
	family
	up, operational *Metric
}

func newLDP() limited {
	c := &ldp{family: family{name: "ldp", about: "MPLS LDP neighbours.", series: maxSeriesRows}}
	c.up = c.gauge("neighbor_up", "Whether the LDP session with the neighbour is operational; a neighbour that is no longer heard of is absent.", "peer", "transport")
	c.operational = c.gauge("neighbors", "Neighbours whose session is operational; 0 is never left out where there is LDP.")
	return c
}

// Collect reads the neighbours, and whether LDP is set up at all: in RouterOS
// 6 in one row that is always there, in RouterOS 7 in a row for each instance.
func (c *ldp) Collect(ctx context.Context, r Router, _ Input, out *Samples) error {
	neighbors := map[[2]string]bool{}
	configured := false
	err := readAll(ctx, r,
		read{"/mpls/ldp/neighbor", []string{"peer", "transport", "operational", "disabled"}, nil, func(row routeros.Row) {
			if row.Bool("disabled") {
				return
			}
			key := [2]string{row.String("peer"), row.String("transport")}
			neighbors[key] = neighbors[key] || row.Bool("operational")
		}},
		read{"/mpls/ldp", []string{"enabled", "disabled", "lsr-id"}, nil, func(row routeros.Row) {
			if row.Bool("enabled") || row.String("enabled") == "" && !row.Bool("disabled") {
				configured = true
			}
		}},
	)
	if err != nil {
		return err
	}
	operational := 0
	for key, up := range neighbors {
		out.add(c.up, truth(up), key[0], key[1])
		if up {
			operational++
		}
	}
	if configured || len(neighbors) > 0 {
		out.add(c.operational, float64(operational))
	}
	return nil
}
