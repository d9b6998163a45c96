package plane

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/ispvisualmonitor/ispvisualmonitor/lab/routersim/internal/config"
)

// Read takes out of a configuration what decides how the router behaves.
func Read(name string, store *config.Store, plugged func(port string) bool) *Router {
	r := &Router{Name: name, Powered: true, Version7: store.Schema.Version.Major >= 7}
	r.readInterfaces(store, plugged)
	r.readAddresses(store)
	r.readStatics(store)
	r.RouterID = r.mainID()
	r.readOSPF(store)
	r.readFilters(store)
	r.readFirewall(store)
	r.readBGP(store)
	r.readWatched(store)
	r.readLabels(store)
	server := store.Table("/interface/pppoe-server/server")
	for _, row := range server.Rows {
		r.Servers = append(r.Servers, Server{
			Service: server.Value(row, "service-name"), Interface: server.Value(row, "interface"), Disabled: server.Disabled(row),
		})
	}
	return r
}

func (r *Router) readWatched(store *config.Store) {
	t := store.Table("/tool/netwatch")
	for _, row := range t.Rows {
		if addr := parseAddr(row.Props["host"]); addr.IsValid() && !t.Disabled(row) {
			r.Watched = append(r.Watched, addr)
		}
	}
}

// readLabels finds where LDP runs: it has to be switched on, in version 7 by
// an instance that is not disabled.
func (r *Router) readLabels(store *config.Store) {
	ldp := store.Table("/mpls/ldp")
	on := false
	r.LSR = r.RouterID
	for _, row := range ldp.Rows {
		on = on || !ldp.Disabled(row) && (r.Version7 || ldp.Value(row, "enabled") == "true")
		if id := parseAddr(ldp.Value(row, "lsr-id")); id.IsValid() && !id.IsUnspecified() {
			r.LSR = id
		}
	}
	t := store.Table("/mpls/ldp/interface")
	for _, row := range t.Rows {
		if on && !t.Disabled(row) {
			r.Labels = append(r.Labels, row.Props["interface"])
		}
	}
}

func (r *Router) readInterfaces(store *config.Store, plugged func(string) bool) {
	for _, t := range store.InterfaceTables() {
		for _, row := range t.Rows {
			i := Interface{
				Name: row.Props["name"], Type: t.Menu.Type, Disabled: t.Disabled(row),
				Parent: row.Props["interface"], VLAN: t.Value(row, "vlan-id"),
			}
			i.Physical = t.Menu.Type == "ether" && row.Props["default-name"] != ""
			i.Factory = row.Props["default-name"]
			i.Plugged = i.Physical && plugged(i.Name)
			if t.Menu.Type == "bond" {
				i.Members = split(row.Props["slaves"])
			}
			r.Interfaces = append(r.Interfaces, i)
		}
	}
	ports := store.Table("/interface/bridge/port")
	for _, row := range ports.Rows {
		if ports.Disabled(row) {
			continue
		}
		if bridge := r.iface(row.Props["bridge"]); bridge != nil {
			member := row.Props["interface"]
			bridge.Members = append(bridge.Members, member)
			if bridge.PVID == nil {
				bridge.PVID = map[string]string{}
			}
			bridge.PVID[member] = ports.Value(row, "pvid")
		}
	}
}

func (r *Router) iface(name string) *Interface {
	for i := range r.Interfaces {
		if r.Interfaces[i].Name == name {
			return &r.Interfaces[i]
		}
	}
	return nil
}

// port finds a physical port by its factory name.
func (r *Router) port(factory string) *Interface {
	for i := range r.Interfaces {
		if r.Interfaces[i].Physical && r.Interfaces[i].Factory == factory {
			return &r.Interfaces[i]
		}
	}
	return nil
}

func (r *Router) readAddresses(store *config.Store) {
	for _, path := range []string{"/ip/address", "/ipv6/address"} {
		t := store.Table(path)
		for _, row := range t.Rows {
			if prefix, ok := ParsePrefix(row.Props["address"]); ok {
				r.Addresses = append(r.Addresses, Address{Prefix: prefix, Interface: row.Props["interface"], Disabled: t.Disabled(row)})
			}
		}
	}
}

func (r *Router) readStatics(store *config.Store) {
	for _, path := range []string{"/ip/route", "/ipv6/route"} {
		t := store.Table(path)
		for _, row := range t.Rows {
			dst := row.Props["dst-address"]
			if dst == "" {
				dst = "0.0.0.0/0"
			}
			prefix, ok := ParsePrefix(dst)
			if !ok {
				continue
			}
			r.Statics = append(r.Statics, Static{
				Row: row.ID, Dst: prefix.Masked(), Gateways: split(row.Props["gateway"]), Disabled: t.Disabled(row),
				Blackhole: row.Is("blackhole") || row.Props["type"] == "blackhole",
			})
		}
	}
}

// mainID is the router id taken where none is set: the address of a loopback
// if there is one, the highest IPv4 address otherwise.
func (r *Router) mainID() netip.Addr {
	var best netip.Addr
	for _, a := range r.Addresses {
		addr := a.Prefix.Addr()
		if !addr.Is4() || a.Disabled {
			continue
		}
		if i := r.iface(a.Interface); a.Prefix.Bits() == 32 && i != nil && (i.Type == "bridge" || i.Type == "loopback") {
			return addr
		}
		if !best.IsValid() || best.Less(addr) {
			best = addr
		}
	}
	return best
}

// ParsePrefix reads an address with or without a length; without one it stands
// for itself alone.
func ParsePrefix(text string) (netip.Prefix, bool) {
	text, _, _ = strings.Cut(text, "%")
	if prefix, err := netip.ParsePrefix(text); err == nil {
		return prefix, true
	}
	addr, err := netip.ParseAddr(text)
	if err != nil {
		return netip.Prefix{}, false
	}
	return netip.PrefixFrom(addr, addr.BitLen()), true
}

func split(list string) []string {
	return slices.DeleteFunc(strings.Split(list, ","), func(s string) bool { return s == "" })
}

func first(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}
