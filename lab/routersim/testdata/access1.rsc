# feb/25/2026 04:29:31 by RouterOS 6.49.10
/interface bridge
add name=loopback protocol-mode=none
/ip pool
add name=customers ranges=100.64.0.2-100.64.3.254
/ppp profile
add local-address=100.64.0.1 name=home remote-address=customers
/routing ospf instance
set [ find default=yes ] router-id=10.255.0.3
/interface pppoe-server server
add default-profile=home disabled=no interface=ether2 service-name=homes
/ip address
add address=10.0.3.2/30 interface=ether1 network=10.0.3.0
add address=10.255.0.3 interface=loopback network=10.255.0.3
/ppp secret
add name=alice password=S3CRET-access1-01 profile=home service=pppoe
add disabled=yes name=bob password=S3CRET-access1-02 profile=home
/routing ospf interface
add interface=ether1 network-type=point-to-point
/routing ospf network
add area=backbone network=10.0.3.0/30
add area=backbone network=10.255.0.3/32
/system identity
set name=ACCESS1
