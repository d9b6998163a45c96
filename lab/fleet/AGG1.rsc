# 2026-10-12 09:14:07 by RouterOS 7.16
# software id = 8TQK-9W2C
#
/interface bridge
add name=loopback protocol-mode=none
/interface ethernet
set [ find default-name=ether1 ] comment="to CORE1"
set [ find default-name=ether2 ] comment="to CORE2"
set [ find default-name=ether3 ] comment="to ACC1"
set [ find default-name=ether4 ] comment="to BNG1"
set [ find default-name=ether5 ] disabled=yes
set [ find default-name=ether6 ] disabled=yes
/routing ospf instance
add disabled=no name=backbone router-id=10.255.0.21
/routing ospf area
add disabled=no instance=backbone name=area0
add area-id=0.0.0.9 comment="for the split of the west" disabled=no \
    instance=backbone name=area9
/snmp community
set [ find default=yes ] disabled=yes
add addresses=10.255.0.0/24 name=lab-agg1-ro7k
/user group
add name=monitoring \
    policy=read,api,!local,!telnet,!ssh,!ftp,!reboot,!write,!policy,!test,!winbox,!password,!web,!sniff,!sensitive,!romon,!rest-api
/ip address
add address=10.255.0.21 interface=loopback network=10.255.0.21
add address=10.254.0.22/30 comment="to CORE1" interface=ether1 \
    network=10.254.0.20
add address=10.254.0.30/30 comment="to CORE2" interface=ether2 \
    network=10.254.0.28
add address=10.254.0.37/30 comment="to ACC1" interface=ether3 \
    network=10.254.0.36
add address=10.254.0.41/30 comment="to BNG1" interface=ether4 \
    network=10.254.0.40
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
add action=drop chain=input
/ip service
set telnet disabled=yes
set ftp disabled=yes
set www disabled=yes
set winbox address=10.255.0.0/24
set api-ssl disabled=yes
/routing ospf interface-template
add area=area0 auth=md5 auth-id=1 auth-key=lab-20-hU6e cost=10 disabled=no \
    interfaces=ether1 type=ptp
add area=area0 auth=md5 auth-id=1 auth-key=lab-28-hU6e cost=10 disabled=no \
    interfaces=ether2 type=ptp
add area=area0 auth=md5 auth-id=1 auth-key=lab-36-hU6e cost=10 disabled=no \
    interfaces=ether3 type=ptp
add area=area0 auth=md5 auth-id=1 auth-key=lab-40-hU6e cost=10 disabled=no \
    interfaces=ether4 type=ptp
add area=area0 disabled=no interfaces=loopback passive
/system clock
set time-zone-name=Europe/Berlin
/system identity
set name=AGG1
/system logging
add action=remote topics=critical
/system logging action
set 3 remote=10.255.0.200
/system note
set note="aggregation east, EAST"
/system ntp client
set enabled=yes
/system ntp client servers
add address=10.255.0.11
add address=10.255.0.12
/user
add group=full name=ada
add group=full name=boris
add group=monitoring name=exporter
