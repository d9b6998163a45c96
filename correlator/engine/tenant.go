package engine

import (
	"context"
	"fmt"
	"time"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/incident"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/topology"
)

// inventory replaces the inventory and looks again at everything that is going on.
func (r *run) inventory(ctx context.Context, in InventoryInput) error {
	if err := in.Inventory.Validate(); err != nil {
		return refuse(Invalid, "correct the inventory and send it again", "inventory: %v", err)
	}
	if in.IfRevision != nil {
		revision, err := r.store.InventoryRevision(ctx)
		if err != nil {
			return fmt.Errorf("loading the inventory's revision: %w", err)
		}
		if revision != *in.IfRevision {
			return refuse(Conflict, "read it again and decide anew", "the inventory is at revision %d and no longer at %d", revision, *in.IfRevision)
		}
	}
	if err := r.store.SaveInventory(ctx, in.Inventory); err != nil {
		return fmt.Errorf("saving the inventory: %w", err)
	}
	measured, err := r.store.Subscribers(ctx)
	if err != nil {
		return fmt.Errorf("loading the subscribers: %w", err)
	}
	// Not through the engine's cache: this transaction may yet come to nothing.
	r.graph, r.graphReplaced = topology.NewGraph(in.Inventory).WithSubscribers(measured), true
	if err := r.uncover(ctx); err != nil { // a window may cover less of it now
		return err
	}
	return r.reviewFiring(ctx)
}

// changeSettings changes what the input names.
func (r *run) changeSettings(ctx context.Context, in SettingsInput) error {
	before, err := r.tenantSettings(ctx)
	if err != nil {
		return err
	}
	s := before
	for _, f := range []struct {
		name  string
		given *time.Duration
		into  *time.Duration
		least time.Duration
	}{
		{"lookback", in.Lookback, &s.Lookback, time.Second},
		{"cooldown", in.Cooldown, &s.Cooldown, time.Second},
		{"join_window", in.JoinWindow, &s.JoinWindow, time.Second},
		{"notify_delay", in.NotifyDelay, &s.NotifyDelay, 0},
	} {
		if f.given == nil {
			continue
		}
		if *f.given < f.least {
			return refuse(Invalid, fmt.Sprintf("give at least %s", f.least), "setting %s: %s is too short", f.name, *f.given)
		}
		*f.into = *f.given
	}
	if in.Weights != nil {
		w, err := incident.LoadWeights(in.Weights)
		if err != nil {
			return refuse(Invalid, "correct the weights and send them again", "%v", err)
		}
		if document := string(in.Weights); document != s.Weights {
			s.Weights = document
			applied := AppliedWeights{At: r.now, By: in.By, Reason: in.Reason, Version: w.Version, Document: document}
			if err := r.store.AppendWeights(ctx, applied); err != nil {
				return fmt.Errorf("keeping who changed the weights: %w", err)
			}
		}
	}
	if s == before { // a service gives what is configured at each start, and a start changes nothing
		return nil
	}
	if err := r.store.SaveSettings(ctx, s); err != nil {
		return fmt.Errorf("saving settings: %w", err)
	}
	r.settings, r.weights = &s, nil
	return r.reviewFiring(ctx)
}

// reviewFiring judges every incident with a firing alert again, and merges what is one event.
func (r *run) reviewFiring(ctx context.Context) error {
	works, err := r.firingWorks(ctx)
	if err != nil {
		return err
	}
	for _, w := range works {
		w.rescore = true
	}
	return r.regroup(ctx, works)
}
