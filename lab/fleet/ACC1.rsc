# 2026-10-12 09:14:07 by RouterOS 7.16
# software id = 8TQK-9W2C
#
/interface bridge
add name=loopback protocol-mode=none
add comment="business customers" name=bridge-customers
/interface ethernet
set [ find default-name=ether1 ] comment="to AGG1"
set [ find default-name=ether2 ] comment="customer 1001"
set [ find default-name=ether3 ] comment="customer 1002"
set [ find default-name=ether4 ] disabled=yes
set [ find default-name=ether5 ] disabled=yes
/ip pool
add name=customers ranges=203.0.113.130-203.0.113.158
/ip dhcp-server
add address-pool=customers interface=bridge-customers lease-time=1h \
    name=customers
/routing ospf instance
add disabled=no name=backbone router-id=10.255.0.31
/routing ospf area
add disabled=no instance=backbone name=area0
add area-id=0.0.0.9 comment="for the split of the west" disabled=no \
    instance=backbone name=area9
/snmp community
set [ find default=yes ] disabled=yes
add addresses=10.255.0.0/24 name=lab-acc1-ro7k
/user group
add name=monitoring \
    policy=read,api,!local,!telnet,!ssh,!ftp,!reboot,!write,!policy,!test,!winbox,!password,!web,!sniff,!sensitive,!romon,!rest-api
/interface bridge port
add bridge=bridge-customers interface=ether2
add bridge=bridge-customers interface=ether3
/ip address
add address=10.255.0.31 interface=loopback network=10.255.0.31
add address=10.254.0.38/30 comment="to AGG1" interface=ether1 \
    network=10.254.0.36
add address=203.0.113.129/27 interface=bridge-customers network=203.0.113.128
/ip dhcp-server network
add address=203.0.113.128/27 dns-server=10.255.0.11,10.255.0.12 \
    gateway=203.0.113.129
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
add action=drop chain=forward comment="no mail from customers" dst-port=25 \
    in-interface=bridge-customers protocol=tcp
/ip route
add comment="customer 1001, office network" disabled=no \
    dst-address=203.0.113.192/28 gateway=203.0.113.140
/ip service
set telnet disabled=yes
set ftp disabled=yes
set www disabled=yes
set winbox address=10.255.0.0/24
set api-ssl disabled=yes
/routing ospf interface-template
add area=area0 auth=md5 auth-id=1 auth-key=lab-36-hU6e cost=20 disabled=no \
    interfaces=ether1 type=ptp
add area=area0 disabled=no interfaces=loopback passive
/system clock
set time-zone-name=Europe/Berlin
/system identity
set name=ACC1
/system logging
add action=remote topics=critical
/system logging action
set 3 remote=10.255.0.200
/system note
set note="access, business customers, EAST"
/system ntp client
set enabled=yes
/system ntp client servers
add address=10.255.0.11
add address=10.255.0.12
/user
add group=full name=ada
add group=full name=boris
add group=monitoring name=exporter
