package lab

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"

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
	visit := l.Network.Visit(network.Engineers[0])
	for _, device := range l.Network.Devices() {
		if l.Network.Off(device) {
			continue
		}
		faults, err := fault.Survey(ctx, visit, device)
		if err != nil {
			return nil, err
		}
		for _, f := range faults {
			list = append(list, breakage{
				f.Name(), f.String() + ", logged in as " + network.Engineers[0],
				func(ctx context.Context) error { return f.Apply(ctx, visit) },
				func(ctx context.Context) error { return f.Mend(ctx, visit) },
			})
		}
		list = append(list, breakage{
			"power:" + device, "take the power from " + device,
			func(context.Context) error { return l.Network.PowerOff(device) },
			func(context.Context) error { return l.Network.PowerOn(device) },
		})
	}
	for _, link := range l.Network.Links() {
		a, b := link.A, link.B
		list = append(list, breakage{
			"cut:" + a.Device + ":" + a.Interface,
			fmt.Sprintf("cut the cable between %s %s and %s %s (no configuration changes)", a.Device, a.Interface, b.Device, b.Interface),
			func(context.Context) error { return l.Network.Cut(a.Device, a.Interface) },
			func(context.Context) error { return l.Network.Restore(a.Device, a.Interface) },
		})
	}
	slices.SortFunc(list, func(a, b breakage) int { return strings.Compare(a.name, b.name) })
	return list, nil
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
