# Source: a forum
# ____-__-__ __:__:__ by RouterOS 7.16
/system identity
set name="\C2\A1 \B2\D6 odd"
/interface ethernet
set [ find default-name=ether1 ] name=outside comment="the \"world\""
set [ find default-name=sfp-sfpplus7 ] disabled=yes
/interface list
add name=WAN    
/interface list member
add interface=[find default-name=ether1]  list=WAN

/ip/address
add address=192.0.2.1/24 interface=outside
/routing table
add disabled=no fib name=blue
/ip firewall filter
# accept what is known
add chain=input action=accept comment=accepted
add chain=input action=drop \
    comment=drop\
    ped place-before=0
   add chain=input comment=first place-before=0 # a remark
/ip firewall address-list
add address=192.0.2.7 list=gone
add address=192.0.2.8 list=gone
# Here a terminal wrapped a long remark, for example before the rule that stands
  instead of it
add address=192.0.2.9 list=kept
rem [find list="gone"]
/unheard of
add x=kept
/unheard of settings
set y=2
/ip service
set www disabled=yes
set 1 disabled=yes
/system script add name=s source="one line,\r\
    \nanother with \_\
    blanks"
/user
add name=operator group=read password="pass word"
:if ([:len [/ip address find]] > 0) do={
  /ip address remove [find]
}
/user ssh-keys import user=operator public-key-file=key
/routing/bgp/connection/add name="with blanks" remote.address=192.0.2.2 .as=64500 as=64501 input.filter=x
/routing bgp connection
set [ find name="with blanks" ] hold-time=10s !input.filter
