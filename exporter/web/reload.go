package web

import (
	"context"
	"encoding/binary"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/config"
	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/device"
)

// Live is a configuration that is in force.
type Live struct {
	Config  *config.Config
	Modules map[string]device.Module
}

// Reloader brings configurations into force.
type Reloader struct {
	load   func() (*config.Config, error)
	fleet  *device.Fleet
	guests *guests
	base   device.Options
	log    *slog.Logger

	one     sync.Mutex // one reload at a time
	current atomic.Pointer[Live]

	successful, timestamp, hash prometheus.Gauge
}

// ReloaderOptions says what a [Reloader] works with.
type ReloaderOptions struct {
	// Load reads and checks the configuration.
	Load func() (*config.Config, error)
	// Fleet is brought in step with it.
	Fleet *device.Fleet
	// Base has what all devices have in common: allowlist, logger, clock.
	Base device.Options
	// Registry gets the metrics about reloading.
	Registry prometheus.Registerer
	// Logger is told of each reload.
	Logger *slog.Logger
}

// NewReloader returns a reloader; nothing is in force before the first Reload.
func NewReloader(o ReloaderOptions) *Reloader {
	auto := promauto.With(o.Registry)
	return &Reloader{
		load: o.Load, fleet: o.Fleet, guests: newGuests(o.Base), base: o.Base, log: o.Logger,
		successful: auto.NewGauge(prometheus.GaugeOpts{
			Name: "routeros_exporter_config_last_reload_successful", Help: "Whether the last attempt to load the configuration succeeded.",
		}),
		timestamp: auto.NewGauge(prometheus.GaugeOpts{
			Name: "routeros_exporter_config_last_reload_success_timestamp_seconds", Help: "When the configuration was last loaded with success.",
		}),
		hash: auto.NewGauge(prometheus.GaugeOpts{
			Name: "routeros_exporter_config_hash", Help: "First 48 bits of the SHA-256 of the configuration file in force.",
		}),
	}
}

// Current returns the configuration in force, nil before the first success.
func (r *Reloader) Current() *Live { return r.current.Load() }

// Reload brings the configuration file, as it is now, into force: all of it,
// or nothing if anything is wrong. Devices that it does not change keep their
// connections.
func (r *Reloader) Reload() error {
	r.one.Lock()
	defer r.one.Unlock()
	live, specs, err := r.prepare()
	if err == nil {
		err = r.fleet.Apply(specs)
	}
	if err != nil {
		r.successful.Set(0)
		return err
	}
	r.current.Store(live)
	r.guests.admit(live.Config)
	r.successful.Set(1)
	r.timestamp.SetToCurrentTime()
	sum := live.Config.Hash()
	r.hash.Set(float64(binary.BigEndian.Uint64(sum[:8]) >> 16))
	r.log.Info("configuration loaded", slog.Int("devices", len(specs)))
	if len(specs) == 0 && live.Config.OpenProbing == nil {
		r.log.Warn("the configuration has no devices: there is nothing to probe; add some to devices and reload")
	}
	return nil
}

// Close disconnects the routers that were probed without being in the
// configuration; those that are in it are the fleet's.
func (r *Reloader) Close() { r.guests.close() }

// prepare does all that can fail.
func (r *Reloader) prepare() (*Live, []device.Spec, error) {
	c, err := r.load()
	if err != nil {
		return nil, nil, err
	}
	live := &Live{Config: c, Modules: map[string]device.Module{}}
	for name, m := range c.Modules {
		if live.Modules[name], err = device.NewModule(name, m.Collectors, m.DynamicInterfaces); err != nil {
			return nil, nil, err
		}
	}
	specs := make([]device.Spec, 0, len(c.Devices))
	for _, d := range c.Devices {
		o, err := DeviceOptions(c, d, r.base)
		if err != nil {
			return nil, nil, err
		}
		specs = append(specs, device.Spec{
			Options:  o,
			Revision: fmt.Sprint(d.Revision(), o.FingerprintInterval, o.CategoryTimeout, o.Listen),
		})
	}
	return live, specs, nil
}

// DeviceOptions adds to what all devices have in common the settings of one.
func DeviceOptions(c *config.Config, d *config.Device, base device.Options) (device.Options, error) {
	o := base
	o.Name, o.Address, o.Username, o.Password = d.Name, d.HostPort(), d.Username, d.Login
	o.FingerprintInterval = time.Duration(c.Fingerprint.Interval)
	o.CategoryTimeout = time.Duration(c.Fingerprint.CategoryTimeout)
	o.ConnectTimeout = time.Duration(d.ConnectTimeout)
	o.MaxInFlight = d.MaxInFlight
	o.Listen = *d.Listen
	o.Keep = d.Categories
	for _, name := range d.Categories {
		if !o.Allowlist.Has(name) {
			return o, fmt.Errorf("device %s: there is no category %q: choose from %s", d.Name, name, strings.Join(o.Allowlist.Names(), ", "))
		}
	}
	var err error
	if o.TLS, err = d.TLSConfig(); err != nil {
		return o, fmt.Errorf("device %s: %w", d.Name, err)
	}
	return o, nil
}

// Run reloads whenever something is received, a signal for instance, until
// the context ends. A configuration that cannot be loaded is logged, and the
// one in force stays.
func (r *Reloader) Run(ctx context.Context, wanted <-chan struct{}) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-wanted:
			if err := r.Reload(); err != nil {
				r.log.Error("configuration not reloaded, the former one stays in force", slog.Any("err", err))
			}
		}
	}
}
