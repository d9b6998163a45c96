// Package smoke breaks the lab and holds what the product says of it against what was done. It asks as a
// person would: the correlator's API, and the plugin over the protocol that Grafana speaks to it.
package smoke

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/api"
	prometheus "github.com/prometheus/client_golang/api/prometheus/v1"
	"google.golang.org/protobuf/types/known/timestamppb"

	apiv1 "github.com/ispvisualmonitor/ispvisualmonitor/api/v1"
	"github.com/ispvisualmonitor/ispvisualmonitor/grafana-plugin/pkg/correlator"
	"github.com/ispvisualmonitor/ispvisualmonitor/grafana-plugin/pkg/pluginclient"
	"github.com/ispvisualmonitor/ispvisualmonitor/grafana-plugin/pkg/settings"
	"github.com/ispvisualmonitor/ispvisualmonitor/lab"
	"github.com/ispvisualmonitor/ispvisualmonitor/lab/fault"
	"github.com/ispvisualmonitor/ispvisualmonitor/lab/fleet"
	"github.com/ispvisualmonitor/ispvisualmonitor/lab/network"
	"github.com/ispvisualmonitor/ispvisualmonitor/lab/pace"
	"github.com/ispvisualmonitor/ispvisualmonitor/lab/scenario"
)

// Options say how to run.
type Options struct {
	// Bin is the folder with the programs of `make build`.
	Bin string
	// PluginExecutable is the plugin's backend.
	PluginExecutable string
	// Keep leaves the run directories.
	Keep bool
	// Log is told of each step (default: nobody).
	Log *slog.Logger
}

// Outcome is what one run found.
type Outcome struct {
	Seed     uint64
	Scenario scenario.Scenario
	// Checks are what was asked of the answer.
	Checks []Check
	// Evidence is what the product answered, for whoever has to find out why a check failed.
	Evidence Evidence
	// Incident and Label are how long after the outage they were there; zero when they never were.
	Incident, Label time.Duration
	// Took is how long the whole run lasted.
	Took time.Duration
	// Err is why a run could not be made at all.
	Err error
}

// Failed counts checks that failed, and a run that could not be made.
func (o Outcome) Failed() (n int) {
	for _, check := range o.Checks {
		if check.Err != nil {
			n++
		}
	}
	if o.Err != nil {
		n++
	}
	return n
}

// The time limits of one run.
const (
	healthTimeout  = 60 * time.Second
	outcomeTimeout = 60 * time.Second
)

// Run makes one run with a lab of its own: nothing of the last one can be taken for a cause.
func Run(ctx context.Context, o Options, seed uint64, control bool) (outcome Outcome) {
	o.Log = cmp.Or(o.Log, slog.New(slog.DiscardHandler))
	began := time.Now()
	outcome.Seed = seed
	defer func() { outcome.Took = time.Since(began) }()
	own, err := fleet.Own()
	if err != nil {
		outcome.Err = err
		return outcome
	}
	l, err := lab.Start(ctx, lab.Options{Fleet: own, Bin: o.Bin, Keep: o.Keep, Log: o.Log})
	if err != nil {
		outcome.Err = fmt.Errorf("start the lab: %w", err)
		return outcome
	}
	defer func() { outcome.Err = errors.Join(outcome.Err, l.Close()) }()
	// A child that dies ends the run with its reason.
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	go func() {
		select {
		case err := <-l.Died():
			cancel(err)
		case <-ctx.Done():
		}
	}()
	r, err := newRunner(ctx, l, o)
	if err != nil {
		outcome.Err = err
		return outcome
	}
	defer r.plugin.Close()
	if err := r.run(ctx, &outcome, control); err != nil {
		outcome.Err = err
		if cause := context.Cause(ctx); cause != nil && !errors.Is(err, cause) {
			outcome.Err = errors.Join(cause, err)
		}
	}
	return outcome
}

// runner is one run's connections.
type runner struct {
	lab        *lab.Lab
	log        *slog.Logger
	correlator *correlator.Client
	prometheus prometheus.API
	plugin     *pluginclient.Client
	pace       pace.Pace
}

func newRunner(ctx context.Context, l *lab.Lab, o Options) (*runner, error) {
	token, err := l.Token("you")
	if err != nil {
		return nil, err
	}
	r := &runner{lab: l, log: o.Log, pace: pace.Lab()}
	r.correlator, err = correlator.New(correlator.Options{HTTP: http.DefaultClient, URL: l.CorrelatorURL(), Token: settings.Secret(token)})
	if err != nil {
		return nil, err
	}
	client, err := api.NewClient(api.Config{Address: l.PrometheusURL()})
	if err != nil {
		return nil, err
	}
	r.prometheus = prometheus.NewAPI(client)
	// The plugin has the token that Grafana would have, not ours.
	if token, err = l.Token("grafana"); err != nil {
		return nil, err
	}
	r.plugin, err = pluginclient.Start(ctx, o.PluginExecutable, pluginclient.Settings{URL: l.CorrelatorURL(), Token: settings.Secret(token)})
	return r, err
}

func (r *runner) run(ctx context.Context, outcome *Outcome, control bool) error {
	if err := r.awaitHealth(ctx); err != nil {
		return err
	}
	drawn, err := r.draw(ctx, outcome.Seed, control)
	if err != nil {
		return err
	}
	outcome.Scenario = drawn
	r.log.InfoContext(ctx, "drawn", "seed", outcome.Seed, "scenario", drawn.String())
	truth, err := r.act(ctx, drawn)
	if err != nil {
		return err
	}
	outcome.Evidence, err = r.observe(ctx, truth)
	if err != nil {
		return err
	}
	outcome.Incident, outcome.Label = outcome.Evidence.after(truth)
	outcome.Checks = truth.check(outcome.Evidence)
	return nil
}

// draw looks at the network as it is and draws from what there is to break.
func (r *runner) draw(ctx context.Context, seed uint64, control bool) (scenario.Scenario, error) {
	if control {
		return scenario.Control(seed, r.lab.Inventory)
	}
	var all []fault.Fault
	for _, device := range r.lab.Network.Devices() {
		faults, err := fault.Survey(ctx, r.lab.Network.Visit(network.Engineers[0]), device)
		if err != nil {
			return scenario.Scenario{}, err
		}
		all = append(all, faults...)
	}
	return scenario.Draw(seed, all, r.lab.Inventory)
}

// act plans work and does it, waits for the moment, and breaks what was drawn.
func (r *runner) act(ctx context.Context, s scenario.Scenario) (Truth, error) {
	truth := Truth{Scenario: s, Polls: 3 * r.pace.Fingerprint}
	now := time.Now()
	created, err := r.correlator.CreateChange(ctx, &apiv1.CreateChangeRequest{Change: &apiv1.Change{
		Title: s.Planned.Title, Description: "Smoke run", Owner: network.Engineers[1],
		StartsAt: timestamppb.New(now), EndsAt: timestamppb.New(now.Add(time.Hour)),
		Scope: &apiv1.Scope{Devices: []string{s.Planned.Device}},
	}})
	if err != nil {
		return truth, fmt.Errorf("plan the change: %w", err)
	}
	truth.PlannedID = created.GetChange().GetId()
	if _, err := r.correlator.StartChange(ctx, &apiv1.StartChangeRequest{Id: truth.PlannedID}); err != nil {
		return truth, fmt.Errorf("start the planned change: %w", err)
	}
	planned := fault.Fault{Device: s.Planned.Device, Kind: "planned work", Subject: s.Planned.Title, Do: s.Planned.Command}
	if err := planned.Apply(ctx, r.lab.Network.Visit(network.Engineers[1])); err != nil {
		return truth, err
	}
	if err := pause(ctx, s.After); err != nil {
		return truth, err
	}
	truth.Before = time.Now()
	if s.Fault != nil {
		err = s.Fault.Apply(ctx, r.lab.Network.Visit(network.Engineers[0]))
	} else {
		err = r.lab.Network.Cut(s.Cut.A.Device, s.Cut.A.Interface)
	}
	truth.Done = time.Now()
	return truth, err
}

// pause waits for the moment that was drawn.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
