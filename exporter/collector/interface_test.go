package collector

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/routeros/routerostest"
)

func TestInterface(t *testing.T) {
	t.Parallel()
	got, err := collect(t, "interface", 7, &routerostest.Router{Menus: map[string][][]string{"/system/clock": {{"time=14:00:00", "gmt-offset=+02:00"}}, "/interface": {
		{
			"name=ether1", "type=ether", "disabled=false", "running=true", "mtu=1500", "actual-mtu=1500", "mac-address=00:00:5E:00:53:01",
			"comment=up\xe9", "rx-byte=18446744073709551615", "tx-byte=7", "rx-drop=3", "link-downs=2",
			"last-link-down-time=2026-11-24 13:00:00", "last-link-up-time=2026-11-24 13:00:03",
		},
		{"name=bridge", "type=bridge", "disabled=true", "running=false", "mtu=auto", "last-link-up-time=nov/23/2026 12:00:00", "last-link-down-time=nov/24/2026 13:59:59"},
		{"name=<pppoe-alice>", "type=pppoe-in", "dynamic=true", "running=true"},
		{"type=ether"},
	}}})
	require.NoError(t, err)
	require.Equal(t, []string{
		`routeros_interface_admin_up{interface="bridge"} 0`,
		`routeros_interface_admin_up{interface="ether1"} 1`,
		`routeros_interface_info{comment="",interface="bridge",mac_address="",type="bridge"} 1`,
		`routeros_interface_info{comment="upé�",interface="ether1",mac_address="00:00:5E:00:53:01",type="ether"} 1`,
		`routeros_interface_last_link_change_timestamp_seconds{interface="bridge"} 1.795521599e+09`,
		`routeros_interface_last_link_change_timestamp_seconds{interface="ether1"} 1.795518003e+09`,
		`routeros_interface_link_downs_total{interface="ether1"} 2`,
		`routeros_interface_mtu_bytes{interface="ether1"} 1500`,
		`routeros_interface_receive_bytes_total{interface="ether1"} 1.8446744073709552e+19`,
		`routeros_interface_receive_drops_total{interface="ether1"} 3`,
		`routeros_interface_transmit_bytes_total{interface="ether1"} 7`,
		`routeros_interface_up{interface="bridge"} 0`,
		`routeros_interface_up{interface="ether1"} 1`,
	}, got)
}

// Two names that differ in bytes which are no UTF-8 are two interfaces, and a
// long comment is cut between letters.
func TestInterfacesOfOddNames(t *testing.T) {
	t.Parallel()
	got, err := collect(t, "interface", 7, &routerostest.Router{Menus: map[string][][]string{"/interface": {
		{"name=\xe9"}, {"name=é"}, {"name=é\uFFFD"}, {"name=long", "comment=" + strings.Repeat("é", 200)}, {"name=raw", "comment=" + strings.Repeat("\xe9", 300)},
	}}})
	require.NoError(t, err)
	for _, name := range []string{"é\uFFFD", "é", "é\uFFFD\uFFFD"} {
		require.Contains(t, got, `routeros_interface_up{interface="`+name+`"} 0`)
	}
	require.Contains(t, got, `routeros_interface_info{comment="`+strings.Repeat("é", maxComment/2)+`",interface="long",mac_address="",type=""} 1`)
	require.Contains(t, got, `routeros_interface_info{comment="`+strings.Repeat("é", maxComment)+"\uFFFD"+`",interface="raw",mac_address="",type=""} 1`)
}
