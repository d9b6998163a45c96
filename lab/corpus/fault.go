package corpus

import (
	"slices"
	"time"
)

// fault is one thing that goes wrong, and what it physically does.
type fault struct {
	event     Event
	at, until time.Time

	dead     []string // routers without power, or booting
	deaf     []string // routers that forward but do not answer
	blocked  []string // routers that answer but do not forward
	broken   []string // wires that carry nothing, by name
	unrouted []string // wires that carry light and no routes, by name
	shut     []port   // ports that their own router was told to shut: it raises no alert for them
	signs    []sign   // what it does besides
	battery  map[string]time.Duration
	changes  []change // the changes that caused it
}

// sign is one thing that monitoring can see of a fault, on one router.
type sign struct {
	alert, device, iface, peer string
	after                      time.Duration // from the beginning of the fault
}

// change is one edit of a router's configuration.
type change struct {
	device, category string
	at               time.Time
}

// consequences are all that monitoring could see of a fault: its own signs, ports and neighbours lost
// at the far ends, and routers that are out of reach. A router that is out of reach tells nothing of
// itself: its metrics are absent.
func (n *network) consequences(f fault) []sign {
	reach := n.reachable(f)
	var out []sign
	tells := func(s sign) {
		if reach[s.device] && !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	for _, s := range f.signs {
		tells(s)
	}
	for _, w := range n.wires {
		for _, ends := range [][2]port{{w.a, w.b}, {w.b, w.a}} {
			near, far := ends[0], ends[1]
			after := f.battery[far.device]
			dark := slices.Contains(f.broken, w.name()) || slices.Contains(f.dead, far.device)
			if dark && !slices.Contains(f.shut, near) {
				tells(sign{alert: "InterfaceDown", device: near.device, iface: near.name, after: after})
			}
			mute := slices.Contains(f.deaf, far.device) && slices.Contains(f.blocked, far.device)
			if dark || mute || slices.Contains(f.unrouted, w.name()) {
				tells(sign{alert: "OSPFNeighborDown", device: near.device, iface: near.name, peer: far.device, after: after})
			}
		}
	}
	for _, r := range n.routers {
		if !reach[r.name] {
			out = append(out, sign{alert: "DeviceDown", device: r.name, after: f.battery[r.name]})
		}
	}
	return out
}

// hits are the routers that the consequences speak of.
func hits(signs []sign) map[string]bool {
	out := map[string]bool{}
	for _, s := range signs {
		out[s.device] = true
		if s.peer != "" {
			out[s.peer] = true
		}
	}
	return out
}
