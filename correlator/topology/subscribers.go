package topology

// WithSubscribers is the same graph with other measured numbers of subscribers, by device. They count
// for the devices of which the inventory does not state a number.
func (g *Graph) WithSubscribers(measured map[string]int) *Graph {
	with := *g
	with.measured = measured
	return &with
}

// Subscribers is how many are served by these devices together, each device counted once: what the
// inventory states of a device, else what was measured. An estimate: somebody with two lines counts
// twice.
func (g *Graph) Subscribers(devices []string) int {
	total, counted := 0, make(map[string]bool, len(devices))
	for _, d := range devices {
		if counted[d] {
			continue
		}
		counted[d] = true
		if stated := g.devices[d].Subscribers; stated > 0 {
			total += stated
		} else {
			total += g.measured[d]
		}
	}
	return total
}
