// Package pipeline runs the product as an ISP would: exporter, Prometheus, Alertmanager, correlator and
// the plugin's pages, each a process of its own, connected by configuration files alone. It does not
// know whether the routers are real.
package pipeline

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/topology"
	"github.com/ispvisualmonitor/ispvisualmonitor/lab/pace"
	"github.com/ispvisualmonitor/ispvisualmonitor/lab/process"
)

// Options say what to run.
type Options struct {
	// Dir is the run directory: configurations, data, logs. It exists, is empty, and its parents can be
	// entered by other users, for PostgreSQL refuses to run as root.
	Dir string
	// Bin is the folder with the programs of `make build`.
	Bin string
	// PluginDir is the folder grafana-plugin, built; without it there are no pages.
	PluginDir string
	// Pace is how fast everything goes.
	Pace pace.Pace
	// Devices are the routers, for which an exporter configuration is made …
	Devices []Device
	// ExporterConfig … unless this names one that somebody wrote.
	ExporterConfig string
	// Inventory is what the correlator is told of the network.
	Inventory topology.Inventory
	// WellKnownPorts uses the ports that each program is known by, where they are free.
	WellKnownPorts bool
	// Log is told of each step (default: nobody).
	Log *slog.Logger
}

// Pipeline is everything running.
type Pipeline struct {
	options                                                 Options
	exporter, prometheus, alertmanager, correlator, plugins string
	// running are in the order of their start.
	running []*process.Process
	// died tells of the first child that ended by itself.
	died chan error
}

// readyTimeout is how long one program may take; initialising PostgreSQL on a slow disk takes longest.
const readyTimeout = 90 * time.Second

// Start starts everything and returns when all of it is ready. If it fails nothing is left running.
func Start(ctx context.Context, o Options) (*Pipeline, error) {
	o.Log = cmp.Or(o.Log, slog.New(slog.DiscardHandler))
	picked, err := addresses(ctx, o.WellKnownPorts)
	if err != nil {
		return nil, err
	}
	p := &Pipeline{
		options: o, died: make(chan error, 1),
		exporter: picked[0], prometheus: picked[1], alertmanager: picked[2], correlator: picked[3], plugins: picked[4],
	}
	if err := p.write(o); err != nil {
		return nil, fmt.Errorf("lay out %s: %w", o.Dir, err)
	}
	for _, program := range p.programs() {
		if err := p.start(ctx, program); err != nil {
			return nil, errors.Join(err, p.Stop())
		}
	}
	return p, nil
}

// program is a child with where it says that it is ready.
type program struct {
	process.Spec
	ready string
}

// programs are in the order of starting: who is called comes before who calls.
func (p *Pipeline) programs() []program {
	in := func(name string) string { return filepath.Join(p.options.Dir, name) }
	bin := func(name string) string { return filepath.Join(p.options.Bin, name) }
	list := []program{
		{process.Spec{Name: "exporter", Path: bin("exporter"), Args: []string{
			"--config.file=" + cmp.Or(p.options.ExporterConfig, in("exporter.yaml")), "--web.listen-address=" + p.exporter,
		}}, p.ExporterURL() + "/-/ready"},
		{process.Spec{Name: "correlator", Path: bin("correlator"), Grace: 30 * time.Second, Args: []string{
			"standalone", "--data-dir=" + in("correlator"), "--config.file=" + in("correlator.yaml"),
			"--web.listen-address=" + p.correlator,
		}}, p.CorrelatorURL() + "/-/ready"},
		{process.Spec{Name: "alertmanager", Path: "prometheus-alertmanager", Args: []string{
			"--config.file=" + in("alertmanager.yaml"), "--storage.path=" + in("alertmanager"),
			"--web.listen-address=" + p.alertmanager, "--cluster.listen-address=",
		}}, p.AlertmanagerURL() + "/-/ready"},
		{process.Spec{Name: "prometheus", Path: "prometheus", Args: []string{
			"--config.file=" + in("prometheus.yaml"), "--storage.tsdb.path=" + in("prometheus"),
			"--storage.tsdb.retention.time=1d", "--web.listen-address=" + p.prometheus,
		}}, p.PrometheusURL() + "/-/ready"},
	}
	if p.options.PluginDir != "" {
		list = append(list, program{process.Spec{Name: "pluginhost", Path: bin("pluginhost"), Args: []string{
			"--listen=" + p.plugins, "--correlator-url=" + p.CorrelatorURL(), "--token-file=" + in(tokenName("grafana")),
			"--plugin-dir=" + p.options.PluginDir,
		}}, p.PluginURL() + "/"})
	}
	return list
}

func (p *Pipeline) start(ctx context.Context, program program) error {
	program.LogDir = filepath.Join(p.options.Dir, logName)
	child, err := process.Start(program.Spec)
	if err != nil {
		return err
	}
	p.running = append(p.running, child)
	ctx, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	if err := child.AwaitReady(ctx, program.ready); err != nil {
		return err
	}
	p.options.Log.InfoContext(ctx, "ready", "program", program.Name)
	go func() {
		<-child.Done()
		select {
		case p.died <- child.Err():
		default:
		}
	}()
	return nil
}

// Died tells of a child that ended by itself, with the end of its log. After Stop it means nothing.
func (p *Pipeline) Died() <-chan error { return p.died }

// Stop stops everything, the last started first. It may be called again.
func (p *Pipeline) Stop() error {
	var errs []error
	for _, child := range slices.Backward(p.running) {
		errs = append(errs, child.Stop())
	}
	return errors.Join(errs...)
}

// The base addresses of the programs.

// ExporterURL is the exporter's.
func (p *Pipeline) ExporterURL() string { return "http://" + p.exporter }

// PrometheusURL is Prometheus'.
func (p *Pipeline) PrometheusURL() string { return "http://" + p.prometheus }

// AlertmanagerURL is Alertmanager's.
func (p *Pipeline) AlertmanagerURL() string { return "http://" + p.alertmanager }

// CorrelatorURL is the correlator's.
func (p *Pipeline) CorrelatorURL() string { return "http://" + p.correlator }

// PluginURL is where the plugin's pages are shown, empty without them.
func (p *Pipeline) PluginURL() string {
	if p.options.PluginDir == "" {
		return ""
	}
	return "http://" + p.plugins
}

// TokenFile holds the token of a caller: `you` (admin) or `grafana` (operator, may name a person).
func (p *Pipeline) TokenFile(who string) string { return filepath.Join(p.options.Dir, tokenName(who)) }

// Token is the token in TokenFile.
func (p *Pipeline) Token(who string) (string, error) {
	token, err := os.ReadFile(p.TokenFile(who))
	return string(token), err
}

// LogDir is where each program's log is.
func (p *Pipeline) LogDir() string { return filepath.Join(p.options.Dir, logName) }
