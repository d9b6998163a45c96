package web

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/config"
	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/device"
)

// errNotOpen is for a target that would have to be in the configuration.
var errNotOpen = errors.New("only devices of the configuration can be probed")

// errTooManyGuests is for a target that would be one more than is allowed.
var errTooManyGuests = errors.New("open_probing.max_targets are connected already: raise it, or wait until one has been idle for open_probing.idle_timeout")

// guests are the routers that are probed without being in the configuration.
// Each keeps its connection from probe to probe and leaves when it was not
// asked for any more. Their configuration is not watched: a fingerprint
// belongs to a name of the inventory, which a guest does not have.
type guests struct {
	base device.Options

	mu      sync.Mutex
	config  *config.Config // in force: has the rules under which guests come
	present map[string]*guest
	closed  bool
}

type guest struct {
	*device.Device
	leave *time.Timer
}

func newGuests(base device.Options) *guests {
	return &guests{base: base, present: map[string]*guest{}}
}

// get returns the device of a target, which is connected if it was not.
func (g *guests) get(target string) (*device.Device, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	rules := g.config.OpenProbing
	if rules == nil {
		return nil, errNotOpen
	}
	d, err := rules.Target(target)
	if err != nil {
		return nil, err
	}
	idle := time.Duration(rules.IdleTimeout)
	if known, ok := g.present[d.Name]; ok {
		known.leave.Reset(idle)
		return known.Device, nil
	}
	if g.closed {
		return nil, errors.New("the exporter is stopping")
	}
	if len(g.present) >= rules.MaxTargets {
		return nil, errTooManyGuests
	}
	o, err := DeviceOptions(g.config, d, g.base)
	if err != nil {
		return nil, err
	}
	o.Observe = nil
	dev, err := device.New(o)
	if err != nil {
		return nil, fmt.Errorf("device %s: %w", d.Name, err)
	}
	came := &guest{Device: dev}
	came.leave = time.AfterFunc(idle, func() { g.remove(d.Name, came) })
	g.present[d.Name] = came
	return dev, nil
}

// remove lets a guest go. A probe that has it in hand still gets an answer.
func (g *guests) remove(name string, gone *guest) {
	g.mu.Lock()
	if g.present[name] == gone {
		delete(g.present, name)
	}
	g.mu.Unlock()
	gone.Close()
}

// admit brings the rules of a configuration into force, and sends those guests
// away who came under others.
func (g *guests) admit(c *config.Config) {
	g.mu.Lock()
	changed := g.config != nil && g.config.OpenProbing.Revision() != c.OpenProbing.Revision()
	g.config = c
	g.mu.Unlock()
	if changed {
		g.clear()
	}
}

// close sends all guests away, for good.
func (g *guests) close() {
	g.mu.Lock()
	g.closed = true
	g.mu.Unlock()
	g.clear()
}

func (g *guests) clear() {
	g.mu.Lock()
	present := g.present
	g.present = map[string]*guest{}
	g.mu.Unlock()
	var wg sync.WaitGroup
	for _, gone := range present {
		gone.leave.Stop()
		wg.Go(gone.Close)
	}
	wg.Wait()
}
