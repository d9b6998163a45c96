package topology

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// edgeRoles are the roles of devices through which a network reaches others.
var edgeRoles = []string{"edge", "border", "upstream", "transit"}

// proposeDependencies proposes what devices depend on that have no dependency yet: those neighbours that are
// nearer to the edge, provided that without them no edge is reached. In a ring, where the other way round
// leads out as well, neither direction can be written down without a circle, so nothing is proposed.
func (p *proposer) proposeDependencies() {
	w := p.newWays()
	if len(w.edges) == 0 {
		return
	}
	graph := NewGraph(p.inventory)
	var found []Proposal
	for _, device := range sortedKeys(p.listed) {
		if w.distance[device] == 0 || len(graph.devices[device].DependsOn) > 0 { // an edge, or nothing leads there
			continue
		}
		nearer := w.nearer(device)
		if w.circular(graph, device, nearer) || w.leadsOut(device, nearer) {
			continue
		}
		found = append(found, w.proposal(device, nearer))
	}
	p.add(found)
}

// circular says whether dependencies that are stated lead from the nearer neighbours outward again: with
// them, proposals could close a circle.
func (w *ways) circular(graph *Graph, device string, nearer []string) bool {
	for _, n := range nearer {
		for above := range graph.Ancestors(n) {
			if w.distance[above] >= w.distance[device] {
				return true
			}
		}
	}
	return false
}

func (w *ways) proposal(device string, nearer []string) Proposal {
	p := Proposal{Kind: ProposeDependency, Confidence: w.grade, Device: device, DependsOn: Group{Any: nearer}}
	reason := fmt.Sprintf("any of %s is enough: each reaches an edge by itself, and without them %s reaches none", strings.Join(nearer, ", "), device)
	if len(nearer) == 1 {
		p.DependsOn = Group{All: nearer}
		reason = fmt.Sprintf("without %s, %s reaches no edge", nearer[0], device)
		if around := w.around(device, nearer[0]); around != "" {
			p.Confidence = Low
			reason += fmt.Sprintf("; but when only the link between them fails, there is a way by %s, and then this says too much", around)
		}
	}
	p.ID = dependencyID(device, p.DependsOn)
	p.Evidence = append(w.evidence(device, nearer), Evidence{Device: device, Source: sourceInventory, Text: reason})
	return p
}

// ways are the links that are listed or proposed with confidence, as ways to the edge.
type ways struct {
	next     map[string]map[string][]string // device → neighbour → names of the links between
	proposed map[string]Confidence          // by name of link
	edges    map[string]Evidence            // with why they are
	grade    Confidence                     // of what rests on them
	distance map[string]int                 // in links, of the devices that reach an edge; 0 for an edge
}

func (p *proposer) newWays() *ways {
	w := &ways{next: map[string]map[string][]string{}, proposed: map[string]Confidence{}, distance: map[string]int{}, grade: Medium}
	if w.edges = p.statedEdges(); len(w.edges) == 0 {
		w.edges, w.grade = p.deducedEdges(), Low
	}
	for _, l := range p.inventory.Links {
		w.join(l)
	}
	for _, f := range p.proposals {
		if f.Kind == ProposeLink && f.Confidence != Low {
			w.join(f.Link)
			w.proposed[f.Link.Name()] = f.Confidence
		}
	}
	frontier := make([]string, 0, len(w.edges))
	for e := range w.edges {
		w.distance[e] = 0
		frontier = append(frontier, e)
	}
	for steps := 1; len(frontier) > 0; steps++ {
		var further []string
		for _, d := range frontier {
			for n := range w.next[d] {
				if _, reached := w.distance[n]; !reached {
					w.distance[n] = steps
					further = append(further, n)
				}
			}
		}
		frontier = further
	}
	return w
}

func (w *ways) join(l Link) {
	for _, side := range [][2]string{{l.A.Device, l.B.Device}, {l.B.Device, l.A.Device}} {
		if w.next[side[0]] == nil {
			w.next[side[0]] = map[string][]string{}
		}
		w.next[side[0]][side[1]] = append(w.next[side[0]][side[1]], l.Name())
	}
}

// nearer are the neighbours that are one step nearer to an edge, sorted.
func (w *ways) nearer(device string) []string {
	nearer := map[string]bool{}
	for n := range w.next[device] {
		if d, reached := w.distance[n]; reached && d < w.distance[device] {
			nearer[n] = true
		}
	}
	return sortedKeys(nearer)
}

// leadsOut says whether the device reaches an edge when these neighbours of its own are gone.
func (w *ways) leadsOut(device string, without []string) bool {
	gone := map[string]bool{device: true}
	for _, n := range without {
		gone[n] = true
	}
	return w.escapes(device, device, gone)
}

// around is a neighbour by which the device reaches an edge when its links to that one are cut, or "".
func (w *ways) around(device, cut string) string {
	for _, n := range slices.Sorted(maps.Keys(w.next[device])) {
		if n != cut && w.escapes(n, device, map[string]bool{device: true, n: true}) {
			return n
		}
	}
	return ""
}

// escapes walks until it meets a device that is nearer to an edge than the one whose way is looked for, since
// from there a way leads out. It does not enter what was seen, and notes what it has.
func (w *ways) escapes(from, device string, seen map[string]bool) bool {
	for queue := []string{from}; len(queue) > 0; queue = queue[1:] {
		for n := range w.next[queue[0]] {
			if seen[n] {
				continue
			}
			if w.distance[n] < w.distance[device] {
				return true
			}
			seen[n] = true
			queue = append(queue, n)
		}
	}
	return false
}

// evidence says which links lead to the nearer neighbours, and which edges there are.
func (w *ways) evidence(device string, nearer []string) []Evidence {
	var out []Evidence
	for _, n := range nearer {
		for _, link := range w.next[device][n] {
			text := fmt.Sprintf("link %s leads from %s to %s, which is %s", link, device, n, w.stepsFromEdge(n))
			source := sourceInventory
			if confidence, ok := w.proposed[link]; ok {
				source = sourceNeighbor
				text += fmt.Sprintf(" (the link is itself proposed, with %s confidence)", confidence)
			}
			out = append(out, Evidence{Device: device, Source: source, Text: text})
		}
	}
	reached := map[string]bool{}
	w.edgesAbove(device, map[string]bool{}, reached)
	for _, e := range sortedKeys(reached) {
		out = append(out, w.edges[e])
	}
	return out
}

func (w *ways) stepsFromEdge(device string) string {
	switch steps := w.distance[device]; steps {
	case 0:
		return "an edge"
	case 1:
		return "1 link from an edge"
	default:
		return fmt.Sprintf("%d links from an edge", steps)
	}
}

// edgesAbove finds the edges that the shortest ways from a device lead to.
func (w *ways) edgesAbove(device string, seen, edges map[string]bool) {
	if seen[device] {
		return
	}
	seen[device] = true
	if w.distance[device] == 0 {
		edges[device] = true
		return
	}
	for _, n := range w.nearer(device) {
		w.edgesAbove(n, seen, edges)
	}
}

// statedEdges are the devices to which the inventory gives such a role.
func (p *proposer) statedEdges() map[string]Evidence {
	edges := map[string]Evidence{}
	for _, d := range p.inventory.Devices {
		for _, role := range d.Roles {
			if slices.Contains(edgeRoles, strings.ToLower(role)) {
				edges[d.Name] = Evidence{Device: d.Name, Source: sourceInventory, Text: fmt.Sprintf("%s is an edge: its role is %s", d.Name, role)}
			}
		}
	}
	return edges
}

// deducedEdges are the devices whose sessions with other networks bring the most prefixes. Customers bring
// few, mostly: what rests on this is a guess.
func (p *proposer) deducedEdges() map[string]Evidence {
	edges, most := map[string]Evidence{}, 0
	for _, s := range p.seen.Sessions {
		if s.external() && p.listed[s.Device] {
			most = max(most, s.Prefixes)
		}
	}
	for _, s := range p.seen.Sessions {
		if most > 0 && s.external() && p.listed[s.Device] && 2*s.Prefixes >= most {
			text := fmt.Sprintf("%s seems to be an edge: its BGP session %s with AS %s brings %d prefixes%s; state the role edge where that is so",
				s.Device, s.Peer, s.RemoteAS, s.Prefixes, since(s.Seen))
			edges[s.Device] = Evidence{s.Seen, s.Device, sourceBGP, text}
		}
	}
	return edges
}
