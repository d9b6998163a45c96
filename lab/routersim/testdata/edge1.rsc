# 2026-02-25 04:29:31 by RouterOS 7.16
# software id = 
#
/interface bridge
add comment="router id" name=loopback protocol-mode=none
/interface ethernet
set [ find default-name=ether1 ] comment="upstream A"
set [ find default-name=ether2 ] comment="to CORE1"
set [ find default-name=ether3 ] comment="to CORE2"
/interface vlan
add interface=ether2 name=vlan100 vlan-id=100
/routing bgp template
set default as=64500 router-id=10.255.0.1
/routing ospf instance
add disabled=no name=v2 originate-default=always router-id=10.255.0.1
/routing ospf area
add disabled=no instance=v2 name=backbone
/snmp community
set [ find default=yes ] name=S3CRET-edge1-01
/user group
add name=monitor policy=read,api,!sensitive
/ip address
add address=198.51.100.2/30 comment="upstream A" interface=ether1 network=\
    198.51.100.0
add address=10.0.1.1/30 interface=ether2 network=10.0.1.0
add address=10.0.2.1/30 interface=ether3 network=10.0.2.0
add address=10.255.0.1 interface=loopback network=10.255.0.1
add address=10.0.100.1/24 interface=vlan100 network=10.0.100.0
/ip firewall address-list
add address=203.0.113.0/24 list=our-networks
/ip firewall filter
add action=accept chain=input connection-state=established,related
add action=accept chain=input comment="management" src-address=10.0.0.0/8
add action=drop chain=input in-interface=ether1
/ip route
add disabled=no distance=250 dst-address=203.0.113.0/24 blackhole
/routing bgp connection
add as=64500 disabled=no input.filter=in-a local.role=ebgp name=upstream-a \
    output.filter-chain=out-a .network=our-networks remote.address=198.51.100.1/32 .as=\
    64510 routing-table=main tcp-md5-key=S3CRET-edge1-02
add as=64500 disabled=no local.address=10.255.0.1 .role=ibgp multihop=yes \
    name=core1 remote.address=10.255.0.2 .as=64500 routing-table=main
/routing filter rule
add chain=in-a disabled=no rule="if (dst in 10.0.0.0/8) { reject }"
add chain=in-a disabled=no rule="if (dst-len > 24) { reject } else { accept }"
add chain=out-a disabled=no rule="if (dst in 203.0.113.0/24) { accept }"
/routing ospf interface-template
add area=backbone disabled=no interfaces=ether2,ether3 type=ptp
add area=backbone disabled=no interfaces=loopback passive
/system identity
set name=EDGE1
/system script
add dont-require-permissions=no name=greet owner=admin policy=read source="#\
    \_two lines\r\
    \n:put \"hello \$[/system identity get name]\"\r\
    \n:local token \"S3CRET-edge1-03\""
