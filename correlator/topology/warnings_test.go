package topology_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/topology"
)

func TestWarnings(t *testing.T) {
	t.Parallel()
	on := func(members ...string) []topology.Group { return []topology.Group{{All: members}} }
	link := func(a, ai, b, bi string) topology.Link {
		return topology.Link{A: topology.End{Device: a, Interface: ai}, B: topology.End{Device: b, Interface: bi}}
	}
	var ring topology.Inventory
	for i := range 8 {
		ring.Devices = append(ring.Devices, topology.Device{Name: fmt.Sprintf("R%d", i), DependsOn: on(fmt.Sprintf("R%d", (i+1)%8))})
	}
	for name, c := range map[string]struct {
		inv  topology.Inventory
		want []string
	}{
		"nothing": {inv: pair()},
		"names that are not listed": {
			topology.Inventory{
				Sites:    []topology.Site{{Name: "s1"}},
				Devices:  []topology.Device{{Name: "A", Site: "s2", DependsOn: []topology.Group{{Any: []string{"B", "C"}}, {K: 1, Of: []string{"B"}}}}},
				Services: []topology.Service{{Name: "dns", DependsOn: on("D")}},
				Links:    []topology.Link{link("A", "e1", "E", "e1")},
			},
			[]string{
				`device "A" stands at site "s2", which is not listed`,
				`device "A" depends on "B", which is not a listed device`,
				`device "A" depends on "C", which is not a listed device`,
				`service "dns" depends on "D", which is not a listed device`,
				`link A:e1<->E:e1 ends at "E", which is not a listed device`,
			},
		},
		"listed twice": {
			topology.Inventory{
				Sites:    []topology.Site{{Name: "s"}, {Name: "s"}},
				Devices:  []topology.Device{{Name: "A"}, {Name: "B", DependsOn: []topology.Group{{Any: []string{"A", "A"}}}}},
				Services: []topology.Service{{Name: "dns"}, {Name: "dns"}},
				Links:    []topology.Link{link("A", "e1", "B", "e1"), link("B", "e1", "A", "e1")},
			},
			[]string{
				`site "s" is listed twice`,
				`device "B" names "A" twice in one depends_on group: it counts as two`,
				`service "dns" is listed twice`,
				`link A:e1<->B:e1 is listed twice`,
			},
		},
		"links that cannot be": {
			topology.Inventory{
				Devices: []topology.Device{{Name: "A"}, {Name: "B"}, {Name: "C"}},
				Links:   []topology.Link{link("A", "e1", "B", "e1"), link("A", "e1", "C", "e1"), link("C", "e2", "C", "e3"), link("B", "", "C", "e4")},
			},
			[]string{
				`links A:e1<->B:e1 and A:e1<->C:e1 both end at interface "e1" of "A": an alert about it is taken to be about the latter`,
				`link C:e2<->C:e3 has both ends on one device`,
				`link B:<->C:e4 does not name the interface of "B": no alert can be told to be about it`,
			},
		},
		"circles": {
			topology.Inventory{Devices: []topology.Device{
				{Name: "Z", DependsOn: on("Y")},
				{Name: "Y", DependsOn: on("X")},
				{Name: "X", DependsOn: on("Z", "A")},
				{Name: "A", DependsOn: on("A")},
				{Name: "B", DependsOn: on("Z")},
			}},
			[]string{
				"devices Z, Y, X depend on each other in a circle: each would fail with the others",
				`device "A" depends on itself: each would fail with the others`,
			},
		},
		"a long circle": {ring, []string{"devices R0, R1, R2, R3, R4, R5 and 2 more depend on each other in a circle: each would fail with the others"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.NoError(t, c.inv.Validate(), "warnings are for inventories that are used")
			require.Equal(t, c.want, c.inv.Warnings())
		})
	}
}

// TestCirclesAreThoseOfReachability: a device is told to be in a circle exactly when it is below itself.
func TestCirclesAreThoseOfReachability(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		inv := drawInventory(t, false)
		below := map[string]map[string]bool{}
		for _, d := range inv.Devices {
			below[d.Name] = map[string]bool{}
			for _, g := range d.DependsOn {
				for _, m := range g.Members() {
					below[d.Name][m] = true
				}
			}
		}
		for _, via := range inv.Devices { // Warshall
			for _, a := range inv.Devices {
				for _, b := range inv.Devices {
					below[a.Name][b.Name] = below[a.Name][b.Name] || below[a.Name][via.Name] && below[via.Name][b.Name]
				}
			}
		}
		warnings := strings.Join(inv.Warnings(), "\n")
		circular := slices.ContainsFunc(inv.Devices, func(d topology.Device) bool { return below[d.Name][d.Name] })
		require.Equal(t, circular, strings.Contains(warnings, "each would fail with the others"), warnings)
		for _, d := range inv.Devices {
			if !below[d.Name][d.Name] {
				require.NotRegexp(t, `\b`+d.Name+`\b[^;]* in a circle`, warnings)
			}
		}
	})
}
