package lab

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/topology"
	"github.com/ispvisualmonitor/ispvisualmonitor/lab/fault"
	"github.com/ispvisualmonitor/ispvisualmonitor/lab/network"
)

// breakage is something that can be broken, and mended again.
type breakage struct {
	// name is what a command line calls it: kind:device:subject.
	name string
	// text tells what is done.
	text string
	do   func(context.Context) error
	undo func(context.Context) error
}

// breakages remembers what is broken.
type breakages struct {
	mu   sync.Mutex
	done []breakage
}

// errReal is said where routers are real.
var errReal = errors.New("these routers are real: the lab breaks only simulated ones")

// possible answers everything that can be broken now, in the order of names.
func (l *Lab) possible(ctx context.Context) (list []breakage, err error) {
	if l.Network == nil {
		return nil, errReal
	}
	for _, device := range l.Network.Devices() {
		if l.Network.Off(device) {
			continue
		}
		byEngineers, err := l.byEngineers(ctx, device)
		if err != nil {
			return nil, err
		}
		list = append(list, byEngineers...)
		list = append(list, breakage{
			"power:" + device, "take the power from " + device,
			func(context.Context) error { return l.Network.PowerOff(device) },
			func(context.Context) error { return l.Network.PowerOn(device) },
		})
	}
	for _, cable := range l.Network.Cables() {
		list = append(list, l.cut(cable))
	}
	slices.SortFunc(list, func(a, b breakage) int { return strings.Compare(a.name, b.name) })
	return list, nil
}

// byEngineers answers what somebody can break on a device by changing its configuration.
func (l *Lab) byEngineers(ctx context.Context, device string) (list []breakage, err error) {
	visit := l.Network.Visit(network.Engineers[0])
	faults, err := fault.Survey(ctx, visit, device)
	if err != nil {
		return nil, err
	}
	// Where no routing protocol runs, a port with a cable still carries something.
	for _, cable := range l.Network.Cables() {
		for _, end := range cable {
			known := slices.ContainsFunc(faults, func(f fault.Fault) bool {
				return f.Kind == fault.InterfaceDisabled && f.Subject == end.Interface
			})
			if end.Device == device && !known {
				faults = append(faults, fault.Disable(device, end.Interface))
			}
		}
	}
	for _, f := range faults {
		list = append(list, breakage{
			f.Name(), f.String() + ", logged in as " + network.Engineers[0],
			func(ctx context.Context) error { return f.Apply(ctx, visit) },
			func(ctx context.Context) error { return f.Mend(ctx, visit) },
		})
	}
	return list, nil
}

func (l *Lab) cut(cable []topology.End) breakage {
	ends := make([]string, len(cable))
	for i, end := range cable {
		ends[i] = end.Device + " " + end.Interface
	}
	first := cable[0]
	return breakage{
		"cut:" + first.Device + ":" + first.Interface,
		"cut the cable between " + strings.Join(ends, " and ") + " (no configuration changes)",
		func(context.Context) error { return l.Network.Cut(first.Device, first.Interface) },
		func(context.Context) error { return l.Network.Restore(first.Device, first.Interface) },
	}
}

// List names everything that can be broken now.
func (l *Lab) List(ctx context.Context) (string, error) {
	list, err := l.possible(ctx)
	if err != nil {
		return "", err
	}
	var text strings.Builder
	for _, b := range list {
		fmt.Fprintf(&text, "%-40s %s\n", b.name, b.text)
	}
	return text.String(), nil
}

// Break breaks what is named, or what begins with that name; with no name it draws something that an
// engineer does, for that is what the product is about.
func (l *Lab) Break(ctx context.Context, what string) (string, error) {
	done, err := l.breakOne(ctx, what)
	if err != nil {
		return "", err
	}
	return "Done: " + done + ".\n\n" + l.WhereToLook(), nil
}

// breakOne breaks something, remembers it, and tells what it was.
func (l *Lab) breakOne(ctx context.Context, what string) (string, error) {
	l.breakages.mu.Lock()
	defer l.breakages.mu.Unlock()
	list, err := l.possible(ctx)
	if err != nil {
		return "", err
	}
	choice := slices.DeleteFunc(list, func(b breakage) bool { return !chosen(b.name, what) })
	if len(choice) == 0 && what == "" {
		return "", errors.New("there is nothing here that an engineer could break: `make break WHAT=list` shows what else there is")
	}
	if len(choice) == 0 {
		return "", fmt.Errorf("there is no %q to break now: `make break WHAT=list` shows what there is", what)
	}
	b := choice[rand.IntN(len(choice))]
	if err := b.do(ctx); err != nil {
		return "", err
	}
	l.breakages.done = append(l.breakages.done, b)
	return b.text, nil
}

// chosen says whether a breakage is meant by what: whole parts of its name from the left.
func chosen(name, what string) bool {
	if what == "" {
		kind, _, _ := strings.Cut(name, ":")
		return slices.Contains(fault.Kinds, fault.Kind(kind))
	}
	return name == what || strings.HasPrefix(name, what+":")
}

// Mend takes back everything that Break did, the last first.
func (l *Lab) Mend(ctx context.Context) (string, error) {
	l.breakages.mu.Lock()
	defer l.breakages.mu.Unlock()
	if len(l.breakages.done) == 0 {
		return "Nothing is broken.\n", nil
	}
	var text strings.Builder
	for len(l.breakages.done) > 0 {
		last := len(l.breakages.done) - 1
		b := l.breakages.done[last]
		if err := b.undo(ctx); err != nil {
			return text.String(), err
		}
		fmt.Fprintf(&text, "Mended: %s.\n", b.text)
		l.breakages.done = l.breakages.done[:last]
	}
	return text.String(), nil
}
