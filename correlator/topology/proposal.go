package topology

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// ProposalKind is what a proposal would add to the inventory.
type ProposalKind string

// The kinds of proposal, in the order in which they are listed and applied.
const (
	ProposeDevice     ProposalKind = "device"
	ProposeLink       ProposalKind = "link"
	ProposeDependency ProposalKind = "depends_on"
)

// rank is the place of the kind in the order in which proposals are applied.
func (k ProposalKind) rank() int {
	return slices.Index([]ProposalKind{ProposeDevice, ProposeLink, ProposeDependency}, k)
}

// Confidence says how well a proposal is founded.
type Confidence string

// The grades of confidence.
const (
	// High: a device that is observed itself; a link that both sides see.
	High Confidence = "high"
	// Medium: a link that one side sees of a device that is not observed, or that OSPF confirms; a
	// device that several see; a dependency, whose direction is deduced from which devices are edges.
	Medium Confidence = "medium"
	// Low: one device says so and nothing else does; a dependency whose direction is a guess, since the
	// inventory gives no device the role of an edge.
	Low Confidence = "low"
)

// Proposal is a hint: what the inventory could say, going by what the routers see. It is never applied
// by itself.
type Proposal struct {
	// ID says what would be added, so the same hint has the same id each time it is found.
	ID         string
	Kind       ProposalKind
	Confidence Confidence
	// Device is the new device, or the one that gets DependsOn.
	Device, Site string
	Link         Link
	DependsOn    Group
	Evidence     []Evidence
}

// Evidence is one reason for a proposal.
type Evidence struct {
	Seen
	Device string // who saw it
	Source string // how: exporter, neighbor, ospf, bgp or inventory
	Text   string
}

// The sources of evidence.
const (
	sourceExporter  = "exporter"  // the device itself is observed
	sourceNeighbor  = "neighbor"  // neighbour discovery
	sourceOSPF      = "ospf"      // an adjacency that is Full
	sourceBGP       = "bgp"       // an established session
	sourceInventory = "inventory" // what the inventory says already
)

// Propose says what the inventory could say in addition, going by what was seen. It leaves alone what the
// inventory states: no proposal contradicts it. What was dismissed, by the proposals' ids, is not proposed
// again, and nothing is built on it. Sorted by kind and id; equal inputs give equal proposals.
func Propose(inv Inventory, seen Sightings, dismissed map[string]bool) []Proposal {
	seen = seen.united()
	r := newRegistry(inv, seen)
	p := &proposer{inventory: inv, seen: seen, registry: r, points: newPoints(r, seen.Neighbors), dismissed: dismissed, listed: map[string]bool{}}
	r.learnRouterIDs(p.points, seen.Adjacencies)
	for _, d := range inv.Devices {
		p.listed[d.Name] = true
	}
	p.proposeDevices()
	p.proposeLinks()
	p.proposeDependencies()
	return p.proposals
}

type proposer struct {
	inventory Inventory
	seen      Sightings
	registry  *registry
	points    *points
	dismissed map[string]bool
	listed    map[string]bool // devices of the inventory, and those that are proposed
	proposals []Proposal
}

// add takes up proposals of one kind, but those that were dismissed.
func (p *proposer) add(found []Proposal) {
	slices.SortFunc(found, func(a, b Proposal) int { return cmp.Compare(a.ID, b.ID) })
	for _, f := range found {
		if p.dismissed[f.ID] {
			continue
		}
		p.proposals = append(p.proposals, f)
		if f.Kind == ProposeDevice {
			p.listed[f.Device] = true
		}
	}
}

// proposeDevices proposes devices that are observed, and those that stand alone at the other end of an
// interface. What shares its segment with others is passed over: on access networks those are customers'.
func (p *proposer) proposeDevices() {
	found := map[string]*Proposal{}
	propose := func(device string) *Proposal {
		if found[device] == nil {
			found[device] = &Proposal{ID: deviceID(device), Kind: ProposeDevice, Confidence: Low, Device: device}
		}
		return found[device]
	}
	for _, i := range p.seen.Identities {
		if p.listed[i.Device] {
			continue
		}
		d := propose(i.Device)
		d.Confidence, d.Site = High, cmp.Or(d.Site, i.Site)
		text := fmt.Sprintf("%s is observed", i.Device)
		if i.Name != i.Device {
			text += fmt.Sprintf(", and calls itself %q", i.Name)
		}
		d.Evidence = append(d.Evidence, Evidence{i.Seen, i.Device, sourceExporter, text + since(i.Seen)})
	}
	by := map[string]map[string]bool{} // unknown device → who sees it
	for _, n := range p.seen.Neighbors {
		device, alone := p.points.across(End{n.Device, n.Interface})
		if resolved, known := p.registry.deviceOf(n); !alone || known || resolved != device {
			continue
		}
		d := propose(device)
		d.Evidence = append(d.Evidence, Evidence{n.Seen, n.Device, sourceNeighbor, fmt.Sprintf("%s sees it on %s%s", n.Device, n.Interface, since(n.Seen))})
		if by[device] == nil {
			by[device] = map[string]bool{}
		}
		if by[device][n.Device] = true; len(by[device]) > 1 {
			d.Confidence = Medium
		}
	}
	p.add(values(found))
}

func values(found map[string]*Proposal) []Proposal {
	out := make([]Proposal, 0, len(found))
	for _, f := range found {
		out = append(out, *f)
	}
	return out
}

// since ends a sentence about something that was seen.
func since(s Seen) string {
	if s.Since.IsZero() {
		return ""
	}
	return " since " + s.Since.UTC().Format("2006-01-02 15:04:05")
}

// Says says whether the inventory says already what a proposal of that id would add.
func (inv Inventory) Says(id string) bool {
	for _, d := range inv.Devices {
		if id == deviceID(d.Name) || len(d.DependsOn) == 1 && id == dependencyID(d.Name, d.DependsOn[0]) {
			return true
		}
	}
	return slices.ContainsFunc(inv.Links, func(l Link) bool { return id == linkID(l) })
}

func deviceID(device string) string { return "device:" + device }

func linkID(l Link) string { return "link:" + l.Name() }

func dependencyID(device string, g Group) string {
	form := "all"
	if len(g.Any) > 0 {
		form = "any"
	}
	return "depends_on:" + device + ":" + form + "(" + strings.Join(slices.Sorted(slices.Values(g.Members())), ",") + ")"
}

// Apply adds what proposals say to an inventory: devices first, then links, then dependencies, whatever
// their order. What the inventory has already stays as it is, so applying twice changes nothing. The
// error says what has to be accepted before.
func (inv Inventory) Apply(proposals []Proposal) (Inventory, error) {
	out := inv
	out.Sites, out.Devices, out.Links = slices.Clone(inv.Sites), slices.Clone(inv.Devices), slices.Clone(inv.Links)
	at := map[string]int{}
	for i, d := range out.Devices {
		at[d.Name] = i
	}
	proposals = slices.SortedStableFunc(slices.Values(proposals), func(a, b Proposal) int { return cmp.Compare(a.Kind.rank(), b.Kind.rank()) })
	for _, p := range proposals {
		if p.Kind == ProposeDevice {
			out.addDevice(p, at)
			continue
		}
		for _, name := range p.names() {
			if _, listed := at[name]; !listed {
				return inv, fmt.Errorf("%s needs device %q, which is not listed: accept %q as well", p.ID, name, deviceID(name))
			}
		}
		switch p.Kind {
		case ProposeLink:
			if !slices.ContainsFunc(out.Links, func(l Link) bool { return l.Name() == p.Link.Name() }) {
				out.Links = append(out.Links, p.Link)
			}
		default:
			if d := &out.Devices[at[p.Device]]; len(d.DependsOn) == 0 {
				d.DependsOn = []Group{p.DependsOn}
			}
		}
	}
	return out, nil
}

func (inv *Inventory) addDevice(p Proposal, at map[string]int) {
	if _, listed := at[p.Device]; listed {
		return
	}
	at[p.Device] = len(inv.Devices)
	inv.Devices = append(inv.Devices, Device{Name: p.Device, Site: p.Site})
	if p.Site != "" && !slices.Contains(inv.Sites, Site{Name: p.Site}) {
		inv.Sites = append(inv.Sites, Site{Name: p.Site})
	}
}

// names are the devices that the proposal speaks of.
func (p Proposal) names() []string {
	switch p.Kind {
	case ProposeDevice:
		return []string{p.Device}
	case ProposeLink:
		return []string{p.Link.A.Device, p.Link.B.Device}
	default:
		return append([]string{p.Device}, p.DependsOn.Members()...)
	}
}

func sortedKeys(m map[string]bool) []string { return slices.Sorted(maps.Keys(m)) }
