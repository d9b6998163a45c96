package routersim_test

import (
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ispvisualmonitor/ispvisualmonitor/lab/routersim"
)

// world is what must come out of the configurations of others, as their
// collection's README states it: rows that the file adds, and for interfaces
// at least as many as it speaks of.
var world = []struct {
	file, identity                              string
	addr, addr6, filter, nat, mangle, raw, list int
	bgp6, bgp7, ospf6, ospf7, routes            int
	interfaces                                  map[string]int
	markers                                     int
}{
	{"cap1-capsman", "CAP1", 2, 0, 6, 4, 0, 0, 0, 0, 0, 0, 0, 1, ports{"bridge": 1, "ether": 5, "wg": 1, "wlan": 2}, 3},
	{"claro-pppoe", "Claro", 2, 1, 9, 1, 0, 1, 3, 0, 3, 0, 0, 8, ports{"ether": 4, "vlan": 2}, 3},
	{"crs310-verbose", "MikroTik", 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, ports{"bridge": 1, "ether": 10, "ppp-out": 1, "vlan": 5}, 1},
	{"edge-bkk00", "bkk00", 18, 18, 0, 0, 4, 38, 98, 0, 34, 0, 19, 32, ports{"bond": 6, "bridge": 1, "ether": 21, "vlan": 8, "wg": 1}, 12},
	{"edge-bkk50", "bkk50", 21, 9, 709, 689, 0, 21, 57, 0, 4, 0, 17, 10, ports{"bond": 4, "bridge": 1, "ether": 16, "vlan": 1, "wg": 2}, 3},
	{"forum-6wan", "MK2-RS", 10, 0, 19, 27, 52, 0, 0, 1, 0, 0, 0, 14, ports{"bridge": 1, "ether": 7, "vlan": 2}, 1},
	{"foxden-router", "router", 32, 13, 55, 26, 1, 0, 14, 0, 1, 0, 0, 6, ports{"6to4-tunnel": 1, "ether": 15, "veth": 3, "vlan": 6, "vrrp": 24, "wg": 2}, 5},
	{"gbk-comments", "", 1, 1, 0, 1, 11, 0, 0, 0, 0, 0, 0, 1, ports{"bridge": 1, "ether": 4, "pppoe-out": 1}, 1},
	{"goddard-v618", "", 2, 0, 10, 5, 0, 0, 0, 0, 0, 0, 0, 0, ports{"bridge": 1, "ether": 5, "vlan": 1}, 1},
	{"home-anna", "anna", 8, 0, 240, 23, 27, 0, 60, 0, 0, 0, 4, 4, ports{"bridge": 5, "ether": 9, "l2tp-out": 1, "veth": 2}, 25},
	{"hotspot-macro", "1008329 - MACROMERCADO MAYORISTA S A", 2, 0, 13, 5, 0, 0, 0, 0, 0, 0, 0, 1, ports{"bridge": 1, "ether": 5, "wlan": 1}, 3},
	{"ingress-slash", "", 1, 0, 6, 6, 3, 0, 0, 0, 1, 0, 0, 1, ports{"bridge": 1}, 1},
	{"jlh-rb5009", "MikroTik", 2, 2, 11, 6, 0, 0, 0, 0, 1, 0, 0, 0, ports{"6to4-tunnel": 1, "bond": 1, "bridge": 1, "ether": 9, "vlan": 1}, 2},
	{"lab-r1-wifi", "R1", 4, 0, 13, 2, 1, 0, 0, 0, 0, 0, 0, 1, ports{"bridge": 1, "eoip": 1, "ether": 2, "vlan": 3, "wifi": 15, "wg": 2}, 6},
	{"mdf-rtr1", "MDF-RTR-1", 10, 0, 33, 8, 0, 0, 0, 0, 0, 0, 0, 4, ports{"bond": 2, "bridge": 1, "ether": 15, "vlan": 5, "vrrp": 5}, 2},
	{"nice-list", "", 0, 0, 0, 0, 0, 0, 3290, 0, 0, 0, 0, 0, nil, 0},
	{"pe1-mpls", "PE1", 5, 0, 0, 0, 0, 0, 0, 3, 0, 4, 0, 1, ports{"bridge": 2, "ether": 2, "traffic-eng": 1, "vlan": 4}, 1},
	{"quinta-verbose", "Quinta Router", 3, 0, 10, 2, 26, 0, 0, 0, 0, 4, 0, 0, ports{"bridge": 3, "ether": 5, "sstp-out": 1, "vlan": 1, "wlan": 2}, 2},
	{"router-b3", "Router-B3", 4, 0, 10, 1, 0, 0, 0, 0, 0, 0, 0, 0, ports{"bridge": 1, "ether": 4, "wlan": 1}, 1},
	{"utf8-identity", unhex("c2a1c2a1c2a1c2a1c2a12043414d42494152204944454e54495459202121212121"), 0, 0, 14, 1, 0, 0, 0, 0, 0, 0, 0, 0, nil, 1},
}

type ports = map[string]int

func unhex(text string) string {
	b, _ := hex.DecodeString(text) // a constant above
	return string(b)
}

func TestWorldLoads(t *testing.T) {
	t.Parallel()
	dir := sharedData(t)
	if dir == "" {
		return
	}
	for _, want := range world {
		t.Run(want.file, func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(filepath.Join(dir, "routeros-world", want.file+".rsc"))
			require.NoError(t, err)
			r := newRouter(t, string(text), routersim.Options{Name: "unset"})
			if want.identity == "" {
				want.identity = "unset"
			}
			require.Equal(t, want.identity, r.Identity())
			c := client(t, r, "admin", "")
			count := func(menu string, query ...string) int {
				reply, err := c.RunArgs(append([]string{menu + "/print", "=count-only="}, query...))
				if err != nil && strings.Contains(err.Error(), "no such command prefix") {
					return 0
				}
				require.NoError(t, err, menu)
				var n int
				_, err = fmt.Sscan(reply.Done.Map["ret"], &n)
				require.NoError(t, err, menu)
				return n
			}
			static := "?dynamic=false"
			for menu, n := range map[string]int{
				"/ip/address": want.addr, "/ipv6/address": want.addr6, "/ip/firewall/filter": want.filter, "/ip/firewall/nat": want.nat,
				"/ip/firewall/mangle": want.mangle, "/ip/firewall/address-list": want.list, "/ip/route": want.routes,
			} {
				require.Equal(t, n, count(menu, static), menu)
			}
			require.Equal(t, want.raw, count("/ip/firewall/raw", static))
			require.Equal(t, want.bgp6, count("/routing/bgp/peer"), "BGP of version 6")
			require.Equal(t, want.bgp7, count("/routing/bgp/connection"), "BGP of version 7")
			require.Equal(t, want.ospf6, count("/routing/ospf/network"), "OSPF of version 6")
			require.Equal(t, want.ospf7, count("/routing/ospf/interface-template"), "OSPF of version 7")
			for kind, n := range want.interfaces {
				require.GreaterOrEqual(t, count("/interface", "?type="+kind), n, kind)
			}
			if strings.HasPrefix(want.file, "edge-") || want.file == "mdf-rtr1" {
				require.Equal(t, want.interfaces["bond"], count("/interface/bonding"))
			}
		})
	}
}
