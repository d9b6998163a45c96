# nov/01/2026 12:00:00 by RouterOS 6.49.10
#
# The same kind of edge on RouterOS 6.
/interface ethernet
set [ find default-name=ether1 ] comment="upstream A"
set [ find default-name=ether2 ] comment=core
/routing bgp instance
set default as=64501 router-id=10.255.0.3
/routing ospf instance
set [ find default=yes ] router-id=10.255.0.3
/ip address
add address=192.0.2.10/30 interface=ether1 network=192.0.2.8
add address=10.0.0.5/30 interface=ether2 network=10.0.0.4
/ip firewall filter
add action=accept chain=input connection-state=established,related
/ppp secret
add name=bob password=S3CRET-legacy-ppp service=pppoe
/routing bgp peer
add in-filter=in-a name=upstream-a remote-address=192.0.2.9 remote-as=64510 tcp-md5-key=S3CRET-legacy-md5
add disabled=yes name=upstream-b remote-address=192.0.2.14 remote-as=64520
/routing filter
add action=accept chain=in-a prefix=0.0.0.0/0 prefix-length=0-24
/routing ospf interface
add authentication=md5 authentication-key=S3CRET-legacy-ospf interface=ether2 network-type=point-to-point
/routing ospf network
add area=backbone network=10.0.0.4/30
/snmp community
set [ find default=yes ] name=S3CRET-legacy-community
/system identity
set name=LEGACY1
