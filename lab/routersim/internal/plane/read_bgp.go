package plane

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/ispvisualmonitor/ispvisualmonitor/lab/routersim/internal/config"
)

func (r *Router) readBGP(store *config.Store) {
	if r.Version7 {
		r.readBGP7(store)
	} else {
		r.readBGP6(store)
	}
}

// readBGP7: a connection has what it says itself, then what its templates say,
// then (from 7.20) what its instance says.
func (r *Router) readBGP7(store *config.Store) {
	connections := store.Table("/routing/bgp/connection")
	lists := map[string]bool{}
	for _, row := range connections.Rows {
		layers := []*config.Row{row}
		for _, name := range split(row.Props["templates"]) {
			layers = append(layers, named(store, "/routing/bgp/template", name)...)
		}
		layers = append(layers, named(store, "/routing/bgp/instance", row.Props["instance"])...)
		disabled := slices.ContainsFunc(layers, func(layer *config.Row) bool { return layer.Is("disabled") })
		get := func(name string) string {
			for _, layer := range layers {
				if v, ok := layer.Props[name]; ok {
					return v
				}
			}
			return ""
		}
		local := parseAddr(get("local.address"))
		remote, _ := ParsePrefix(get("remote.address"))
		role := get("local.role")
		p := Peer{
			Name: row.Props["name"], Instance: first(row.Props["instance"], "default"), Disabled: disabled,
			LocalAS: get("as"), RemoteAS: get("remote.as"), Remote: remote.Addr(), Local: local,
			LocalID: r.resolveID(store, get("router-id")), Passive: get("connect") == "false", Listen: get("listen") != "false",
			Multihop: get("multihop") == "true", IBGP: strings.HasPrefix(role, "ibgp"), Reflector: role == "ibgp-rr",
			Key: get("tcp-md5-key"), In: get("input.filter"), Out: get("output.filter-chain"),
			DefaultOut: get("output.default-originate") != "" && get("output.default-originate") != "never",
			Families:   first(get("afi"), get("address-families"), "ip"),
			Hold:       first(get("hold-time"), "3m"), Keepalive: first(get("keepalive-time"), "1m"),
			BFD: get("use-bfd") == "true",
		}
		if p.IBGP && p.RemoteAS == "" {
			p.RemoteAS = p.LocalAS
		}
		if p.RemoteAS == p.LocalAS {
			p.IBGP = true
		}
		r.Peers = append(r.Peers, p)
		if list := get("output.network"); list != "" {
			lists[list] = true
		}
		if redistribute := split(get("output.redistribute")); slices.Contains(redistribute, "connected") || slices.Contains(redistribute, "static") {
			lists[""] = true
		}
	}
	r.countNetworks(store, lists)
}

// countNetworks counts what the router originates: the members of the address
// lists named as networks, and, where it redistributes, its own routes.
func (r *Router) countNetworks(store *config.Store, lists map[string]bool) {
	if lists[""] {
		r.Networks += len(r.Statics) + len(r.Addresses)
	}
	for _, path := range []string{"/ip/firewall/address-list", "/ipv6/firewall/address-list"} {
		t := store.Table(path)
		for _, row := range t.Rows {
			if lists[row.Props["list"]] && row.Props["list"] != "" && !t.Disabled(row) {
				r.Networks++
			}
		}
	}
}

func (r *Router) readBGP6(store *config.Store) {
	peers := store.Table("/routing/bgp/peer")
	instances := store.Table("/routing/bgp/instance")
	for _, row := range peers.Rows {
		value := func(name string) string { return peers.Value(row, name) }
		p := Peer{
			Name: row.Props["name"], Instance: value("instance"), Disabled: peers.Disabled(row), RemoteAS: value("remote-as"),
			Remote: parseAddr(value("remote-address")), Local: parseAddr(value("local-address")), LocalID: r.RouterID,
			Passive: value("passive") == "true", Listen: true, Multihop: value("multihop") == "true",
			Reflector: value("route-reflect") == "true", Key: value("tcp-md5-key"),
			In: value("in-filter"), Out: value("out-filter"),
			DefaultOut: value("default-originate") != "never", Families: value("address-families"),
			Hold: value("hold-time"), Keepalive: first(value("keepalive-time"), "1m"),
			BFD: value("use-bfd") == "true",
		}
		instance := named(store, "/routing/bgp/instance", p.Instance)
		if len(instance) == 0 || instances.Disabled(instance[0]) {
			p.Disabled = true
		} else {
			p.LocalAS = instances.Value(instance[0], "as")
			p.LocalID = r.resolveID(store, instances.Value(instance[0], "router-id"))
		}
		if !p.Local.IsValid() {
			for _, a := range r.Addresses {
				if a.Interface == value("update-source") && !p.Local.IsValid() {
					p.Local = a.Prefix.Addr()
				}
			}
		}
		p.IBGP = p.RemoteAS == p.LocalAS
		r.Peers = append(r.Peers, p)
	}
	networks := store.Table("/routing/bgp/network")
	for _, row := range networks.Rows {
		if !networks.Disabled(row) {
			r.Networks++
		}
	}
}

func named(store *config.Store, path, name string) []*config.Row {
	for _, row := range store.Table(path).Rows {
		if row.Props["name"] == name && name != "" {
			return []*config.Row{row}
		}
	}
	return nil
}

func parseAddr(text string) netip.Addr {
	prefix, _ := ParsePrefix(text)
	return prefix.Addr()
}
