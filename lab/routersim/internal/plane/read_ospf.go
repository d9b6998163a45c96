package plane

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/ispvisualmonitor/ispvisualmonitor/lab/routersim/internal/config"
)

func (r *Router) readOSPF(store *config.Store) {
	if r.Version7 {
		r.readOSPF7(store)
	} else {
		r.readOSPF6(store)
	}
}

// area is an OSPF area together with its instance.
type area struct {
	name, id, instance string
	version            int
	routerID           netip.Addr
}

// readOSPF7: interface templates, of which the first that matches an interface
// in an instance counts.
func (r *Router) readOSPF7(store *config.Store) {
	areas := r.areas7(store)
	templates := store.Table("/routing/ospf/interface-template")
	taken := map[string]bool{}
	for _, row := range templates.Rows {
		a, ok := areas[row.Props["area"]]
		if !ok || templates.Disabled(row) {
			continue
		}
		interfaces, networks := split(row.Props["interfaces"]), split(row.Props["networks"])
		for _, address := range r.Addresses {
			key := a.instance + "\x00" + address.Interface
			if address.Disabled || address.Prefix.Addr().Is4() != (a.version == 2) || taken[key] {
				continue
			}
			if len(interfaces) > 0 && !slices.Contains(interfaces, address.Interface) && interfaces[0] != "all" {
				continue
			}
			if len(networks) > 0 && !within(address.Prefix, networks) {
				continue
			}
			taken[key] = true
			value := func(name, byDefault string) string { return first(row.Props[name], byDefault) }
			r.Speakers = append(r.Speakers, Speaker{
				Interface: address.Interface, Instance: a.instance, Area: a.name, AreaID: a.id, Version: a.version,
				Address: address.Prefix, RouterID: a.routerID, Passive: r.passive(row, address.Interface),
				Hello: value("hello-interval", "10s"), Dead: value("dead-interval", "40s"),
				Auth:    authentication(row.Props["auth"], row.Props["auth-id"], row.Props["auth-key"]),
				Network: value("type", "broadcast"), Cost: value("cost", "1"), Priority: value("priority", "128"),
				BFD: row.Is("use-bfd"),
			})
		}
	}
}

// passive: set as such, or an interface on which nobody can answer.
func (r *Router) passive(row *config.Row, name string) bool {
	i := r.iface(name)
	return row.Is("passive") || i == nil || i.Type == "loopback"
}

func (r *Router) areas7(store *config.Store) map[string]area {
	instances := map[string]area{}
	table := store.Table("/routing/ospf/instance")
	for _, row := range table.Rows {
		if table.Disabled(row) {
			continue
		}
		in := area{instance: row.Props["name"], version: 2, routerID: r.resolveID(store, row.Props["router-id"])}
		if row.Props["version"] == "3" {
			in.version = 3
		}
		instances[in.instance] = in
		redistribute := split(row.Props["redistribute"])
		r.Connected = r.Connected || slices.Contains(redistribute, "connected")
		origin := row.Props["originate-default"]
		r.Default = r.Default || origin != "" && origin != "never"
	}
	areas := map[string]area{}
	table = store.Table("/routing/ospf/area")
	for _, row := range table.Rows {
		in, ok := instances[row.Props["instance"]]
		if !ok || table.Disabled(row) {
			continue
		}
		in.name, in.id = row.Props["name"], first(row.Props["area-id"], "0.0.0.0")
		areas[in.name] = in
	}
	return areas
}

// resolveID: a router id is an address, the name of a /routing/id row, or main.
func (r *Router) resolveID(store *config.Store, text string) netip.Addr {
	if addr, err := netip.ParseAddr(text); err == nil && !addr.IsUnspecified() {
		return addr
	}
	ids := store.Table("/routing/id")
	for _, row := range ids.Rows {
		if row.Props["name"] == text && !ids.Disabled(row) {
			if addr, err := netip.ParseAddr(row.Props["id"]); err == nil {
				return addr
			}
		}
	}
	return r.RouterID
}

// readOSPF6: networks decide on which interfaces OSPF runs, interface rows how.
func (r *Router) readOSPF6(store *config.Store) {
	instances := store.Table("/routing/ospf/instance")
	ids := map[string]netip.Addr{}
	for _, row := range instances.Rows {
		if instances.Disabled(row) {
			continue
		}
		ids[row.Props["name"]] = r.resolveID(store, instances.Value(row, "router-id"))
		r.Default = r.Default || instances.Value(row, "distribute-default") != "never"
		r.Connected = r.Connected || instances.Value(row, "redistribute-connected") != "no"
	}
	areas := store.Table("/routing/ospf/area")
	byName := map[string]area{}
	for _, row := range areas.Rows {
		instance := areas.Value(row, "instance")
		if id, ok := ids[instance]; ok && !areas.Disabled(row) {
			byName[row.Props["name"]] = area{name: row.Props["name"], id: row.Props["area-id"], instance: instance, version: 2, routerID: id}
		}
	}
	networks := store.Table("/routing/ospf/network")
	for _, address := range r.Addresses {
		if address.Disabled || !address.Prefix.Addr().Is4() {
			continue
		}
		for _, row := range networks.Rows {
			a, ok := byName[networks.Value(row, "area")]
			if ok && !networks.Disabled(row) && within(address.Prefix, []string{row.Props["network"]}) {
				r.Speakers = append(r.Speakers, r.speaker6(store, address, a))
				break
			}
		}
	}
}

func (r *Router) speaker6(store *config.Store, address Address, a area) Speaker {
	t := store.Table("/routing/ospf/interface")
	row := &config.Row{Props: map[string]string{}}
	for _, candidate := range t.Rows {
		if name := candidate.Props["interface"]; !t.Disabled(candidate) && (name == address.Interface || name == "all") {
			row = candidate
			break
		}
	}
	return Speaker{
		Interface: address.Interface, Instance: a.instance, Area: a.name, AreaID: a.id, Version: 2,
		Address: address.Prefix, RouterID: a.routerID, Passive: r.passive(row, address.Interface),
		Hello: t.Value(row, "hello-interval"), Dead: t.Value(row, "dead-interval"),
		Auth:    authentication(t.Value(row, "authentication"), t.Value(row, "authentication-key-id"), t.Value(row, "authentication-key")),
		Network: t.Value(row, "network-type"), Cost: t.Value(row, "cost"), Priority: t.Value(row, "priority"),
		BFD: t.Value(row, "use-bfd") == "true",
	}
}

// authentication is what two neighbours must agree on.
func authentication(kind, id, key string) string {
	if kind == "" || kind == "none" {
		return ""
	}
	return strings.Join([]string{kind, first(id, "1"), key}, "\x00")
}

// within says whether an address lies in one of the networks.
func within(address netip.Prefix, networks []string) bool {
	for _, text := range networks {
		if prefix, ok := ParsePrefix(text); ok && prefix.Masked().Contains(address.Addr()) && address.Bits() >= prefix.Bits() {
			return true
		}
	}
	return false
}
