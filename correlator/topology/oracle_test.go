package topology_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/topology"
)

// drawInventory draws a small network with groups of every form, circles too, and several links between
// the same devices.
func drawInventory(t *rapid.T, links bool) topology.Inventory {
	name := rapid.Custom(func(t *rapid.T) string { return fmt.Sprintf("D%d", rapid.IntRange(0, 6).Draw(t, "device")) })
	groups := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) topology.Group {
		members := rapid.SliceOfNDistinct(name, 1, 4, rapid.ID).Draw(t, "members")
		return rapid.SampledFrom([]topology.Group{
			{All: members}, {Any: members}, {K: rapid.IntRange(1, len(members)).Draw(t, "k"), Of: members},
		}).Draw(t, "form")
	}), 0, 2)
	var inv topology.Inventory
	for i := range 7 {
		inv.Devices = append(inv.Devices, topology.Device{Name: fmt.Sprintf("D%d", i), DependsOn: groups.Draw(t, "groups")})
	}
	for i := range 2 {
		inv.Services = append(inv.Services, topology.Service{Name: fmt.Sprintf("S%d", i), DependsOn: groups.Draw(t, "of a service")})
	}
	if links {
		for i := range rapid.IntRange(0, 8).Draw(t, "links") {
			inv.Links = append(inv.Links, topology.Link{
				A: topology.End{Device: name.Draw(t, "a"), Interface: fmt.Sprintf("a%d", i)},
				B: topology.End{Device: name.Draw(t, "b"), Interface: fmt.Sprintf("b%d", i)},
			})
		}
	}
	return inv
}

// oracle says what fails by the words of the design alone: over and over, look at every group of every
// device, until nothing more falls. It knows no index, no queue and no graph.
type oracle struct {
	inv    topology.Inventory
	f      topology.Failure
	down   topology.Down
	failed map[string]bool
}

func (o oracle) run() []string {
	o.failed = map[string]bool{}
	for _, d := range o.f.Devices {
		o.failed[d] = true
	}
	for again := true; again; {
		again = false
		for _, d := range o.inv.Devices {
			for _, g := range d.DependsOn {
				if !o.failed[d.Name] && o.breaks(d.Name, g) {
					o.failed[d.Name], again = true, true
				}
			}
		}
	}
	var out []string
	for d := range o.failed {
		out = append(out, d)
	}
	slices.Sort(out)
	return out
}

// breaks: the group fails as a whole, and the failure has a part in that.
func (o oracle) breaks(dependent string, g topology.Group) bool {
	var lost, helped int
	members := slices.Concat(g.Any, g.All, g.Of)
	for _, m := range members {
		gone, byFailure := o.lost(dependent, m)
		if gone {
			lost++
		}
		if byFailure {
			helped++
		}
	}
	var broken bool
	switch {
	case len(g.Any) > 0:
		broken = lost == len(g.Any)
	case len(g.All) > 0:
		broken = lost > 0
	default:
		broken = len(g.Of)-lost < g.K
	}
	return broken && helped > 0
}

// lost: the member is down, or there are links to it and all of them are down.
func (o oracle) lost(dependent, member string) (gone, byFailure bool) {
	var links, down, failed int
	for _, l := range o.inv.Links {
		if l.A.Device == dependent && l.B.Device == member || l.A.Device == member && l.B.Device == dependent {
			links++
			if slices.Contains(o.f.Links, l.Name()) {
				failed++
			} else if o.down.Links[l.Name()] {
				down++
			}
		}
	}
	switch {
	case o.failed[member]:
		return true, true
	case links > 0 && failed+down == links:
		return true, failed > 0
	default:
		return o.down.Devices[member], false
	}
}

func TestImpactIsThatOfTheOracle(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		inv := drawInventory(t, true)
		g := topology.NewGraph(inv)
		var links []string
		for _, l := range inv.Links {
			links = append(links, l.Name())
		}
		some := func(of []string, label string) []string {
			if len(of) == 0 {
				return nil
			}
			return rapid.SliceOfNDistinct(rapid.SampledFrom(of), 0, min(3, len(of)), rapid.ID).Draw(t, label)
		}
		devices := g.Devices()
		f := topology.Failure{Devices: some(devices, "failed devices"), Links: some(links, "failed links")}
		down := topology.Down{Devices: set(some(devices, "down devices")...), Links: set(some(links, "down links")...)}

		impact := g.Impact(f, down)
		require.Equal(t, oracle{inv: inv, f: f, down: down}.run(), impact)

		after := oracle{inv: inv, down: down, failed: set(impact...)}
		var services []string
		for _, s := range inv.Services {
			if slices.ContainsFunc(s.DependsOn, func(g topology.Group) bool { return after.breaks(s.Name, g) }) {
				services = append(services, s.Name)
			}
		}
		require.Equal(t, services, g.ServicesHit(impact, down))
	})
}

// TestAncestorsAreShortestPaths compares with relaxing every edge as often as there are devices.
func TestAncestorsAreShortestPaths(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		inv := drawInventory(t, false)
		g := topology.NewGraph(inv)
		from := rapid.SampledFrom(g.Devices()).Draw(t, "device")
		steps := map[string]int{from: 0}
		for range inv.Devices {
			for _, d := range inv.Devices {
				at, reached := steps[d.Name]
				for _, group := range d.DependsOn {
					for _, m := range group.Members() {
						if known, ok := steps[m]; reached && (!ok || at+1 < known) {
							steps[m] = at + 1
						}
					}
				}
			}
		}
		require.Equal(t, steps, g.Ancestors(from))
	})
}
