# 2026-10-12 09:14:07 by RouterOS 7.16
# software id = 8TQK-9W2C
#
/interface bridge
add name=loopback protocol-mode=none
/interface ethernet
set [ find default-name=ether1 ] comment="to CORE1"
set [ find default-name=ether2 ] comment="to CORE2"
set [ find default-name=ether3 ] comment="to ACC2"
set [ find default-name=ether4 ] disabled=yes
set [ find default-name=ether5 ] disabled=yes
/routing ospf instance
add disabled=no name=backbone router-id=10.255.0.22
/routing ospf area
add disabled=no instance=backbone name=area0
add area-id=0.0.0.9 comment="for the split of the west" disabled=no \
    instance=backbone name=area9
/snmp community
set [ find default=yes ] disabled=yes
add addresses=10.255.0.0/24 name=lab-agg2-ro7k
/user group
add name=monitoring \
    policy=read,api,!local,!telnet,!ssh,!ftp,!reboot,!write,!policy,!test,!winbox,!password,!web,!sniff,!sensitive,!romon,!rest-api
/ip address
add address=10.255.0.22 interface=loopback network=10.255.0.22
add address=10.254.0.26/30 comment="to CORE1" interface=ether1 \
    network=10.254.0.24
add address=10.254.0.34/30 comment="to CORE2" interface=ether2 \
    network=10.254.0.32
add address=10.254.0.45/30 comment="to ACC2" interface=ether3 \
    network=10.254.0.44
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
add area=area0 auth=md5 auth-id=1 auth-key=lab-24-hU6e cost=10 disabled=no \
    interfaces=ether1 type=ptp
add area=area0 auth=md5 auth-id=1 auth-key=lab-32-hU6e cost=10 disabled=no \
    interfaces=ether2 type=ptp
add area=area0 auth=md5 auth-id=1 auth-key=lab-44-hU6e cost=10 disabled=no \
    interfaces=ether3 type=ptp
add area=area0 disabled=no interfaces=loopback passive
/system clock
set time-zone-name=Europe/Berlin
/system identity
set name=AGG2
/system logging
add action=remote topics=critical
/system logging action
set 3 remote=10.255.0.200
/system note
set note="aggregation west, WEST"
/system ntp client
set enabled=yes
/system ntp client servers
add address=10.255.0.11
add address=10.255.0.12
/user
add group=full name=ada
add group=full name=boris
add group=monitoring name=exporter
