package routersim_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ispvisualmonitor/ispvisualmonitor/lab/routersim"
)

const (
	bgpOf715 = `
/routing bgp template
set default as=64500 router-id=10.255.0.1
add as=64500 cluster-id=10.255.0.9 name=clients router-id=10.255.0.1
/routing bgp connection
add address-families=ip,ipv6 add-path-out=all as=64500 local.role=ebgp name=up remote.address=192.0.2.1 .as=64510 router-id=10.255.0.1
add local.role=ibgp-rr name=client remote.address=10.0.0.2 templates=clients
add as=64500 local.role=ebgp name=other remote.address=192.0.2.6 .as=64520 router-id=10.255.0.1
/ip firewall filter
add action=fasttrack-connection chain=forward hw-offload=yes
`
	bgpOf720 = `
/routing bgp instance
add as=64500 name=main router-id=10.255.0.1
/routing bgp connection
add afi=ip,ipv6 as=64500 instance=main local.role=ebgp name=up remote.address=192.0.2.1 .as=64510
`
)

// TestVersionsNameThingsTheirOwnWay: the same text on routers of different
// versions is printed as each version has it, after the upgrade of a router
// that was configured before.
func TestVersionsNameThingsTheirOwnWay(t *testing.T) {
	t.Parallel()
	const connection, template, instance = "/routing/bgp/connection", "/routing/bgp/template", "/routing/bgp/instance"
	for _, tc := range []struct {
		version, text, menu, row string
		want                     map[string]string // "" for a property that is not there
	}{
		{"7.15", bgpOf715, connection, "up", map[string]string{"router-id": "10.255.0.1", "instance": "", "address-families": "ip,ipv6", "afi": "", "add-path-out": "all"}},
		{"7.19", bgpOf715, connection, "up", map[string]string{"router-id": "10.255.0.1", "address-families": "", "afi": "ip,ipv6"}},
		{"7.20", bgpOf715, connection, "up", map[string]string{"router-id": "", "instance": "bgp-instance-1", "afi": "ip,ipv6", "as": "64500", "add-path-out": "all"}},
		{"7.20", bgpOf715, connection, "client", map[string]string{"instance": "bgp-instance-2", "templates": "clients"}},
		{"7.20", bgpOf715, connection, "other", map[string]string{"instance": "bgp-instance-1"}},
		{"7.20", bgpOf715, template, "clients", map[string]string{"router-id": "", "cluster-id": "", "as": "64500"}},
		{"7.20", bgpOf715, instance, "bgp-instance-1", map[string]string{"router-id": "10.255.0.1", "as": "64500", "cluster-id": ""}},
		{"7.20", bgpOf715, instance, "bgp-instance-2", map[string]string{"router-id": "10.255.0.1", "cluster-id": "10.255.0.9"}},
		{"7.22", bgpOf715, connection, "up", map[string]string{"add-path-out": "", "output.add-path": "all"}},
		{"7.20", bgpOf720, connection, "up", map[string]string{"instance": "main", "afi": "ip,ipv6"}},
		{"7.15", bgpOf720, connection, "up", map[string]string{"instance": "", "router-id": "10.255.0.1", "address-families": "ip,ipv6", "as": "64500"}},
	} {
		t.Run(tc.version+" "+tc.menu+" "+tc.row, func(t *testing.T) {
			t.Parallel()
			c := client(t, newRouter(t, tc.text, routersim.Options{Version: tc.version}), "admin", "")
			rows := rowsOf(t, c, tc.menu+"/print", "?name="+tc.row)
			require.Len(t, rows, 1)
			for name, want := range tc.want {
				value, there := rows[0][name]
				require.Equal(t, want, value, name)
				require.Equal(t, want != "", there, name)
			}
		})
	}
	old := client(t, newRouter(t, bgpOf720, routersim.Options{Version: "7.15"}), "admin", "")
	_, err := old.Run(instance + "/print")
	require.ErrorContains(t, err, "no such command prefix")
	for version, want := range map[string]string{"7.20": "true", "7.21": ""} {
		c := client(t, newRouter(t, bgpOf715, routersim.Options{Version: version}), "admin", "")
		require.Equal(t, want, rowsOf(t, c, "/ip/firewall/filter/print")[0]["hw-offload"], version)
	}
	upgraded := client(t, newRouter(t, bgpOf715, routersim.Options{Version: "7.20"}), "admin", "")
	_, err = upgraded.Run(connection+"/set", "=numbers=up", "=router-id=10.0.0.1")
	require.ErrorContains(t, err, "unknown parameter")
	run(t, upgraded, connection+"/set", "=numbers=up", "=instance=bgp-instance-2")
	run(t, upgraded, instance+"/set", "=numbers=bgp-instance-1", "=router-id=10.0.0.1")
}
