package topology_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/topology"
)

// TestHitsIsImpactOfOne: whether one device is hit, asked of what it depends on alone, is what the whole
// impact says of it, whatever the network, cycles and all.
func TestHitsIsImpactOfOne(t *testing.T) {
	t.Parallel()
	name := rapid.Custom(func(t *rapid.T) string { return fmt.Sprintf("D%d", rapid.IntRange(0, 7).Draw(t, "device")) })
	names := rapid.SliceOfNDistinct(name, 1, 3, rapid.ID)
	rapid.Check(t, func(t *rapid.T) {
		var inv topology.Inventory
		for i := range 8 {
			d := topology.Device{Name: fmt.Sprintf("D%d", i)}
			for range rapid.IntRange(0, 2).Draw(t, "groups") {
				members := names.Draw(t, "members")
				d.DependsOn = append(d.DependsOn, rapid.SampledFrom([]topology.Group{
					{All: members}, {Any: members}, {K: 1 + len(members)/2, Of: members},
				}).Draw(t, "group"))
			}
			inv.Devices = append(inv.Devices, d)
		}
		var links []string
		for i := range rapid.IntRange(0, 6).Draw(t, "links") {
			l := topology.Link{
				A: topology.End{Device: name.Draw(t, "a"), Interface: fmt.Sprintf("a%d", i)},
				B: topology.End{Device: name.Draw(t, "b"), Interface: fmt.Sprintf("b%d", i)},
			}
			inv.Links, links = append(inv.Links, l), append(links, l.Name())
		}
		g := topology.NewGraph(inv)
		some := func(of []string, label string) []string {
			if len(of) == 0 {
				return nil
			}
			return rapid.SliceOfNDistinct(rapid.SampledFrom(of), 0, min(2, len(of)), rapid.ID).Draw(t, label)
		}
		f := topology.Failure{Devices: some(g.Devices(), "failed devices"), Links: some(links, "failed links")}
		down := topology.Down{Devices: set(some(g.Devices(), "down devices")...), Links: set(some(links, "down links")...)}
		impact := g.Impact(f, down)
		for _, d := range g.Devices() {
			require.Equal(t, slices.Contains(impact, d), g.Hits(f, down, d), d)
		}
	})
}
