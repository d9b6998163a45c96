# 2026-10-12 09:14:07 by RouterOS 7.16
# software id = 8TQK-9W2C
#
/interface bridge
add name=loopback protocol-mode=none
/interface ethernet
set [ find default-name=ether1 ] comment="to AGG1"
set [ find default-name=ether2 ] comment="to access switch"
set [ find default-name=ether3 ] disabled=yes
/interface vlan
add interface=ether2 name=vlan101-pppoe vlan-id=101
add interface=ether2 name=vlan102-pppoe vlan-id=102
/ip pool
add name=residential ranges=100.64.0.2-100.64.63.254
/ppp profile
add change-tcp-mss=yes dns-server=10.255.0.11,10.255.0.12 \
    local-address=100.64.0.1 name=res-100 rate-limit=20M/100M \
    remote-address=residential
add change-tcp-mss=yes dns-server=10.255.0.11,10.255.0.12 \
    local-address=100.64.0.1 name=res-500 rate-limit=100M/500M \
    remote-address=residential
/routing ospf instance
add disabled=no name=backbone router-id=10.255.0.41
/routing ospf area
add disabled=no instance=backbone name=area0
add area-id=0.0.0.9 comment="for the split of the west" disabled=no \
    instance=backbone name=area9
/queue simple
add max-limit=900M/900M name=uplink-guard target=ether1
/snmp community
set [ find default=yes ] disabled=yes
add addresses=10.255.0.0/24 name=lab-bng1-ro7k
/user group
add name=monitoring \
    policy=read,api,!local,!telnet,!ssh,!ftp,!reboot,!write,!policy,!test,!winbox,!password,!web,!sniff,!sensitive,!romon,!rest-api
/interface pppoe-server server
add default-profile=res-100 disabled=no interface=vlan101-pppoe \
    keepalive-timeout=20 max-mru=1492 max-mtu=1492 one-session-per-host=yes \
    service-name=residential-101
add default-profile=res-100 disabled=no interface=vlan102-pppoe \
    keepalive-timeout=20 max-mru=1492 max-mtu=1492 one-session-per-host=yes \
    service-name=residential-102
/ip address
add address=10.255.0.41 interface=loopback network=10.255.0.41
add address=10.254.0.42/30 comment="to AGG1" interface=ether1 \
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
/ppp aaa
set interim-update=5m
/ppp secret
add name=sub100401 password=ny7dpqu9px profile=res-100 service=pppoe
add name=sub100402 password=6esnkf6zn8 profile=res-100 service=pppoe
add name=sub100403 password=wr35pe57vp profile=res-100 service=pppoe
add name=sub100404 password=hxt32q5e34 profile=res-100 service=pppoe
add name=sub100405 password=a7pgybzzas profile=res-500 service=pppoe
add name=sub100406 password=jc5mtej3z8 profile=res-100 service=pppoe
add name=sub100407 password=k9vmafecy6 profile=res-100 service=pppoe
add name=sub100408 password=h7imn6ifjv profile=res-100 service=pppoe
add name=sub100409 password=x2edy7dntw profile=res-100 service=pppoe
add name=sub100410 password=ftjs7p5hwr profile=res-500 service=pppoe
add name=sub100411 password=gtmaa37cxr profile=res-100 service=pppoe
add name=sub100412 password=t8nwxbiuyz profile=res-100 service=pppoe
add name=sub100413 password=33dqepjhjx profile=res-100 service=pppoe
add name=sub100414 password=hzb6nzpi7w profile=res-100 service=pppoe
add name=sub100415 password=vvsr5p7vcr profile=res-500 service=pppoe
add name=sub100416 password=dx66dtpc7d profile=res-100 service=pppoe
add name=sub100417 password=a46tj9dcth profile=res-100 service=pppoe
add name=sub100418 password=f6xej84gsa profile=res-100 service=pppoe
add name=sub100419 password=rypgqnkmn6 profile=res-100 service=pppoe
add name=sub100420 password=icnqgaxi8i profile=res-500 service=pppoe
add name=sub100421 password=hhc6ft3idh profile=res-100 service=pppoe
add name=sub100422 password=udgvurk22j profile=res-100 service=pppoe
add name=sub100423 password=xcrv2r8rn4 profile=res-100 service=pppoe
add name=sub100424 password=jk969ntbnx profile=res-100 service=pppoe
/routing ospf interface-template
add area=area0 auth=md5 auth-id=1 auth-key=lab-40-hU6e cost=20 disabled=no \
    interfaces=ether1 type=ptp
add area=area0 disabled=no interfaces=loopback passive
/system clock
set time-zone-name=Europe/Berlin
/system identity
set name=BNG1
/system logging
add action=remote topics=critical
/system logging action
set 3 remote=10.255.0.200
/system note
set note="PPPoE concentrator, EAST"
/system ntp client
set enabled=yes
/system ntp client servers
add address=10.255.0.11
add address=10.255.0.12
/user
add group=full name=ada
add group=full name=boris
add group=monitoring name=exporter
