# feb/25/2026 04:29:31 by RouterOS 7.8
/interface/bridge
add name=loopback protocol-mode=none
/ip/address
add address=10.0.1.2/30 interface=ether1
add address=10.0.3.1/30 interface=ether2
add address=10.255.0.2/32 interface=loopback
/routing/ospf/instance
add name=v2 router-id=10.255.0.2
/routing/ospf/area
add name=backbone instance=v2
/routing/ospf/interface-template
add area=backbone interfaces=ether1,ether2 type=ptp
add area=backbone interfaces=loopback passive
/routing/bgp/connection
add name=edge1 as=64500 local.address=10.255.0.2 local.role=ibgp remote.address=10.255.0.1 remote.as=64500 multihop=yes
/system/identity set name=CORE1
