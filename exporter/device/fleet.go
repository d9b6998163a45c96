package device

import (
	"errors"
	"fmt"
	"sync"
)

// Spec is a device as the configuration wants it.
type Spec struct {
	Options
	// Revision differs whenever anything of the device's configuration does.
	Revision string
}

// Fleet is all devices of the process.
type Fleet struct {
	turns chan struct{} // one for each device that reads its configuration

	mu      sync.RWMutex
	members map[string]member
}

type member struct {
	device   *Device
	revision string
}

// NewFleet returns a fleet without devices.
func NewFleet() *Fleet {
	return &Fleet{turns: make(chan struct{}, mostReadings), members: map[string]member{}}
}

// Apply makes the fleet what specs say. Devices that are as before keep their
// connection and all they know; others are closed or begun. If one of specs is
// invalid, nothing is changed.
func (f *Fleet) Apply(specs []Spec) error {
	f.mu.Lock()
	next := make(map[string]member, len(specs))
	var begun []*Device
	var errs []error
	for _, s := range specs {
		if m, ok := f.members[s.Name]; ok && m.revision == s.Revision {
			next[s.Name] = m
			continue
		}
		s.turns = f.turns
		d, err := New(s.Options)
		if err != nil {
			errs = append(errs, fmt.Errorf("device %s: %w", s.Name, err))
			continue
		}
		begun = append(begun, d)
		next[s.Name] = member{d, s.Revision}
	}
	if len(errs) > 0 {
		f.mu.Unlock()
		closeAll(begun)
		return errors.Join(errs...)
	}
	var ended []*Device
	for name, m := range f.members {
		if next[name].device != m.device {
			ended = append(ended, m.device)
		}
	}
	f.members = next
	f.mu.Unlock()

	for _, d := range begun {
		d.Watch()
	}
	closeAll(ended)
	return nil
}

// Get returns a device by its name.
func (f *Fleet) Get(name string) (*Device, bool) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	m, ok := f.members[name]
	return m.device, ok
}

// Close ends all devices and waits for them.
func (f *Fleet) Close() {
	f.mu.Lock()
	members := f.members
	f.members = map[string]member{}
	f.mu.Unlock()
	devices := make([]*Device, 0, len(members))
	for _, m := range members {
		devices = append(devices, m.device)
	}
	closeAll(devices)
}

// closeAll closes devices at once: each may have to wait for its router.
func closeAll(devices []*Device) {
	var wg sync.WaitGroup
	for _, d := range devices {
		wg.Go(d.Close)
	}
	wg.Wait()
}
