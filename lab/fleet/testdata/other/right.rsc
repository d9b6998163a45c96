# 2024-02-11 10:03:17 by RouterOS 7.12.1
/ip address
add address=192.0.2.10/30 interface=ether1 network=192.0.2.8
/routing ospf instance
add disabled=no name=v2 router-id=192.0.2.10
/routing ospf area
add disabled=no instance=v2 name=backbone
/routing ospf interface-template
add area=backbone disabled=no interfaces=ether1
/system identity
set name=right
