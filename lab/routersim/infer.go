package routersim

import (
	"cmp"
	"maps"
	"net/netip"
	"slices"

	"github.com/ispvisualmonitor/ispvisualmonitor/lab/routersim/internal/plane"
)

// InferLinks runs cables as the addressing suggests: between routers that have
// different addresses in one subnet of at most 256 addresses, at the ports
// that these addresses ride on. Ports that have a cable keep it. It returns
// the cables made, each as the ports at its ends.
func (n *Network) InferLinks() [][]Port {
	n.mu.Lock()
	defer n.mu.Unlock()
	bySubnet := map[netip.Prefix][]attachment{}
	for _, r := range n.routers {
		for _, a := range r.model().Addresses {
			subnet := a.Prefix.Masked()
			if a.Disabled || a.Prefix.IsSingleIP() || a.Prefix.Addr().BitLen()-a.Prefix.Bits() > 8 {
				continue
			}
			if ports := r.portsUnder(a.Interface); len(ports) > 0 {
				bySubnet[subnet] = append(bySubnet[subnet], attachment{a.Prefix.Addr(), ports})
			}
		}
	}
	cables := newCables()
	for _, subnet := range slices.SortedFunc(maps.Keys(bySubnet), comparePrefix) {
		for _, ends := range pair(bySubnet[subnet]) {
			cables.join(slices.DeleteFunc(ends, n.cabled))
		}
	}
	var made [][]Port
	for _, ends := range cables.groups {
		if distinctRouters(ends) < 2 {
			continue
		}
		n.links = append(n.links, plane.Link{Ends: ends})
		var ports []Port
		for _, e := range ends {
			ports = append(ports, Port{e.Router, n.find(e.Router).portName(e.Factory)})
		}
		made = append(made, ports)
	}
	n.update(n.routers...)
	return made
}

// cables are groups of ports, each joined by a cable or switch.
type cables struct {
	groups [][]plane.Port
	of     map[plane.Port]int
}

func newCables() *cables { return &cables{of: map[plane.Port]int{}} }

// join makes ports one group, together with all that any of them is in: a
// trunk that carries several subnets is one cable.
func (c *cables) join(ports []plane.Port) {
	if len(ports) == 0 {
		return
	}
	into := len(c.groups)
	for _, port := range ports {
		if at, ok := c.of[port]; ok {
			into = min(into, at) // groups keep the order in which they began
		}
	}
	if into == len(c.groups) {
		c.groups = append(c.groups, nil)
	}
	for _, port := range ports {
		members := []plane.Port{port}
		if at, ok := c.of[port]; ok {
			if at == into {
				continue
			}
			members, c.groups[at] = c.groups[at], nil
		}
		for _, member := range members {
			c.of[member] = into
		}
		c.groups[into] = append(c.groups[into], members...)
	}
}

// attachment is an address and the ports under its interface.
type attachment struct {
	address netip.Addr
	ports   []plane.Port
}

// pair lays the ports of one subnet's members side by side: first with first,
// and for bonds second with second. Members that claim the same address are no
// neighbours but strangers who use the same private network.
func pair(members []attachment) [][]plane.Port {
	width := 0
	seen := map[netip.Addr]bool{}
	for _, m := range members {
		if seen[m.address] {
			return nil
		}
		seen[m.address] = true
		width = max(width, len(m.ports))
	}
	out := make([][]plane.Port, width)
	for _, m := range members {
		for i, port := range m.ports {
			out[i] = append(out[i], port)
		}
	}
	return out
}

func (n *Network) cabled(port plane.Port) bool {
	return slices.ContainsFunc(n.links, func(l plane.Link) bool { return slices.Contains(l.Ends, port) })
}

// portsUnder returns the physical ports that an interface rides on: all of a
// bond, the first of a bridge.
func (r *Router) portsUnder(name string) []plane.Port {
	model := r.model()
	for range 8 {
		i := slices.IndexFunc(model.Interfaces, func(i plane.Interface) bool { return i.Name == name })
		if i < 0 {
			return nil
		}
		iface := model.Interfaces[i]
		switch {
		case iface.Physical:
			return []plane.Port{{Router: r.opts.Name, Factory: iface.Factory}}
		case iface.Type == "bond":
			var ports []plane.Port
			for _, member := range iface.Members {
				if port, ok := r.port(member); ok {
					ports = append(ports, port)
				}
			}
			return ports
		case iface.Type == "bridge" && len(iface.Members) > 0:
			name = iface.Members[0]
		case (iface.Type == "vlan" || iface.Type == "vrrp" || iface.Type == "macvlan") && iface.Parent != "":
			name = iface.Parent
		default:
			return nil
		}
	}
	return nil
}

func distinctRouters(ends []plane.Port) int {
	names := map[string]bool{}
	for _, e := range ends {
		names[e.Router] = true
	}
	return len(names)
}

func comparePrefix(a, b netip.Prefix) int {
	return cmp.Or(cmp.Compare(b.Bits(), a.Bits()), a.Addr().Compare(b.Addr()))
}
