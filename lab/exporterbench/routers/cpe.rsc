# 2026-11-01 12:00:00 by RouterOS 7.16
# A small router at a customer's.
/interface bridge
add name=bridge
/interface ethernet
set [ find default-name=ether1 ] comment="uplink"
/interface list
add name=WAN
add name=LAN
/interface list member
add interface=ether1 list=WAN
add interface=bridge list=LAN
/ip pool
add name=lan ranges=192.168.88.10-192.168.88.254
/ip dhcp-server
add address-pool=lan interface=bridge name=lan
/interface bridge port
add bridge=bridge interface=ether2
add bridge=bridge interface=ether3
add bridge=bridge interface=ether4
add bridge=bridge interface=ether5
/ip address
add address=192.168.88.1/24 interface=bridge network=192.168.88.0
add address=192.0.2.10/30 interface=ether1 network=192.0.2.8
/ip dhcp-server network
add address=192.168.88.0/24 dns-server=192.168.88.1 gateway=192.168.88.1
/ip dns
set allow-remote-requests=yes servers=192.0.2.53
/ip firewall filter
add action=accept chain=input connection-state=established,related,untracked
add action=drop chain=input connection-state=invalid
add action=accept chain=input protocol=icmp
add action=accept chain=input src-address=192.0.2.0/24
add action=drop chain=input in-interface-list=!LAN
add action=fasttrack-connection chain=forward connection-state=established,related
add action=accept chain=forward connection-state=established,related,untracked
add action=drop chain=forward connection-state=invalid
add action=drop chain=forward connection-nat-state=!dstnat connection-state=new in-interface-list=WAN
/ip firewall nat
add action=masquerade chain=srcnat out-interface-list=WAN
/ip route
add dst-address=0.0.0.0/0 gateway=192.0.2.9
/ip service
set telnet disabled=yes
set ftp disabled=yes
/system clock
set time-zone-name=Europe/Berlin
/system identity
set name=CPE
/system ntp client
set enabled=yes
/tool netwatch
add host=192.0.2.9 interval=10s type=icmp
