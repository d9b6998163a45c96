// Package scenario draws what happens in a smoke run: which router breaks, how, and when, and what is
// done meanwhile somewhere else as planned. It is the truth that the product's answer is held against, so
// nothing of it reaches the product.
package scenario

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/topology"
	"github.com/ispvisualmonitor/ispvisualmonitor/lab/engineer"
	"github.com/ispvisualmonitor/ispvisualmonitor/lab/fault"
)

// Scenario is one drawn truth.
type Scenario struct {
	// Fault is what an engineer does by mistake; nil in a control.
	Fault *fault.Fault
	// Cut is the cable that fails by itself, in a control.
	Cut *topology.Link
	// Planned is what another engineer does meanwhile, on a router that has nothing to do with it.
	Planned Work
	// After is how long after the planned work it happens.
	After time.Duration
}

// Work is planned work: it changes a configuration and breaks nothing.
type Work struct {
	Device, Title, Category string
	Command                 engineer.Command
}

// maxDelay bounds Scenario.After.
const maxDelay = 4 * time.Second

// Draw draws an outage that somebody causes by a change, out of what can be broken.
func Draw(seed uint64, faults []fault.Fault, inventory topology.Inventory) (Scenario, error) {
	random := generator(seed)
	byKind := map[fault.Kind][]fault.Fault{}
	for _, f := range faults {
		if f.Kind != fault.InterfaceDisabled || isUplink(inventory, f.Device, f.Subject) {
			byKind[f.Kind] = append(byKind[f.Kind], f)
		}
	}
	// The kind first: there are many more links than filters.
	kinds := slices.DeleteFunc(slices.Clone(fault.Kinds), func(k fault.Kind) bool { return len(byKind[k]) == 0 })
	if len(kinds) == 0 {
		return Scenario{}, errors.New("there is nothing to break in this network")
	}
	of := byKind[kinds[random.IntN(len(kinds))]]
	f := of[random.IntN(len(of))]
	return Scenario{Fault: &f}.meanwhile(random, inventory, f.Device)
}

// generator draws from a seed such that neighbouring seeds have nothing in common.
func generator(seed uint64) *rand.Rand {
	return rand.New(rand.NewChaCha8(sha256.Sum256(binary.BigEndian.AppendUint64(nil, seed))))
}

// Control draws an outage that nobody causes: a cable that fails.
func Control(seed uint64, inventory topology.Inventory) (Scenario, error) {
	random := generator(seed)
	if len(inventory.Links) == 0 {
		return Scenario{}, errors.New("there is no cable to cut in this network")
	}
	link := inventory.Links[random.IntN(len(inventory.Links))]
	return Scenario{Cut: &link}.meanwhile(random, inventory, link.A.Device, link.B.Device)
}

// meanwhile adds planned work on a router that has nothing to do with those at fault, and the moment.
func (s Scenario) meanwhile(random *rand.Rand, inventory topology.Inventory, involved ...string) (Scenario, error) {
	unrelated := Unrelated(inventory, involved...)
	if len(unrelated) == 0 {
		return Scenario{}, fmt.Errorf("every router has something to do with %v", involved)
	}
	s.Planned = works[random.IntN(len(works))]
	s.Planned.Device = unrelated[random.IntN(len(unrelated))]
	s.After = time.Duration(random.Int64N(int64(maxDelay)))
	return s, nil
}

// works are plans that any router can carry out.
var works = []Work{
	{
		Title: "Block telnet towards customers", Category: "firewall",
		Command: engineer.Command{"/ip/firewall/filter/add", "=chain=forward", "=protocol=tcp", "=dst-port=23", "=action=drop"},
	},
	{
		Title: "Shape the management traffic", Category: "queues",
		Command: engineer.Command{"/queue/simple/add", "=name=management", "=target=10.255.0.0/24", "=max-limit=10M/10M"},
	},
	{
		Title: "Announce a new bogon list", Category: "address_lists",
		Command: engineer.Command{"/ip/firewall/address-list/add", "=list=bogons", "=address=192.0.0.0/24"},
	},
}

// String tells the truth in one line.
func (s Scenario) String() string {
	what := "nothing"
	switch {
	case s.Fault != nil:
		what = s.Fault.String()
	case s.Cut != nil:
		what = fmt.Sprintf("control: the cable %s fails by itself", s.Cut.Name())
	}
	return fmt.Sprintf("%s; planned meanwhile on %s: %s", what, s.Planned.Device, s.Planned.Title)
}
