# 2026-11-01 12:00:00 by RouterOS 7.16
# An edge router with full tables; its firewall is added by the program.
/interface bridge
add name=loopback protocol-mode=none
/interface ethernet
set [ find default-name=ether1 ] comment="transit A"
set [ find default-name=ether2 ] comment="transit B"
set [ find default-name=ether3 ] comment="to CORE1"
set [ find default-name=ether4 ] comment="to CORE2"
/interface vlan
add interface=ether5 name=peering vlan-id=900
/interface list
add name=WAN
/interface list member
add interface=ether1 list=WAN
add interface=ether2 list=WAN
/routing bgp template
set default as=64500 router-id=10.255.0.1
/routing ospf instance
add name=backbone originate-default=if-installed router-id=10.255.0.1
/routing ospf area
add instance=backbone name=area0
/ip address
add address=10.255.0.1 interface=loopback network=10.255.0.1
add address=192.0.2.2/30 interface=ether1 network=192.0.2.0
add address=192.0.2.6/30 interface=ether2 network=192.0.2.4
add address=10.254.0.1/30 interface=ether3 network=10.254.0.0
add address=10.254.0.5/30 interface=ether4 network=10.254.0.4
add address=198.51.100.2/24 interface=peering network=198.51.100.0
/ip dns
set servers=10.255.0.11,10.255.0.12
/ip route
add blackhole dst-address=203.0.113.0/24
/ip service
set telnet disabled=yes
set ftp disabled=yes
set www disabled=yes
/routing bgp connection
add as=64500 hold-time=3m input.filter=transit-in keepalive-time=1m local.address=192.0.2.2 .role=ebgp name=transit-a output.filter-chain=transit-out .network=own remote.address=192.0.2.1/32 .as=64496 router-id=10.255.0.1 templates=default
add as=64500 hold-time=3m input.filter=transit-in keepalive-time=1m local.address=192.0.2.6 .role=ebgp name=transit-b output.filter-chain=transit-out .network=own remote.address=192.0.2.5/32 .as=64497 router-id=10.255.0.1 templates=default
add as=64500 local.address=198.51.100.2 .role=ebgp name=peer-1 remote.address=198.51.100.11/32 .as=64511 router-id=10.255.0.1 templates=default
add as=64500 local.address=198.51.100.2 .role=ebgp name=peer-2 remote.address=198.51.100.12/32 .as=64512 router-id=10.255.0.1 templates=default
/routing filter rule
add chain=transit-in rule="if (dst in 203.0.113.0/24) { reject; }"
add chain=transit-in rule="if (dst-len > 24) { reject; }"
add chain=transit-in rule="set bgp-local-pref 200; accept;"
add chain=transit-out rule="if (dst == 203.0.113.0/24) { accept; }"
add chain=transit-out rule="reject;"
/routing ospf interface-template
add area=area0 cost=10 interfaces=ether3 type=ptp
add area=area0 cost=10 interfaces=ether4 type=ptp
add area=area0 interfaces=loopback passive
/system clock
set time-zone-name=Europe/Berlin
/system identity
set name=EDGE
/system ntp client
set enabled=yes
