package routersim

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ispvisualmonitor/ispvisualmonitor/lab/routersim/internal/config"
)

// interfaceRows shows /interface: every interface of every type, in the order
// of their ids, then those that appear by themselves.
func interfaceRows(r *Router, _ *config.Table, want ask) rows {
	type entry struct {
		t   *config.Table
		row *config.Row
	}
	var entries []entry
	for _, t := range r.store.InterfaceTables() {
		for _, row := range t.Rows {
			entries = append(entries, entry{t, row})
		}
	}
	slices.SortFunc(entries, func(a, b entry) int { return int(a.row.ID) - int(b.row.ID) })
	slaves := r.slaves()
	return concat(func(yield func(*record) bool) {
		for _, e := range entries {
			rec := &record{}
			rec.set(".id", config.FormatID(e.row.ID))
			rec.set("name", e.row.Props["name"])
			rec.setIf("default-name", e.row.Props["default-name"])
			rec.set("type", e.t.Menu.Type)
			mtu, hasMTU := e.t.Get(e.row, "mtu")
			if hasMTU {
				rec.set("mtu", mtu)
			}
			rec.set("actual-mtu", actualMTU(mtu))
			if l2, ok := e.t.Get(e.row, "l2mtu"); ok {
				rec.setAll("l2mtu", l2, "max-l2mtu", "9578")
			}
			if hasMAC(e.t.Menu.Type) {
				rec.set("mac-address", r.mac(e.row))
			}
			rec.setIf("comment", e.row.Props["comment"])
			r.showLink(rec, e.row.Props["name"], want.now)
			rec.setBool("running", r.state().Running[e.row.Props["name"]])
			rec.setBool("disabled", e.t.Disabled(e.row))
			if e.t.Menu.Type == "bridge" { // recorded from 7.20: bridges say so, ports do not
				rec.set("dynamic", "false")
			}
			if slaves[e.row.Props["name"]] {
				rec.set("slave", "true")
			}
			if !yield(rec) {
				return
			}
		}
	}, subscriberInterfaces(r, want))
}

// showLink adds an interface's history and counters.
func (r *Router) showLink(rec *record, name string, now time.Time) {
	p, ok := r.live.interfaces[name]
	if !ok {
		return
	}
	if !p.lastDown.IsZero() {
		rec.set("last-link-down-time", r.timestamp(p.lastDown))
	}
	if !p.lastUp.IsZero() {
		rec.set("last-link-up-time", r.timestamp(p.lastUp))
	}
	rec.set("link-downs", strconv.Itoa(p.downs))
	rx, tx := p.counted(now)
	rec.setAll(
		"rx-byte", whole(rx), "tx-byte", whole(tx), "rx-packet", whole(rx/700), "tx-packet", whole(tx/700),
		"rx-drop", "0", "tx-drop", "0", "tx-queue-drop", whole(tx/9e8), "rx-error", "0", "tx-error", "0",
		"fp-rx-byte", whole(rx*0.9), "fp-tx-byte", whole(tx*0.9), "fp-rx-packet", whole(rx/780), "fp-tx-packet", whole(tx/780),
	)
}

// typedInterfaceRows shows the menu of one type of interface.
func typedInterfaceRows(r *Router, t *config.Table, want ask) rows {
	slaves := r.slaves()
	return func(yield func(*record) bool) {
		for _, row := range t.Rows {
			rec := stored(t, row, want)
			name := row.Props["name"]
			if hasMAC(t.Menu.Type) {
				if _, ok := rec.get("mac-address"); !ok {
					rec.set("mac-address", r.mac(row))
				}
			}
			if t.Menu.ReadOnly["actual-mtu"] {
				rec.set("actual-mtu", actualMTU(t.Value(row, "mtu")))
			}
			rec.setBool("running", r.state().Running[name])
			if t.Menu.Type == "ether" {
				rec.set("orig-mac-address", r.mac(row))
				rec.setBool("slave", slaves[name])
				if p, ok := r.live.interfaces[name]; ok {
					rx, tx := p.counted(want.now)
					rec.setAll("rx-bytes", whole(rx), "tx-bytes", whole(tx), "rx-packet", whole(rx/700), "tx-packet", whole(tx/700), "rx-fcs-error", "0", "tx-collision", "0")
				}
			}
			if !yield(rec) {
				return
			}
		}
	}
}

// slaves are the interfaces that belong to a bridge or bond.
func (r *Router) slaves() map[string]bool {
	out := map[string]bool{}
	for _, i := range r.model().Interfaces {
		for _, member := range i.Members {
			out[member] = true
		}
	}
	return out
}

func bridgePortRows(r *Router, t *config.Table, want ask) rows {
	return func(yield func(*record) bool) {
		for _, row := range t.Rows {
			rec := stored(t, row, want)
			running := r.state().Running[row.Props["interface"]]
			rec.setBool("inactive", !running)
			rec.setBool("hw-offload", running && row.Props["hw"] != "no")
			role, status := "disabled-port", "inactive"
			if running {
				role, status = "designated-port", "in-bridge"
			}
			rec.setAll("role", role, "status", status)
			rec.setBool("forwarding", running)
			if !yield(rec) {
				return
			}
		}
	}
}

// mac returns an interface's address: the one set, or one made from the name.
func (r *Router) mac(row *config.Row) string {
	for _, name := range []string{"mac-address", "admin-mac"} {
		if mac := row.Props[name]; mac != "" {
			return strings.ToUpper(mac)
		}
	}
	h := hash(r.opts.Name + "\x00" + row.Props["default-name"] + row.Props["name"])
	return fmt.Sprintf("48:8F:%02X:%02X:%02X:%02X", byte(h>>24), byte(h>>16), byte(h>>8), byte(h))
}

func hasMAC(kind string) bool {
	switch kind {
	case "ether", "bridge", "vlan", "bond", "vrrp", "eoip", "wlan", "wifi", "veth", "vxlan", "macvlan", "vpls", "mesh":
		return true
	}
	return false
}

func actualMTU(mtu string) string {
	if _, err := strconv.Atoi(mtu); err != nil {
		return "1500"
	}
	return mtu
}

// whole prints a count.
func whole(v float64) string { return strconv.FormatUint(uint64(max(v, 0)), 10) }
