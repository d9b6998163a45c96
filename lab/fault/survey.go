package fault

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/ispvisualmonitor/ispvisualmonitor/lab/engineer"
)

// router is what a survey read of one router.
type router struct {
	running map[string]bool // interfaces that are up
	// addresses are those of interfaces, with their networks.
	addresses []address
	peers     []peer
	// rules are the ids of the first rule of each filter chain.
	rules map[string]string
	// filterMenu is where they are, which differs between RouterOS 6 and 7.
	filterMenu string
	ospf       []adjacency
	areaNames  []string
	// neighbors are the addresses of OSPF neighbours that are Full.
	neighbors []netip.Addr
}

type address struct {
	iface  string
	prefix netip.Prefix
}

// peer is a configured BGP peer.
type peer struct {
	menu, id, name, chain string
	remote                netip.Addr
	established           bool
	external              bool // of another AS
	prefixes              bool // brings at least one
}

// adjacency is a row of configuration that puts one interface into one OSPF area.
type adjacency struct {
	menu, id, iface, area string
}

// locate answers the interface on whose network an address is.
func (r *router) locate(a netip.Addr) string {
	for _, own := range r.addresses {
		if own.prefix.Contains(a) && own.prefix.Bits() < a.BitLen() {
			return own.iface
		}
	}
	return ""
}

// interfaces are the ports over which a BGP session or an OSPF neighbour comes.
func (r *router) interfaces() (faults []Fault) {
	var carriers []string
	for _, p := range r.peers {
		if p.established {
			carriers = append(carriers, r.locate(p.remote))
		}
	}
	for _, n := range r.neighbors {
		carriers = append(carriers, r.locate(n))
	}
	slices.Sort(carriers)
	for _, name := range slices.Compact(carriers) {
		if name != "" && r.running[name] {
			faults = append(faults, Disable("", name))
		}
	}
	return faults
}

// Disable is the fault of disabling a port, whatever rides on it.
func Disable(device, iface string) Fault {
	return Fault{
		Kind: InterfaceDisabled, Device: device, Subject: iface,
		Do:   engineer.Command{"/interface/disable", "=numbers=" + iface},
		Undo: engineer.Command{"/interface/enable", "=numbers=" + iface},
	}
}

func (r *router) connections() (faults []Fault) {
	for _, p := range r.peers {
		if p.established {
			faults = append(faults, Fault{
				Kind: BGPDisabled, Subject: p.name,
				Do:   engineer.Command{p.menu + "/set", "=.id=" + p.id, "=disabled=yes"},
				Undo: engineer.Command{p.menu + "/set", "=.id=" + p.id, "=disabled=no"},
			})
		}
	}
	return faults
}

// filters are those through which prefixes come in from other networks. What comes in from inside is
// nobody's upstream.
func (r *router) filters() (faults []Fault) {
	for _, p := range r.peers {
		first := r.rules[p.chain]
		if !p.external || !p.prefixes || first == "" {
			continue
		}
		reject := "=rule=reject;"
		if r.filterMenu == filterV6 {
			reject = "=action=discard"
		}
		faults = append(faults, Fault{
			Kind: FilterRejects, Subject: p.chain,
			Do: engineer.Command{
				r.filterMenu + "/add", "=chain=" + p.chain, reject, "=comment=" + rejectMark, "=disabled=no", "=place-before=" + first,
			},
		})
	}
	return faults
}

func (r *router) areas() (faults []Fault) {
	full := map[string]bool{}
	for _, n := range r.neighbors {
		full[r.locate(n)] = true
	}
	for _, a := range r.ospf {
		other := slices.IndexFunc(r.areaNames, func(name string) bool { return name != a.area })
		if other < 0 || !full[a.iface] {
			continue
		}
		faults = append(faults, Fault{
			Kind: OSPFArea, Subject: a.iface,
			Do:   engineer.Command{a.menu + "/set", "=.id=" + a.id, "=area=" + r.areaNames[other]},
			Undo: engineer.Command{a.menu + "/set", "=.id=" + a.id, "=area=" + a.area},
		})
	}
	return faults
}

// yes answers a flag as the API writes it.
func yes(value string) bool { return value == "true" || value == "yes" }

// host is the address in a prefix or an address.
func host(value string) netip.Addr {
	text, _, _ := strings.Cut(value, "/")
	text, _, _ = strings.Cut(text, "%")
	a, err := netip.ParseAddr(text)
	if err != nil {
		return netip.Addr{}
	}
	return a
}
