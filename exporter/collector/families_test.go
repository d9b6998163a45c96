package collector

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/routeros/routerostest"
)

func TestFamilies(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		collector string
		major     int
		menus     map[string][][]string
		want      []string
	}{
		"BFD of version 7 has the interface in the address": {"bfd", 7, map[string][][]string{"/routing/bfd/session": {
			{"remote-address=10.0.0.1%ether1", "state=up"}, {"remote-address=10.0.0.2", "interface=ether2", "state=down"},
		}}, []string{
			`routeros_bfd_session_up{interface="ether1",remote_address="10.0.0.1"} 1`,
			`routeros_bfd_session_up{interface="ether2",remote_address="10.0.0.2"} 0`,
		}},
		"BFD of version 6": {"bfd", 6, map[string][][]string{"/routing/bfd/neighbor": {{"address=10.0.0.1", "interface=ether1", "state=up"}}}, []string{
			`routeros_bfd_session_up{interface="ether1",remote_address="10.0.0.1"} 1`,
		}},
		"LDP": {"ldp", 7, map[string][][]string{"/mpls/ldp/neighbor": {{"peer=10.255.0.1:0", "transport=10.255.0.1", "operational=true"}, {"peer=10.255.0.2:0", "transport=10.255.0.2"}}}, []string{
			`routeros_ldp_neighbor_up{peer="10.255.0.1:0",transport="10.255.0.1"} 1`,
			`routeros_ldp_neighbor_up{peer="10.255.0.2:0",transport="10.255.0.2"} 0`,
		}},
		"netwatch that does not know yet is absent": {"netwatch", 7, map[string][][]string{"/tool/netwatch": {
			{"host=192.0.2.1", "type=icmp", "status=up"},
			{"host=192.0.2.2", "status=down"},
			{"host=192.0.2.3", "status=unknown"},
			{"host=192.0.2.4", "status=down", "disabled=true"},
			{"host=192.0.2.1", "type=icmp", "status=down"},
		}}, []string{
			`routeros_netwatch_up{comment="",host="192.0.2.1",type="icmp"} 1`, `routeros_netwatch_up{comment="",host="192.0.2.2",type=""} 0`,
		}},
		"health of version 7": {"health", 7, map[string][][]string{"/system/health": {
			{"name=cpu-temperature", "value=47", "type=C"},
			{"name=psu1-state", "value=ok", "type="},
			{"name=psu2-state", "value=fail"},
			{"name=fan1-speed", "value=4200", "type=RPM"},
			{"name=odd", "value=1", "type=furlong"},
		}}, []string{
			`routeros_health_fan_speed_rpm{sensor="fan1-speed"} 4200`, `routeros_health_ok{sensor="psu1-state"} 1`,
			`routeros_health_ok{sensor="psu2-state"} 0`, `routeros_health_temperature_celsius{sensor="cpu-temperature"} 47`,
		}},
		"health of version 6": {"health", 6, map[string][][]string{"/system/health": {{"voltage=24.1", "temperature=40", "psu1-state=ok"}}}, []string{
			`routeros_health_ok{sensor="psu1-state"} 1`, `routeros_health_temperature_celsius{sensor="temperature"} 40`, `routeros_health_voltage_volts{sensor="voltage"} 24.1`,
		}},
		"optics": {"optics", 7, map[string][][]string{
			"/interface/ethernet": {{"name=uplink", "default-name=sfp-sfpplus1"}, {"name=ether1", "default-name=ether1"}},
			"/interface/ethernet/monitor": {
				{"name=uplink", "sfp-module-present=true", "sfp-rx-power=-7.25", "sfp-tx-bias-current=6", "sfp-temperature=41C", "sfp-vendor-name=ACME", "sfp-vendor-part-number=X1"},
				{"name=spare", "sfp-module-present=false"},
				{"name=ether1", "status=link-ok"},
			},
		}, []string{
			`routeros_optics_info{interface="uplink",part_number="X1",vendor="ACME"} 1`, `routeros_optics_module_present{interface="spare"} 0`,
			`routeros_optics_module_present{interface="uplink"} 1`, `routeros_optics_receive_power_dbm{interface="uplink"} -7.25`,
			`routeros_optics_temperature_celsius{interface="uplink"} 41`, `routeros_optics_transmit_bias_amperes{interface="uplink"} 0.006`,
		}},
		"PoE": {"poe", 7, map[string][][]string{
			"/interface/ethernet/poe":         {{"name=ether2", "poe-out=auto-on"}},
			"/interface/ethernet/poe/monitor": {{"name=ether2", "poe-out-status=powered-on", "poe-out-voltage=24.2", "poe-out-current=250", "poe-out-power=6.05"}},
		}, []string{
			`routeros_poe_out_current_amperes{interface="ether2"} 0.25`, `routeros_poe_out_power_watts{interface="ether2"} 6.05`,
			`routeros_poe_out_powered{interface="ether2"} 1`, `routeros_poe_out_voltage_volts{interface="ether2"} 24.2`,
		}},
		"bridges without ports are counted too": {"bridge", 7, map[string][][]string{
			"/interface/bridge":      {{"name=b0"}, {"name=b1"}},
			"/interface/bridge/port": {{"bridge=b1", "inactive=true"}, {"bridge=b1", "disabled=true", "inactive=true"}, {"bridge=b1", "dynamic=true"}},
			"/interface/bridge/vlan": {{"bridge=b1"}},
		}, []string{
			`routeros_bridge_ports{bridge="b0"} 0`, `routeros_bridge_ports{bridge="b1"} 2`, `routeros_bridge_ports_inactive{bridge="b0"} 0`,
			`routeros_bridge_ports_inactive{bridge="b1"} 1`, `routeros_bridge_vlans{bridge="b0"} 0`, `routeros_bridge_vlans{bridge="b1"} 1`,
		}},
		"routes": {"route", 7, map[string][][]string{
			"/routing/table":       {{"name=main"}},
			"/routing/filter/rule": {{"chain=in"}, {"chain=in"}, {"chain=out"}},
			"/ip/route":            {{"routing-table=main", "bgp=true"}, {"routing-table=main", "static=true"}, {"routing-table=vrf", "bgp=true"}},
		}, []string{
			`routeros_route_filter_rules{chain="in"} 2`, `routeros_route_filter_rules{chain="out"} 1`,
			`routeros_route_protocol_routes{ip_version="4",protocol="bgp"} 2`, `routeros_route_protocol_routes{ip_version="4",protocol="connect"} 0`,
			`routeros_route_protocol_routes{ip_version="4",protocol="ospf"} 0`, `routeros_route_protocol_routes{ip_version="4",protocol="static"} 1`,
			`routeros_route_table_routes{ip_version="4",table="main"} 2`,
		}},
		"connections": {"conntrack", 7, map[string][][]string{"/ip/firewall/connection/tracking": {{"total-entries=12", "max-entries=1048576"}}}, []string{
			`routeros_conntrack_entries 12`, `routeros_conntrack_entries_limit 1.048576e+06`,
		}},
		"leases": {"dhcp", 7, map[string][][]string{
			"/ip/dhcp-server":       {{"name=lan"}},
			"/ip/dhcp-server/lease": {{"server=lan", "status=bound"}, {"server=lan", "status=waiting"}, {"server=all", "status=bound"}},
		}, []string{`routeros_dhcp_leases{server="lan"} 2`, `routeros_dhcp_leases_bound{server="lan"} 1`}},
		"pools": {"pool", 7, map[string][][]string{
			"/ip/pool":      {{"name=p", "ranges=10.0.0.2-10.0.0.9,10.1.0.0/24,10.2.0.1,nonsense,10.0.0.9-10.0.0.1"}},
			"/ip/pool/used": {{"pool=p"}, {"pool=q"}},
		}, []string{`routeros_pool_addresses{pool="p"} 265`, `routeros_pool_addresses_used{pool="p"} 1`}},
		"certificates": {"certificate", 7, map[string][][]string{"/certificate": {
			{"name=a", "common-name=r1", "invalid-after=2026-11-25 00:00:00"}, {"name=b", "invalid-after=nov/25/2026 00:00:00"}, {"name=template"},
		}}, []string{
			`routeros_certificate_not_after_timestamp_seconds{common_name="",name="b"} 1.7955648e+09`,
			`routeros_certificate_not_after_timestamp_seconds{common_name="r1",name="a"} 1.7955648e+09`,
		}},
		"packages": {"package", 7, map[string][][]string{
			"/system/package":        {{"name=routeros", "version=7.16"}, {"name=container"}},
			"/system/package/update": {{"channel=stable", "installed-version=7.16", "latest-version=7.20"}},
			"/system/license":        {{"nlevel=6"}},
		}, []string{
			`routeros_package_info{name="routeros",version="7.16"} 1`, `routeros_package_license_info{level="6"} 1`,
			`routeros_package_update_available{channel="stable",latest_version="7.20"} 1`,
		}},
		"NTP of version 7": {"ntp", 7, map[string][][]string{"/system/ntp/client": {{"enabled=true", "status=waiting"}}}, []string{`routeros_ntp_enabled 1`, `routeros_ntp_synchronized 0`}},
		"NTP of version 6": {"ntp", 6, map[string][][]string{"/system/ntp/client": {{"enabled=no"}}}, []string{`routeros_ntp_enabled 0`}},
		"clients of two drivers": {"wireless", 7, map[string][][]string{
			"/interface/wifi/registration-table": {{"interface=wifi1"}, {"interface=wifi1"}}, "/caps-man/registration-table": {{"interface=cap1"}},
		}, []string{`routeros_wireless_clients{interface="cap1"} 1`, `routeros_wireless_clients{interface="wifi1"} 2`}},
		"LTE": {"lte", 7, map[string][][]string{
			"/interface/lte":         {{"name=lte1", "disabled=false"}, {"name=lte2", "disabled=true"}},
			"/interface/lte/monitor": {{"current-operator=Tel", "access-technology=Evolved 3G (LTE)", "rsrp=-95dBm", "sinr=12"}},
		}, []string{
			`routeros_lte_info{interface="lte1",operator="Tel",technology="Evolved 3G (LTE)"} 1`,
			`routeros_lte_rsrp_dbm{interface="lte1"} -95`, `routeros_lte_sinr_db{interface="lte1"} 12`,
		}},
		"a neighbour seen twice is one": {"neighbor", 7, map[string][][]string{"/ip/neighbor": {
			{"interface=ether1", "identity=CORE1", "interface-name=ether2", "mac-address=00:00:5E:00:53:01", "platform=MikroTik"},
			{"interface=ether1", "identity=CORE1", "interface-name=ether2", "mac-address=00:00:5E:00:53:01", "platform=MikroTik", "address6=fe80::1"},
		}}, []string{
			`routeros_neighbor_info{interface="ether1",platform="MikroTik",remote_identity="CORE1",remote_interface="ether2",remote_mac_address="00:00:5E:00:53:01"} 1`,
			`routeros_neighbor_truncated 0`,
		}},
		"queues of subscribers are left out": {"queue", 7, map[string][][]string{"/queue/simple": {
			{"name=office", "bytes=10/20", "packets=1/2", "dropped=0/3"}, {"name=<pppoe-alice>", "bytes=1/1", "dynamic=true"},
		}}, []string{
			`routeros_queue_download_bytes_total{queue="office"} 20`, `routeros_queue_download_drops_total{queue="office"} 3`,
			`routeros_queue_download_packets_total{queue="office"} 2`, `routeros_queue_upload_bytes_total{queue="office"} 10`,
			`routeros_queue_upload_drops_total{queue="office"} 0`, `routeros_queue_upload_packets_total{queue="office"} 1`,
		}},
		"rules": {"firewall", 7, map[string][][]string{"/ip/firewall/filter": {{".id=*1", "chain=input", "action=drop", "bytes=100", "packets=2"}}}, []string{
			`routeros_firewall_rule_bytes_total{action="drop",chain="input",comment="",rule="*1",table="filter"} 100`,
			`routeros_firewall_rule_packets_total{action="drop",chain="input",comment="",rule="*1",table="filter"} 2`,
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := collect(t, c.collector, c.major, &routerostest.Router{Menus: c.menus})
			require.NoError(t, err)
			require.Equal(t, c.want, got)
		})
	}
}

// What announces itself is in others' hands: the series are bounded.
func TestNeighborsAreBounded(t *testing.T) {
	t.Parallel()
	var rows [][]string
	for i := range maxNeighbors + 1 {
		rows = append(rows, []string{"interface=ether1", "identity=" + string(rune('A'+i))})
	}
	got, err := collect(t, "neighbor", 7, &routerostest.Router{Menus: map[string][][]string{"/ip/neighbor": rows}})
	require.NoError(t, err)
	require.Len(t, got, maxNeighbors+1)
	require.Contains(t, got, `routeros_neighbor_truncated 1`)
}
