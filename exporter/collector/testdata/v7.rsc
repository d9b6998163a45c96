# 2026-11-01 12:00:00 by RouterOS 7.20
#
# A router of a made-up ISP with something in every menu that a collector reads.
/interface bridge
add name=lan
/interface ethernet
set [ find default-name=sfp-sfpplus1 ] comment="to the core"
set [ find default-name=sfp-sfpplus2 ] comment=spare
set [ find default-name=ether2 ] poe-out=auto-on
set [ find default-name=ether3 ] poe-out=off
/interface lte
set [ find default-name=lte1 ] name=lte1 disabled=no
/interface wifi
set [ find default-name=wifi1 ] name=wifi1 configuration.ssid=office disabled=no
/interface vlan
add interface=ether4 name=vlan100 vlan-id=100
/ip pool
add name=clients ranges=10.9.0.10-10.9.0.250
add name=subscribers ranges=100.64.0.0/22
/ipv6 pool
add name=delegated prefix=2001:db8::/40 prefix-length=56
/ip dhcp-server
add address-pool=clients interface=lan name=lan
/ppp profile
add local-address=100.64.0.1 name=home remote-address=subscribers
/routing bgp instance
add as=64500 name=main router-id=10.255.0.1
/routing ospf instance
add name=main router-id=10.255.0.1
/routing ospf area
add instance=main name=backbone
/routing table
add fib name=backup
/interface bridge port
add bridge=lan interface=ether2
add bridge=lan interface=ether3
/interface bridge vlan
add bridge=lan tagged=lan vlan-ids=10,20
/interface pppoe-server server
add default-profile=home disabled=no interface=vlan100 max-sessions=500 service-name=internet
/ip address
add address=10.0.0.1/30 interface=sfp-sfpplus1 network=10.0.0.0
add address=192.0.2.2/30 interface=ether1 network=192.0.2.0
add address=10.9.0.1/24 interface=lan network=10.9.0.0
/ip dhcp-server lease
add address=10.9.0.2 mac-address=02:00:00:00:00:01 server=lan
/ip firewall address-list
add address=10.0.0.0/8 list=management
/ip firewall filter
add action=accept chain=input connection-state=established,related
add action=accept chain=input src-address-list=management
add action=drop chain=input comment="everything else"
/ip firewall mangle
add action=mark-routing chain=prerouting new-routing-mark=backup
/ipv6 firewall filter
add action=accept chain=input
/ip route
add dst-address=203.0.113.0/24 gateway=192.0.2.1
add dst-address=0.0.0.0/0 gateway=192.0.2.1 routing-table=backup
/mpls ldp
add lsr-id=10.255.0.1
/mpls ldp interface
add interface=sfp-sfpplus1
/queue simple
add max-limit=10M/10M name=office target=10.9.0.0/24
/queue tree
add name=down packet-mark=voice parent=global
/routing bgp connection
add instance=main local.role=ebgp name=upstream-a remote.address=192.0.2.1 .as=64510
add disabled=yes instance=main local.role=ebgp name=upstream-b remote.address=192.0.2.6 .as=64520
/routing filter rule
add chain=in-a rule="if (dst-len <= 24) { accept }"
add chain=in-a rule=reject
/routing ospf interface-template
add area=backbone interfaces=sfp-sfpplus1 type=ptp use-bfd=yes
/routing rule
add action=lookup src-address=10.9.0.0/24 table=backup
/system identity
set name=EVERYTHING
/system ntp client
set enabled=yes
/system ntp client servers
add address=192.0.2.123
/tool netwatch
add comment="the other end" host=10.0.0.2 name=core type=icmp
