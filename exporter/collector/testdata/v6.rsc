# nov/01/2026 12:00:00 by RouterOS 6.49.10
#
# The same on RouterOS 6.
/interface bridge
add name=lan
/interface ethernet
set [ find default-name=ether1 ] comment="to the core"
/ip pool
add name=clients ranges=10.9.0.10-10.9.0.250
/ip dhcp-server
add address-pool=clients disabled=no interface=lan name=lan
/routing bgp instance
set default as=64501 router-id=10.255.0.2
/routing ospf instance
set [ find default=yes ] router-id=10.255.0.2
/interface bridge port
add bridge=lan interface=ether3
/interface pppoe-server server
add default-profile=default disabled=no interface=ether4 service-name=internet
/ip address
add address=10.0.0.2/30 interface=ether1 network=10.0.0.0
add address=192.0.2.10/30 interface=ether2 network=192.0.2.8
/ip firewall filter
add action=accept chain=input comment=ours connection-state=established,related
/ip firewall mangle
add action=mark-routing chain=prerouting new-routing-mark=backup src-address=10.9.0.0/24
/ip route
add distance=1 dst-address=203.0.113.0/24 gateway=192.0.2.9
add distance=1 gateway=192.0.2.9 routing-mark=backup
/ip route rule
add action=lookup dst-address=10.8.0.0/24 table=office
/mpls ldp
set enabled=yes lsr-id=10.255.0.2
/mpls ldp interface
add interface=ether1
/queue simple
add max-limit=10M/10M name=office target=10.9.0.0/24
/routing bgp peer
add name=upstream-a remote-address=192.0.2.9 remote-as=64510
/routing filter
add action=accept chain=in-a prefix=0.0.0.0/0 prefix-length=0-24
/routing ospf interface
add interface=ether1 network-type=point-to-point use-bfd=yes
/routing ospf network
add area=backbone network=10.0.0.0/30
/system identity
set name=LEGACY
/system ntp client
set enabled=yes primary-ntp=192.0.2.123
/tool netwatch
add comment="the other end" host=10.0.0.1
