# An account for the exporter on a router: it may read, over the API, from the
# exporter's host, and nothing else. RouterOS 6.43 or later, and 7.
#
# Before: put the exporter's address in the place of 192.0.2.10, and a long
# password in that of CHANGE-ME. Then copy the file to the router and run
#   /import file-name=routeros-account.rsc
# and delete it there: it holds the password.

# Policies that are not named are not granted. "read" is what every menu needs
# that the exporter reads, "api" lets it in. "sensitive" is left out: without
# it the router itself hides passwords and keys, whoever asks for them. Of the
# rest none is needed: "write" and "policy" would let it change things, "test"
# is for ping and the like, and the others are doors other than the API.
/user group
add name=exporter policy=read,api

# A user who may come from the exporter's host alone.
/user
add name=exporter group=exporter address=192.0.2.10/32 password="CHANGE-ME" comment="Prometheus exporter, reads only"

# The API with TLS. It needs a certificate on the router; one of its own making
# will do. These lines are to be typed, one after the other, for signing takes
# a while on a small router:
#   /certificate add name=api common-name=ROUTER key-size=2048 days-valid=3650 key-usage=digital-signature,key-encipherment,tls-server
#   /certificate sign api
#   /ip service set api-ssl certificate=api disabled=no
# The exporter then knows the router by "tls: {pin_sha256: …}", from
#   openssl s_client -connect ROUTER:8729 </dev/null 2>/dev/null | openssl x509 -noout -fingerprint -sha256
#
# Where nobody uses the API without TLS:
#   /ip service set api disabled=yes
# Where nobody but the exporter uses it (this replaces the list of those who may):
#   /ip service set api-ssl address=192.0.2.10/32
