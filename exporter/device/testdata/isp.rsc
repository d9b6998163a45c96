# 2026-11-01 12:00:00 by RouterOS 7.10
#
# A router of a made-up ISP with something in every menu that is read: BGP as
# versions before 7.20 write it, subscribers, queues, and rules in several chains.
/interface bridge
add name=loopback protocol-mode=none
add name=access port-cost-mode=short vlan-filtering=yes
/interface ethernet
set [ find default-name=ether1 ] advertise=10M-baseT-half,10M-baseT-full,100M-baseT-half,100M-baseT-full,1G-baseT-half,1G-baseT-full,2.5G-baseT name=uplink
set [ find default-name=ether2 ] auto-negotiation=no speed=1G-baseT-full
set [ find default-name=ether4 ] disabled=yes
/interface vrrp
add interface=access name=vrrp1 vrid=7
/interface vlan
add interface=access name=vlan100 vlan-id=100
/interface bonding
add mode=802.3ad name=bond1 slaves=ether7,ether8
/interface list
add name=WAN
/interface gre
add local-address=192.0.2.2 name=gre1 remote-address=203.0.113.77
/interface gre6
add local-address=2001:db8::1 name=gre6-1 remote-address=2001:db8:9::1
/interface ipip
add local-address=192.0.2.2 name=ipip1 remote-address=203.0.113.78
/interface pppoe-client
add disabled=no interface=ether5 name=pppoe-out1
/interface vpls
add disabled=no name=vpls1 peer=10.255.0.7 vpls-id=7:7
/interface vxlan
add name=vxlan1 port=8472 vni=10 vrf=blue
/interface wireguard
add listen-port=13231 name=wg1
/ip vrf
add interfaces=ether5 name=blue
/ip pool
add name=subscribers ranges=100.64.0.10-100.64.3.250
/ip dhcp-server
add address-pool=subscribers disabled=no interface=vlan100 name=dhcp1
/ppp profile
add local-address=100.64.0.1 name=home rate-limit=100M/100M remote-address=subscribers
/queue type
add kind=pcq name=down pcq-classifier=dst-address
/queue simple
add max-limit=1G/1G name=all target=vlan100
add max-limit=10M/10M name=voice packet-marks=voice target=vlan100
/queue tree
add name=shape packet-mark=bulk parent=uplink
/routing bgp template
set default as=64500 router-id=10.255.0.1
add as=64500 cluster-id=10.255.0.9 name=clients router-id=10.255.0.1
/routing id
add id=10.255.0.1 name=main
/routing ospf instance
add name=main router-id=10.255.0.1 version=2
/routing ospf area
add instance=main name=backbone
/routing table
add fib name=backup
/system logging action
add bsd-syslog=yes name=central remote=10.0.0.99 target=remote
add name=plain remote=10.0.0.98 target=remote
/user group
add name=noc policy="read,api,test,!local,!telnet,!ssh,!ftp,!reboot,!write,!policy,!winbox,!password,!web,!sniff,!sensitive,!romon,!rest-api"
/interface bridge port
add bridge=access interface=ether3 pvid=100
/interface bridge vlan
add bridge=access tagged=access,ether3 vlan-ids=100
/interface vxlan vteps
add interface=vxlan1 remote-ip=203.0.113.79
/interface list member
add interface=uplink list=WAN
/interface pppoe-server server
add default-profile=home disabled=no interface=vlan100 service-name=internet
/ip address
add address=192.0.2.2/30 interface=uplink network=192.0.2.0
add address=10.0.0.1/30 interface=ether2 network=10.0.0.0
add address=10.255.0.1/32 interface=loopback network=10.255.0.1
add address=100.64.0.1/22 interface=vlan100 network=100.64.0.0
/ipv6 address
add address=2001:db8::1/64 interface=uplink
/ip arp
add address=100.64.0.9 interface=vlan100 mac-address=02:00:00:00:00:09
/ip dhcp-client
add interface=ether5
/ip dhcp-server network
add address=100.64.0.0/22 gateway=100.64.0.1
/ip dns
set allow-remote-requests=yes servers=192.0.2.53
/ip firewall address-list
add address=10.0.0.0/8 list=management
add address=203.0.113.0/24 list=partners
/ip firewall filter
add action=accept chain=input connection-state=established,related
add action=accept chain=input src-address-list=management
add action=drop chain=input in-interface-list=WAN
add action=fasttrack-connection chain=forward connection-state=established,related hw-offload=yes
add action=accept chain=forward
/ip firewall nat
add action=masquerade chain=srcnat out-interface-list=WAN
/ip firewall mangle
add action=mark-packet chain=forward new-packet-mark=voice protocol=udp
/ip firewall raw
add action=drop chain=prerouting src-address-list=blacklist
/ipv6 firewall filter
add action=drop chain=input
/ip settings
set rp-filter=loose
/ip route
add dst-address=0.0.0.0/0 gateway=192.0.2.1
add blackhole dst-address=198.51.0.0/16 gateway=""
/ip service
set telnet disabled=yes
/ppp secret
add name=alice profile=home service=pppoe
/routing bfd configuration
add interfaces=uplink
/routing bgp connection
add address-families=ip,ipv6 as=64500 input.filter=in-a local.role=ebgp name=upstream-a output.network=announced remote.address=192.0.2.1 .as=64510 router-id=10.255.0.1
add as=64500 disabled=yes local.role=ebgp name=upstream-b remote.address=192.0.2.6 .as=64520
add local.role=ibgp-rr name=core1 remote.address=10.0.0.2 .as=64500 templates=clients
/routing filter num-list
add list=ours range=64500
/routing filter rule
add chain=in-a rule="if (dst in 0.0.0.0/0 && dst-len <= 24) { accept }"
add chain=in-a rule="reject"
/routing ospf interface-template
add area=backbone interfaces=ether2 type=ptp
add area=backbone interfaces=loopback passive
/routing rule
add action=lookup src-address=100.64.0.0/22 table=backup
/mpls ldp
add lsr-id=10.255.0.1 transport-addresses=10.255.0.1
/mpls ldp interface
add interface=ether2
/ppp aaa
set use-radius=yes
/snmp
set contact=noc@example.net enabled=yes
/system clock
set time-zone-autodetect=no
/system identity
set name=EDGE1
/system logging
add action=central topics=bgp
/system ntp client
set enabled=yes servers=192.0.2.123
/system scheduler
add interval=1h name=backup
