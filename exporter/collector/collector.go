package collector

import (
	"context"
	"fmt"
	"strings"
	"time"

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
	// About is a sentence on what is read.
	About() string
	// Every is how long a result stays good; 0 for one scrape only.
	Every() time.Duration
	// Optional collectors run only where a module names them.
	Optional() bool
	// Metrics are all that Collect may emit.
	Metrics() []*Metric
	// Collect reads the family from the router into out.
	Collect(ctx context.Context, r Router, in Input, out *Samples) error
}

// All returns every collector.
func All() []Collector {
	var all []Collector
	for _, c := range []limited{
		newSystem(), newInterface(), newEthernet(), newOptics(), newPoE(), newBridge(), newBGP(), newOSPF(), newBFD(), newLDP(), newRoute(),
		newPPP(), newPPPoE(), newDHCP(), newPool(), newWireless(), newLTE(), newNetwatch(), newNeighbors(),
		newHealth(), newNTP(), newCertificate(), newPackages(), newConntrack(), newFirewall(),
		newFirewallRules(), newQueues(), newQueueTree(),
	} {
		all = append(all, bounded{c})
	}
	return all
}

// Names returns the names of all collectors, in the order of [All].
func Names() []string {
	var names []string
	for _, c := range All() {
		names = append(names, c.Name())
	}
	return names
}

// The words that stand for many collectors in a selection.
const (
	// Default stands for all collectors that are not optional.
	Default = "default"
	// Everything stands for all collectors.
	Everything = "all"
)

// Select returns the collectors of a selection, in the order of [All]: names,
// "default", "all", and names with a "-" in front to leave one out again.
// Nothing selected means the default.
func Select(selection []string) ([]Collector, error) {
	if len(selection) == 0 {
		selection = []string{Default}
	}
	known := All()
	wanted := make([]bool, len(known))
	for _, word := range selection {
		name, without := strings.CutPrefix(word, "-")
		found := false
		for i, c := range known {
			if name == c.Name() || name == Everything || name == Default && !c.Optional() {
				wanted[i], found = !without, true
			}
		}
		if !found {
			return nil, fmt.Errorf("unknown collector %q: known are %s, and the sets default and all", name, strings.Join(Names(), ", "))
		}
	}
	var chosen []Collector
	for i, c := range known {
		if wanted[i] {
			chosen = append(chosen, c)
		}
	}
	return chosen, nil
}
