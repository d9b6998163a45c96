package collector

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/routeros"
)

// Router is the part of a connection that reading state needs.
type Router interface {
	// Run calls each for every row of the answer; the row is valid only
	// during the call.
	Run(ctx context.Context, cmd routeros.Command, each func(routeros.Row) error) error
	// Count returns how many rows of a menu match.
	Count(ctx context.Context, menu string, query ...string) (int, error)
}

// Input is what a collector has to know besides the router.
type Input struct {
	// Major is the major version of RouterOS: 6 or 7.
	Major int
	// DynamicInterfaces asks for interfaces that no person configured as
	// well: one for each PPPoE subscriber, for instance.
	DynamicInterfaces bool
	// Now is the exporter's clock.
	Now func() time.Time
}

// Collector reads one family.
type Collector interface {
	// Name is the collector's name in configuration and labels.
	Name() string
	// Collect reads the family from the router into out.
	Collect(ctx context.Context, r Router, in Input, out *Samples) error
}

// All returns every collector.
func All() []Collector {
	return []Collector{newSystem(), newInterface(), newBGP(), newOSPF(), newPPP()}
}

// Names returns the names of all collectors, in the order of [All].
func Names() []string {
	var names []string
	for _, c := range All() {
		names = append(names, c.Name())
	}
	return names
}

// Select returns the collectors of these names; none named means all.
func Select(names []string) ([]Collector, error) {
	if len(names) == 0 {
		return All(), nil
	}
	known := All()
	chosen := make([]Collector, 0, len(names))
	for _, name := range names {
		i := slices.IndexFunc(known, func(c Collector) bool { return c.Name() == name })
		if i < 0 {
			return nil, fmt.Errorf("unknown collector %q: known are %s", name, strings.Join(Names(), ", "))
		}
		chosen = append(chosen, known[i])
	}
	return chosen, nil
}

// read is one command whose rows go to a function.
type read struct {
	menu       string
	properties []string
	query      []string
	each       func(routeros.Row)
}

// readAll sends all reads at once, so that they take one round trip together.
// A menu that the router does not have reads as empty.
func readAll(ctx context.Context, r Router, reads ...read) error {
	group, ctx := errgroup.WithContext(ctx)
	for _, rd := range reads {
		group.Go(func() error {
			err := r.Run(ctx, routeros.Print(rd.menu, rd.properties, rd.query...), func(row routeros.Row) error {
				rd.each(row)
				return nil
			})
			if routeros.IsMissing(err) {
				return nil
			}
			return err
		})
	}
	return group.Wait()
}
