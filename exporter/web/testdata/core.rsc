# 2026-11-01 12:00:00 by RouterOS 7.16
/interface bridge
add name=loopback
/routing ospf instance
add name=main router-id=10.255.0.2 version=2
/routing ospf area
add instance=main name=backbone
/ip address
add address=10.0.0.2/30 interface=ether1 network=10.0.0.0
add address=10.255.0.2/32 interface=loopback network=10.255.0.2
/routing ospf interface-template
add area=backbone auth=md5 auth-id=1 auth-key=S3CRET-ospf interfaces=ether1 type=ptp
add area=backbone interfaces=loopback passive
/system identity
set name=CORE1
