package collector

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/routeros"
)

// ospf reads neighbours, and on which interfaces there ought to be some.
type ospf struct {
	family
	neighborUp, neighbors, stateChanges *Metric
}

func newOSPF() limited {
	// Not "instance": that is the label by which Prometheus tells its targets apart.
	neighbor := []string{"ospf_instance", "area", "router_id", "address", "interface"}
	c := &ospf{family: family{name: "ospf", about: "OSPF neighbours, and the interfaces that ought to have some."}}
	c.neighborUp = c.gauge("neighbor_up", "Whether the adjacency with the neighbour is Full.", neighbor...)
	c.stateChanges = c.counter("neighbor_state_changes_total", "How often the neighbour's state changed.", neighbor...)
	c.neighbors = c.gauge("neighbors",
		"Neighbours in state Full on an interface that OSPF is configured for and that is not passive; 0 is never left out.", "interface")
	return c
}

// neighbor is one row of /routing/ospf/neighbor.
type neighbor struct {
	instance, area, routerID, address, iface string

	full         bool
	stateChanges float64
	changesKnown bool
}

// ospfState is what the menus of either version come to.
type ospfState struct {
	neighbors []neighbor
	// configured interfaces, on which neighbours are expected
	configured map[string]bool
}

func (c *ospf) Collect(ctx context.Context, r Router, in Input, out *Samples) error {
	readState := readOSPFv7
	if in.Major < 7 {
		readState = readOSPFv6
	}
	state, err := readState(ctx, r)
	if err != nil {
		return err
	}
	full := map[string]int{}
	seen := map[[5]string]bool{}
	for _, n := range state.neighbors {
		labels := [5]string{n.instance, n.area, n.routerID, n.address, n.iface}
		if seen[labels] {
			continue
		}
		seen[labels] = true
		out.add(c.neighborUp, truth(n.full), labels[:]...)
		if n.changesKnown {
			out.add(c.stateChanges, n.stateChanges, labels[:]...)
		}
		if n.full {
			full[n.iface]++
		}
		if n.iface != "" {
			state.configured[n.iface] = true // it speaks OSPF, whatever we could not tell from the configuration
		}
	}
	for _, iface := range slices.Sorted(maps.Keys(state.configured)) {
		out.add(c.neighbors, float64(full[iface]), iface)
	}
	return nil
}

// neighborProperties are the same in both versions, save for the interface,
// which only RouterOS 6 tells.
var neighborProperties = []string{"instance", "area", "router-id", "address", "interface", "state", "state-changes"}

func neighborOf(row routeros.Row) neighbor {
	n := neighbor{
		instance: row.String("instance"),
		area:     row.String("area"),
		routerID: row.String("router-id"),
		address:  row.String("address"),
		iface:    row.String("interface"),
		full:     strings.EqualFold(row.String("state"), "full"),
	}
	n.stateChanges, n.changesKnown = number(row, "state-changes")
	return n
}

// list splits a comma-separated property.
func list(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return r == ',' })
}
