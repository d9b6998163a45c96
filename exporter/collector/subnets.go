package collector

import (
	"net/netip"
	"strings"

	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/routeros"
)

// subnet is an address of the router and the interface that it is on.
type subnet struct {
	prefix netip.Prefix // the router's own address with the length of its network
	remote netip.Addr   // the far end of a point-to-point address ("network" of a /32)
	iface  string
}

// subnets are the router's IPv4 addresses.
type subnets []subnet

// read is the command that fills s. Dynamic addresses are left out: on a
// concentrator there is one for each subscriber.
func (s *subnets) read() read {
	return read{
		"/ip/address",
		[]string{"address", "network", "interface", "actual-interface", "disabled"},
		routeros.NotDynamic(), func(row routeros.Row) {
			prefix, err := netip.ParsePrefix(row.String("address"))
			if err != nil || row.Bool("disabled") {
				return
			}
			a := subnet{prefix: prefix, iface: row.String("actual-interface")}
			if a.iface == "" {
				a.iface = row.String("interface")
			}
			if prefix.Bits() == prefix.Addr().BitLen() {
				a.remote, _ = netip.ParseAddr(row.String("network"))
			}
			*s = append(*s, a)
		},
	}
}

// locate returns a neighbour's address without a zone and the interface that
// it is on: the one it is said to be on, the zone, or the one in whose network
// the address lies. It is empty if none of these tells.
func (s subnets) locate(address, said string) (string, string) {
	address, zone, _ := strings.Cut(address, "%")
	if said != "" {
		return address, said
	}
	if zone != "" {
		return address, zone
	}
	addr, err := netip.ParseAddr(address)
	if err != nil {
		return address, ""
	}
	best, iface := -1, ""
	for _, a := range s {
		if a.remote == addr {
			return address, a.iface
		}
		if a.prefix.Contains(addr) && a.prefix.Bits() > best {
			best, iface = a.prefix.Bits(), a.iface
		}
	}
	return address, iface
}
