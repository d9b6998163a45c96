package routersim

import (
	"fmt"
	"net/netip"
	"strings"

	"github.com/ispvisualmonitor/ispvisualmonitor/lab/routersim/internal/config"
	"github.com/ispvisualmonitor/ispvisualmonitor/lab/routersim/internal/plane"
)

func addressRows(r *Router, t *config.Table, want ask) rows {
	v4 := strings.HasPrefix(t.Menu.Path, "/ip/")
	configured := func(yield func(*record) bool) {
		for _, row := range t.Rows {
			rec := stored(t, row, want)
			if prefix, ok := plane.ParsePrefix(row.Props["address"]); ok && v4 {
				rec.set("address", prefix.String())
				if _, given := row.Props["network"]; !given {
					rec.set("network", prefix.Masked().Addr().String())
				}
			}
			_, port := r.store.Interface(row.Props["interface"])
			rec.set("actual-interface", row.Props["interface"])
			rec.setBool("invalid", port == nil)
			if !yield(rec) {
				return
			}
		}
	}
	if v4 {
		return concat(configured, subscriberAddresses(r))
	}
	return configured
}

// arpRows shows who is on the connected networks: the other routers.
func arpRows(r *Router, t *config.Table, want ask) rows {
	return concat(storedRows(r, t, want), func(yield func(*record) bool) {
		for _, n := range r.peersSeen() {
			rec := &record{}
			rec.set(".id", config.FormatID(r.live.id("arp\x00"+n.key(), 0x100)))
			rec.setAll("address", n.address.String(), "mac-address", n.mac, "interface", n.iface, "published", "false",
				"status", "reachable", "invalid", "false", "DHCP", "false", "dynamic", "true", "complete", "true", "disabled", "false")
			if n.address.Is4() && !yield(rec) {
				return
			}
		}
	})
}

// discoveryRows shows the neighbours that discovery (MNDP, CDP, LLDP) finds.
func discoveryRows(r *Router, _ *config.Table, want ask) rows {
	return func(yield func(*record) bool) {
		for _, n := range r.peersSeen() {
			if !n.address.Is4() {
				continue
			}
			rec := &record{}
			rec.set(".id", config.FormatID(r.live.id("neighbor\x00"+n.key(), 0x200)))
			rec.setAll("interface", n.iface, "address", n.address.String(), "address4", n.address.String(), "mac-address", n.mac,
				"identity", n.router.identity(), "platform", "MikroTik", "version", n.router.longVersion(), "unpack", "none",
				"age", "12s", "uptime", duration(want.now.Sub(n.router.live.bootedAt)), "software-id", "", "board", n.router.board(),
				"system-description", "MikroTik RouterOS "+n.router.longVersion()+" "+n.router.board(),
				"interface-name", n.remoteIface, "system-caps", "bridge,router", "system-caps-enabled", "bridge,router",
				"discovered-by", "cdp,lldp,mndp")
			if !yield(rec) {
				return
			}
		}
	}
}

// seen is another router on a connected network.
type seen struct {
	router             *Router
	iface, remoteIface string
	address            netip.Addr
	mac                string
}

func (s seen) key() string { return fmt.Sprintf("%s\x00%s", s.iface, s.address) }

func (r *Router) peersSeen() []seen {
	var out []seen
	for _, p := range r.out.OnLink(r.opts.Name) {
		other := r.net.find(p.Router)
		if _, row := other.store.Interface(p.RemoteInterface); row != nil {
			out = append(out, seen{other, p.Interface, p.RemoteInterface, p.Address, other.mac(row)})
		}
	}
	return out
}
