package topology

import (
	"fmt"
	"slices"
	"strings"
)

// Warnings are what is odd about a valid inventory, a sentence each, in listing order: it is used as
// it is, but some of it says nothing, or something else than was meant. Names that are referred to and
// not listed, what is listed twice, links that meet on one interface, devices that depend on each other
// in a circle.
func (inv Inventory) Warnings() []string {
	w := warner{listed: map[string]bool{}, said: map[string]bool{}}
	for _, d := range inv.Devices {
		w.listed[d.Name] = true
	}
	w.sites(inv)
	for _, d := range inv.Devices {
		w.groups(fmt.Sprintf("device %q", d.Name), d.DependsOn)
	}
	w.services(inv.Services)
	w.links(inv.Links)
	for _, circle := range circles(inv.Devices) {
		w.say("%s: each would fail with the others", circle)
	}
	return w.warnings
}

type warner struct {
	listed   map[string]bool // devices
	said     map[string]bool
	warnings []string
}

// say says a thing once.
func (w *warner) say(format string, args ...any) {
	if text := fmt.Sprintf(format, args...); !w.said[text] {
		w.said[text] = true
		w.warnings = append(w.warnings, text)
	}
}

func (w *warner) sites(inv Inventory) {
	sites := map[string]bool{}
	for _, s := range inv.Sites {
		if sites[s.Name] {
			w.say("site %q is listed twice", s.Name)
		}
		sites[s.Name] = true
	}
	for _, d := range inv.Devices {
		if d.Site != "" && !sites[d.Site] {
			w.say("device %q stands at site %q, which is not listed", d.Name, d.Site)
		}
	}
}

func (w *warner) services(services []Service) {
	listed := map[string]bool{}
	for _, s := range services {
		if listed[s.Name] {
			w.say("service %q is listed twice", s.Name)
		}
		listed[s.Name] = true
		w.groups(fmt.Sprintf("service %q", s.Name), s.DependsOn)
	}
}

func (w *warner) groups(dependent string, groups []Group) {
	for _, g := range groups {
		members := map[string]bool{}
		for _, m := range g.Members() {
			if members[m] {
				w.say("%s names %q twice in one depends_on group: it counts as two", dependent, m)
			}
			members[m] = true
			if !w.listed[m] {
				w.say("%s depends on %q, which is not a listed device", dependent, m)
			}
		}
	}
}

func (w *warner) links(links []Link) {
	at, named := map[End]string{}, map[string]bool{}
	for _, l := range links {
		name := l.Name()
		if named[name] {
			w.say("link %s is listed twice", name)
			continue
		}
		named[name] = true
		if l.A.Device == l.B.Device {
			w.say("link %s has both ends on one device", name)
		}
		for _, end := range []End{l.A, l.B} {
			if !w.listed[end.Device] {
				w.say("link %s ends at %q, which is not a listed device", name, end.Device)
			}
			switch other, taken := at[end]; {
			case end.Interface == "":
				w.say("link %s does not name the interface of %q: no alert can be told to be about it", name, end.Device)
			case taken && other != name:
				w.say("links %s and %s both end at interface %q of %q: an alert about it is taken to be about the latter", other, name, end.Interface, end.Device)
			}
			at[end] = name
		}
	}
}

// shownOfCircle is how many names of a circle are told.
const shownOfCircle = 6

// circles describes the sets of devices that depend on each other, directly or not (strongly connected
// components, by Tarjan), in the order in which their first device is listed.
func circles(devices []Device) []string {
	c := circleFinder{devices: make(map[string]Device, len(devices)), index: map[string]int{}, low: map[string]int{}, open: map[string]bool{}}
	order := make(map[string]int, len(devices))
	for i, d := range devices {
		c.devices[d.Name], order[d.Name] = d, i
	}
	for _, d := range devices {
		if c.index[d.Name] == 0 {
			c.visit(d.Name)
		}
	}
	for _, members := range c.found {
		slices.SortFunc(members, func(a, b string) int { return order[a] - order[b] })
	}
	slices.SortFunc(c.found, func(a, b []string) int { return order[a[0]] - order[b[0]] })
	out := make([]string, len(c.found))
	for i, members := range c.found {
		out[i] = circle(members)
	}
	return out
}

func circle(members []string) string {
	if len(members) == 1 {
		return fmt.Sprintf("device %q depends on itself", members[0])
	}
	shown, rest := members, ""
	if len(members) > shownOfCircle {
		shown, rest = members[:shownOfCircle], fmt.Sprintf(" and %d more", len(members)-shownOfCircle)
	}
	return fmt.Sprintf("devices %s%s depend on each other in a circle", strings.Join(shown, ", "), rest)
}

type circleFinder struct {
	devices    map[string]Device
	index, low map[string]int // from 1, by device
	stack      []string
	open       map[string]bool // on the stack
	found      [][]string
}

func (c *circleFinder) visit(device string) {
	c.index[device] = len(c.index) + 1
	c.low[device] = c.index[device]
	c.stack, c.open[device] = append(c.stack, device), true
	itself := false
	for _, g := range c.devices[device].DependsOn {
		for _, m := range g.Members() {
			itself = itself || m == device
			switch {
			case c.index[m] == 0:
				c.visit(m)
				c.low[device] = min(c.low[device], c.low[m])
			case c.open[m]:
				c.low[device] = min(c.low[device], c.index[m])
			}
		}
	}
	if c.low[device] != c.index[device] {
		return
	}
	start := slices.Index(c.stack, device)
	members := slices.Clone(c.stack[start:])
	c.stack = c.stack[:start]
	for _, m := range members {
		c.open[m] = false
	}
	if len(members) > 1 || itself {
		c.found = append(c.found, members)
	}
}
