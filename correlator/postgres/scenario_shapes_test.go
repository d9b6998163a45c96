package postgres

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/prometheus/common/model"
	"github.com/stretchr/testify/require"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/alertmanager"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/calendar"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/configchange"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/engine"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/topology"
)

// timelineLine is a line of a recorded timeline, read without the replay's own parser.
type timelineLine struct {
	At     time.Time
	Type   string
	Tenant string
	Op     string

	topology.Inventory

	Counts map[string]int

	Lookback    string
	Cooldown    string
	JoinWindow  string `json:"join_window"`
	NotifyDelay string `json:"notify_delay"`
	Weights     json.RawMessage

	Device, Category, Source, Exporter, Reason string
	ObservedAt                                 time.Time `json:"observed_at"`
	SHA256                                     string
	Fingerprint                                string
	AllowlistVersion                           int `json:"allowlist_version"`
	Sections                                   json.RawMessage
	Actor                                      *configchange.Actor

	Body      json.RawMessage
	StartedAt *time.Time `json:"am_started_at"`

	Change, Maintenance, Blackout calendar.Window

	IncidentOf engine.IncidentRef `json:"incident_of"`
	Into       engine.IncidentRef `json:"into_incident_of"`
	By         string
	Alerts     []string
	Until      *time.Time
	Cause      *engine.Cause
}

// input is what the line delivers; a tick when it delivers nothing.
func (l timelineLine) input(t *testing.T) engine.Input {
	t.Helper()
	stream := configchange.Stream{Device: l.Device, Category: l.Category, Source: l.Source, Exporter: l.Exporter}
	window := func(kind calendar.Kind, w calendar.Window) engine.Input {
		w.Kind = kind
		return engine.WindowInput{Op: engine.WindowOp(l.Op), Window: w}
	}
	switch l.Type {
	case "inventory":
		return engine.InventoryInput{Inventory: l.Inventory}
	case "subscribers":
		return engine.SubscribersInput{Counts: l.Counts}
	case "settings":
		return engine.SettingsInput{
			Lookback: parsedDuration(t, l.Lookback), Cooldown: parsedDuration(t, l.Cooldown),
			JoinWindow: parsedDuration(t, l.JoinWindow), NotifyDelay: parsedDuration(t, l.NotifyDelay), Weights: l.Weights,
		}
	case "observation":
		o := configchange.Observation{
			Stream: stream, ObservedAt: l.ObservedAt, Fingerprint: l.Fingerprint, SHA256: l.SHA256,
			AllowlistVersion: l.AllowlistVersion, Sections: l.Sections, Actor: l.Actor,
		}
		if o.Fingerprint == "" {
			o.Fingerprint = o.SHA256
		}
		return observe(o)
	case "observation_failed":
		return engine.ObservationFailedInput{Stream: stream, ObservedAt: l.ObservedAt, Reason: l.Reason}
	case "webhook":
		in, err := alertmanager.DecodeWebhook(l.Body)
		require.NoError(t, err)
		return in
	case "alerts":
		alerts, err := alertmanager.DecodeList(l.Body, l.At)
		require.NoError(t, err)
		return engine.AlertListInput{Alerts: alerts, StartedAt: l.StartedAt}
	case "change":
		return window(calendar.Change, l.Change)
	case "maintenance":
		return window(calendar.Maintenance, l.Maintenance)
	case "blackout":
		return window(calendar.Blackout, l.Blackout)
	case "operator":
		return engine.OperatorInput{
			Op: engine.OperatorOp(l.Op), By: l.By, Incident: l.IncidentOf, Into: l.Into, Alerts: l.Alerts, Until: l.Until, Cause: l.Cause,
		}
	default:
		require.Equal(t, "tick", l.Type)
		return engine.Tick{}
	}
}

func parsedDuration(t *testing.T, text string) *time.Duration {
	t.Helper()
	if text == "" {
		return nil
	}
	d, err := model.ParseDuration(text)
	require.NoError(t, err)
	out := time.Duration(d)
	return &out
}

// asJSON is a row as the replay would print it.
type asJSON map[string]any

func (a asJSON) roundTrip(t *testing.T) asJSON {
	t.Helper()
	text, err := json.Marshal(a)
	require.NoError(t, err)
	var out asJSON
	require.NoError(t, json.Unmarshal(text, &out))
	return out
}

func orNil(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func timeOrNil(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t
}

func changeJSON(t *testing.T, tenant string, c engine.ConfigChangeView) asJSON {
	t.Helper()
	actor := asJSON{}
	if c.Actor != nil {
		for name, value := range map[string]string{"user": c.Actor.User, "address": c.Actor.Address, "via": c.Actor.Via} {
			if value != "" {
				actor[name] = value
			}
		}
		if !c.Actor.At.IsZero() {
			actor["at"] = c.Actor.At
		}
	}
	return asJSON{
		"id": c.ID, "tenant": tenant, "device": c.Device, "category": c.Category, "not_before": c.NotBefore, "not_after": c.NotAfter,
		"old_fingerprint": c.OldFingerprint, "new_fingerprint": c.NewFingerprint, "planned_change_id": orNil(c.PlannedChangeID),
		"in_blackout_id": orNil(c.InBlackoutID), "actor": actor, "summary": list(c.Summary),
	}.roundTrip(t)
}

func incidentJSON(t *testing.T, tenant string, i engine.IncidentView) asJSON {
	t.Helper()
	alerts, candidates := []asJSON{}, []asJSON{}
	for _, a := range i.Alerts {
		alerts = append(alerts, asJSON{
			"fingerprint": a.Fingerprint, "alertname": a.AlertName, "device": a.Device,
			"starts_at": a.StartsAt, "ends_at": timeOrNil(a.EndsAt), "suppressed": a.Suppressed,
		})
	}
	for _, c := range i.Candidates {
		evidence := []asJSON{}
		for _, e := range c.Evidence {
			evidence = append(evidence, asJSON{"kind": e.Kind, "config_change_id": orNil(e.ConfigChangeID), "weight": e.Weight, "terms": e.Terms, "text": e.Text})
		}
		candidates = append(candidates, asJSON{
			"kind": c.Kind, "name": c.Name, "devices": list(c.Devices), "role": c.Role, "score": c.Score, "confidence": c.Confidence,
			"cover": c.Cover, "explains": list(c.Explains), "evidence": evidence,
		})
	}
	var acknowledged any
	if a := i.Acknowledged; a != nil {
		acknowledged = asJSON{"by": a.By, "at": a.At, "until": timeOrNil(a.Until)}
	}
	fixes, feedback := []asJSON{}, []asJSON{}
	for _, f := range i.ProbableFixes {
		fixes = append(fixes, asJSON{"config_change_id": f.ConfigChangeID, "text": f.Text})
	}
	for _, f := range i.Feedback {
		var cause any
		if f.Device != "" {
			row := asJSON{"device": f.Device}
			if f.Category != "" {
				row["category"] = f.Category
			}
			cause = row
		}
		feedback = append(feedback, asJSON{"by": f.By, "at": f.At, "cause": cause})
	}
	require.Equal(t, len(i.Alerts), i.AlertCount)
	return asJSON{
		"id": i.ID, "tenant": tenant, "state": i.State, "acknowledged": acknowledged, "merged_from": list(i.MergedFrom), "label": orNil(i.Label),
		"onset_not_before": i.OnsetNotBefore, "onset_not_after": i.OnsetNotAfter, "opened_at": i.OpenedAt, "closed_at": timeOrNil(i.ClosedAt),
		"reopened": i.Reopened, "alerts": alerts, "during_change_id": orNil(i.DuringChangeID), "during_maintenance_id": orNil(i.DuringMaintenanceID),
		"impact":         asJSON{"sites": i.Impact.Sites, "devices": i.Impact.Devices, "services": i.Impact.Services, "subscribers": i.Impact.Subscribers},
		"probable_fixes": fixes, "feedback": feedback,
		"candidates": candidates, "explanation": i.Explanation, "unknowns": list(i.Unknowns),
	}.roundTrip(t)
}
