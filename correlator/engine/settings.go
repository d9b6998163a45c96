package engine

import (
	"fmt"
	"time"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/incident"
)

// Settings are one tenant's choices, as stored. The zero value means defaults throughout.
type Settings struct {
	Lookback    time.Duration `json:"lookback,omitempty"`     // 30m
	Cooldown    time.Duration `json:"cooldown,omitempty"`     // 5m
	JoinWindow  time.Duration `json:"join_window,omitempty"`  // 2m
	NotifyDelay time.Duration `json:"notify_delay,omitempty"` // 0s
	// Weights is the tenant's weights document (YAML or JSON) laid over the defaults; empty: defaults.
	Weights string `json:"weights,omitempty"`
}

// AppliedWeights is one change of a tenant's weights: what, when, by whom and why.
type AppliedWeights struct {
	At       time.Time
	By       string
	Reason   string
	Version  string // of the weights that were in force from then on
	Document string // empty: the built-in weights
}

// Defaults of Settings.
const (
	DefaultLookback   = 30 * time.Minute
	DefaultCooldown   = 5 * time.Minute
	DefaultJoinWindow = 2 * time.Minute
)

// ReopenWindow is how long after its closing an incident is reopened by the same alert.
const ReopenWindow = 30 * time.Minute

func (s Settings) lookback() time.Duration   { return or(s.Lookback, DefaultLookback) }
func (s Settings) cooldown() time.Duration   { return or(s.Cooldown, DefaultCooldown) }
func (s Settings) joinWindow() time.Duration { return or(s.JoinWindow, DefaultJoinWindow) }

// SettingsView tells settings with the defaults filled in.
func (e *Engine) SettingsView(s Settings) (SettingsView, error) {
	w, err := incident.LoadWeights([]byte(s.Weights), e.weights)
	if err != nil {
		return SettingsView{}, fmt.Errorf("the tenant's weights: %w", err)
	}
	return SettingsView{
		Lookback: s.lookback(), Cooldown: s.cooldown(), JoinWindow: s.joinWindow(), NotifyDelay: s.NotifyDelay,
		Weights: s.Weights, WeightsVersion: w.Version,
	}, nil
}

func or(d, fallback time.Duration) time.Duration {
	if d == 0 {
		return fallback
	}
	return d
}
