// Package topology knows what a network is made of and what fails when a part of it fails.
//
// An Inventory is data as an operator or an inventory system states it; a Graph is that data
// indexed for questions: what depends on this device, directly or not (Impact, Ancestors), how far
// away a device is (Ancestors' steps), which link an interface belongs to (LinkAt), which devices a
// scope means (Resolve). Everything here is pure: no I/O, no clock, no shared state.
package topology

import (
	"errors"
	"fmt"
)

// Inventory is everything known about the entities of one tenant. It is replaced as a whole.
// The JSON form is the one of the `inventory` line in recorded timelines.
type Inventory struct {
	Sites    []Site    `json:"sites,omitempty"`
	Devices  []Device  `json:"devices"`
	Services []Service `json:"services,omitempty"`
	Links    []Link    `json:"links,omitempty"`
}

// Site is a place that devices stand at; they may share power, cooling and a fibre duct.
type Site struct {
	Name string `json:"name"`
}

// Device is one router or switch, by its stable inventory name (never an address).
type Device struct {
	Name      string   `json:"name"`
	Site      string   `json:"site,omitempty"`
	Tags      []string `json:"tags,omitempty"`
	Services  []string `json:"services,omitempty"` // services that this device carries
	Roles     []string `json:"roles,omitempty"`
	DependsOn []Group  `json:"depends_on,omitempty"` // every group must hold
	// Subscribers is how many are served by this very device, not by those behind it; 0 leaves it to
	// what was measured.
	Subscribers int `json:"subscribers,omitempty"`
}

// Service is something customers see (transit, DNS, PPPoE …) that stands on devices.
type Service struct {
	Name      string  `json:"name"`
	DependsOn []Group `json:"depends_on,omitempty"`
}

// Group is one requirement on other devices. Exactly one form is used: Any (one must stand), All
// (every one must stand), or K with Of (K of them must stand).
type Group struct {
	Any []string `json:"any,omitempty"`
	All []string `json:"all,omitempty"`
	K   int      `json:"k,omitempty"`
	Of  []string `json:"of,omitempty"`
}

// Members are the names in the group, whatever its form.
func (g Group) Members() []string {
	switch {
	case len(g.Any) > 0:
		return g.Any
	case len(g.All) > 0:
		return g.All
	default:
		return g.Of
	}
}

// Needs is how many members must stand for the group to hold.
func (g Group) Needs() int {
	switch {
	case len(g.Any) > 0:
		return 1
	case len(g.All) > 0:
		return len(g.All)
	default:
		return g.K
	}
}

func (g Group) validate() error {
	forms := 0
	for _, used := range []bool{len(g.Any) > 0, len(g.All) > 0, len(g.Of) > 0} {
		if used {
			forms++
		}
	}
	if forms != 1 {
		return errors.New(`a depends_on group needs exactly one of "any", "all", or "k" with "of"`)
	}
	if len(g.Of) > 0 && (g.K < 1 || g.K > len(g.Of)) {
		return fmt.Errorf(`a depends_on group wants "k" between 1 and %d, got %d`, len(g.Of), g.K)
	}
	return nil
}

// Link is a cable, a fibre or a radio path between two interfaces.
type Link struct {
	A End `json:"a"`
	B End `json:"b"`
}

// End is one side of a link.
type End struct {
	Device    string `json:"device"`
	Interface string `json:"interface"`
}

// Name is the link's stable name, the same whichever way round it was written down.
func (l Link) Name() string {
	a, b := l.A.Device+":"+l.A.Interface, l.B.Device+":"+l.B.Interface
	if b < a {
		a, b = b, a
	}
	return a + "<->" + b
}

// Other is the far end as seen from device.
func (l Link) Other(device string) End {
	if l.A.Device == device {
		return l.B
	}
	return l.A
}

// Validate reports everything that makes the inventory unusable, joined. Names that are referred
// to but not listed are not among it: inventories grow piece by piece, and a dependency on a
// device that is not listed yet still says something.
func (inv Inventory) Validate() error {
	var errs []error
	seen := map[string]bool{}
	for i, d := range inv.Devices {
		switch {
		case d.Name == "":
			errs = append(errs, fmt.Errorf("device %d has no name", i))
		case seen[d.Name]:
			errs = append(errs, fmt.Errorf("device %q is listed twice", d.Name))
		}
		seen[d.Name] = true
		if d.Subscribers < 0 {
			errs = append(errs, fmt.Errorf("device %q: subscribers cannot be fewer than 0, got %d", d.Name, d.Subscribers))
		}
		errs = append(errs, validateGroups("device", d.Name, d.DependsOn)...)
	}
	for i, s := range inv.Services {
		if s.Name == "" {
			errs = append(errs, fmt.Errorf("service %d has no name", i))
		}
		errs = append(errs, validateGroups("service", s.Name, s.DependsOn)...)
	}
	for i, l := range inv.Links {
		if l.A.Device == "" || l.B.Device == "" {
			errs = append(errs, fmt.Errorf("link %d needs a device at both ends", i))
		}
	}
	return errors.Join(errs...)
}

func validateGroups(kind, name string, groups []Group) []error {
	var errs []error
	for _, g := range groups {
		if err := g.validate(); err != nil {
			errs = append(errs, fmt.Errorf("%s %q: %w", kind, name, err))
		}
	}
	return errs
}

// Scope names what planned work touches: a union, resolved to devices at the time of use.
type Scope struct {
	Sites    []string `json:"sites,omitempty"`
	Devices  []string `json:"devices,omitempty"`
	Tags     []string `json:"tags,omitempty"`
	Services []string `json:"services,omitempty"`
}

// Empty says that the scope names nothing, and so covers nothing.
func (s Scope) Empty() bool {
	return len(s.Sites)+len(s.Devices)+len(s.Tags)+len(s.Services) == 0
}
