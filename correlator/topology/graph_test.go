package topology_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/topology"
)

// pair is the smallest redundant network: A and B above, C below both, D below C.
func pair() topology.Inventory {
	return topology.Inventory{
		Sites: []topology.Site{{Name: "s1"}, {Name: "s2"}},
		Devices: []topology.Device{
			{Name: "A", Site: "s1", Tags: []string{"core"}},
			{Name: "B", Site: "s1", Tags: []string{"core"}, Services: []string{"dns"}},
			{Name: "C", Site: "s2", DependsOn: []topology.Group{{Any: []string{"A", "B"}}}},
			{Name: "D", Site: "s2", DependsOn: []topology.Group{{All: []string{"C"}}}},
		},
		Services: []topology.Service{{Name: "transit", DependsOn: []topology.Group{{Any: []string{"A", "B"}}}}},
		Links: []topology.Link{
			{A: topology.End{Device: "A", Interface: "e1"}, B: topology.End{Device: "C", Interface: "e1"}},
			{A: topology.End{Device: "B", Interface: "e1"}, B: topology.End{Device: "C", Interface: "e2"}},
		},
	}
}

func TestImpact(t *testing.T) {
	t.Parallel()
	const linkAC, linkBC = "A:e1<->C:e1", "B:e1<->C:e2"
	kOfN := topology.Inventory{Devices: []topology.Device{
		{Name: "X", DependsOn: []topology.Group{{K: 2, Of: []string{"P", "Q", "R"}}}},
		{Name: "Y", DependsOn: []topology.Group{{All: []string{"P"}}, {Any: []string{"Q", "R"}}}},
	}}
	cycle := topology.Inventory{Devices: []topology.Device{
		{Name: "M", DependsOn: []topology.Group{{All: []string{"N"}}}},
		{Name: "N", DependsOn: []topology.Group{{All: []string{"M"}}}},
	}}
	for _, c := range []struct {
		name    string
		inv     topology.Inventory
		failure topology.Failure
		down    topology.Down
		want    []string
	}{
		{"one leg while the other stands", pair(), topology.Failure{Devices: []string{"A"}}, topology.Down{}, []string{"A"}},
		{"one leg when the other is down", pair(), topology.Failure{Devices: []string{"A"}}, topology.Down{Devices: set("B")}, []string{"A", "C", "D"}},
		{"both legs", pair(), topology.Failure{Devices: []string{"A", "B"}}, topology.Down{}, []string{"A", "B", "C", "D"}},
		{"a leg whose rival is cut off by its link", pair(), topology.Failure{Devices: []string{"A"}}, topology.Down{Links: set(linkBC)}, []string{"A", "C", "D"}},
		{"a link while the other leg stands", pair(), topology.Failure{Links: []string{linkAC}}, topology.Down{}, nil},
		{"a link when the other is cut", pair(), topology.Failure{Links: []string{linkAC}}, topology.Down{Links: set(linkBC)}, []string{"C", "D"}},
		{"what is down anyway is no impact", pair(), topology.Failure{Devices: []string{"D"}}, topology.Down{Devices: set("A", "B")}, []string{"D"}},
		{"what is down itself still fails with its cause", pair(), topology.Failure{Devices: []string{"A", "B"}}, topology.Down{Devices: set("C")}, []string{"A", "B", "C", "D"}},
		{"two of three stand", kOfN, topology.Failure{Devices: []string{"R"}}, topology.Down{}, []string{"R"}},
		{"one of three stands", kOfN, topology.Failure{Devices: []string{"R"}}, topology.Down{Devices: set("Q")}, []string{"R", "X", "Y"}},
		{"every group must hold", kOfN, topology.Failure{Devices: []string{"P"}}, topology.Down{}, []string{"P", "Y"}},
		{"a cycle ends", cycle, topology.Failure{Devices: []string{"M"}}, topology.Down{}, []string{"M", "N"}},
		{"a device that no inventory lists", pair(), topology.Failure{Devices: []string{"Z"}}, topology.Down{}, []string{"Z"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.want, topology.NewGraph(c.inv).Impact(c.failure, c.down))
		})
	}
}

func set(names ...string) map[string]bool {
	out := map[string]bool{}
	for _, n := range names {
		out[n] = true
	}
	return out
}

func TestQuestions(t *testing.T) {
	t.Parallel()
	g := topology.NewGraph(pair())
	require.Equal(t, map[string]int{"D": 0, "C": 1, "A": 2, "B": 2}, g.Ancestors("D"))
	require.Equal(t, map[string]int{"Z": 0}, g.Ancestors("Z"))
	require.Equal(t, []string{"C", "D"}, g.DevicesAt("s2"))
	require.True(t, g.DependsDirectly("C", "A"))
	require.False(t, g.DependsDirectly("D", "A"))
	l, ok := g.LinkAt("C", "e2")
	require.True(t, ok)
	require.Equal(t, "B", l.Other("C").Device)
	require.Empty(t, g.ServicesHit([]string{"A"}, topology.Down{}))
	require.Equal(t, []string{"transit"}, g.ServicesHit([]string{"A"}, topology.Down{Devices: set("B")}))
}

func TestScope(t *testing.T) {
	t.Parallel()
	g := topology.NewGraph(pair())
	for _, c := range []struct {
		scope topology.Scope
		want  map[string]bool
	}{
		{topology.Scope{}, set()},
		{topology.Scope{Sites: []string{"s2"}}, set("C", "D")},
		{topology.Scope{Tags: []string{"core"}}, set("A", "B")},
		{topology.Scope{Services: []string{"dns"}}, set("B")},
		{topology.Scope{Services: []string{"transit"}}, set("A", "B")},
		{topology.Scope{Devices: []string{"D"}, Services: []string{"dns"}}, set("B", "D")},
	} {
		require.Equal(t, c.want, g.Resolve(c.scope))
		for _, d := range g.Devices() {
			require.Equal(t, c.want[d], g.Covers(c.scope, d, ""), "%+v covers %s", c.scope, d)
		}
	}
	require.True(t, g.Covers(topology.Scope{Sites: []string{"s9"}}, "", "s9"), "what stands for a site is covered by it")
	require.True(t, g.Covers(topology.Scope{Sites: []string{"s9"}}, "NEW", "s9"), "a device that is not listed stands where its alert says")
}

func TestValidate(t *testing.T) {
	t.Parallel()
	require.NoError(t, pair().Validate())
	for want, inv := range map[string]topology.Inventory{
		`device 0 has no name`:       {Devices: []topology.Device{{}}},
		`device "A" is listed twice`: {Devices: []topology.Device{{Name: "A"}, {Name: "A"}}},
		`device "A": a depends_on group wants "k" between 1 and 2, got 3`: {Devices: []topology.Device{
			{Name: "A", DependsOn: []topology.Group{{K: 3, Of: []string{"B", "C"}}}},
		}},
		`service "S": a depends_on group needs exactly one of "any", "all", or "k" with "of"`: {Services: []topology.Service{
			{Name: "S", DependsOn: []topology.Group{{}}},
		}},
		`link 0 needs a device at both ends`: {Links: []topology.Link{{A: topology.End{Device: "A"}}}},
	} {
		require.EqualError(t, inv.Validate(), want)
	}
}

// TestImpactGrows: what fails with less also fails with more, and a failure always takes itself.
func TestImpactGrows(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 12).Draw(t, "devices")
		name := func(i int) string { return fmt.Sprintf("R%02d", i) }
		var inv topology.Inventory
		for i := range n {
			d := topology.Device{Name: name(i)}
			for range rapid.IntRange(0, 2).Draw(t, "groups") {
				of := rapid.SliceOfNDistinct(rapid.IntRange(0, n-1), 1, min(3, n), rapid.ID).Draw(t, "members")
				g := topology.Group{K: rapid.IntRange(1, len(of)).Draw(t, "k")}
				for _, m := range of {
					g.Of = append(g.Of, name(m))
				}
				d.DependsOn = append(d.DependsOn, g)
			}
			inv.Devices = append(inv.Devices, d)
		}
		require.NoError(t, inv.Validate())
		g := topology.NewGraph(inv)
		first, second := name(rapid.IntRange(0, n-1).Draw(t, "first")), name(rapid.IntRange(0, n-1).Draw(t, "second"))
		down := topology.Down{Devices: set(name(rapid.IntRange(0, n-1).Draw(t, "down")))}

		alone := g.Impact(topology.Failure{Devices: []string{first}}, topology.Down{})
		require.Contains(t, alone, first)
		require.Subset(t, g.Impact(topology.Failure{Devices: []string{first, second}}, topology.Down{}), alone)
		require.Subset(t, g.Impact(topology.Failure{Devices: []string{first}}, down), alone)
		for _, d := range alone {
			_, depends := g.Ancestors(d)[first]
			require.True(t, depends, "%s fails with %s but does not depend on it", d, first)
		}
	})
}
