package metro

import (
	"fmt"
	"math/rand/v2"
	"slices"
)

// role is what a node is there for.
type role string

const (
	core      role = "core"
	gateway   role = "gateway"
	border    role = "border"
	reflector role = "reflector"
	edge      role = "pe"
	ring      role = "ring"
	radio     role = "radio"
	bng       role = "bng"
	access    role = "olt"
	fabric    role = "switch"
	server    role = "server"
)

// need is a group of nodes of which k must work.
type need struct {
	k  int
	of []string
}

// node is a box.
type node struct {
	name, site  string
	role        role
	subscribers int
	hangsOn     []need // what the inventory says of it
	works       []need // what it needs for its work besides a path: servers, physically
	watched     bool   // monitoring probes it and scrapes it
	read        bool   // an exporter reads its configuration
}

// router: it forwards between its ports and speaks the IGP.
func (n node) router() bool { return n.role != server && n.role != fabric && n.role != access }

type port struct{ node, name string }

// cable joins two ports.
type cable struct{ a, b port }

// name is the link's, as the correlator's output has it.
func (c cable) name() string {
	x, y := c.a.node+":"+c.a.name, c.b.node+":"+c.b.name
	if y < x {
		x, y = y, x
	}
	return x + "<->" + y
}

// ends are the cable from either side: the near port first.
func (c cable) ends() [2][2]port { return [2][2]port{{c.a, c.b}, {c.b, c.a}} }

// session is a BGP session. An external one has a provider at its far end.
type session struct {
	node, peer string
	external   bool
}

// plant is what stands in the field: every box, cable and session.
type plant struct {
	nodes    []node
	cables   []cable
	sessions []session
	station  string   // where monitoring is
	services []need   // of the inventory, named below
	named    []string // the services' names
	regions  int

	number map[string]int     // of a node
	cabled map[string][]cable // by either end
}

// drawPlant draws a provider of one metropolitan area and its surroundings: a core of three or four, a
// data centre with the watchers and the servers, two reflectors, two borders with a provider or two
// each; in every region two provider edges with a ring between them, a chain of radios that hangs on
// the ring, and a BNG with line terminals behind it.
func drawPlant(r *rand.Rand) *plant {
	towns := []string{"ber", "muc", "ham", "cgn", "fra", "dus", "lej", "nue", "str", "drs", "kie", "ulm", "rgb", "erf"}
	r.Shuffle(len(towns), func(i, j int) { towns[i], towns[j] = towns[j], towns[i] })
	p := &plant{regions: 2 + r.IntN(2), number: map[string]int{}, cabled: map[string][]cable{}}
	var cores []string
	for i := range 3 + r.IntN(2) {
		cores = append(cores, p.add(towns[i]+"-p1", towns[i], core))
	}
	for i := range cores {
		p.join(cores[i], cores[(i+1)%len(cores)])
	}
	two := func(i int) []string { return []string{cores[i%len(cores)], cores[(i+1)%len(cores)]} }
	p.station = p.hung("dc-gw1", "dc", gateway, two(0)...)
	p.dataCentre(r)
	for i := range 2 {
		p.hung(fmt.Sprintf("%s-rr1", towns[i]), towns[i], reflector, two(i)...)
		br := p.hung(fmt.Sprintf("%s-br1", towns[i+1]), towns[i+1], border, two(i+1)...)
		for j := range 1 + r.IntN(2) {
			p.sessions = append(p.sessions, session{node: br, peer: fmt.Sprintf("transit-%c%d", 'a'+i, j+1), external: true})
		}
	}
	for i := range p.regions {
		p.region(r, fmt.Sprintf("r%d", i+1), towns[len(cores)+i*3:], two(i+1))
	}
	p.reflect()
	p.service("internet", need{1, p.of(border)})
	return p
}

// dataCentre has two switches with the servers behind them. The provisioning needs two of three
// databases, wherever it stands.
func (p *plant) dataCentre(r *rand.Rand) {
	for i := range 2 {
		p.hung(fmt.Sprintf("dc-sw%d", i+1), "dc", fabric, p.station)
		p.node(fmt.Sprintf("dc-sw%d", i+1)).watched = chance(r, 0.5)
	}
	for i, name := range []string{"dns1", "dns2", "radius1", "radius2", "db1", "db2", "db3", "prov1"} {
		p.hung(name, "dc", server, fmt.Sprintf("dc-sw%d", i%2+1))
	}
	prov := p.node("prov1")
	prov.works = []need{{2, []string{"db1", "db2", "db3"}}}
	prov.hangsOn = append(prov.hangsOn, prov.works...)
	p.service("dns", need{1, []string{"dns1", "dns2"}})
	p.service("login", need{1, []string{"radius1", "radius2"}})
}

func (p *plant) region(r *rand.Rand, name string, towns []string, cores []string) {
	pes := []string{p.hung(towns[0]+"-pe1", towns[0], edge, cores...), p.hung(towns[1]+"-pe1", towns[1], edge, cores...)}
	members := []string{}
	before := pes[0]
	for i := range 3 + r.IntN(3) {
		member := p.add(fmt.Sprintf("%s-rg%d", name, i+1), fmt.Sprintf("%s-village%d", name, i+1), ring)
		p.join(before, member)
		members, before = append(members, member), member
	}
	p.join(before, pes[1])
	byNeighbour := chance(r, 0.5) // how the inventory describes a ring
	for i, m := range members {
		left, right := pes[0], pes[1]
		if byNeighbour && i > 0 {
			left = members[i-1]
		}
		if byNeighbour && i < len(members)-1 {
			right = members[i+1]
		}
		p.node(m).hangsOn = []need{{1, []string{left, right}}}
	}
	above := pick(r, members)
	for i := range 2 + r.IntN(3) {
		above = p.hung(fmt.Sprintf("%s-mw%d", name, i+1), fmt.Sprintf("%s-mast%d", name, i+1), radio, above)
	}
	if chance(r, 0.5) { // two boxes at the foot of the first mast
		p.hung(name+"-rt1", name+"-mast1", ring, name+"-mw1")
	}
	gate := p.hung(name+"-bng1", towns[2], bng, pes...)
	box := p.node(gate)
	box.subscribers = 800 + r.IntN(6000)
	box.works = []need{{1, []string{"radius1", "radius2"}}}
	box.hangsOn = append(box.hangsOn, box.works...)
	under := gate
	if chance(r, 0.6) { // a switch that often nobody watches
		under = p.hung(name+"-sw1", towns[2], fabric, gate)
		p.node(under).watched = chance(r, 0.3)
	}
	for i := range 3 + r.IntN(3) {
		p.hung(fmt.Sprintf("%s-olt%d", name, i+1), fmt.Sprintf("%s-cabinet%d", name, 1+i/2), access, under)
	}
}

// reflect gives every router with customers a session to each reflector.
func (p *plant) reflect() {
	for _, client := range p.of(border, edge, bng) {
		for _, rr := range p.of(reflector) {
			p.sessions = append(p.sessions, session{node: client, peer: rr})
		}
	}
}

func (p *plant) add(name, site string, is role) string {
	p.number[name] = len(p.nodes)
	p.nodes = append(p.nodes, node{name: name, site: site, role: is, watched: true, read: is != server && is != access})
	return name
}

// hung adds a node that has a cable to each of the others, any of which is enough.
func (p *plant) hung(name, site string, is role, above ...string) string {
	p.add(name, site, is)
	for _, a := range above {
		p.join(a, name)
	}
	p.node(name).hangsOn = []need{{1, above}}
	return name
}

func (p *plant) join(a, b string) {
	c := cable{p.spare(a), p.spare(b)}
	p.cables = append(p.cables, c)
	p.cabled[a], p.cabled[b] = append(p.cabled[a], c), append(p.cabled[b], c)
}

// spare is the next unused port of a node.
func (p *plant) spare(name string) port {
	return port{name, fmt.Sprintf("ge-0/0/%d", len(p.cabled[name]))}
}

func (p *plant) service(name string, n need) {
	p.named, p.services = append(p.named, name), append(p.services, n)
}

func (p *plant) node(name string) *node {
	i, known := p.number[name]
	if !known { // a provider's router
		return &node{name: name}
	}
	return &p.nodes[i]
}

// of are the names of the nodes of some roles.
func (p *plant) of(roles ...role) []string {
	var out []string
	for _, n := range p.nodes {
		if slices.Contains(roles, n.role) {
			out = append(out, n.name)
		}
	}
	return out
}

// readable are those of them whose configuration is read.
func (p *plant) readable(roles ...role) []string {
	return slices.DeleteFunc(p.of(roles...), func(name string) bool { return !p.node(name).read })
}

// between is the cable that joins two nodes.
func (p *plant) between(a, b string) cable {
	for _, c := range p.cabled[a] {
		if c.a.node == b || c.b.node == b {
			return c
		}
	}
	return cable{}
}

// at are the nodes of a site.
func (p *plant) at(site string) []string {
	var out []string
	for _, n := range p.nodes {
		if n.site == site {
			out = append(out, n.name)
		}
	}
	return out
}

func (p *plant) sites() []string {
	var out []string
	for _, n := range p.nodes {
		if !slices.Contains(out, n.site) {
			out = append(out, n.site)
		}
	}
	return out
}

func chance(r *rand.Rand, p float64) bool { return r.Float64() < p }

func pick[T any](r *rand.Rand, of []T) T { return of[r.IntN(len(of))] }
