package corpus

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"slices"
)

func digest(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}

// network is a simulated ISP: two edges with an upstream each, two cores, aggregation, access, and
// radios behind some of the access routers. Whoever watches it sits beyond the edges.
type network struct {
	routers []router
	wires   []wire
	// unlisted: the inventory does not say which links there are.
	unlisted bool
}

type router struct {
	name, site, tier string
	above            []string // what it hangs on: one of them is enough
}

// wire joins two ports; a is nearer to the edge.
type wire struct{ a, b port }

type port struct{ device, name string }

func (w wire) name() string {
	x, y := w.a.device+":"+w.a.name, w.b.device+":"+w.b.name
	if y < x {
		x, y = y, x
	}
	return x + "<->" + y
}

// drawNetwork draws an ISP. Some aggregation routers hang on one core only, some access routers on
// two aggregation routers, and access sites are fed from one aggregation router or from several.
func drawNetwork(r *rand.Rand) *network {
	n := &network{unlisted: chance(r, 0.15)}
	n.add("EDGE1", "pop1", "edge")
	n.add("EDGE2", "pop2", "edge")
	n.add("RR1", "pop1", "reflector", "EDGE1", "EDGE2")
	n.add("CORE1", "pop1", "core", "EDGE1", "EDGE2")
	n.add("CORE2", "pop2", "core", "EDGE1", "EDGE2")
	aggregation := 2 + r.IntN(4)
	for i := range aggregation {
		above := []string{"CORE1", "CORE2"}
		if chance(r, 0.3) {
			above = above[i%2 : i%2+1]
		}
		n.add(fmt.Sprintf("AGG%d", i+1), fmt.Sprintf("hub%d", i+1), "aggregation", above...)
	}
	access := aggregation * (3 + r.IntN(4))
	mixed := chance(r, 0.5) // sites are fed from several aggregation routers
	for i := range access {
		feeds := i % aggregation
		above := []string{fmt.Sprintf("AGG%d", feeds+1)}
		if chance(r, 0.2) {
			above = append(above, fmt.Sprintf("AGG%d", (feeds+1)%aggregation+1))
		}
		site := fmt.Sprintf("town%d", feeds+1+aggregation*(i/aggregation/3))
		if mixed {
			site = fmt.Sprintf("town%d", i/4+1)
		}
		n.add(fmt.Sprintf("ACC%d", i+1), site, "access", above...)
		if chance(r, 0.25) {
			n.add(fmt.Sprintf("RADIO%d", i+1), fmt.Sprintf("mast%d", i+1), "radio", fmt.Sprintf("ACC%d", i+1))
		}
	}
	return n
}

func (n *network) add(name, site, tier string, above ...string) {
	n.routers = append(n.routers, router{name: name, site: site, tier: tier, above: above})
	for _, a := range above {
		n.wires = append(n.wires, wire{a: n.freePort(a), b: port{device: name, name: n.freePort(name).name}})
	}
}

// freePort is the next port of a device that no wire uses.
func (n *network) freePort(device string) port {
	used := 0
	for _, w := range n.wires {
		if w.a.device == device || w.b.device == device {
			used++
		}
	}
	return port{device: device, name: fmt.Sprintf("sfp%d", used+1)}
}

func (n *network) router(name string) router {
	return n.routers[slices.IndexFunc(n.routers, func(r router) bool { return r.name == name })]
}

// tiers are the names of the routers of some tiers.
func (n *network) tiers(tiers ...string) []string {
	var out []string
	for _, r := range n.routers {
		if slices.Contains(tiers, r.tier) {
			out = append(out, r.name)
		}
	}
	return out
}

func (n *network) wiresOf(device string) []wire {
	var out []wire
	for _, w := range n.wires {
		if w.a.device == device || w.b.device == device {
			out = append(out, w)
		}
	}
	return out
}

// uplinks are the wires by which a router hangs on those above it.
func (n *network) uplinks(device string) []wire {
	return slices.DeleteFunc(n.wiresOf(device), func(w wire) bool { return w.b.device != device })
}

// at are the routers of a site.
func (n *network) at(site string) []string {
	var out []string
	for _, r := range n.routers {
		if r.site == site {
			out = append(out, r.name)
		}
	}
	return out
}

// reachable says which routers the watcher beyond the edges still reaches: a path of routers that
// forward and of wires that carry leads to them. Dead routers are not reached themselves; deaf ones
// neither, but they forward; blocked ones are reached and do not forward.
func (n *network) reachable(f fault) map[string]bool {
	seen := map[string]bool{}
	queue := n.tiers("edge")
	for len(queue) > 0 {
		device := queue[0]
		queue = queue[1:]
		if seen[device] || slices.Contains(f.dead, device) {
			continue
		}
		seen[device] = true
		if slices.Contains(f.blocked, device) {
			continue
		}
		for _, w := range n.wiresOf(device) {
			if w.a.device == device && !slices.Contains(f.broken, w.name()) && !slices.Contains(f.unrouted, w.name()) {
				queue = append(queue, w.b.device)
			}
		}
	}
	for _, device := range f.deaf {
		delete(seen, device)
	}
	return seen
}

// inventory is what the correlator is told of the network.
func (n *network) inventory() map[string]any {
	var devices, links, sites []any
	known := map[string]bool{}
	for _, r := range n.routers {
		d := map[string]any{"name": r.name, "site": r.site, "tags": []string{r.tier}}
		if len(r.above) > 0 {
			d["depends_on"] = []any{map[string]any{"any": r.above}}
		}
		devices = append(devices, d)
		if !known[r.site] {
			known[r.site] = true
			sites = append(sites, map[string]any{"name": r.site})
		}
	}
	for _, w := range n.wires {
		links = append(links, map[string]any{
			"a": map[string]any{"device": w.a.device, "interface": w.a.name},
			"b": map[string]any{"device": w.b.device, "interface": w.b.name},
		})
	}
	if n.unlisted {
		links = nil
	}
	return map[string]any{"sites": sites, "devices": devices, "links": links}
}

func chance(r *rand.Rand, p float64) bool { return r.Float64() < p }

func pick[T any](r *rand.Rand, of []T) T { return of[r.IntN(len(of))] }
