package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"reflect"
	"time"

	httpconfig "github.com/prometheus/common/config"
	"github.com/prometheus/common/model"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/config"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/engine"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/notify"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/topology"
)

// apply puts a configuration to work. All that can fail comes first: HTTP clients are made, tenants,
// inventories and settings are committed. Only then are tokens, sources and receivers swapped. Applying
// the same configuration again changes nothing.
func (s *service) apply(ctx context.Context, c *config.Config) error {
	s.applying.Lock()
	defer s.applying.Unlock()
	if c.Database != s.config.Database || c.Limits != s.config.Limits {
		s.log.WarnContext(ctx, "The database and the limits are read at the start alone: restart to change them")
	}
	if err := s.applyLocked(ctx, c); err != nil {
		return err
	}
	s.config = c
	return nil
}

// keepJournal is how long inputs are kept as it is configured now.
func (s *service) keepJournal() time.Duration {
	s.applying.Lock()
	defer s.applying.Unlock()
	return time.Duration(*s.config.Retention.Journal)
}

func (s *service) applyLocked(ctx context.Context, c *config.Config) error {
	polled, err := s.sources.prepare(c)
	if err != nil {
		return err
	}
	receivers, err := newReceivers(c)
	if err != nil {
		return err
	}
	surveyors, err := newSurveyors(c)
	if err != nil {
		return err
	}
	for _, t := range c.Tenants {
		if err := s.applyTenant(ctx, t); err != nil {
			return fmt.Errorf("tenant %s: %w", t.ID, err)
		}
	}
	s.auth.Replace(c.Auth.AcceptedTokens())
	s.publisher.Replace(receivers)
	s.sources.replace(polled)
	s.surveys.replace(surveyors)
	return nil
}

func (s *service) applyTenant(ctx context.Context, t config.Tenant) error {
	if err := s.db.EnsureTenant(ctx, t.ID); err != nil {
		return err
	}
	if in, given := settingsInput(t.Settings); given {
		if _, err := s.db.Submit(ctx, t.ID, in); err != nil {
			return fmt.Errorf("settings: %w", err)
		}
	}
	if t.Inventory == nil {
		return nil
	}
	same, err := s.hasInventory(ctx, t.ID, *t.Inventory)
	if err != nil || same {
		return err
	}
	if _, err := s.db.Submit(ctx, t.ID, engine.InventoryInput{Inventory: *t.Inventory}); err != nil {
		return fmt.Errorf("inventory: %w", err)
	}
	s.log.InfoContext(ctx, "Replaced the inventory by the configured one", slog.String("tenant", t.ID), slog.Int("devices", len(t.Inventory.Devices)))
	return nil
}

// hasInventory says whether the tenant has this inventory already: replacing it by itself would grow
// its revision at every start.
func (s *service) hasInventory(ctx context.Context, tenant string, want topology.Inventory) (bool, error) {
	view, err := s.db.Inventory(ctx, tenant)
	if err != nil {
		return false, fmt.Errorf("read the inventory: %w", err)
	}
	if len(view.Document) == 0 {
		return false, nil
	}
	var has topology.Inventory
	if err := json.Unmarshal(view.Document, &has); err != nil {
		return false, fmt.Errorf("read the stored inventory: %w", err)
	}
	// Through JSON both sides know no difference between an empty list and none.
	var wanted topology.Inventory
	raw, err := json.Marshal(want)
	if err == nil {
		err = json.Unmarshal(raw, &wanted)
	}
	return reflect.DeepEqual(has, wanted), err
}

func settingsInput(s config.Settings) (engine.SettingsInput, bool) {
	in := engine.SettingsInput{
		Lookback: duration(s.Lookback), Cooldown: duration(s.Cooldown),
		JoinWindow: duration(s.JoinWindow), NotifyDelay: duration(s.NotifyDelay), Weights: s.Weights,
	}
	given := !reflect.DeepEqual(in, engine.SettingsInput{})
	in.By, in.Reason = "configuration", "weights_file"
	return in, given
}

func duration(d *model.Duration) *time.Duration {
	if d == nil {
		return nil
	}
	out := time.Duration(*d)
	return &out
}

func newReceivers(c *config.Config) ([]notify.Receiver, error) {
	var receivers []notify.Receiver
	for _, t := range c.Tenants {
		for _, w := range t.Webhooks {
			client, err := httpconfig.NewClientFromConfig(w.HTTPClient.HTTPClientConfig, "webhook")
			if err != nil {
				return nil, fmt.Errorf("tenant %s: webhook %s: %w", t.ID, w.Name, err)
			}
			receivers = append(receivers, notify.Receiver{
				Tenant: t.ID, TenantName: t.Name, Name: w.Name, URL: w.URL, Events: w.Events, IncidentURL: t.IncidentURL,
				Sign: notify.NewSigner([]byte(w.Secret.Reveal())), Client: client,
			})
		}
	}
	return receivers, nil
}
