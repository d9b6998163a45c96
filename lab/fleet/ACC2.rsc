# oct/12/2026 09:20:41 by RouterOS 6.49.10
# software id = Q2ML-77XD
#
/interface bridge
add name=loopback protocol-mode=none
add comment="business customers" name=bridge-customers
/interface ethernet
set [ find default-name=ether1 ] comment="to AGG2"
set [ find default-name=ether2 ] comment="customer 2001"
set [ find default-name=ether3 ] disabled=yes
set [ find default-name=ether4 ] disabled=yes
set [ find default-name=ether5 ] comment="customer 2002, BGP"
/routing bgp instance
set default as=64500 router-id=10.255.0.32
/routing ospf area
add area-id=0.0.0.9 name=area9
/routing ospf instance
set [ find default=yes ] redistribute-connected=as-type-1 router-id=10.255.0.32
/snmp community
set [ find default=yes ] disabled=yes
add addresses=10.255.0.0/24 name=lab-acc2-ro7k
/user group
add name=monitoring \
    policy=read,api,!local,!telnet,!ssh,!ftp,!reboot,!write,!policy,!test,!winbox,!password,!web,!sniff,!sensitive,!romon,!dude,!tikapp
/interface bridge port
add bridge=bridge-customers interface=ether2
/ip address
add address=10.255.0.32 interface=loopback network=10.255.0.32
add address=10.254.0.46/30 comment="to AGG2" interface=ether1 \
    network=10.254.0.44
add address=203.0.113.65/27 interface=bridge-customers network=203.0.113.64
add address=198.18.0.1/30 comment="customer 2002" interface=ether5 \
    network=198.18.0.0
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
add action=accept chain=input dst-port=179 in-interface=ether5 protocol=tcp
add action=drop chain=input
/ip service
set telnet disabled=yes
set ftp disabled=yes
set www disabled=yes
set winbox address=10.255.0.0/24
set api-ssl disabled=yes
/routing bgp peer
add default-originate=always in-filter=customer-2002-in name=customer-2002 \
    out-filter=customer-2002-out remote-address=198.18.0.2 remote-as=64511 \
    tcp-md5-key=lab-2002-Zx8r ttl=default
/routing filter
add action=accept chain=customer-2002-in prefix=198.18.64.0/20 \
    prefix-length=20-24
add action=discard chain=customer-2002-in
add action=accept chain=customer-2002-out prefix=0.0.0.0/0
add action=discard chain=customer-2002-out
/routing ospf interface
add authentication=md5 authentication-key=lab-44-hU6e authentication-key-id=1 \
    cost=20 interface=ether1 network-type=point-to-point
add interface=loopback passive=yes
/routing ospf network
add area=backbone network=10.254.0.44/30
add area=backbone network=10.255.0.32/32
/system clock
set time-zone-name=Europe/Berlin
/system identity
set name=ACC2
/system logging
add action=remote topics=critical
/system note
set note="access, business customers, WEST"
/system ntp client
set enabled=yes primary-ntp=10.255.0.11 secondary-ntp=10.255.0.12
/user
add group=full name=ada
add group=full name=boris
add group=monitoring name=exporter
