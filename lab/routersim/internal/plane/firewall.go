package plane

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/ispvisualmonitor/ispvisualmonitor/lab/routersim/internal/config"
)

// packet is one that a routing protocol sends to a router.
type packet struct {
	protocol         string // "tcp" or "ospf"
	from, to         netip.Addr
	srcPort, dstPort int
	iface            string // where it comes in, "" if that is open
	state            string // of the connection: "new" or "established"
}

// firewall is the part of a router's packet filter that its own traffic meets:
// raw prerouting, then filter input.
type firewall struct {
	raw, filter    map[string][]guard
	lists          map[string][]netip.Prefix
	interfaceLists map[string][]string
}

// guard is one firewall rule.
type guard struct {
	action, target string
	conditions     map[string]string
}

// decisive are the properties by which a packet of a routing protocol is
// judged; a rule that looks at anything else decides nothing about it.
var decisive = []string{
	"protocol", "src-address", "dst-address", "src-port", "dst-port", "port", "in-interface", "in-interface-list",
	"src-address-list", "dst-address-list", "connection-state",
}

// silent are the properties that do not narrow a rule down.
var silent = []string{
	"chain", "action", "jump-target", "comment", "disabled", "log", "log-prefix", "reject-with", "address-list",
	"address-list-timeout", "passthrough", "hw-offload", "bytes", "packets", "dynamic", "invalid", "creation-time",
}

func (r *Router) readFirewall(store *config.Store) {
	lists := map[string][]string{}
	members := store.Table("/interface/list/member")
	for _, row := range members.Rows {
		if !members.Disabled(row) {
			lists[row.Props["list"]] = append(lists[row.Props["list"]], row.Props["interface"])
		}
	}
	read := func(family string) firewall {
		fw := firewall{
			raw: guards(store, family+"/firewall/raw"), filter: guards(store, family+"/firewall/filter"),
			lists: map[string][]netip.Prefix{}, interfaceLists: lists,
		}
		entries := store.Table(family + "/firewall/address-list")
		for _, row := range entries.Rows {
			if prefix, ok := ParsePrefix(row.Props["address"]); ok && !entries.Disabled(row) && (len(fw.raw) > 0 || len(fw.filter) > 0) {
				fw.lists[row.Props["list"]] = append(fw.lists[row.Props["list"]], prefix.Masked())
			}
		}
		return fw
	}
	r.firewall4, r.firewall6 = read("/ip"), read("/ipv6")
}

func guards(store *config.Store, path string) map[string][]guard {
	t := store.Table(path)
	out := map[string][]guard{}
	for _, row := range t.Rows {
		if t.Disabled(row) {
			continue
		}
		g := guard{action: t.Value(row, "action"), target: row.Props["jump-target"], conditions: map[string]string{}}
		for name, value := range row.Props {
			if !slices.Contains(silent, name) {
				g.conditions[name] = value
			}
		}
		out[row.Props["chain"]] = append(out[row.Props["chain"]], g)
	}
	return out
}

// admits says whether a packet gets through to the router.
func (r *Router) admits(p packet) bool {
	fw := &r.firewall4
	if !p.from.Is4() {
		fw = &r.firewall6
	}
	if fw.walk(fw.raw, "prerouting", p, 0) == rejects {
		return false
	}
	return fw.walk(fw.filter, "input", p, 0) != rejects
}

func (fw *firewall) walk(chains map[string][]guard, chain string, p packet, depth int) verdict {
	if depth > 8 {
		return undecided
	}
	for _, g := range chains[chain] {
		if !fw.matches(g, p) {
			continue
		}
		switch g.action {
		case "accept":
			return passes
		case "drop", "reject", "tarpit":
			return rejects
		case "return":
			return undecided
		case "jump":
			if v := fw.walk(chains, g.target, p, depth+1); v != undecided {
				return v
			}
		}
	}
	return undecided
}

// matches says whether all conditions of a rule hold for a packet.
func (fw *firewall) matches(g guard, p packet) bool {
	for name, value := range g.conditions {
		if !slices.Contains(decisive, name) {
			return false
		}
		value, negated := strings.CutPrefix(value, "!")
		if fw.holds(name, value, p) == negated {
			return false
		}
	}
	return true
}

func (fw *firewall) holds(name, value string, p packet) bool {
	switch name {
	case "protocol":
		return value == p.protocol || value == "89" && p.protocol == "ospf" || value == "6" && p.protocol == "tcp"
	case "src-address":
		return inPrefix(value, p.from)
	case "dst-address":
		return inPrefix(value, p.to)
	case "src-port":
		return inPorts(value, p.srcPort)
	case "dst-port":
		return inPorts(value, p.dstPort)
	case "port":
		return inPorts(value, p.srcPort) || inPorts(value, p.dstPort)
	case "in-interface":
		return value == p.iface
	case "in-interface-list":
		return value == "all" || slices.Contains(fw.interfaceLists[value], p.iface)
	case "src-address-list":
		return inList(fw.lists[value], p.from)
	case "dst-address-list":
		return inList(fw.lists[value], p.to)
	default: // connection-state
		return slices.Contains(split(value), p.state)
	}
}

func inPrefix(text string, addr netip.Addr) bool {
	prefix, ok := ParsePrefix(text)
	return ok && prefix.Masked().Contains(addr)
}

func inList(prefixes []netip.Prefix, addr netip.Addr) bool {
	return slices.ContainsFunc(prefixes, func(p netip.Prefix) bool { return p.Contains(addr) })
}

// inPorts reads a list such as 22,179,1000-2000.
func inPorts(list string, port int) bool {
	for _, item := range split(list) {
		low, high, ranged := strings.Cut(item, "-")
		if !ranged {
			high = low
		}
		from, errFrom := strconv.Atoi(low)
		to, errTo := strconv.Atoi(high)
		if errFrom == nil && errTo == nil && from <= port && port <= to {
			return true
		}
	}
	return false
}

// bgpPort is where BGP speakers listen (RFC 4271).
const bgpPort = 179

// helloPasses says whether a router's firewall lets a neighbour's OSPF in.
func (r *Router) helloPasses(own, far Speaker) bool {
	group := netip.AddrFrom4([4]byte{224, 0, 0, 5}) // AllSPFRouters, RFC 2328
	if !far.Address.Addr().Is4() {
		group = netip.MustParseAddr("ff02::5")
	}
	return r.admits(packet{protocol: "ospf", from: far.Address.Addr(), to: group, iface: own.Interface, state: "new"})
}

// tcpPasses says whether a router's firewall lets in what a peer sends: its
// call, or its answers to ours.
func (r *Router) tcpPasses(from, to netip.Addr, iface string, calls bool) bool {
	p := packet{protocol: "tcp", from: from, to: to, iface: iface, srcPort: bgpPort, dstPort: 40000, state: "established"}
	if calls {
		p.srcPort, p.dstPort, p.state = 40000, bgpPort, "new"
	}
	return r.admits(p)
}
