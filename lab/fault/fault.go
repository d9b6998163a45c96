// Package fault knows what an engineer can do to take a network down. It finds on a router itself what
// there is to break, so it works on any fleet, and it knows how to mend what it broke.
package fault

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/ispvisualmonitor/ispvisualmonitor/lab/engineer"
)

// Kind is a way to break something by changing a configuration.
type Kind string

// The kinds.
const (
	// InterfaceDisabled disables a port over which routes come.
	InterfaceDisabled Kind = "interface-disabled"
	// BGPDisabled disables a BGP connection that is established.
	BGPDisabled Kind = "bgp-disabled"
	// FilterRejects puts a rule that rejects everything before the others of an input filter.
	FilterRejects Kind = "filter-rejects"
	// OSPFArea moves a link into another area on one of its ends.
	OSPFArea Kind = "ospf-area"
)

// Kinds are all kinds, in a fixed order.
var Kinds = []Kind{InterfaceDisabled, BGPDisabled, FilterRejects, OSPFArea}

// Category is the configuration category that a kind changes.
func (k Kind) Category() string {
	switch k {
	case InterfaceDisabled:
		return "interfaces"
	case BGPDisabled:
		return "bgp"
	case FilterRejects:
		return "routing"
	case OSPFArea:
		return "ospf"
	}
	return ""
}

// Fault is one thing that can be broken.
type Fault struct {
	Kind   Kind
	Device string
	// Subject is the interface, the BGP connection or the filter chain.
	Subject string
	// Do breaks it; Undo mends it.
	Do, Undo engineer.Command
}

// String tells what is done.
func (f Fault) String() string {
	switch f.Kind {
	case InterfaceDisabled:
		return fmt.Sprintf("disable interface %s of %s", f.Subject, f.Device)
	case BGPDisabled:
		return fmt.Sprintf("disable BGP connection %s of %s", f.Subject, f.Device)
	case FilterRejects:
		return fmt.Sprintf("reject everything in filter chain %s of %s", f.Subject, f.Device)
	case OSPFArea:
		return fmt.Sprintf("move %s of %s to another OSPF area", f.Subject, f.Device)
	}
	return fmt.Sprintf("%s %s of %s", f.Kind, f.Subject, f.Device)
}

// Name names it on a command line.
func (f Fault) Name() string { return string(f.Kind) + ":" + f.Device + ":" + f.Subject }

// Visit logs in to a device and hands its session over.
type Visit func(ctx context.Context, device string, f func(*engineer.Session) error) error

// Survey answers what can be broken on a device as it stands now, in a fixed order.
func Survey(ctx context.Context, visit Visit, device string) (faults []Fault, err error) {
	err = visit(ctx, device, func(s *engineer.Session) error {
		r, err := read(s)
		if err != nil {
			return err
		}
		faults = slices.Concat(r.interfaces(), r.connections(), r.filters(), r.areas())
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("survey %s: %w", device, err)
	}
	for i := range faults {
		faults[i].Device = device
	}
	slices.SortFunc(faults, func(a, b Fault) int { return strings.Compare(a.Name(), b.Name()) })
	// Peers may share a filter chain.
	return slices.CompactFunc(faults, func(a, b Fault) bool { return a.Name() == b.Name() }), nil
}

// Apply breaks it.
func (f Fault) Apply(ctx context.Context, visit Visit) error { return f.run(ctx, visit, f.Do) }

// Mend takes it back.
func (f Fault) Mend(ctx context.Context, visit Visit) error {
	if f.Kind == FilterRejects {
		return f.unreject(ctx, visit)
	}
	return f.run(ctx, visit, f.Undo)
}

func (f Fault) run(ctx context.Context, visit Visit, command engineer.Command) error {
	err := visit(ctx, f.Device, func(s *engineer.Session) error {
		_, err := s.Run(command)
		return err
	})
	if err != nil {
		return fmt.Errorf("%s: %w", f, err)
	}
	return nil
}

// rejectMark is the comment by which the rule that Apply added is found again.
const rejectMark = "for the maintenance of the upstream"

// unreject removes the rule that Apply added: it got its id only then.
func (f Fault) unreject(ctx context.Context, visit Visit) error {
	menu := strings.TrimSuffix(f.Do[0], "/add")
	err := visit(ctx, f.Device, func(s *engineer.Session) error {
		rules, err := s.Print(menu, "chain", "comment")
		if err != nil {
			return err
		}
		for _, rule := range rules {
			if rule["chain"] == f.Subject && rule["comment"] == rejectMark {
				_, err := s.Run(engineer.Command{menu + "/remove", "=.id=" + rule[".id"]})
				return err
			}
		}
		return errors.New("the rule is not there any more")
	})
	if err != nil {
		return fmt.Errorf("mend %s: %w", f, err)
	}
	return nil
}
