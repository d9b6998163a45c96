package collector

import (
	"context"
	"net/netip"

	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/routeros"
)

// readOSPFv6 reads RouterOS 6: OSPF runs on the interfaces whose addresses are
// in /routing/ospf/network, and those in /routing/ospf/interface are set up
// in particular.
func readOSPFv6(ctx context.Context, r Router) (ospfState, error) {
	state := ospfState{configured: map[string]bool{}}
	var addresses subnets
	type network struct {
		prefix netip.Prefix
		area   string
	}
	var networks []network
	passive := map[string]bool{}
	err := readAll(ctx, r,
		read{"/routing/ospf/neighbor", neighborProperties, nil, func(row routeros.Row) {
			state.neighbors = append(state.neighbors, neighborOf(row))
		}},
		read{"/routing/ospf/network", []string{"network", "area", "disabled"}, nil, func(row routeros.Row) {
			if prefix, err := netip.ParsePrefix(row.String("network")); err == nil && !row.Bool("disabled") {
				networks = append(networks, network{prefix, row.String("area")})
			}
		}},
		read{"/routing/ospf/interface", []string{"interface", "passive", "disabled", "dynamic"}, nil, func(row routeros.Row) {
			if row.Bool("passive") {
				passive[row.String("interface")] = true
			}
		}},
		addresses.read(),
	)
	if err != nil {
		return state, err
	}
	area := map[string]string{}
	for _, a := range addresses {
		for _, n := range networks {
			if !n.prefix.Contains(a.prefix.Addr()) {
				continue
			}
			area[a.iface] = n.area
			if !passive[a.iface] && !passive["all"] {
				state.configured[a.iface] = true
			}
		}
	}
	for i := range state.neighbors {
		if n := &state.neighbors[i]; n.area == "" {
			n.area = area[n.iface]
		}
	}
	return state, nil
}
