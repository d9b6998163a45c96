// Package lab is the product at work on one machine: routers (simulated, or real ones that somebody
// configured), and the pipeline that watches them. Everything is on loopback and nothing stays behind.
package lab

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/topology"
	"github.com/ispvisualmonitor/ispvisualmonitor/lab/fleet"
	"github.com/ispvisualmonitor/ispvisualmonitor/lab/network"
	"github.com/ispvisualmonitor/ispvisualmonitor/lab/pace"
	"github.com/ispvisualmonitor/ispvisualmonitor/lab/pipeline"
)

// Options say which lab.
type Options struct {
	// Fleet is simulated …
	Fleet *fleet.Fleet
	// ExporterConfig … or, without one, the file says how real routers are read.
	ExporterConfig string
	// Bin is the folder with the programs of `make build`.
	Bin string
	// PluginDir is the folder grafana-plugin, built; without it there are no pages.
	PluginDir string
	// Keep leaves the run directory, with all logs and data, when the lab is closed.
	Keep bool
	// WellKnownPorts uses the ports that each program is known by, where they are free.
	WellKnownPorts bool
	// Log is told of each step (default: nobody).
	Log *slog.Logger
}

// Lab is running.
type Lab struct {
	*pipeline.Pipeline
	// Network is the simulated network, nil when the routers are real.
	Network *network.Network
	// Inventory is what the correlator was told.
	Inventory topology.Inventory

	breakages breakages
	dir       string
	keep      bool
}

// Start starts a lab. If it fails nothing is left.
func Start(ctx context.Context, o Options) (_ *Lab, err error) {
	if (o.Fleet == nil) == (o.ExporterConfig == "") {
		return nil, errors.New("a lab has either a fleet or an exporter configuration")
	}
	o.Log = cmp.Or(o.Log, slog.New(slog.DiscardHandler))
	l := &Lab{keep: o.Keep}
	if l.dir, err = runDir(); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, l.Close())
		}
	}()
	wanted := pipeline.Options{
		Dir: l.dir, Bin: o.Bin, PluginDir: o.PluginDir, WellKnownPorts: o.WellKnownPorts, Log: o.Log,
	}
	if o.Fleet != nil {
		err = l.simulate(ctx, o, &wanted)
	} else {
		err = l.real(o, &wanted)
	}
	if err != nil {
		return nil, err
	}
	wanted.Inventory = l.Inventory
	l.Pipeline, err = pipeline.Start(ctx, wanted)
	return l, err
}

// simulate starts the fleet and describes it to the pipeline.
func (l *Lab) simulate(ctx context.Context, o Options, wanted *pipeline.Options) (err error) {
	if l.Network, err = network.Start(ctx, o.Fleet, o.Log); err != nil {
		return err
	}
	o.Log.InfoContext(ctx, "ready", "program", "routers", "count", len(l.Network.Devices()))
	l.Inventory = fleet.Describe(o.Fleet.Inventory, l.Network.Devices(), l.Network.Links())
	password := filepath.Join(l.dir, "password-exporter")
	if err := os.WriteFile(password, []byte(l.Network.Password(network.Exporter)), 0o600); err != nil {
		return err
	}
	site := map[string]string{}
	for _, device := range l.Inventory.Devices {
		site[device.Name] = device.Site
	}
	for _, name := range l.Network.Devices() {
		wanted.Devices = append(wanted.Devices, pipeline.Device{
			Name: name, Address: l.Network.Address(name), Site: site[name],
			Username: network.Exporter, PasswordFile: password,
		})
	}
	wanted.Pace = pace.Lab()
	return nil
}

// real describes the routers of an exporter configuration. Nobody said what rests on what there.
func (l *Lab) real(o Options, wanted *pipeline.Options) error {
	raw, err := os.ReadFile(o.ExporterConfig)
	if err != nil {
		return fmt.Errorf("read the exporter configuration: %w", err)
	}
	if l.Inventory, err = pipeline.DevicesIn(raw); err != nil {
		return err
	}
	if len(l.Inventory.Devices) == 0 {
		return fmt.Errorf("%s has no devices: list your routers there, docs/exporter.md shows how", o.ExporterConfig)
	}
	wanted.ExporterConfig = o.ExporterConfig
	wanted.Pace = pace.Production()
	return nil
}

// runDir makes a folder that the user that PostgreSQL runs as can pass through, and nobody can list.
func runDir() (string, error) {
	dir, err := os.MkdirTemp("", "ispvm-lab-")
	if err != nil {
		return "", err
	}
	return dir, os.Chmod(dir, 0o711)
}

// Dir is the run directory.
func (l *Lab) Dir() string { return l.dir }

// Close stops everything, what was started last first, and removes the run directory unless it is kept.
func (l *Lab) Close() error {
	var errs []error
	if l.Pipeline != nil {
		errs = append(errs, l.Stop())
	}
	if l.Network != nil {
		l.Network.Close()
	}
	if !l.keep {
		errs = append(errs, os.RemoveAll(l.dir))
	}
	return errors.Join(errs...)
}
