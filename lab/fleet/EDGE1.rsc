# 2026-10-12 09:14:07 by RouterOS 7.16
# software id = 8TQK-9W2C
#
/interface bridge
add name=loopback protocol-mode=none
/interface ethernet
set [ find default-name=ether1 ] comment="to transit-a"
set [ find default-name=ether2 ] comment="to CORE1"
set [ find default-name=ether3 ] comment="to CORE2"
set [ find default-name=ether4 ] disabled=yes
/routing bgp template
set default as=64500 disabled=no router-id=10.255.0.1 routing-table=main
/routing ospf instance
add disabled=no name=backbone router-id=10.255.0.1 \
    originate-default=if-installed
/routing ospf area
add disabled=no instance=backbone name=area0
add area-id=0.0.0.9 comment="for the split of the west" disabled=no \
    instance=backbone name=area9
/snmp community
set [ find default=yes ] disabled=yes
add addresses=10.255.0.0/24 name=lab-edge1-ro7k
/user group
add name=monitoring \
    policy=read,api,!local,!telnet,!ssh,!ftp,!reboot,!write,!policy,!test,!winbox,!password,!web,!sniff,!sensitive,!romon,!rest-api
/ip address
add address=10.255.0.1 interface=loopback network=10.255.0.1
add address=192.0.2.2/30 comment=transit-a interface=ether1 network=192.0.2.0
add address=10.254.0.1/30 comment="to CORE1" interface=ether2 network=10.254.0.0
add address=10.254.0.5/30 comment="to CORE2" interface=ether3 network=10.254.0.4
/ip dns
set servers=10.255.0.11,10.255.0.12
/ip firewall address-list
add address=10.255.0.0/24 list=management
add address=10.254.0.0/24 list=backbone
add address=203.0.113.0/24 list=own-prefixes
add address=10.0.0.0/8 list=bogons
add address=172.16.0.0/12 list=bogons
add address=192.168.0.0/16 list=bogons
/ip firewall filter
add action=accept chain=input comment="established" \
    connection-state=established,related
add action=drop chain=input connection-state=invalid
add action=accept chain=input protocol=icmp
add action=accept chain=input protocol=ospf src-address-list=backbone
add action=accept chain=input src-address-list=management
add action=accept chain=input dst-port=179 protocol=tcp
add action=drop chain=input
add action=drop chain=forward in-interface=ether1 src-address-list=bogons
/ip route
add blackhole comment="aggregate" disabled=no dst-address=203.0.113.0/24
/ip service
set telnet disabled=yes
set ftp disabled=yes
set www disabled=yes
set winbox address=10.255.0.0/24
set api-ssl disabled=yes
/routing bgp connection
add as=64500 disabled=no hold-time=3m input.filter=transit-a-in \
    keepalive-time=1m local.address=192.0.2.2 .role=ebgp name=transit-a \
    output.filter-chain=transit-a-out .network=own-prefixes \
    remote.address=192.0.2.1/32 .as=64496 router-id=10.255.0.1 \
    routing-table=main tcp-md5-key=lab-transit-a-Vq4z templates=default
add as=64500 disabled=no input.filter=internal-in local.address=10.255.0.1 \
    .role=ibgp-rr-client name=CORE1 output.filter-chain=internal-out \
    nexthop-choice=force-self remote.address=10.255.0.11/32 .as=64500 \
    router-id=10.255.0.1 routing-table=main templates=default
add as=64500 disabled=no input.filter=internal-in local.address=10.255.0.1 \
    .role=ibgp-rr-client name=CORE2 output.filter-chain=internal-out \
    nexthop-choice=force-self remote.address=10.255.0.12/32 .as=64500 \
    router-id=10.255.0.1 routing-table=main templates=default
/routing filter rule
add chain=transit-a-in disabled=no rule="if (dst in 203.0.113.0/24) { reject; }"
add chain=transit-a-in disabled=no rule="if (dst-len > 24) { reject; }"
add chain=transit-a-in disabled=no rule="set bgp-local-pref 200; accept;"
add chain=transit-a-out disabled=no rule="if (dst == 203.0.113.0/24) { \
    accept; }"
add chain=transit-a-out disabled=no rule="reject;"
add chain=internal-in disabled=no rule="accept;"
add chain=internal-out disabled=no rule="accept;"
/routing ospf interface-template
add area=area0 auth=md5 auth-id=1 auth-key=lab-0-hU6e cost=10 disabled=no \
    interfaces=ether2 type=ptp
add area=area0 auth=md5 auth-id=1 auth-key=lab-4-hU6e cost=10 disabled=no \
    interfaces=ether3 type=ptp
add area=area0 disabled=no interfaces=loopback passive
/system clock
set time-zone-name=Europe/Berlin
/system identity
set name=EDGE1
/system logging
add action=remote topics=critical
/system logging action
set 3 remote=10.255.0.200
/system note
set note="edge, transit A, NORTH"
/system ntp client
set enabled=yes
/system ntp client servers
add address=10.255.0.11
add address=10.255.0.12
/user
add group=full name=ada
add group=full name=boris
add group=monitoring name=exporter
