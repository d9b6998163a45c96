package topology_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/topology"
)

// day is when everything in these tests is seen.
var day = topology.Seen{
	Since: time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC),
	Last:  time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC),
}

func identity(device, name string) topology.Identity {
	return topology.Identity{Seen: day, Device: device, Name: name}
}

func neighbor(device, iface, identity, remote string) topology.Neighbor {
	return topology.Neighbor{Seen: day, Device: device, Interface: iface, Identity: identity, RemoteInterface: remote, Platform: "Vendor"}
}

func adjacency(device, iface, routerID string) topology.Adjacency {
	return topology.Adjacency{Seen: day, Device: device, Interface: iface, RouterID: routerID}
}

func listed(names ...string) topology.Inventory {
	var inv topology.Inventory
	for _, n := range names {
		inv.Devices = append(inv.Devices, topology.Device{Name: n})
	}
	return inv
}

// told is what a proposal comes to, in short.
func told(proposals []topology.Proposal) []string {
	var out []string
	for _, p := range proposals {
		out = append(out, p.ID+" "+string(p.Confidence))
	}
	return out
}

func TestPropose(t *testing.T) {
	t.Parallel()
	observed := []topology.Identity{identity("A", "A"), identity("B", "B")}
	for name, c := range map[string]struct {
		inv       topology.Inventory
		seen      topology.Sightings
		dismissed []string
		want      []string
	}{
		"nothing": {},
		"both sides see each other": {
			inv:  listed("A", "B"),
			seen: topology.Sightings{Identities: observed, Neighbors: []topology.Neighbor{neighbor("A", "e1", "B", "e2"), neighbor("B", "e2", "A", "e1")}},
			want: []string{"link:A:e1<->B:e2 high"},
		},
		"what the inventory states is not proposed, nor contradicted": {
			inv: topology.Inventory{Devices: listed("A", "B").Devices, Links: []topology.Link{
				{A: topology.End{Device: "B", Interface: "e2"}, B: topology.End{Device: "A", Interface: "e1"}},
				{A: topology.End{Device: "A", Interface: "e3"}, B: topology.End{Device: "C", Interface: "e1"}},
			}},
			seen: topology.Sightings{Identities: observed, Neighbors: []topology.Neighbor{
				neighbor("A", "e1", "B", "e2"), neighbor("B", "e2", "A", "e1"), neighbor("A", "e3", "B", "e3"), neighbor("B", "e3", "A", "e3"),
			}},
		},
		"two links between the same devices, ports of bridges": {
			inv: listed("A", "B"),
			seen: topology.Sightings{Identities: observed, Neighbors: []topology.Neighbor{
				neighbor("A", "e1", "B", "bridge/e2"), neighbor("B", "e2", "A", "bridge/e1"), neighbor("A", "e3", "B", "e4"), neighbor("B", "e4", "A", "e3"),
			}},
			want: []string{"link:A:e1<->B:e2 high", "link:A:e3<->B:e4 high"},
		},
		"one side does not say which interface": {
			inv: listed("A", "B"),
			seen: topology.Sightings{Identities: observed, Neighbors: []topology.Neighbor{
				neighbor("A", "e1", "B", "e2"), neighbor("B", "e2", "A", ""),
			}},
			want: []string{"link:A:e1<->B:e2 high"},
		},
		"neither says which, but there is only one pair": {
			inv:  listed("A", "B"),
			seen: topology.Sightings{Identities: observed, Neighbors: []topology.Neighbor{neighbor("A", "e1", "B", ""), neighbor("B", "e2", "A", "Port 1")}},
			want: []string{"link:A:e1<->B:e2 medium"},
		},
		"neither says which of two": {
			inv: listed("A", "B"),
			seen: topology.Sightings{Identities: observed, Neighbors: []topology.Neighbor{
				neighbor("A", "e1", "B", ""), neighbor("A", "e3", "B", ""), neighbor("B", "e2", "A", ""), neighbor("B", "e4", "A", ""),
			}},
		},
		"one side alone, of a device that is not observed": {
			inv:  listed("A", "SWITCH"),
			seen: topology.Sightings{Identities: observed[:1], Neighbors: []topology.Neighbor{neighbor("A", "e1", "switch", "gi0/1")}},
			want: []string{"link:A:e1<->SWITCH:1 medium"},
		},
		"one side alone, and the other is observed and sees nothing": {
			inv:  listed("A", "B"),
			seen: topology.Sightings{Identities: observed, Neighbors: []topology.Neighbor{neighbor("A", "e1", "B", "e2")}},
			want: []string{"link:A:e1<->B:e2 low"},
		},
		"one side alone, but OSPF runs there": {
			inv: listed("A", "B"),
			seen: topology.Sightings{
				Identities: observed, Neighbors: []topology.Neighbor{neighbor("A", "e1", "B", "e2")},
				Adjacencies: []topology.Adjacency{adjacency("A", "e1", "10.0.0.2"), adjacency("B", "e2", "10.0.0.1")},
			},
			want: []string{"link:A:e1<->B:e2 medium"},
		},
		"a segment that several share is no link, and customers there are no devices": {
			inv: listed("A", "B", "C"),
			seen: topology.Sightings{Identities: observed, Neighbors: []topology.Neighbor{
				neighbor("A", "lan", "B", "lan"), neighbor("A", "lan", "C", "lan"), neighbor("B", "lan", "A", "lan"), neighbor("B", "lan", "C", "lan"),
				neighbor("A", "access", "home-1", "wan"), neighbor("A", "access", "home-2", "wan"),
			}},
		},
		"a neighbour that was replaced": {
			inv: listed("A", "NEW", "OLD"),
			seen: topology.Sightings{Identities: observed[:1], Neighbors: []topology.Neighbor{
				{Seen: topology.Seen{Since: day.Since, Last: day.Since.Add(time.Hour)}, Device: "A", Interface: "e1", Identity: "OLD", RemoteInterface: "e1"},
				{Seen: topology.Seen{Since: day.Since.Add(2 * time.Hour), Last: day.Last}, Device: "A", Interface: "e1", Identity: "NEW", RemoteInterface: "e1"},
			}},
			want: []string{"link:A:e1<->NEW:e1 medium"},
		},
		"devices that are not listed": {
			inv: listed("A"),
			seen: topology.Sightings{Identities: observed, Neighbors: []topology.Neighbor{
				neighbor("A", "e1", "B", "e2"), neighbor("B", "e2", "A", "e1"),
				neighbor("A", "e3", "switch", "e1"), neighbor("B", "e3", "switch", "e2"), neighbor("A", "e4", "radio", "e1"),
			}},
			want: []string{
				"device:B high", "device:radio low", "device:switch medium",
				"link:A:e1<->B:e2 high", "link:A:e3<->switch:e1 medium", "link:A:e4<->radio:e1 medium", "link:B:e3<->switch:e2 medium",
			},
		},
		"names that are none": {
			inv: listed("A"),
			seen: topology.Sightings{Identities: observed[:1], Neighbors: []topology.Neighbor{
				neighbor("A", "e1", "Vendor", "e1"), neighbor("A", "e2", "", "e1"), neighbor("A", "e3", "x\x1b[2J", "e1"), neighbor("A", "e4", strings.Repeat("x", 201), "e1"),
				neighbor("A", "e5", "A", "e6"), neighbor("A", "e6", "A", "e5"), neighbor("A", "e7", "A", "e1\x1b[2J"),
			}},
		},
		"a router calls itself otherwise than the inventory does": {
			inv: listed("A", "B"),
			seen: topology.Sightings{
				Identities: []topology.Identity{identity("A", "a.example.net"), identity("B", "b.example.net")},
				Neighbors:  []topology.Neighbor{neighbor("A", "e1", "b.example.net", "e2"), neighbor("B", "e2", "a.example.net", "e1")},
			},
			want: []string{"link:A:e1<->B:e2 high"},
		},
		"two call themselves the same, and their addresses tell them apart": {
			inv: listed("A", "B", "C"),
			seen: topology.Sightings{
				Identities: []topology.Identity{identity("A", "router"), identity("B", "router"), identity("C", "C")},
				Ports:      []topology.Port{{Device: "A", Interface: "e1", MAC: "02:00:00:00:00:0A"}},
				Neighbors: []topology.Neighbor{
					{Seen: day, Device: "C", Interface: "e1", Identity: "router", RemoteInterface: "e1", MAC: "02:00:00:00:00:0a"},
					{Seen: day, Device: "C", Interface: "e2", Identity: "router", RemoteInterface: "e1", MAC: "02:00:00:00:00:0b"},
				},
			},
			want: []string{"link:A:e1<->C:e1 low"},
		},
		"cloned addresses tell nothing": {
			inv: listed("A", "B", "C"),
			seen: topology.Sightings{
				Identities: []topology.Identity{identity("A", "A"), identity("B", "B"), identity("C", "C")},
				Ports:      []topology.Port{{Device: "A", Interface: "e1", MAC: "02:00:00:00:00:01"}, {Device: "B", Interface: "e1", MAC: "02:00:00:00:00:01"}},
				Neighbors:  []topology.Neighbor{{Seen: day, Device: "C", Interface: "e1", Identity: "B", RemoteInterface: "e1", MAC: "02:00:00:00:00:01"}},
			},
			want: []string{"link:B:e1<->C:e1 low"},
		},
		"where discovery is off, OSPF tells what router ids it has learnt elsewhere": {
			inv: listed("A", "B", "C"),
			seen: topology.Sightings{
				Identities: append(observed, identity("C", "C")),
				Neighbors: []topology.Neighbor{
					neighbor("A", "e1", "B", "e1"), neighbor("B", "e1", "A", "e1"), neighbor("A", "e2", "C", "e1"), neighbor("C", "e1", "A", "e2"),
				},
				Adjacencies: []topology.Adjacency{
					adjacency("A", "e1", "10.0.0.2"), adjacency("B", "e1", "10.0.0.1"), adjacency("A", "e2", "10.0.0.3"), adjacency("C", "e1", "10.0.0.1"),
					adjacency("B", "e7", "10.0.0.3"), adjacency("C", "e8", "10.0.0.2"), adjacency("B", "e9", "10.9.9.9"),
				},
			},
			want: []string{"link:A:e1<->B:e1 high", "link:A:e2<->C:e1 high", "link:B:e7<->C:e8 medium"},
		},
		"what was dismissed, and what would rest on it": {
			inv: topology.Inventory{Devices: []topology.Device{{Name: "A", Roles: []string{"edge"}}, {Name: "B"}}},
			seen: topology.Sightings{Identities: observed, Neighbors: []topology.Neighbor{
				neighbor("A", "e1", "B", "e2"), neighbor("B", "e2", "A", "e1"), neighbor("A", "e3", "radio", "e1"),
			}},
			dismissed: []string{"device:radio", "link:A:e1<->B:e2"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := topology.Propose(c.inv, c.seen, set(c.dismissed...))
			require.Equal(t, c.want, told(got))
			for _, p := range got {
				require.NotEmpty(t, p.Evidence, p.ID)
			}
		})
	}
}

func TestEvidence(t *testing.T) {
	t.Parallel()
	got := topology.Propose(listed("A"), topology.Sightings{
		Identities:  []topology.Identity{{Seen: day, Device: "A", Name: "A"}, {Seen: day, Device: "B", Site: "north", Name: "bee"}},
		Neighbors:   []topology.Neighbor{neighbor("A", "e1", "bee", "bridge/e2"), neighbor("B", "e2", "A", "e1")},
		Adjacencies: []topology.Adjacency{adjacency("A", "e1", "10.0.0.2")},
		Sessions:    []topology.Session{{Seen: day, Device: "A", Peer: "transit", RemoteAS: "64496", LocalAS: "64500", Prefixes: 900}, {Seen: day, Device: "B", Peer: "customer", RemoteAS: "65001", LocalAS: "64500", Prefixes: 2}},
	}, nil)
	require.Equal(t, []string{"device:B high", "link:A:e1<->B:e2 high", "depends_on:B:all(A) low"}, told(got))
	require.Equal(t, "north", got[0].Site)
	var texts []string
	for _, p := range got {
		for _, e := range p.Evidence {
			texts = append(texts, e.Source+": "+e.Text)
		}
	}
	require.Equal(t, []string{
		`exporter: B is observed, and calls itself "bee" since 2026-11-01 12:00:00`,
		`neighbor: A sees B on e1 as "bee", there bridge/e2, by neighbour discovery since 2026-11-01 12:00:00`,
		`neighbor: B sees A on e2, there e1, by neighbour discovery since 2026-11-01 12:00:00`,
		`ospf: A has a full OSPF adjacency with B (10.0.0.2) on e1 since 2026-11-01 12:00:00`,
		`neighbor: link A:e1<->B:e2 leads from B to A, which is an edge (the link is itself proposed, with high confidence)`,
		`bgp: A seems to be an edge: its BGP session transit with AS 64496 brings 900 prefixes since 2026-11-01 12:00:00; state the role edge where that is so`,
		`inventory: without A, B reaches no edge`,
	}, texts)
}

// cabled is an inventory of these links, written "A-B", with the devices in capitals that begin with E as edges.
func cabled(links ...string) topology.Inventory {
	var inv topology.Inventory
	known := map[string]bool{}
	for i, l := range links {
		a, b, _ := strings.Cut(l, "-")
		for _, d := range []string{a, b} {
			if known[d] {
				continue
			}
			known[d] = true
			device := topology.Device{Name: d}
			if strings.HasPrefix(d, "E") {
				device.Roles = []string{"Edge"}
			}
			inv.Devices = append(inv.Devices, device)
		}
		inv.Links = append(inv.Links, topology.Link{
			A: topology.End{Device: a, Interface: fmt.Sprintf("a%d", i)}, B: topology.End{Device: b, Interface: fmt.Sprintf("b%d", i)},
		})
	}
	return inv
}

func TestProposeDependencies(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		inv  topology.Inventory
		want []string
	}{
		"no edge, no direction": {inv: cabled("A-B", "B-C")},
		"a tree":                {cabled("E-A", "A-B", "A-C"), []string{"A:all(E) medium", "B:all(A) medium", "C:all(A) medium"}},
		"redundant uplinks, and cores that are joined": {
			cabled("E1-C1", "E1-C2", "E2-C1", "E2-C2", "C1-C2", "C1-A", "C2-A", "A-X"),
			[]string{"A:any(C1,C2) medium", "C1:any(E1,E2) medium", "C2:any(E1,E2) medium", "X:all(A) medium"},
		},
		"a ring of two edges has two ways for each": {inv: cabled("E1-A", "A-B", "B-E2")},
		"a ring of one edge falls with it, but not with a link": {
			cabled("E-A", "A-B", "B-C", "C-E"), []string{"A:all(E) low", "B:any(A,C) medium", "C:all(E) low"},
		},
		"a ring with one entrance":    {cabled("E-A", "A-B", "B-C", "C-A"), []string{"A:all(E) medium", "B:all(A) low", "C:all(A) low"}},
		"an island":                   {cabled("E-A", "X-Y"), []string{"A:all(E) medium"}},
		"two links are one neighbour": {cabled("E-A", "E-A"), []string{"A:all(E) medium"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, p := range topology.Propose(c.inv, topology.Sightings{}, nil) {
				require.Equal(t, topology.ProposeDependency, p.Kind)
				got = append(got, strings.TrimPrefix(p.ID, "depends_on:")+" "+string(p.Confidence))
			}
			require.Equal(t, c.want, got)
		})
	}

	stated := cabled("E-A", "A-B")
	stated.Devices[0].DependsOn = []topology.Group{{All: []string{"B"}}} // the operator sees it the other way round
	require.Equal(t, []string{"depends_on:B:all(A) medium"}, told(topology.Propose(stated, topology.Sightings{}, nil)), "A under E would close a circle")
	require.Equal(t, []string{"depends_on:A:all(E) medium"}, told(topology.Propose(topology.Inventory{
		Devices: []topology.Device{{Name: "E", Roles: []string{"edge"}}, {Name: "A"}, {Name: "B", DependsOn: []topology.Group{{All: []string{"E"}}}}}, Links: stated.Links,
	}, topology.Sightings{}, nil)), "what a device depends on already is left alone")
}

// world is a random network: which devices, which cables, who leads out.
type world struct {
	names  []string
	cables [][2]topology.End
	edges  map[string]bool
}

func drawWorld(t *rapid.T) world {
	w := world{edges: map[string]bool{}}
	n := rapid.IntRange(2, 8).Draw(t, "devices")
	ports := make([]int, n)
	for i := range n {
		w.names = append(w.names, fmt.Sprintf("R%d", i))
		w.edges[w.names[i]] = i == 0 || rapid.IntRange(0, 5).Draw(t, "edge") == 0
	}
	for range rapid.IntRange(1, 14).Draw(t, "cables") {
		a, b := rapid.IntRange(0, n-1).Draw(t, "a"), rapid.IntRange(0, n-1).Draw(t, "b")
		if a == b {
			continue
		}
		w.cables = append(w.cables, [2]topology.End{
			{Device: w.names[a], Interface: fmt.Sprintf("e%d", ports[a])}, {Device: w.names[b], Interface: fmt.Sprintf("e%d", ports[b])},
		})
		ports[a]++
		ports[b]++
	}
	return w
}

// sightings are what the routers of a world tell, in a random order.
func (w world) sightings(t *rapid.T) topology.Sightings {
	var s topology.Sightings
	for _, n := range w.names {
		s.Identities = append(s.Identities, identity(n, strings.ToLower(n)+".example"))
		if w.edges[n] {
			s.Sessions = append(s.Sessions, topology.Session{Seen: day, Device: n, Peer: "transit", RemoteAS: "1", LocalAS: "2", Prefixes: 1000})
		}
	}
	for _, c := range w.cables {
		for _, side := range [][2]topology.End{{c[0], c[1]}, {c[1], c[0]}} {
			s.Neighbors = append(s.Neighbors, neighbor(side[0].Device, side[0].Interface, strings.ToLower(side[1].Device)+".example", side[1].Interface))
		}
	}
	s.Identities = rapid.Permutation(s.Identities).Draw(t, "order of identities")
	s.Neighbors = rapid.Permutation(s.Neighbors).Draw(t, "order of neighbours")
	return s
}

// reaches says whether a device reaches an edge when others are gone.
func (w world) reaches(from string, gone map[string]bool) bool {
	seen, queue := map[string]bool{from: true}, []string{from}
	for ; len(queue) > 0; queue = queue[1:] {
		if w.edges[queue[0]] {
			return true
		}
		for _, c := range w.cables {
			for _, side := range [][2]string{{c[0].Device, c[1].Device}, {c[1].Device, c[0].Device}} {
				if side[0] == queue[0] && !seen[side[1]] && !gone[side[1]] {
					seen[side[1]] = true
					queue = append(queue, side[1])
				}
			}
		}
	}
	return false
}

// TestProposalsAreTheWorld: from nothing but what the routers of a random network see, exactly its devices
// and cables are proposed, each group of a dependency is exact, and all of it together is an inventory to
// which nothing is to be added.
func TestProposalsAreTheWorld(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t)
		seen := w.sightings(t)
		proposals := topology.Propose(topology.Inventory{}, seen, nil)
		twice := w.sightings(t)
		twice.Add(w.sightings(t))
		require.Equal(t, proposals, topology.Propose(topology.Inventory{}, twice, nil), "the order of sightings changes nothing, nor that two servers tell the same")

		var devices, links, want []string
		for _, c := range w.cables {
			want = append(want, topology.Link{A: c[0], B: c[1]}.Name())
		}
		slices.Sort(want)
		for _, p := range proposals {
			switch p.Kind {
			case topology.ProposeDevice:
				devices = append(devices, p.Device)
			case topology.ProposeLink:
				require.Equal(t, topology.High, p.Confidence)
				links = append(links, p.Link.Name())
			default:
				members := p.DependsOn.Members()
				require.True(t, w.reaches(p.Device, nil), p.ID)
				require.False(t, w.reaches(p.Device, set(members...)), "%s: it reaches an edge without them", p.ID)
				for i := range members {
					others := slices.Delete(slices.Clone(members), i, i+1)
					require.True(t, w.reaches(p.Device, set(others...)), "%s: %s is not enough by itself", p.ID, members[i])
				}
			}
		}
		slices.Sort(links)
		require.Equal(t, w.names, devices)
		require.Equal(t, want, links)

		inv, err := topology.Inventory{}.Apply(rapid.Permutation(proposals).Draw(t, "order of acceptance"))
		require.NoError(t, err)
		require.NoError(t, inv.Validate())
		require.Empty(t, inv.Warnings())
		require.Empty(t, topology.Propose(inv, seen, nil), "everything is accepted")
		for _, p := range proposals {
			require.False(t, topology.Inventory{}.Says(p.ID))
			require.True(t, inv.Says(p.ID), p.ID)
		}
		again, err := inv.Apply(proposals)
		require.NoError(t, err)
		require.Equal(t, inv, again)
	})
}

func TestApplyNeedsDevices(t *testing.T) {
	t.Parallel()
	seen := topology.Sightings{
		Identities: []topology.Identity{identity("A", "A"), identity("B", "B")},
		Neighbors:  []topology.Neighbor{neighbor("A", "e1", "B", "e1"), neighbor("B", "e1", "A", "e1")},
	}
	inv := listed("A")
	proposals := topology.Propose(inv, seen, nil)
	require.Equal(t, []string{"device:B high", "link:A:e1<->B:e1 high"}, told(proposals))
	_, err := inv.Apply(proposals[1:])
	require.EqualError(t, err, `link:A:e1<->B:e1 needs device "B", which is not listed: accept "device:B" as well`)
	before := listed("A")
	_, err = inv.Apply(proposals)
	require.NoError(t, err)
	require.Equal(t, before, inv, "the inventory that was given is not touched")
}

// TestProposalsOfNoise: whatever strangers announce, no proposal contradicts the inventory or another one, all
// of them can be accepted at once, and dismissing any of them never brings it back.
func TestProposalsOfNoise(t *testing.T) {
	t.Parallel()
	device := rapid.SampledFrom([]string{"A", "B", "C", "D"})
	iface := rapid.SampledFrom([]string{"e1", "e2", "bridge/e1", "", "e3"})
	name := rapid.SampledFrom([]string{"A", "b", "C", "x", "y", "Vendor", "", "\x1b"})
	mac := rapid.SampledFrom([]string{"", "01", "02", "03"})
	seen := rapid.Custom(func(t *rapid.T) topology.Seen {
		at := day.Since.Add(time.Duration(rapid.IntRange(0, 5).Draw(t, "since")) * time.Hour)
		return topology.Seen{Since: at, Last: at.Add(time.Duration(rapid.IntRange(0, 3).Draw(t, "for")) * time.Hour)}
	})
	rapid.Check(t, func(t *rapid.T) {
		inv := topology.Inventory{Devices: []topology.Device{{Name: "A", Roles: []string{"edge"}}, {Name: "B"}, {Name: "C", DependsOn: []topology.Group{{All: []string{"B"}}}}}}
		if rapid.Bool().Draw(t, "a link is listed") {
			inv.Links = []topology.Link{{A: topology.End{Device: "A", Interface: "e1"}, B: topology.End{Device: "B", Interface: "e1"}}}
		}
		var s topology.Sightings
		for range rapid.IntRange(0, 4).Draw(t, "identities") {
			s.Identities = append(s.Identities, topology.Identity{Seen: seen.Draw(t, "seen"), Device: device.Draw(t, "device"), Name: name.Draw(t, "name")})
		}
		for range rapid.IntRange(0, 3).Draw(t, "ports") {
			s.Ports = append(s.Ports, topology.Port{Device: device.Draw(t, "device"), Interface: iface.Draw(t, "interface"), MAC: mac.Draw(t, "mac")})
		}
		for range rapid.IntRange(0, 10).Draw(t, "neighbours") {
			s.Neighbors = append(s.Neighbors, topology.Neighbor{
				Seen: seen.Draw(t, "seen"), Device: device.Draw(t, "device"), Interface: iface.Draw(t, "interface"), Identity: name.Draw(t, "name"),
				RemoteInterface: iface.Draw(t, "remote"), MAC: mac.Draw(t, "mac"), Platform: "Vendor",
			})
		}
		for range rapid.IntRange(0, 6).Draw(t, "adjacencies") {
			s.Adjacencies = append(s.Adjacencies, topology.Adjacency{
				Seen: seen.Draw(t, "seen"), Device: device.Draw(t, "device"), Interface: iface.Draw(t, "interface"), RouterID: mac.Draw(t, "router id"),
			})
		}
		proposals := topology.Propose(inv, s, nil)
		taken := map[topology.End]bool{}
		for _, l := range inv.Links {
			taken[l.A], taken[l.B] = true, true
		}
		for _, p := range proposals {
			require.False(t, inv.Says(p.ID), p.ID)
			if p.Kind == topology.ProposeLink {
				for _, end := range []topology.End{p.Link.A, p.Link.B} {
					require.NotEmpty(t, end.Interface)
					require.False(t, taken[end], "%s: %v has a link already", p.ID, end)
					taken[end] = true
				}
			}
		}
		after, err := inv.Apply(proposals)
		require.NoError(t, err)
		require.NoError(t, after.Validate())
		for _, warning := range after.Warnings() {
			require.NotContains(t, warning, "circle")
		}
		require.Equal(t, inv.Devices[2].DependsOn, after.Devices[2].DependsOn, "what is stated stays")
		if len(proposals) > 0 {
			gone := rapid.SampledFrom(proposals).Draw(t, "dismissed").ID
			for _, p := range topology.Propose(inv, s, set(gone)) {
				require.NotEqual(t, gone, p.ID)
			}
		}
	})
}
