package plane

import (
	"maps"
	"slices"
	"strings"
)

// runInterfaces decides which interfaces run: ports by their cable and what is
// at its other end, everything else by what it rides on.
func (n *network) runInterfaces() {
	for _, r := range n.in.Routers {
		known := map[string]bool{}
		for i := range r.Interfaces {
			n.states[r.Name].Running[r.Interfaces[i].Name] = n.runs(r, &r.Interfaces[i], known, 0)
		}
	}
}

// maxNesting bounds how deep interfaces ride on one another: a file may say
// that two VLANs ride on each other.
const maxNesting = 8

func (n *network) runs(r *Router, i *Interface, known map[string]bool, depth int) bool {
	if result, ok := known[i.Name]; ok {
		return result
	}
	if depth > maxNesting {
		return false
	}
	result := r.Powered && !i.Disabled
	switch {
	case !result:
	case i.Physical:
		result = n.portUp(r, i)
	case i.Type == "bridge" || i.Type == "bond":
		up := len(i.Members) == 0 && i.Type == "bridge"
		for _, name := range i.Members {
			if member := r.iface(name); member != nil && n.runs(r, member, known, depth+1) {
				up = true
			}
		}
		result = up
	case i.Parent != "" && i.Type != "wg":
		parent := r.iface(i.Parent)
		result = parent != nil && n.runs(r, parent, known, depth+1)
	}
	known[i.Name] = result
	return result
}

// portUp: light on a cable between two routers needs both ends switched on. A
// switch in between gives light to each end by itself.
func (n *network) portUp(r *Router, i *Interface) bool {
	port := Port{r.Name, i.Factory}
	if n.in.Cuts[port] {
		return false
	}
	link, ok := n.links[port]
	if !ok {
		return i.Plugged
	}
	if link.Cut {
		return false
	}
	if len(link.Ends) != 2 {
		return true
	}
	other := link.Ends[0]
	if other == port {
		other = link.Ends[1]
	}
	peer := n.routers[other.Router]
	if peer == nil || !peer.Powered {
		return false
	}
	far := peer.port(other.Factory)
	return far != nil && !far.Disabled
}

// Wired says whether something is plugged into a port and the cable to it is
// whole, whatever is configured at either end.
func (o *Output) Wired(router, port string) bool {
	r, i := o.portNamed(router, port)
	if i == nil || o.in.Cuts[Port{r.Name, i.Factory}] {
		return false
	}
	if link, ok := o.links[Port{r.Name, i.Factory}]; ok {
		return !link.Cut
	}
	return i.Plugged
}

// Lit says whether light arrives at a port: the other end of its cable is
// switched on.
func (o *Output) Lit(router, port string) bool {
	r, i := o.portNamed(router, port)
	return i != nil && r.Powered && o.portUp(r, i)
}

func (o *Output) portNamed(router, name string) (*Router, *Interface) {
	r := o.routers[router]
	if r == nil {
		return nil, nil
	}
	i := r.iface(name)
	if i == nil || !i.Physical {
		return r, nil
	}
	return r, i
}

// end names one side of a segment: a port and the VLAN tags on the wire.
func end(router, port, tags string) string {
	return router + "\x00" + port + "\x00" + tags
}

// joinSegments finds which interfaces share a broadcast domain: through
// cables, VLANs, bonds and bridges.
func (n *network) joinSegments() {
	n.segments = newUnionFind()
	tags := map[string]bool{"": true}
	for _, r := range n.in.Routers {
		for i := range r.Interfaces {
			ends := n.attach(r, &r.Interfaces[i], 0)
			n.attached[place{r.Name, r.Interfaces[i].Name}] = ends
			for _, e := range ends {
				tags[e[strings.LastIndexByte(e, 0)+1:]] = true
			}
		}
	}
	all := slices.Sorted(maps.Keys(tags))
	for _, link := range n.in.Links {
		if up := n.upEnds(link); len(up) > 1 {
			for _, tag := range all {
				for _, port := range up[1:] {
					n.segments.join(end(up[0].Router, up[0].Factory, tag), end(port.Router, port.Factory, tag))
				}
			}
		}
	}
	for _, r := range n.in.Routers {
		for i := range r.Interfaces {
			n.joinBridge(r, &r.Interfaces[i], all)
		}
	}
}

func (n *network) upEnds(link Link) []Port {
	var up []Port
	for _, port := range link.Ends {
		r := n.routers[port.Router]
		if r == nil || link.Cut {
			continue
		}
		if i := r.port(port.Factory); i != nil && n.states[r.Name].Running[i.Name] {
			up = append(up, port)
		}
	}
	return up
}

// joinBridge: a bridge forwards between its members, tagged frames included.
func (n *network) joinBridge(r *Router, i *Interface, tags []string) {
	if i.Type != "bridge" || !n.states[r.Name].Running[i.Name] {
		return
	}
	if ends := n.attached[place{r.Name, i.Name}]; len(ends) > 1 {
		for _, other := range ends[1:] {
			n.segments.join(ends[0], other)
			for _, tag := range tags {
				n.segments.join(ends[0]+tag, other+tag)
			}
		}
	}
}

// attach returns the segment ends under an interface, of its running parts.
func (n *network) attach(r *Router, i *Interface, depth int) []string {
	if depth > maxNesting || !n.states[r.Name].Running[i.Name] {
		return nil
	}
	var ends []string
	switch {
	case i.Type == "bridge" || i.Type == "bond":
		for _, name := range i.Members {
			if member := r.iface(name); member != nil {
				ends = append(ends, n.attach(r, member, depth+1)...)
			}
		}
	case i.Physical:
		ends = []string{end(r.Name, i.Factory, "")}
	case i.Parent == "":
		ends = []string{end(r.Name, i.Name, "")}
	default:
		parent := r.iface(i.Parent)
		if parent == nil {
			return nil
		}
		for _, e := range n.attach(r, parent, depth+1) {
			if i.Type == "vlan" {
				e += "." + i.VLAN
			}
			ends = append(ends, e)
		}
		ends = append(ends, n.accessPorts(r, parent, i, depth)...)
	}
	return ends
}

// accessPorts: a VLAN of a bridge leaves untagged where a port has its number
// as PVID.
func (n *network) accessPorts(r *Router, bridge, vlan *Interface, depth int) []string {
	var ends []string
	for _, name := range bridge.Members {
		if member := r.iface(name); member != nil && vlan.Type == "vlan" && bridge.PVID[name] == vlan.VLAN {
			ends = append(ends, n.attach(r, member, depth+1)...)
		}
	}
	return ends
}

// adjacent says whether two interfaces share a segment.
func (n *network) adjacent(a, b place) bool {
	for _, x := range n.attached[a] {
		for _, y := range n.attached[b] {
			if n.segments.same(x, y) {
				return true
			}
		}
	}
	return false
}

// linkedTo returns the routers that cables from an interface's ports lead to,
// whether anything runs or not; none for an interface that faces the outside.
func (n *network) linkedTo(r *Router, name string, depth int) map[string]bool {
	out := map[string]bool{}
	i := r.iface(name)
	if i == nil || depth > maxNesting {
		return out
	}
	if link, ok := n.links[Port{r.Name, i.Factory}]; ok && i.Physical {
		for _, e := range link.Ends {
			if e.Router != r.Name {
				out[e.Router] = true
			}
		}
	}
	for _, below := range append(slices.Clone(i.Members), i.Parent) {
		if below != "" {
			maps.Copy(out, n.linkedTo(r, below, depth+1))
		}
	}
	return out
}
