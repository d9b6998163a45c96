package topology_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/topology"
)

// network is an ISP of that many devices: two cores, aggregation routers below either of them, and
// eighteen access devices below each, a link for each dependency.
func network(devices int) topology.Inventory {
	inv := topology.Inventory{Devices: []topology.Device{{Name: "CORE1"}, {Name: "CORE2"}}}
	link := func(a, b string) {
		inv.Links = append(inv.Links, topology.Link{A: topology.End{Device: a, Interface: "to-" + b}, B: topology.End{Device: b, Interface: "to-" + a}})
	}
	for region := 0; len(inv.Devices) < devices; region++ {
		agg := fmt.Sprintf("AGG%d", region)
		inv.Devices = append(inv.Devices, topology.Device{Name: agg, DependsOn: []topology.Group{{Any: []string{"CORE1", "CORE2"}}}})
		link("CORE1", agg)
		link("CORE2", agg)
		for i := range 18 {
			acc := fmt.Sprintf("ACC%d-%d", region, i)
			inv.Devices = append(inv.Devices, topology.Device{Name: acc, DependsOn: []topology.Group{{All: []string{agg}}}})
			link(agg, acc)
		}
	}
	return inv
}

// BenchmarkNeighbourhood asks about one region of networks of different sizes: the cost must be that of
// the region. The floor sorts as many names as are in the answer, which any implementation has to.
func BenchmarkNeighbourhood(b *testing.B) {
	f := topology.Failure{Devices: []string{"AGG3"}}
	for _, devices := range []int{100, 1_000, 10_000} {
		g := topology.NewGraph(network(devices))
		answer := g.Impact(f, topology.Down{})
		slices.Reverse(answer)
		b.Run(fmt.Sprintf("impact/devices=%d", devices), func(b *testing.B) {
			for b.Loop() {
				g.Impact(f, topology.Down{})
			}
		})
		b.Run(fmt.Sprintf("impact-of-a-link/devices=%d", devices), func(b *testing.B) {
			link := topology.Failure{Links: []string{topology.Link{
				A: topology.End{Device: "AGG3", Interface: "to-ACC3-0"}, B: topology.End{Device: "ACC3-0", Interface: "to-AGG3"},
			}.Name()}}
			for b.Loop() {
				g.Impact(link, topology.Down{})
			}
		})
		b.Run(fmt.Sprintf("hits/devices=%d", devices), func(b *testing.B) {
			for b.Loop() {
				g.Hits(f, topology.Down{}, "ACC3-0")
			}
		})
		b.Run(fmt.Sprintf("floor/devices=%d", devices), func(b *testing.B) {
			for b.Loop() {
				slices.Sort(slices.Clone(answer))
			}
		})
	}
	// Everything falls: the cost for each device must not grow with their number.
	for _, devices := range []int{100, 1_000, 10_000} {
		g := topology.NewGraph(network(devices))
		b.Run(fmt.Sprintf("all/devices=%d", devices), func(b *testing.B) {
			for b.Loop() {
				g.Impact(topology.Failure{Devices: []string{"CORE1", "CORE2"}}, topology.Down{})
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*devices), "ns/device")
		})
	}
}

// BenchmarkAncestors finds those of every device for the first time; the second time they are remembered.
func BenchmarkAncestors(b *testing.B) {
	for _, devices := range []int{100, 10_000} {
		inv := network(devices)
		b.Run(fmt.Sprintf("devices=%d", devices), func(b *testing.B) {
			for range b.N {
				b.StopTimer()
				g := topology.NewGraph(inv)
				b.StartTimer()
				for _, d := range inv.Devices {
					g.Ancestors(d.Name)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*devices), "ns/device")
		})
	}
}

// BenchmarkPropose finds everything from nothing: all devices, all links, what depends on what.
func BenchmarkPropose(b *testing.B) {
	for _, devices := range []int{1_000, 10_000} {
		inv := network(devices)
		seen := topology.Sightings{Sessions: []topology.Session{
			{Device: "CORE1", RemoteAS: "1", LocalAS: "2", Prefixes: 9}, {Device: "CORE2", RemoteAS: "1", LocalAS: "2", Prefixes: 9},
		}}
		for _, d := range inv.Devices {
			seen.Identities = append(seen.Identities, topology.Identity{Device: d.Name, Name: d.Name})
		}
		for _, l := range inv.Links {
			for _, side := range [][2]topology.End{{l.A, l.B}, {l.B, l.A}} {
				seen.Neighbors = append(seen.Neighbors, topology.Neighbor{
					Device: side[0].Device, Interface: side[0].Interface, Identity: side[1].Device, RemoteInterface: side[1].Interface,
				})
			}
		}
		b.Run(fmt.Sprintf("devices=%d", devices), func(b *testing.B) {
			for b.Loop() {
				topology.Propose(topology.Inventory{}, seen, nil)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*devices), "ns/device")
		})
	}
}
