package scenario

import (
	"slices"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/topology"
)

// Unrelated answers, in the order of names, the devices that have nothing to do with any of those
// involved: none of them, none that they or their neighbours rest on, no neighbour, and nothing that
// rests on an involved one.
func Unrelated(inventory topology.Inventory, involved ...string) (names []string) {
	related := map[string]bool{}
	for _, device := range involved {
		for _, near := range append(neighbors(inventory, device), device) {
			for name := range above(inventory, near) {
				related[name] = true
			}
		}
	}
	for _, device := range inventory.Devices {
		rests := above(inventory, device.Name)
		below := slices.ContainsFunc(involved, func(name string) bool { return rests[name] })
		if !related[device.Name] && !below {
			names = append(names, device.Name)
		}
	}
	// On an edge everything rests. Then those that merely rest on it have to do: they are no suspects.
	if len(names) == 0 {
		for _, device := range inventory.Devices {
			if !related[device.Name] {
				names = append(names, device.Name)
			}
		}
	}
	slices.Sort(names)
	return names
}

// above is a device with everything that it rests on, directly or not.
func above(inventory topology.Inventory, name string) map[string]bool {
	found := map[string]bool{name: true}
	for queue := []string{name}; len(queue) > 0; queue = queue[1:] {
		for _, upper := range uppers(inventory, queue[0]) {
			if !found[upper] {
				found[upper] = true
				queue = append(queue, upper)
			}
		}
	}
	return found
}

// uppers are what a device rests on directly.
func uppers(inventory topology.Inventory, name string) (all []string) {
	for _, device := range inventory.Devices {
		if device.Name != name {
			continue
		}
		for _, group := range device.DependsOn {
			all = append(all, group.Members()...)
		}
	}
	return all
}

func neighbors(inventory topology.Inventory, name string) (all []string) {
	for _, link := range inventory.Links {
		if link.A.Device == name || link.B.Device == name {
			all = append(all, link.Other(name).Device)
		}
	}
	return all
}

// isUplink says whether an interface leads towards the internet: to something that the device rests on,
// or out of the network from a device that rests on nothing.
func isUplink(inventory topology.Inventory, device, iface string) bool {
	upper := uppers(inventory, device)
	for _, link := range inventory.Links {
		for _, ends := range [][2]topology.End{{link.A, link.B}, {link.B, link.A}} {
			if ends[0] == (topology.End{Device: device, Interface: iface}) {
				return slices.Contains(upper, ends[1].Device)
			}
		}
	}
	return len(upper) == 0
}
