package collector

import (
	"context"
	"net/netip"
	"slices"
	"strings"

	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/routeros"
)

// templateV7 is a row of /routing/ospf/interface-template: OSPF runs on the
// interfaces that match both of its lists, of which an empty one matches all.
type templateV7 struct {
	interfaces []string // names of interfaces or of interface lists
	networks   []netip.Prefix
}

// readOSPFv7 reads RouterOS 7. It has rows in /routing/ospf/interface only
// where OSPF runs now, so what ought to be there comes from the templates,
// the members of interface lists and the addresses.
func readOSPFv7(ctx context.Context, r Router) (ospfState, error) {
	state := ospfState{configured: map[string]bool{}}
	var addresses subnets
	var templates []templateV7
	members := map[string][]string{} // of interface lists
	active := map[string]bool{}      // interfaces with OSPF now, not passive
	err := readAll(ctx, r,
		read{"/routing/ospf/neighbor", neighborProperties, nil, func(row routeros.Row) {
			state.neighbors = append(state.neighbors, neighborOf(row))
		}},
		read{"/routing/ospf/interface-template", []string{"interfaces", "networks", "passive", "disabled", "type"}, nil, func(row routeros.Row) {
			if !row.Bool("disabled") && !isPassive(row) && row.String("type") != "virtual-link" {
				templates = append(templates, templateOf(row))
			}
		}},
		read{"/routing/ospf/interface", []string{"address", "state", "passive"}, nil, func(row routeros.Row) {
			if _, iface, ok := strings.Cut(row.String("address"), "%"); ok && row.String("state") != "passive" && !isPassive(row) {
				active[iface] = true
			}
		}},
		read{"/interface/list/member", []string{"list", "interface", "disabled"}, nil, func(row routeros.Row) {
			if !row.Bool("disabled") {
				members[row.String("list")] = append(members[row.String("list")], row.String("interface"))
			}
		}},
		addresses.read(),
	)
	if err != nil {
		return state, err
	}
	for _, t := range templates {
		t.match(addresses, members, state.configured)
	}
	// What runs is configured, if a template says so in a way not known here;
	// without any template it is about to end.
	if len(templates) > 0 {
		for iface := range active {
			state.configured[iface] = true
		}
	}
	for i := range state.neighbors {
		n := &state.neighbors[i]
		n.address, n.iface = addresses.locate(n.address, n.iface)
	}
	return state, nil
}

// isPassive reads a property that is a mere flag: there, with whatever value
// but a no, or not there.
func isPassive(row routeros.Row) bool {
	v, ok := row.Get("passive")
	return ok && string(v) != "false" && string(v) != "no"
}

func templateOf(row routeros.Row) templateV7 {
	t := templateV7{interfaces: list(row.String("interfaces"))}
	for _, n := range list(row.String("networks")) {
		if prefix, err := netip.ParsePrefix(n); err == nil {
			t.networks = append(t.networks, prefix)
		} else if addr, err := netip.ParseAddr(n); err == nil {
			t.networks = append(t.networks, netip.PrefixFrom(addr, addr.BitLen()))
		}
	}
	return t
}

// match adds the interfaces of a template to configured.
func (t templateV7) match(addresses subnets, members map[string][]string, configured map[string]bool) {
	named := map[string]bool{}
	for _, name := range t.interfaces {
		if list, ok := members[name]; ok {
			for _, iface := range list {
				named[iface] = true
			}
		} else {
			named[name] = true
		}
	}
	every := len(t.interfaces) == 0 || named["all"]
	if !every && len(t.networks) == 0 {
		for iface := range named {
			configured[iface] = true
		}
		return
	}
	for _, a := range addresses {
		inNetwork := len(t.networks) == 0 || slices.ContainsFunc(t.networks, func(p netip.Prefix) bool { return p.Contains(a.prefix.Addr()) })
		if inNetwork && (every || named[a.iface]) {
			configured[a.iface] = true
		}
	}
}
