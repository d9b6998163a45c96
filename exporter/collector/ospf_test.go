package collector

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/routeros/routerostest"
)

func TestOSPFv7(t *testing.T) {
	t.Parallel()
	addresses := [][]string{
		{"address=10.0.0.1/30", "network=10.0.0.0", "interface=ether1", "actual-interface=ether1"},
		{"address=10.0.1.1/24", "network=10.0.1.0", "interface=ether2"},
		{"address=10.0.1.129/30", "network=10.0.1.128", "interface=vlan9"},
		{"address=10.255.0.1/32", "network=10.255.0.9", "interface=gre1"},
		{"address=172.16.0.1/24", "network=172.16.0.0", "interface=lan", "disabled=true"},
		{"address=10.9.0.1/32", "network=10.9.9.9", "interface=<pppoe-x>", "dynamic=true"},
	}
	neighborsOn := func(rows ...[]string) [][]string { return rows }
	for name, c := range map[string]struct {
		templates, interfaces, neighbors, members [][]string
		want                                      []string
	}{
		"interfaces named, one without a neighbour, one passive": {
			templates: [][]string{
				{"interfaces=ether1,ether2", "area=a"}, {"interfaces=gre1", "passive="}, {"interfaces=lan", "disabled=true"}, {"interfaces=old", "passive=false"},
			},
			neighbors: neighborsOn([]string{"instance=i", "area=a", "router-id=1.1.1.1", "address=10.0.0.2", "state=Full", "state-changes=6"}),
			want: []string{
				`routeros_ospf_neighbor_state_changes_total{address="10.0.0.2",area="a",interface="ether1",ospf_instance="i",router_id="1.1.1.1"} 6`,
				`routeros_ospf_neighbor_up{address="10.0.0.2",area="a",interface="ether1",ospf_instance="i",router_id="1.1.1.1"} 1`,
				`routeros_ospf_neighbors{interface="ether1"} 1`,
				`routeros_ospf_neighbors{interface="ether2"} 0`,
				`routeros_ospf_neighbors{interface="old"} 0`,
			},
		},
		"networks, the longest match, and a point-to-point address": {
			templates: [][]string{{"networks=10.0.1.0/24,10.255.0.0/16"}},
			neighbors: neighborsOn(
				[]string{"router-id=2.2.2.2", "address=10.0.1.130", "state=Init"},
				[]string{"router-id=3.3.3.3", "address=10.255.0.9", "state=Full"},
				[]string{"router-id=3.3.3.3", "address=10.255.0.9", "state=Full"},
			),
			want: []string{
				`routeros_ospf_neighbor_up{address="10.0.1.130",area="",interface="vlan9",ospf_instance="",router_id="2.2.2.2"} 0`,
				`routeros_ospf_neighbor_up{address="10.255.0.9",area="",interface="gre1",ospf_instance="",router_id="3.3.3.3"} 1`,
				`routeros_ospf_neighbors{interface="ether2"} 0`,
				`routeros_ospf_neighbors{interface="gre1"} 1`,
				`routeros_ospf_neighbors{interface="vlan9"} 0`,
			},
		},
		"interface lists": {
			templates: [][]string{{"interfaces=CORE"}},
			members:   [][]string{{"list=CORE", "interface=ether1"}, {"list=CORE", "interface=ether2", "disabled=true"}},
			want:      []string{`routeros_ospf_neighbors{interface="ether1"} 0`},
		},
		"both must match": {
			templates: [][]string{{"interfaces=ether1,ether2", "networks=10.0.0.0/30"}},
			want:      []string{`routeros_ospf_neighbors{interface="ether1"} 0`},
		},
		"everything": {
			templates: [][]string{{"area=a"}},
			want: []string{
				`routeros_ospf_neighbors{interface="ether1"} 0`, `routeros_ospf_neighbors{interface="ether2"} 0`,
				`routeros_ospf_neighbors{interface="gre1"} 0`, `routeros_ospf_neighbors{interface="vlan9"} 0`,
			},
		},
		"version 3 has the interface in the address": {
			templates: [][]string{{"interfaces=ether1"}},
			neighbors: neighborsOn([]string{"instance=v3", "router-id=1.1.1.1", "address=fe80::1%ether7", "state=full"}),
			want: []string{
				`routeros_ospf_neighbor_up{address="fe80::1",area="",interface="ether7",ospf_instance="v3",router_id="1.1.1.1"} 1`,
				`routeros_ospf_neighbors{interface="ether1"} 0`,
				`routeros_ospf_neighbors{interface="ether7"} 1`,
			},
		},
		"what runs by a template of a kind not known": {
			templates:  [][]string{{"interfaces=dynamic-in"}},
			interfaces: [][]string{{"address=10.9.0.1%ovpn1", "state=ptp"}, {"address=10.9.0.2%lo", "state=passive"}, {"address=10.9.0.3%lo2", "passive=true"}},
			want:       []string{`routeros_ospf_neighbors{interface="dynamic-in"} 0`, `routeros_ospf_neighbors{interface="ovpn1"} 0`},
		},
		"no OSPF": {interfaces: [][]string{{"address=10.9.0.1%ovpn1"}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := collect(t, "ospf", 7, &routerostest.Router{Menus: map[string][][]string{
				"/ip/address": addresses, "/routing/ospf/interface-template": c.templates, "/routing/ospf/interface": c.interfaces,
				"/routing/ospf/neighbor": c.neighbors, "/interface/list/member": c.members,
			}})
			require.NoError(t, err)
			require.Equal(t, c.want, got)
		})
	}
}

func TestOSPFv6(t *testing.T) {
	t.Parallel()
	got, err := collect(t, "ospf", 6, &routerostest.Router{Menus: map[string][][]string{
		"/ip/address": {
			{"address=89.188.172.80/28", "interface=vlan68"}, {"address=10.0.0.1/24", "interface=lan"}, {"address=10.0.1.1/24", "interface=core"},
		},
		"/routing/ospf/network": {
			{"network=89.188.172.80/28", "area=backbone"}, {"network=10.0.0.0/16", "area=inner"}, {"network=10.0.1.0/24", "area=off", "disabled=true"},
		},
		"/routing/ospf/interface": {{"interface=lan", "passive=true"}, {"interface=core", "passive=false"}},
		"/routing/ospf/neighbor": {
			// The values of a recorded print.
			{"instance=default", "router-id=89.188.172.2", "address=89.188.172.81", "interface=vlan68", "state=Full", "state-changes=5", "adjacency=7w5d8h40m21s"},
		},
	}})
	require.NoError(t, err)
	require.Equal(t, []string{
		`routeros_ospf_neighbor_state_changes_total{address="89.188.172.81",area="backbone",interface="vlan68",ospf_instance="default",router_id="89.188.172.2"} 5`,
		`routeros_ospf_neighbor_up{address="89.188.172.81",area="backbone",interface="vlan68",ospf_instance="default",router_id="89.188.172.2"} 1`,
		`routeros_ospf_neighbors{interface="core"} 0`,
		`routeros_ospf_neighbors{interface="vlan68"} 1`,
	}, got)
}
