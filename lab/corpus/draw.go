package corpus

import (
	"fmt"
	"math/rand/v2"
	"time"
)

// drawers draw a fault of a kind in a network. Those in byChange are caused by an edit, the others
// are not.
var (
	byChange = []func(*rand.Rand, *network) fault{
		portShut, ospfMismatch, bgpDisabled, filterRejects, firewallDrops, routeLost, addressWrong, serviceBroken, systemUpgraded,
	}
	byNature = []func(*rand.Rand, *network) fault{
		fibreCut, powerLost, sitePowerLost, upstreamLost, partFails,
	}
)

func edited(device, category string) fault {
	return fault{
		event:   Event{Name: category + " change on " + device, Causes: []string{"device/" + device}, Changes: []string{device + " " + category}},
		changes: []change{{device: device, category: category}},
	}
}

// portShut: somebody disables one end of an uplink.
func portShut(r *rand.Rand, n *network) fault {
	w := pick(r, n.uplinks(pick(r, n.tiers("core", "aggregation", "access"))))
	end := pick(r, []port{w.a, w.b})
	f := edited(end.device, "interfaces")
	f.broken, f.shut = []string{w.name()}, []port{end}
	return f
}

// ospfMismatch: an area or timer that no longer fits the neighbour's.
func ospfMismatch(r *rand.Rand, n *network) fault {
	w := pick(r, n.uplinks(pick(r, n.tiers("core", "aggregation", "access"))))
	f := edited(pick(r, []string{w.a.device, w.b.device}), "ospf")
	f.unrouted = []string{w.name()}
	return f
}

// bgpDisabled: an upstream session is disabled, or the sessions of the route reflector.
func bgpDisabled(r *rand.Rand, n *network) fault {
	if chance(r, 0.3) {
		f := edited("RR1", "bgp")
		for _, client := range n.tiers("core", "aggregation") {
			f.signs = append(f.signs, sign{alert: "BGPSessionDown", device: client, peer: "RR1"})
		}
		return f
	}
	edge := pick(r, n.tiers("edge"))
	f := edited(edge, "bgp")
	f.signs = []sign{{alert: "BGPSessionDown", device: edge, peer: "transit-" + edge}}
	return f
}

// filterRejects: a filter that lets no prefix in.
func filterRejects(r *rand.Rand, n *network) fault {
	edge := pick(r, n.tiers("edge"))
	f := edited(edge, pick(r, []string{"routing", "bgp"}))
	f.signs = []sign{{alert: "BGPPrefixesDropped", device: edge, peer: "transit-" + edge}}
	return f
}

// firewallDrops: management is shut out, or the router forwards nothing any more.
func firewallDrops(r *rand.Rand, n *network) fault {
	device := pick(r, n.tiers("aggregation", "access"))
	f := edited(device, "firewall")
	switch r.IntN(3) {
	case 0:
		f.deaf = []string{device}
	case 1:
		f.signs = []sign{{alert: "APIUnreachable", device: device}}
	default:
		f.blocked = []string{device}
		f.signs = []sign{{alert: "PacketLoss", device: device}}
	}
	return f
}

// routeLost: the way to what lies below is gone.
func routeLost(r *rand.Rand, n *network) fault {
	device := pick(r, n.tiers("core", "aggregation"))
	f := edited(device, "routing")
	f.blocked = []string{device}
	if chance(r, 0.5) {
		f.signs = []sign{{alert: "PacketLoss", device: device}}
	}
	return f
}

// addressWrong: a wrong address towards the uplinks; the router and all below it are out of reach.
func addressWrong(r *rand.Rand, n *network) fault {
	device := pick(r, n.tiers("aggregation", "access"))
	f := edited(device, "addressing")
	f.deaf, f.blocked = []string{device}, []string{device}
	return f
}

// serviceBroken: what the router does for subscribers or operators goes wrong, and nothing else.
func serviceBroken(r *rand.Rand, n *network) fault {
	device := pick(r, n.tiers("aggregation", "access"))
	kinds := []struct{ category, alert string }{
		{"queues", "PacketLoss"},
		{"queues", "LinkSaturated"},
		{"access", "PPPoESessionsDropped"},
		{"services", "DHCPPoolExhausted"},
		{"addressing", "DHCPPoolExhausted"},
		{"services", "APIUnreachable"},
		{"users", "APIUnreachable"},
	}
	kind := pick(r, kinds)
	f := edited(device, kind.category)
	f.signs = []sign{{alert: kind.alert, device: device}}
	return f
}

// systemUpgraded: the router boots into another version and is away for some minutes.
func systemUpgraded(r *rand.Rand, n *network) fault {
	device := pick(r, n.tiers("core", "aggregation", "access"))
	f := edited(device, "system")
	f.dead = []string{device}
	return f
}

// rollOut: automation pushes the same mistake to several routers.
func rollOut(r *rand.Rand, n *network) fault {
	kinds := []struct{ category, alert string }{
		{"firewall", "APIUnreachable"}, {"queues", "PacketLoss"}, {"services", "DHCPPoolExhausted"}, {"access", "PPPoESessionsDropped"},
	}
	kind := pick(r, kinds)
	devices := n.tiers("access")
	r.Shuffle(len(devices), func(i, j int) { devices[i], devices[j] = devices[j], devices[i] })
	devices = devices[:3+r.IntN(3)]
	f := fault{event: Event{Name: kind.category + " roll-out", Causes: []string{"rollout/" + kind.category}}}
	for i, d := range devices {
		f.event.Changes = append(f.event.Changes, d+" "+kind.category)
		f.changes = append(f.changes, change{device: d, category: kind.category})
		f.signs = append(f.signs, sign{alert: kind.alert, device: d, after: time.Duration(i) * 20 * time.Second})
	}
	return f
}

// fibreCut: both ends see it, unless one of them is cut off by it.
func fibreCut(r *rand.Rand, n *network) fault {
	w := pick(r, n.uplinks(pick(r, n.tiers("core", "aggregation", "access", "radio"))))
	f := fault{event: Event{Name: "cut of " + w.name(), Causes: []string{"link/" + w.name()}}, broken: []string{w.name()}}
	reach := n.reachable(f)
	if n.unlisted || !reach[w.b.device] {
		f.event.Causes = append(f.event.Causes, "device/"+w.b.device)
	}
	if n.unlisted {
		f.event.Causes = append(f.event.Causes, "device/"+w.a.device)
	}
	return f
}

func powerLost(r *rand.Rand, n *network) fault {
	device := pick(r, n.tiers("core", "aggregation", "access", "radio", "reflector"))
	return fault{event: Event{Name: "power of " + device, Causes: []string{"device/" + device}}, dead: []string{device}}
}

// sitePowerLost: everything at a site dies; one router may have a battery.
func sitePowerLost(r *rand.Rand, n *network) fault {
	var site string
	for range 20 {
		if site = n.router(pick(r, n.tiers("access"))).site; len(n.at(site)) > 1 {
			break
		}
	}
	devices := n.at(site)
	f := fault{event: Event{Name: "power of site " + site, Causes: []string{"site/" + site}}, dead: devices, battery: map[string]time.Duration{}}
	if len(devices) == 1 {
		f.event.Causes = append(f.event.Causes, "device/"+devices[0])
	}
	for _, above := range n.routers { // one router feeds the whole site: it may be to blame as well
		if feeds(n, above.name, devices) {
			f.event.Causes = append(f.event.Causes, "device/"+above.name)
		}
	}
	for _, d := range devices {
		f.battery[d] = time.Duration(r.IntN(20)) * time.Second
	}
	if len(devices) > 3 && chance(r, 0.3) {
		f.battery[devices[0]] = time.Duration(5+r.IntN(10)) * time.Minute
	}
	return f
}

// feeds says whether every one of the devices is out of reach without the router.
func feeds(n *network, router string, devices []string) bool {
	reach := n.reachable(fault{dead: []string{router}})
	for _, d := range devices {
		if reach[d] {
			return false
		}
	}
	return true
}

func upstreamLost(r *rand.Rand, n *network) fault {
	edge := pick(r, n.tiers("edge"))
	return fault{
		event: Event{Name: "upstream of " + edge, Causes: []string{"device/" + edge}},
		signs: []sign{{alert: pick(r, []string{"BGPSessionDown", "BGPPrefixesDropped"}), device: edge, peer: "transit-" + edge}},
	}
}

// partFails: heat, optics, or too many subscribers: something on one router and nothing else.
func partFails(r *rand.Rand, n *network) fault {
	device := pick(r, n.tiers("core", "aggregation", "access"))
	name := pick(r, []string{"RouterTempCritical", "LinkSaturated", "PacketLoss", "DHCPPoolExhausted", "PPPoESessionsDropped"})
	return fault{
		event: Event{Name: fmt.Sprintf("%s of %s", name, device), Causes: []string{"device/" + device}},
		signs: []sign{{alert: name, device: device}},
	}
}
