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
			{"remote-address=10.0.0.1%ether1", "state=up", "state-changes=3"}, {"remote-address=10.0.0.2", "interface=ether2", "state=down"},
		}}, []string{
			`routeros_bfd_session_state_changes_total{interface="ether1",remote_address="10.0.0.1"} 3`,
			`routeros_bfd_session_up{interface="ether1",remote_address="10.0.0.1"} 1`,
			`routeros_bfd_session_up{interface="ether2",remote_address="10.0.0.2"} 0`,
		}},
		"BFD of version 6": {"bfd", 6, map[string][][]string{"/routing/bfd/neighbor": {{"address=10.0.0.1", "interface=ether1", "state=up"}}}, []string{
			`routeros_bfd_session_up{interface="ether1",remote_address="10.0.0.1"} 1`,
		}},
		"LDP": {"ldp", 7, map[string][][]string{"/mpls/ldp/neighbor": {{"peer=10.255.0.1:0", "transport=10.255.0.1", "operational=true"}, {"peer=10.255.0.2:0", "transport=10.255.0.2"}}}, []string{
			`routeros_ldp_neighbor_up{peer="10.255.0.1:0",transport="10.255.0.1"} 1`,
			`routeros_ldp_neighbor_up{peer="10.255.0.2:0",transport="10.255.0.2"} 0`,
			`routeros_ldp_neighbors 1`,
		}},
		"LDP that has lost all neighbours":  {"ldp", 7, map[string][][]string{"/mpls/ldp/neighbor": {}, "/mpls/ldp": {{"lsr-id=10.255.0.9"}}}, []string{`routeros_ldp_neighbors 0`}},
		"LDP of version 6 that is not used": {"ldp", 6, map[string][][]string{"/mpls/ldp/neighbor": {}, "/mpls/ldp": {{"enabled=false"}}}, nil},
		"LDP that is disabled":              {"ldp", 7, map[string][][]string{"/mpls/ldp/neighbor": {}, "/mpls/ldp": {{"disabled=true"}}}, nil},
		"netwatch that does not know yet is absent": {"netwatch", 7, map[string][][]string{"/tool/netwatch": {
			{"host=192.0.2.1", "type=icmp", "status=up"},
			{"host=192.0.2.2", "name=branch", "comment=DNS of the branch", "status=down"},
			{"host=192.0.2.3", "status=unknown"},
			{"host=192.0.2.4", "status=down", "disabled=true"},
			{"host=192.0.2.1", "type=icmp", "status=down"},
		}}, []string{
			`routeros_netwatch_info{comment="",host="192.0.2.1",name="",type="icmp"} 1`,
			`routeros_netwatch_info{comment="DNS of the branch",host="192.0.2.2",name="branch",type=""} 1`,
			`routeros_netwatch_up{host="192.0.2.1",name="",type="icmp"} 1`, `routeros_netwatch_up{host="192.0.2.2",name="branch",type=""} 0`,
		}},
		"health of version 7": {"health", 7, map[string][][]string{"/system/health": {
			{"name=cpu-temperature", "value=47", "type=C"},
			{"name=psu1-state", "value=ok", "type="},
			{"name=psu2-state", "value=fail"},
			{"name=psu3-state", "value=not-present"},
			{"name=psu4-state", "value=idle"},
			{"name=psu1-current", "value=4.2", "type=A"},
			{"name=power-consumption", "value=50.8", "type=W"},
			{"name=fan1-speed", "value=4200", "type=RPM"},
			{"name=odd", "value=1", "type=furlong"},
		}}, []string{
			`routeros_health_current_amperes{sensor="psu1-current"} 4.2`,
			`routeros_health_fan_speed_rpm{sensor="fan1-speed"} 4200`, `routeros_health_ok{sensor="psu1-state"} 1`,
			`routeros_health_ok{sensor="psu2-state"} 0`, `routeros_health_ok{sensor="psu4-state"} 1`,
			`routeros_health_power_watts{sensor="power-consumption"} 50.8`,
			`routeros_health_temperature_celsius{sensor="cpu-temperature"} 47`,
		}},
		// The sensors of a CCR1072 as MikroTik's manual shows them, and of a small board.
		"health of version 6": {"health", 6, map[string][][]string{"/system/health": {{
			"cpu-temperature=46", "power-consumption=62.9", "board-temperature2=34", "psu1-voltage=12.1", "psu1-current=5.2", "psu2-current=0",
			"fan4-speed=6467", "psu1-state=ok", "psu2-state=fail", "voltage=24.1", "current=248", "cpu-overtemp-threshold=100",
		}}}, []string{
			`routeros_health_current_amperes{sensor="current"} 0.248`, `routeros_health_current_amperes{sensor="psu1-current"} 5.2`,
			`routeros_health_current_amperes{sensor="psu2-current"} 0`, `routeros_health_fan_speed_rpm{sensor="fan4-speed"} 6467`,
			`routeros_health_ok{sensor="psu1-state"} 1`, `routeros_health_ok{sensor="psu2-state"} 0`, `routeros_health_power_watts{sensor="power-consumption"} 62.9`,
			`routeros_health_temperature_celsius{sensor="board-temperature2"} 34`, `routeros_health_temperature_celsius{sensor="cpu-temperature"} 46`,
			`routeros_health_voltage_volts{sensor="psu1-voltage"} 12.1`, `routeros_health_voltage_volts{sensor="voltage"} 24.1`,
		}},
		"what ports have negotiated": {"ethernet", 7, map[string][][]string{
			"/interface/ethernet": {{"name=ether1"}, {"name=ether2"}, {"name=sfp1"}},
			"/interface/ethernet/monitor": {
				{"name=ether1", "status=link-ok", "rate=2.5Gbps", "full-duplex=true"},
				{"name=ether2", "status=no-link", "rate=100Mbps", "full-duplex=false"},
				{"name=sfp1", "status=link-ok", "rate=unknown"},
			},
		}, []string{`routeros_ethernet_full_duplex{interface="ether1"} 1`, `routeros_ethernet_speed_bytes{interface="ether1"} 3.125e+08`}},
		"optics": {"optics", 7, map[string][][]string{
			"/interface/ethernet": {{"name=uplink", "default-name=sfp-sfpplus1"}, {"name=ether1", "default-name=ether1"}},
			"/interface/ethernet/monitor": {
				{"name=uplink", "sfp-module-present=true", "sfp-rx-power=-7.25", "sfp-tx-bias-current=6", "sfp-temperature=41C", "sfp-vendor-name=ACME", "sfp-vendor-part-number=X1", "sfp-rx-loss=false", "sfp-tx-fault=true"},
				{"name=spare", "sfp-module-present=false"},
				{"name=ether1", "status=link-ok"},
			},
		}, []string{
			`routeros_optics_info{interface="uplink",part_number="X1",vendor="ACME"} 1`, `routeros_optics_module_present{interface="spare"} 0`,
			`routeros_optics_module_present{interface="uplink"} 1`, `routeros_optics_receive_loss{interface="uplink"} 0`,
			`routeros_optics_receive_power_dbm{interface="uplink"} -7.25`, `routeros_optics_temperature_celsius{interface="uplink"} 41`,
			`routeros_optics_transmit_bias_amperes{interface="uplink"} 0.006`, `routeros_optics_transmit_fault{interface="uplink"} 1`,
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
			"/interface/bridge/port": {{"bridge=b1", "interface=ether1", "inactive=true"}, {"bridge=b1", "interface=ether2", "disabled=true", "inactive=true"}, {"bridge=b1", "interface=wlan1", "dynamic=true"}, {"bridge=b1", "interface=ether3"}},
			"/interface/bridge/vlan": {{"bridge=b1"}},
		}, []string{
			`routeros_bridge_port_active{bridge="b1",interface="ether1"} 0`, `routeros_bridge_port_active{bridge="b1",interface="ether2"} 0`,
			`routeros_bridge_port_active{bridge="b1",interface="ether3"} 1`, `routeros_bridge_ports{bridge="b0"} 0`, `routeros_bridge_ports{bridge="b1"} 3`, `routeros_bridge_ports_inactive{bridge="b0"} 0`,
			`routeros_bridge_ports_inactive{bridge="b1"} 1`, `routeros_bridge_vlans{bridge="b0"} 0`, `routeros_bridge_vlans{bridge="b1"} 1`,
		}},
		"routes that the common protocols explain": {"route", 7, map[string][][]string{
			"/routing/table":       {{"name=main"}, {"name=vrf"}},
			"/routing/filter/rule": {{"chain=in"}, {"chain=in"}, {"chain=out"}},
			"/routing/rule":        {{"table=vrf"}},
			"/ip/route":            {{"routing-table=main", "bgp=true"}, {"routing-table=main", "static=true"}, {"routing-table=vrf", "bgp=true"}},
		}, []string{
			`routeros_route_filter_rules{chain="in"} 2`, `routeros_route_filter_rules{chain="out"} 1`, `routeros_route_policy_rules 1`,
			`routeros_route_protocol_routes{ip_version="4",protocol="bgp"} 2`, `routeros_route_protocol_routes{ip_version="4",protocol="connect"} 0`,
			`routeros_route_protocol_routes{ip_version="4",protocol="dhcp"} 0`, `routeros_route_protocol_routes{ip_version="4",protocol="is-is"} 0`,
			`routeros_route_protocol_routes{ip_version="4",protocol="modem"} 0`,
			`routeros_route_protocol_routes{ip_version="4",protocol="ospf"} 0`, `routeros_route_protocol_routes{ip_version="4",protocol="rip"} 0`,
			`routeros_route_protocol_routes{ip_version="4",protocol="slaac"} 0`, `routeros_route_protocol_routes{ip_version="4",protocol="static"} 1`,
			`routeros_route_protocol_routes{ip_version="4",protocol="vpn"} 0`,
			`routeros_route_table_routes{ip_version="4",table="main"} 2`, `routeros_route_table_routes{ip_version="4",table="vrf"} 1`,
		}},
		"routes of rare protocols": {"route", 7, map[string][][]string{
			"/routing/table": {{"name=main"}},
			"/ipv6/route":    {{"routing-table=main", "connect=true"}, {"routing-table=main", "dhcp=true"}, {"routing-table=main", "slaac=true"}},
		}, []string{
			`routeros_route_protocol_routes{ip_version="6",protocol="bgp"} 0`, `routeros_route_protocol_routes{ip_version="6",protocol="connect"} 1`,
			`routeros_route_protocol_routes{ip_version="6",protocol="dhcp"} 1`, `routeros_route_protocol_routes{ip_version="6",protocol="is-is"} 0`,
			`routeros_route_protocol_routes{ip_version="6",protocol="modem"} 0`,
			`routeros_route_protocol_routes{ip_version="6",protocol="ospf"} 0`, `routeros_route_protocol_routes{ip_version="6",protocol="rip"} 0`,
			`routeros_route_protocol_routes{ip_version="6",protocol="slaac"} 1`, `routeros_route_protocol_routes{ip_version="6",protocol="static"} 0`,
			`routeros_route_protocol_routes{ip_version="6",protocol="vpn"} 0`, `routeros_route_table_routes{ip_version="6",table="main"} 3`,
		}},
		"routes of version 6 have marks": {"route", 6, map[string][][]string{
			"/ip/route/rule":      {{"table=office"}, {"table=main"}},
			"/ip/route/vrf":       {{"routing-mark=customer"}},
			"/ip/firewall/mangle": {{"action=mark-routing", "new-routing-mark=backup"}, {"action=accept", "new-routing-mark=never"}},
			"/routing/filter":     {{"chain=in"}},
			"/ip/route": {
				{"connect=true"}, {"static=true"}, {"static=true", "routing-mark=office"}, {"bgp=true", "routing-mark=customer"}, {"bgp=true", "routing-mark=customer"},
			},
		}, []string{
			`routeros_route_filter_rules{chain="in"} 1`, `routeros_route_policy_rules 2`,
			`routeros_route_protocol_routes{ip_version="4",protocol="bgp"} 2`, `routeros_route_protocol_routes{ip_version="4",protocol="connect"} 1`,
			`routeros_route_protocol_routes{ip_version="4",protocol="ospf"} 0`, `routeros_route_protocol_routes{ip_version="4",protocol="rip"} 0`,
			`routeros_route_protocol_routes{ip_version="4",protocol="static"} 2`,
			`routeros_route_table_routes{ip_version="4",table="backup"} 0`, `routeros_route_table_routes{ip_version="4",table="customer"} 2`,
			`routeros_route_table_routes{ip_version="4",table="main"} 2`, `routeros_route_table_routes{ip_version="4",table="office"} 1`,
		}},
		"rules are counted": {"firewall", 7, map[string][][]string{
			"/ip/firewall/filter": {{"chain=input"}, {"chain=forward"}}, "/ipv6/firewall/raw": {{"chain=prerouting"}}, "/ip/firewall/address-list": {},
		}, []string{
			`routeros_firewall_address_list_entries{ip_version="4"} 0`,
			`routeros_firewall_rules{ip_version="4",table="filter"} 2`, `routeros_firewall_rules{ip_version="6",table="raw"} 1`,
		}},
		"sessions by PPPoE service": {"pppoe", 7, map[string][][]string{
			"/interface/pppoe-server/server": {
				{"service-name=internet", "interface=vlan100", "default-profile=home", "max-sessions=1000"},
				{"service-name=internet", "interface=vlan101", "default-profile=home", "max-sessions=500"},
				{"service-name=business", "interface=vlan200", "default-profile=fast", "max-sessions=unlimited"},
				{"service-name=old", "interface=vlan300", "disabled=true"},
			},
			"/interface/pppoe-server": {{"service=internet"}, {"service=internet"}},
		}, []string{
			`routeros_pppoe_server_info{interface="vlan100",profile="home",service="internet"} 1`,
			`routeros_pppoe_server_info{interface="vlan101",profile="home",service="internet"} 1`,
			`routeros_pppoe_server_info{interface="vlan200",profile="fast",service="business"} 1`,
			`routeros_pppoe_server_sessions{service="business"} 0`, `routeros_pppoe_server_sessions{service="internet"} 2`,
			`routeros_pppoe_server_sessions_limit{service="internet"} 1500`,
		}},
		"connections": {"conntrack", 7, map[string][][]string{"/ip/firewall/connection/tracking": {{"total-entries=12", "max-entries=1048576"}}}, []string{
			`routeros_conntrack_entries 12`, `routeros_conntrack_entries_limit 1.048576e+06`,
		}},
		"leases": {"dhcp", 7, map[string][][]string{
			"/ip/dhcp-server":           {{"name=lan"}},
			"/ip/dhcp-server/lease":     {{"server=lan", "status=bound"}, {"server=lan", "status=waiting"}, {"server=all", "status=bound"}},
			"/ipv6/dhcp-server":         {{"name=pd"}},
			"/ipv6/dhcp-server/binding": {{"server=pd", "status=bound"}},
		}, []string{
			`routeros_dhcp_ipv6_bindings{server="pd"} 1`, `routeros_dhcp_ipv6_bindings_bound{server="pd"} 1`,
			`routeros_dhcp_leases{server="lan"} 2`, `routeros_dhcp_leases_bound{server="lan"} 1`,
		}},
		"pools": {"pool", 7, map[string][][]string{
			"/ip/pool":        {{"name=p", "ranges=10.0.0.2-10.0.0.9,10.1.0.0/24,10.2.0.1,nonsense,10.0.0.9-10.0.0.1"}},
			"/ip/pool/used":   {{"pool=p"}, {"pool=q"}},
			"/ipv6/pool":      {{"name=pd", "prefix=2001:db8::/40", "prefix-length=56"}, {"name=odd", "prefix=2001:db8::/64", "prefix-length=56"}},
			"/ipv6/pool/used": {{"pool=pd"}},
		}, []string{
			`routeros_pool_addresses{pool="p"} 265`, `routeros_pool_addresses_used{pool="p"} 1`, `routeros_pool_ipv6_prefixes{pool="pd"} 65536`,
			`routeros_pool_ipv6_prefixes_used{pool="odd"} 0`, `routeros_pool_ipv6_prefixes_used{pool="pd"} 1`,
		}},
		"pools of which the router tells how full they are": {"pool", 7, map[string][][]string{"/ip/pool": {{"name=p", "ranges=10.0.0.0/24", "used=200"}}}, []string{
			`routeros_pool_addresses{pool="p"} 256`, `routeros_pool_addresses_used{pool="p"} 200`,
		}},
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
		// Both shapes are those of recorded replies.
		"NTP of version 7": {"ntp", 7, map[string][][]string{"/system/ntp/client": {{
			"enabled=true", "freq-drift=3.109", "status=synchronized", "synced-server=192.0.2.1", "synced-stratum=1", "system-offset=1.703",
		}}}, []string{`routeros_ntp_enabled 1`, `routeros_ntp_offset_seconds 0.001703`, `routeros_ntp_stratum 1`, `routeros_ntp_synchronized 1`}},
		"NTP that waits": {"ntp", 7, map[string][][]string{"/system/ntp/client": {{"enabled=true", "status=waiting"}}}, []string{`routeros_ntp_enabled 1`, `routeros_ntp_synchronized 0`}},
		"NTP of version 6": {"ntp", 6, map[string][][]string{"/system/ntp/client": {{
			"enabled=true", "last-update-before=12m29s740ms", "poll-interval=15m", "last-adjustment=-29ms481us",
		}}}, []string{`routeros_ntp_enabled 1`, `routeros_ntp_offset_seconds -0.029481`, `routeros_ntp_synchronized 1`}},
		"NTP of version 6 without an answer for long": {"ntp", 6, map[string][][]string{"/system/ntp/client": {{
			"enabled=true", "last-update-before=45m1s", "poll-interval=15m", "last-adjustment=0s",
		}}}, []string{`routeros_ntp_enabled 1`, `routeros_ntp_offset_seconds 0`, `routeros_ntp_synchronized 0`}},
		"NTP that nobody wants": {"ntp", 6, map[string][][]string{"/system/ntp/client": {{"enabled=no"}}}, []string{`routeros_ntp_enabled 0`}},
		"clients of two drivers, and a radio without any": {"wireless", 7, map[string][][]string{
			"/interface/wifi": {{"name=wifi1"}, {"name=wifi2"}}, "/interface/wifi/registration-table": {{"interface=wifi1"}, {"interface=wifi1"}},
			"/caps-man/registration-table": {{"interface=cap1"}},
		}, []string{
			`routeros_wireless_clients{interface="cap1"} 1`, `routeros_wireless_clients{interface="wifi1"} 2`, `routeros_wireless_clients{interface="wifi2"} 0`,
		}},
		"LTE": {"lte", 7, map[string][][]string{
			"/interface/lte":         {{"name=lte1", "disabled=false"}, {"name=lte2", "disabled=true"}},
			"/interface/lte/monitor": {{"current-operator=Tel", "data-class=5G NSA", "rsrp=-95dBm", "sinr=12", "nr-rsrp=-88"}},
		}, []string{
			`routeros_lte_info{interface="lte1",operator="Tel",technology="5G NSA"} 1`, `routeros_lte_nr_rsrp_dbm{interface="lte1"} -88`,
			`routeros_lte_rsrp_dbm{interface="lte1"} -95`, `routeros_lte_sinr_db{interface="lte1"} 12`,
		}},
		"LTE of version 6": {"lte", 6, map[string][][]string{
			"/interface/lte":      {{"name=lte1"}},
			"/interface/lte/info": {{"current-operator=Tel", "access-technology=Evolved 3G (LTE)", "rsrp=-95"}},
		}, []string{
			`routeros_lte_info{interface="lte1",operator="Tel",technology="Evolved 3G (LTE)"} 1`, `routeros_lte_rsrp_dbm{interface="lte1"} -95`,
		}},
		"a neighbour seen twice is one": {"neighbor", 7, map[string][][]string{"/ip/neighbor": {
			{"interface=ether1", "identity=CORE1", "interface-name=ether2", "mac-address=00:00:5E:00:53:01", "platform=MikroTik"},
			{"interface=ether1,bridge", "identity=CORE1", "interface-name=ether2", "mac-address=00:00:5E:00:53:01", "platform=MikroTik", "address6=fe80::1"},
		}}, []string{
			`routeros_neighbor_info{interface="ether1",platform="MikroTik",remote_identity="CORE1",remote_interface="ether2",remote_mac_address="00:00:5E:00:53:01"} 1`,
		}},
		"queues of subscribers are left out": {"queue", 7, map[string][][]string{"/queue/simple": {
			{"name=office", "bytes=10/20", "packets=1/2", "dropped=0/3"}, {"name=<pppoe-alice>", "bytes=1/1", "dynamic=true"},
		}}, []string{
			`routeros_queue_download_bytes_total{queue="office"} 20`, `routeros_queue_download_drops_total{queue="office"} 3`,
			`routeros_queue_download_packets_total{queue="office"} 2`, `routeros_queue_upload_bytes_total{queue="office"} 10`,
			`routeros_queue_upload_drops_total{queue="office"} 0`, `routeros_queue_upload_packets_total{queue="office"} 1`,
		}},
		"queues of the tree": {"queue_tree", 7, map[string][][]string{"/queue/tree": {{"name=down", "bytes=10", "packets=2", "dropped=1"}}}, []string{
			`routeros_queue_tree_bytes_total{queue="down"} 10`, `routeros_queue_tree_drops_total{queue="down"} 1`, `routeros_queue_tree_packets_total{queue="down"} 2`,
		}},
		"rules of both IP versions": {"firewall_rule", 7, map[string][][]string{
			"/ip/firewall/filter": {{".id=*1", "chain=input", "action=drop", "comment=the rest", "bytes=100", "packets=2"}},
			"/ipv6/firewall/raw":  {{".id=*1", "chain=prerouting", "action=accept", "bytes=7"}, {".id=*2", "dynamic=true", "bytes=1"}},
		}, []string{
			`routeros_firewall_rule_bytes_total{ip_version="4",rule="*1",table="filter"} 100`,
			`routeros_firewall_rule_bytes_total{ip_version="6",rule="*1",table="raw"} 7`,
			`routeros_firewall_rule_info{action="accept",chain="prerouting",comment="",ip_version="6",rule="*1",table="raw"} 1`,
			`routeros_firewall_rule_info{action="drop",chain="input",comment="the rest",ip_version="4",rule="*1",table="filter"} 1`,
			`routeros_firewall_rule_packets_total{ip_version="4",rule="*1",table="filter"} 2`,
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
