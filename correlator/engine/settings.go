package engine

import "time"

// Settings are one tenant's choices, as stored. The zero value means defaults throughout.
type Settings struct {
	Lookback    time.Duration `json:"lookback,omitempty"`     // 30m
	Cooldown    time.Duration `json:"cooldown,omitempty"`     // 5m
	JoinWindow  time.Duration `json:"join_window,omitempty"`  // 2m
	NotifyDelay time.Duration `json:"notify_delay,omitempty"` // 0s
	// Weights is the tenant's weights document (YAML or JSON) laid over the defaults; empty: defaults.
	Weights string `json:"weights,omitempty"`
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

func or(d, fallback time.Duration) time.Duration {
	if d == 0 {
		return fallback
	}
	return d
}
