# 2026-10-12 09:14:07 by RouterOS 7.16
# software id = 8TQK-9W2C
#
/interface bridge
add name=loopback protocol-mode=none
/interface ethernet
set [ find default-name=ether1 ] comment="to EDGE1"
set [ find default-name=ether2 ] comment="to EDGE2"
set [ find default-name=ether3 ] comment="to CORE1"
set [ find default-name=ether4 ] comment="to AGG1"
set [ find default-name=ether5 ] comment="to AGG2"
set [ find default-name=ether6 ] disabled=yes
/routing bgp template
set default as=64500 disabled=no router-id=10.255.0.12 routing-table=main
/routing ospf instance
add disabled=no name=backbone router-id=10.255.0.12
/routing ospf area
add disabled=no instance=backbone name=area0
add area-id=0.0.0.9 comment="for the split of the west" disabled=no \
    instance=backbone name=area9
/snmp community
set [ find default=yes ] disabled=yes
add addresses=10.255.0.0/24 name=lab-core2-ro7k
/user group
add name=monitoring \
    policy=read,api,!local,!telnet,!ssh,!ftp,!reboot,!write,!policy,!test,!winbox,!password,!web,!sniff,!sensitive,!romon,!rest-api
/ip address
add address=10.255.0.12 interface=loopback network=10.255.0.12
add address=10.254.0.6/30 comment="to EDGE1" interface=ether1 network=10.254.0.4
add address=10.254.0.14/30 comment="to EDGE2" interface=ether2 \
    network=10.254.0.12
add address=10.254.0.18/30 comment="to CORE1" interface=ether3 \
    network=10.254.0.16
add address=10.254.0.29/30 comment="to AGG1" interface=ether4 \
    network=10.254.0.28
add address=10.254.0.33/30 comment="to AGG2" interface=ether5 \
    network=10.254.0.32
/ip dns
set servers=10.255.0.11,10.255.0.12
/ip firewall address-list
add address=10.255.0.0/24 list=management
add address=10.254.0.0/24 list=backbone
/ip firewall filter
add action=accept chain=input comment="established" \
    connection-state=established,related
add action=drop chain=input connection-state=invalid
add action=accept chain=input protocol=icmp
add action=accept chain=input protocol=ospf src-address-list=backbone
add action=accept chain=input src-address-list=management
add action=accept chain=input dst-port=179 protocol=tcp
add action=drop chain=input
/ip service
set telnet disabled=yes
set ftp disabled=yes
set www disabled=yes
set winbox address=10.255.0.0/24
set api-ssl disabled=yes
/routing bgp connection
add as=64500 disabled=no input.filter=internal-in local.address=10.255.0.12 \
    .role=ibgp-rr name=EDGE1 output.filter-chain=internal-out \
    nexthop-choice=force-self remote.address=10.255.0.1/32 .as=64500 \
    router-id=10.255.0.12 routing-table=main templates=default
add as=64500 disabled=no input.filter=internal-in local.address=10.255.0.12 \
    .role=ibgp-rr name=EDGE2 output.filter-chain=internal-out \
    nexthop-choice=force-self remote.address=10.255.0.2/32 .as=64500 \
    router-id=10.255.0.12 routing-table=main templates=default
add as=64500 disabled=no input.filter=internal-in local.address=10.255.0.12 \
    .role=ibgp name=CORE1 output.filter-chain=internal-out \
    nexthop-choice=force-self remote.address=10.255.0.11/32 .as=64500 \
    router-id=10.255.0.12 routing-table=main templates=default
/routing filter rule
add chain=internal-in disabled=no rule="accept;"
add chain=internal-out disabled=no rule="accept;"
/routing ospf interface-template
add area=area0 auth=md5 auth-id=1 auth-key=lab-4-hU6e cost=10 disabled=no \
    interfaces=ether1 type=ptp
add area=area0 auth=md5 auth-id=1 auth-key=lab-12-hU6e cost=10 disabled=no \
    interfaces=ether2 type=ptp
add area=area0 auth=md5 auth-id=1 auth-key=lab-16-hU6e cost=10 disabled=no \
    interfaces=ether3 type=ptp
add area=area0 auth=md5 auth-id=1 auth-key=lab-28-hU6e cost=10 disabled=no \
    interfaces=ether4 type=ptp
add area=area0 auth=md5 auth-id=1 auth-key=lab-32-hU6e cost=10 disabled=no \
    interfaces=ether5 type=ptp
add area=area0 disabled=no interfaces=loopback passive
/system clock
set time-zone-name=Europe/Berlin
/system identity
set name=CORE2
/system logging
add action=remote topics=critical
/system logging action
set 3 remote=10.255.0.200
/system note
set note="core, route reflector, SOUTH"
/system ntp client
set enabled=yes
/system ntp client servers
add address=10.255.0.11
add address=10.255.0.12
/user
add group=full name=ada
add group=full name=boris
add group=monitoring name=exporter
