# 2026-11-01 12:00:00 by RouterOS 7.16
# software id = TEST-EDGE
#
# An edge router of a made-up ISP: two upstreams, one of them disabled, OSPF
# inwards, a PPPoE server, and a secret in every place where routers keep one.
/interface bridge
add name=loopback protocol-mode=none
/interface ethernet
set [ find default-name=ether1 ] comment="upstream A"
set [ find default-name=ether2 ] comment="core"
set [ find default-name=ether3 ] comment="customers"
set [ find default-name=ether4 ] disabled=yes
/interface vlan
add interface=ether3 name=vlan100 vlan-id=100
/interface wireguard
add listen-port=13231 mtu=1420 name=wg1 private-key="S3CRET-edge-wireguard"
/interface vrrp
add interface=vlan100 name=vrrp1 password=S3CRET-edge-vrrp vrid=7
/interface gre
add ipsec-secret=S3CRET-edge-gre local-address=192.0.2.2 name=gre1 remote-address=203.0.113.77
/interface list
add name=WAN
/interface list member
add interface=ether1 list=WAN
/ip pool
add name=subscribers ranges=100.64.0.10-100.64.0.250
/ppp profile
add local-address=100.64.0.1 name=home on-up="/tool fetch url=\"https://billing.example.net/\?token=S3CRET-edge-onup\"" rate-limit=100M/100M remote-address=subscribers
/routing bgp template
set default as=64500 router-id=10.255.0.1
/routing ospf instance
add name=main router-id=10.255.0.1 version=2
/routing ospf area
add instance=main name=backbone
/snmp community
add addresses=10.0.0.0/8 name=S3CRET-edge-community
/interface pppoe-server server
add default-profile=home interface=vlan100 service-name=internet disabled=no
/ip address
add address=192.0.2.2/30 interface=ether1 network=192.0.2.0
add address=10.0.0.1/30 interface=ether2 network=10.0.0.0
add address=10.255.0.1/32 interface=loopback network=10.255.0.1
add address=198.51.100.1/24 interface=vlan100 network=198.51.100.0
/ip firewall address-list
add address=10.0.0.0/8 list=management
add address=203.0.113.0/24 comment="S3CRET-edge-comment" list=partners
/ip firewall filter
add action=accept chain=input connection-state=established,related
add action=accept chain=input src-address-list=management
add action=drop chain=input comment="S3CRET-edge-rule" in-interface-list=WAN
add action=accept chain=forward
/ip ipsec identity
add peer=*1 secret=S3CRET-edge-ipsec
/ip route
add dst-address=203.0.113.0/24 gateway=192.0.2.1
add blackhole dst-address=198.51.0.0/16 gateway=""
/ppp secret
add name=alice password=S3CRET-edge-ppp profile=home service=pppoe
/radius
add address=10.9.9.9 secret=S3CRET-edge-radius service=ppp
/routing bgp connection
add as=64500 input.filter=in-a local.role=ebgp name=upstream-a output.network=announced remote.address=192.0.2.1 .as=64510 router-id=10.255.0.1 tcp-md5-key=S3CRET-edge-md5
add as=64500 disabled=yes local.role=ebgp name=upstream-b remote.address=192.0.2.6 .as=64520
/routing filter rule
add chain=in-a rule="if (dst in 0.0.0.0/0 && dst-len <= 24) { accept }"
add chain=in-a rule="reject"
/routing ospf interface-template
add area=backbone auth=md5 auth-id=1 auth-key=S3CRET-ospf interfaces=ether2 type=ptp
add area=backbone interfaces=loopback passive
/snmp
set contact=noc@example.net enabled=yes trap-community=S3CRET-edge-community
/system identity
set name=EDGE1
/system logging action
add name=central remote=10.0.0.99 target=remote
/system scheduler
add interval=1h name=backup on-event="/system backup save password=S3CRET-edge-backup" start-time=startup
/system script
add name=push source="/tool fetch http-header-field=\"Authorization: Bearer S3CRET-edge-script\""
/user
add group=read name=monitor password=S3CRET-edge-user
