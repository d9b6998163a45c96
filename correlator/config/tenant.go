package config

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"regexp"
	"time"

	"github.com/prometheus/common/model"
	"gopkg.in/yaml.v3"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/topology"
)

// Tenant is one ISP.
type Tenant struct {
	// ID names it in the database and on every road; it cannot be changed later.
	ID string `yaml:"id"`
	// Name is for people (default: the ID).
	Name string `yaml:"name,omitempty"`
	// InventoryFile holds sites, devices, links and services as YAML. Without it the inventory is
	// only what the API or `admin inventory apply` gave.
	InventoryFile string `yaml:"inventory_file,omitempty"`
	// Settings of correlation.
	Settings Settings `yaml:"settings,omitempty"`
	// Prometheus are the servers in which fingerprints are watched.
	Prometheus []Prometheus `yaml:"prometheus,omitempty"`
	// Alertmanagers are read for silenced and inhibited alerts, which no webhook brings.
	Alertmanagers []Alertmanager `yaml:"alertmanagers,omitempty"`
	// Webhooks are told of incidents.
	Webhooks []Webhook `yaml:"webhooks,omitempty"`
	// IncidentURL is where a person reads an incident, with {id} in the place of its id.
	IncidentURL string `yaml:"incident_url,omitempty"`

	// Inventory is the content of InventoryFile, nil without one.
	Inventory *topology.Inventory `yaml:"-"`
}

// Settings of correlation. What is nil stays as the engine has it.
type Settings struct {
	// Lookback is how long before an outage a change may be its cause (default 30m).
	Lookback *model.Duration `yaml:"lookback,omitempty"`
	// Cooldown is how long all alerts must be resolved before an incident closes (default 5m).
	Cooldown *model.Duration `yaml:"cooldown,omitempty"`
	// JoinWindow is how far apart the onsets of one incident's alerts may be (default 2m).
	JoinWindow *model.Duration `yaml:"join_window,omitempty"`
	// NotifyDelay is how long the first notification waits for evidence (default 0s).
	NotifyDelay *model.Duration `yaml:"notify_delay,omitempty"`
	// WeightsFile holds weights that replace the shipped ones, as `replay --weights` reads them.
	WeightsFile string `yaml:"weights_file,omitempty"`

	// Weights is the content of WeightsFile as JSON, nil without one.
	Weights json.RawMessage `yaml:"-"`
}

// tenantID is what NATS subjects, metrics labels and SQL settings can all carry unquoted.
var tenantID = regexp.MustCompile(`^[a-z0-9]([a-z0-9_-]{0,61}[a-z0-9])?$`)

func (c *Config) tenantIDs() map[string]bool {
	ids := make(map[string]bool, len(c.Tenants))
	for _, t := range c.Tenants {
		ids[t.ID] = true
	}
	return ids
}

func (c *Config) resolveTenants(dir string) error {
	if len(c.Tenants) == 0 {
		return errors.New("tenants: there is none: add at least one, such as `tenants: [{id: acme}]`")
	}
	seen := make(map[string]bool)
	for i := range c.Tenants {
		t := &c.Tenants[i]
		if !tenantID.MatchString(t.ID) {
			return fmt.Errorf("tenants[%d]: id %q: use 1 to 63 lower-case letters, digits, `-` and `_`, beginning and ending with a letter or digit", i, t.ID)
		}
		if seen[t.ID] {
			return fmt.Errorf("tenants[%d]: id %q is given twice", i, t.ID)
		}
		seen[t.ID] = true
		if err := t.resolve(dir); err != nil {
			return fmt.Errorf("tenant %s: %w", t.ID, err)
		}
	}
	return nil
}

func (t *Tenant) resolve(dir string) error {
	t.Name = cmp.Or(t.Name, t.ID)
	if err := t.Settings.resolve(dir); err != nil {
		return fmt.Errorf("settings: %w", err)
	}
	if t.IncidentURL != "" {
		if err := checkURL(t.IncidentURL); err != nil {
			return fmt.Errorf("incident_url: %w", err)
		}
	}
	if t.InventoryFile != "" {
		inventory, err := LoadInventory(within(dir, t.InventoryFile))
		if err != nil {
			return fmt.Errorf("inventory_file: %w", err)
		}
		t.Inventory = inventory
	}
	if err := resolveEach("prometheus", dir, t.Prometheus); err != nil {
		return err
	}
	if err := resolveEach("alertmanagers", dir, t.Alertmanagers); err != nil {
		return err
	}
	return resolveEach("webhooks", dir, t.Webhooks)
}

// source is an entry of one of a tenant's lists of servers.
type source[T any] interface {
	*T
	resolve(dir string) error
	name() *string
}

// resolveEach resolves every entry of a list and gives those without a name one of their place.
func resolveEach[T any, P source[T]](key, dir string, list []T) error {
	seen := make(map[string]bool)
	for i := range list {
		entry := P(&list[i])
		name := entry.name()
		*name = cmp.Or(*name, fmt.Sprint(i))
		if seen[*name] {
			return fmt.Errorf("%s[%d]: name %q is given twice", key, i, *name)
		}
		seen[*name] = true
		if err := entry.resolve(dir); err != nil {
			return fmt.Errorf("%s[%d]: %w", key, i, err)
		}
	}
	return nil
}

func (s *Settings) resolve(dir string) error {
	for _, d := range []struct {
		key   string
		value *model.Duration
		min   time.Duration
	}{
		{"lookback", s.Lookback, time.Second},
		{"cooldown", s.Cooldown, 0},
		{"join_window", s.JoinWindow, 0},
		{"notify_delay", s.NotifyDelay, 0},
	} {
		if d.value != nil && time.Duration(*d.value) < d.min {
			return fmt.Errorf("%s: %s is too short: use at least %s", d.key, d.value, d.min)
		}
	}
	if s.WeightsFile == "" {
		return nil
	}
	raw, err := os.ReadFile(within(dir, s.WeightsFile))
	if err != nil {
		return fmt.Errorf("weights_file: %w", err)
	}
	var weights map[string]any
	if err := yaml.Unmarshal(raw, &weights); err != nil {
		return fmt.Errorf("weights_file: %s: %w", s.WeightsFile, err)
	}
	if s.Weights, err = json.Marshal(weights); err != nil {
		return fmt.Errorf("weights_file: %s: %w", s.WeightsFile, err)
	}
	return nil
}

// checkURL accepts absolute HTTP URLs without credentials, which belong into files.
func checkURL(text string) error {
	u, err := url.Parse(text)
	if err != nil {
		// The error of url.Parse quotes the text, which may hold a password.
		return errors.New("this is not a URL")
	}
	if (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		return fmt.Errorf("%q is not an absolute http:// or https:// URL", u.Redacted())
	}
	if u.User != nil {
		return fmt.Errorf("%q has credentials in it: use basic_auth with password_file", u.Redacted())
	}
	return nil
}
