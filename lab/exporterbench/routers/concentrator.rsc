# 2026-11-01 12:00:00 by RouterOS 7.16
# A PPPoE concentrator; its subscribers are added by the program.
/interface bridge
add name=loopback protocol-mode=none
/interface ethernet
set [ find default-name=ether1 ] comment="to AGG1"
set [ find default-name=ether2 ] comment="to AGG2"
set [ find default-name=ether3 ] comment="to the access network"
/interface vlan
add interface=ether3 name=vlan101 vlan-id=101
/ip pool
add name=residential ranges=100.64.0.2-100.64.63.254
add name=business ranges=100.65.0.2-100.65.3.254
/ppp profile
add change-tcp-mss=yes local-address=100.64.0.1 name=res-100 rate-limit=20M/100M remote-address=residential
add change-tcp-mss=yes local-address=100.64.0.1 name=res-500 rate-limit=100M/500M remote-address=residential
add change-tcp-mss=yes local-address=100.65.0.1 name=business rate-limit=500M/500M remote-address=business
/routing bgp template
set default as=64500 router-id=10.255.0.41
/routing ospf instance
add name=backbone router-id=10.255.0.41
/routing ospf area
add instance=backbone name=area0
/interface pppoe-server server
add default-profile=res-100 disabled=no interface=vlan101 keepalive-timeout=20 max-mru=1492 max-mtu=1492 one-session-per-host=yes service-name=residential
/ip address
add address=10.255.0.41 interface=loopback network=10.255.0.41
add address=10.254.0.42/30 interface=ether1 network=10.254.0.40
add address=10.254.0.46/30 interface=ether2 network=10.254.0.44
/ip dns
set servers=10.255.0.11,10.255.0.12
/ip firewall address-list
add address=10.255.0.0/24 list=management
add address=10.254.0.0/24 list=backbone
/ip firewall filter
add action=accept chain=input connection-state=established,related
add action=drop chain=input connection-state=invalid
add action=accept chain=input protocol=icmp
add action=accept chain=input protocol=ospf src-address-list=backbone
add action=accept chain=input src-address-list=management
add action=drop chain=input
/ip service
set telnet disabled=yes
set ftp disabled=yes
set www disabled=yes
/ppp aaa
set interim-update=5m use-radius=yes
/queue simple
add max-limit=9G/9G name=uplinks target=ether1,ether2
/routing bgp connection
add as=64500 local.address=10.255.0.41 .role=ibgp name=RR1 remote.address=10.254.0.41/32 .as=64500 router-id=10.255.0.41 templates=default
/routing ospf interface-template
add area=area0 cost=20 interfaces=ether1 type=ptp
add area=area0 cost=30 interfaces=ether2 type=ptp
add area=area0 interfaces=loopback passive
/system clock
set time-zone-name=Europe/Berlin
/system identity
set name=CONCENTRATOR
/system ntp client
set enabled=yes
