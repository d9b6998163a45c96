package postgres

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/prometheus/common/model"
	"gopkg.in/yaml.v3"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/calendar"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/configchange"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/engine"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/topology"
)

// This file writes inputs as lines of a recorded timeline (version 1), the form that `correlator
// replay` reads: one JSON object a line, in order of arrival.

// kindOf is the type of an input's line.
func kindOf(in engine.Input) string {
	switch in := in.(type) {
	case engine.InventoryInput:
		return "inventory"
	case engine.SubscribersInput:
		return "subscribers"
	case engine.SettingsInput:
		return "settings"
	case engine.ObservationsInput:
		return "observation"
	case engine.ObservationFailedInput:
		return "observation_failed"
	case engine.AlertsInput:
		return "webhook"
	case engine.AlertListInput:
		return "alerts"
	case engine.WindowInput:
		return string(in.Window.Kind)
	case engine.OperatorInput:
		return "operator"
	default:
		return "tick"
	}
}

// head is what every line begins with.
type head struct {
	At     time.Time `json:"at"`
	Type   string    `json:"type"`
	Tenant string    `json:"tenant"`
}

// timelineLines writes an input as one line, or as one for each observation of a batch, separated by
// line feeds.
func timelineLines(tenant string, at time.Time, in engine.Input) (string, error) {
	h := head{At: at, Type: kindOf(in), Tenant: tenant}
	switch in := in.(type) {
	case engine.ObservationsInput:
		return observationLines(h, in.Observations)
	case engine.InventoryInput:
		return marshalLine(struct {
			head
			topology.Inventory
		}{h, in.Inventory})
	case engine.SubscribersInput:
		return marshalLine(struct {
			head
			Counts map[string]int `json:"counts"`
		}{h, in.Counts})
	case engine.SettingsInput:
		weights, err := weightsJSON(in.Weights)
		if err != nil {
			return "", err
		}
		return marshalLine(settingsLine{h, duration(in.Lookback), duration(in.Cooldown), duration(in.JoinWindow), duration(in.NotifyDelay), weights, in.By, in.Reason})
	case engine.ObservationFailedInput:
		return marshalLine(failureLine{h, streamLine(in.Stream), in.ObservedAt, in.Reason})
	case engine.AlertsInput:
		return marshalLine(webhookLine{h, webhookOf(in)})
	case engine.AlertListInput:
		return marshalLine(alertsLine{h, listOf(in, at), in.StartedAt})
	case engine.WindowInput:
		return windowLine(h, in)
	case engine.OperatorInput:
		return marshalLine(operatorLineOf(h, in))
	default:
		return marshalLine(h)
	}
}

func marshalLine(v any) (string, error) {
	data, err := json.Marshal(v)
	return string(data), err
}

// observationLine is one sighting.
type observationLine struct {
	head
	stream
	ObservedAt       time.Time           `json:"observed_at"`
	SHA256           string              `json:"sha256,omitempty"`
	Fingerprint      string              `json:"fingerprint,omitempty"`
	AllowlistVersion int                 `json:"allowlist_version,omitempty"`
	Sections         json.RawMessage     `json:"sections,omitempty"`
	Actor            *configchange.Actor `json:"actor,omitempty"`
	// Batch, in the first line of several that arrived as one input, is how many they are: a replay then
	// lets them arrive as one again.
	Batch int `json:"batch,omitempty"`
}

type stream struct {
	Device   string `json:"device"`
	Category string `json:"category"`
	Source   string `json:"source,omitempty"`
	Exporter string `json:"exporter,omitempty"`
}

func streamLine(s configchange.Stream) stream {
	return stream{Device: s.Device, Category: s.Category, Source: s.Source, Exporter: s.Exporter}
}

func observationLines(h head, observations []configchange.Observation) (string, error) {
	var out strings.Builder
	for i, o := range observations {
		line := observationLine{
			head: h, stream: streamLine(o.Stream), ObservedAt: o.ObservedAt, SHA256: o.SHA256,
			AllowlistVersion: o.AllowlistVersion, Sections: o.Sections, Actor: o.Actor,
		}
		if o.SHA256 == "" {
			line.Fingerprint = o.Fingerprint
		}
		if i == 0 && len(observations) > 1 {
			line.Batch = len(observations)
		}
		text, err := marshalLine(line)
		if err != nil {
			return "", err
		}
		if i > 0 {
			out.WriteByte('\n')
		}
		out.WriteString(text)
	}
	return out.String(), nil
}

type failureLine struct {
	head
	stream
	ObservedAt time.Time `json:"observed_at"`
	Reason     string    `json:"reason"`
}

type settingsLine struct {
	head
	Lookback    string          `json:"lookback,omitempty"`
	Cooldown    string          `json:"cooldown,omitempty"`
	JoinWindow  string          `json:"join_window,omitempty"`
	NotifyDelay string          `json:"notify_delay,omitempty"`
	Weights     json.RawMessage `json:"weights,omitempty"`
	By          string          `json:"by,omitempty"`
	Reason      string          `json:"reason,omitempty"`
}

func duration(d *time.Duration) string {
	if d == nil {
		return ""
	}
	return model.Duration(*d).String()
}

// weightsJSON is a weights document, which may be YAML, as JSON.
func weightsJSON(weights []byte) (json.RawMessage, error) {
	switch {
	case weights == nil:
		return nil, nil
	case len(weights) == 0: // back to the built-in ones
		return json.RawMessage("{}"), nil
	}
	var document any
	if err := yaml.Unmarshal(weights, &document); err != nil {
		return nil, fmt.Errorf("weights: %w", err)
	}
	return json.Marshal(document)
}

// windowLine writes a command about a calendar entry under the name of its kind.
func windowLine(h head, in engine.WindowInput) (string, error) {
	w := in.Window
	line := map[string]any{
		"at": h.At, "type": h.Type, "tenant": h.Tenant, "op": in.Op,
		string(w.Kind): window{
			ID: w.ID, Title: w.Title, Description: w.Description, Owner: w.Owner, StartsAt: nullTime(w.StartsAt), EndsAt: nullTime(w.EndsAt),
			Scope: w.Scope, NotifyCritical: w.NotifyCritical, Status: w.Status,
		},
	}
	return marshalLine(line)
}

type window struct {
	ID             string          `json:"id"`
	Title          string          `json:"title,omitempty"`
	Description    string          `json:"description,omitempty"`
	Owner          string          `json:"owner,omitempty"`
	StartsAt       *time.Time      `json:"starts_at,omitempty"`
	EndsAt         *time.Time      `json:"ends_at,omitempty"`
	Scope          topology.Scope  `json:"scope"`
	NotifyCritical bool            `json:"notify_critical,omitempty"`
	Status         calendar.Status `json:"status,omitempty"`
}
