package routersim

import (
	"slices"

	"github.com/ispvisualmonitor/ispvisualmonitor/lab/routersim/internal/config"
)

// view is a menu whose print shows more than configuration: it gets the menu's
// table and returns all its rows. The network's lock is held.
type view func(r *Router, t *config.Table, want ask) rows

// views are the menus in which the router's behaviour shows.
func views() map[string]view {
	return map[string]view{
		"/interface":                              interfaceRows,
		"/interface/ethernet":                     typedInterfaceRows,
		"/interface/bridge/port":                  bridgePortRows,
		"/interface/pppoe-server":                 pppoeServerRows,
		"/interface/ethernet/poe":                 poeRows,
		"/interface/wifi/registration-table":      registrationRows,
		"/interface/wifiwave2/registration-table": registrationRows,
		"/interface/wireless/registration-table":  registrationRows,
		"/caps-man/registration-table":            registrationRows,

		"/ip/firewall/connection/tracking": trackingRows,
		"/ip/firewall/address-list":        addressListRows,
		"/ipv6/firewall/address-list":      addressListRows,
		"/ip/firewall/filter":              countedRows,
		"/ip/firewall/nat":                 countedRows,
		"/ip/firewall/mangle":              countedRows,
		"/ip/firewall/raw":                 countedRows,
		"/ipv6/firewall/filter":            countedRows,
		"/ipv6/firewall/nat":               countedRows,
		"/ipv6/firewall/mangle":            countedRows,
		"/ipv6/firewall/raw":               countedRows,

		"/ip/address":           addressRows,
		"/ipv6/address":         addressRows,
		"/ip/arp":               arpRows,
		"/ip/neighbor":          discoveryRows,
		"/ip/route":             routeRows,
		"/ipv6/route":           routeRows,
		"/ip/service":           serviceRows,
		"/ip/pool/used":         poolUsedRows,
		"/ip/dhcp-server/lease": leaseRows,

		"/routing/route":          routingRouteRows,
		"/routing/bgp/peer":       bgpPeerRows,
		"/routing/bgp/connection": bgpConnectionRows,
		"/routing/bgp/session":    bgpSessionRows,
		"/routing/ospf/neighbor":  ospfNeighborRows,
		"/routing/ospf/interface": ospfInterfaceRows,
		"/routing/bfd/session":    bfdRows,
		"/routing/bfd/neighbor":   bfdRows,
		"/mpls/ldp/neighbor":      ldpNeighborRows,

		"/ppp/active":   pppActiveRows,
		"/queue/simple": queueRows,

		"/system/resource":       resourceRows,
		"/system/resource/cpu":   cpuRows,
		"/system/routerboard":    routerboardRows,
		"/system/package":        packageRows,
		"/system/clock":          clockRows,
		"/system/health":         healthRows,
		"/system/license":        licenseRows,
		"/system/history":        historyRows,
		"/system/ntp/client":     ntpClientRows,
		"/system/package/update": packageUpdateRows,

		"/user":          userRows,
		"/user/active":   userActiveRows,
		"/log":           logRows,
		"/tool/netwatch": netwatchRows,
		"/certificate":   certificateRows,
	}
}

// print returns what a menu shows now.
func (r *Router) print(path string, want ask) rows {
	t := r.store.Table(path)
	if v, ok := r.net.views[path]; ok {
		return v(r, t, want)
	}
	if config.IsInterface(t.Menu) {
		return typedInterfaceRows(r, t, want)
	}
	return storedRows(r, t, want)
}

// storedRows shows a menu's configuration as it is.
func storedRows(_ *Router, t *config.Table, want ask) rows {
	return func(yield func(*record) bool) {
		rec := &record{}
		for _, row := range t.Rows {
			rec.store(t, row, want)
			if !yield(rec) {
				return
			}
		}
	}
}

// countedRows shows firewall rules with their counters.
func countedRows(r *Router, t *config.Table, want ask) rows {
	seconds := want.now.Sub(r.live.bootedAt).Seconds()
	busy := hash(r.opts.Name + t.Menu.Path)
	return func(yield func(*record) bool) {
		rec := &record{}
		for _, row := range t.Rows {
			rec.store(t, row, want)
			rate := float64(busy%50+row.ID%7) / 10
			if t.Disabled(row) {
				rate = 0
			}
			if want.property("bytes") {
				rec.set("bytes", whole(rate*seconds*420))
			}
			if want.property("packets") {
				rec.set("packets", whole(rate*seconds))
			}
			if !yield(rec) {
				return
			}
		}
	}
}

// has says whether a menu can be printed.
func (r *Router) has(path string) bool {
	if path == config.PoEPorts {
		return r.hasPoE()
	}
	if r.store.Exists(path) {
		return true
	}
	_, ok := r.net.views[path]
	return ok && r.store.Schema.Has(path)
}

// concat shows one after the other.
func concat(parts ...rows) rows {
	return func(yield func(*record) bool) {
		for _, part := range parts {
			for rec := range part {
				if !yield(rec) {
					return
				}
			}
		}
	}
}

// find returns the first stored row that has a property of that value.
func find(t *config.Table, name, value string) *config.Row {
	if i := slices.IndexFunc(t.Rows, func(row *config.Row) bool { return row.Props[name] == value }); i >= 0 {
		return t.Rows[i]
	}
	return nil
}
