package replay

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/prometheus/common/model"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/calendar"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/configchange"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/engine"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/topology"
)

// line is one parsed line of a timeline.
type line struct {
	at     time.Time
	tenant string       // empty for a tick of all tenants
	input  engine.Input // engine.Tick for a tick
	batch  int          // of an observation: how many lines arrived together with it, itself included; 0: it came alone
}

// parseLine reads one line. Unknown fields are ignored; an unknown type or a missing field is an
// error.
func (o Options) parseLine(raw []byte) (line, error) {
	var head struct {
		At     *time.Time `json:"at"`
		Type   *string    `json:"type"`
		Tenant *string    `json:"tenant"`
	}
	if err := unmarshal(raw, &head); err != nil {
		return line{}, err
	}
	switch {
	case head.Type == nil:
		return line{}, missing("type")
	case head.At == nil:
		return line{}, missing("at")
	case (head.Tenant == nil || *head.Tenant == "") && *head.Type != "tick":
		return line{}, missing("tenant")
	}
	l := line{at: head.At.UTC()}
	if head.Tenant != nil {
		l.tenant = *head.Tenant
	}
	parsers := map[string]func([]byte, time.Time) (engine.Input, error){
		"inventory":          parseInventory,
		"subscribers":        parseSubscribers,
		"settings":           parseSettings,
		"observation":        parseObservation,
		"observation_failed": parseObservationFailed,
		"webhook":            o.parseWebhook,
		"alerts":             o.parseAlerts,
		"change":             parseWindow(calendar.Change, "change"),
		"maintenance":        parseWindow(calendar.Maintenance, "maintenance"),
		"blackout":           parseWindow(calendar.Blackout, "blackout"),
		"operator":           parseOperator,
		"tick":               func([]byte, time.Time) (engine.Input, error) { return engine.Tick{}, nil },
	}
	parse, known := parsers[*head.Type]
	if !known {
		return line{}, fmt.Errorf("unknown type %q", *head.Type)
	}
	input, err := parse(raw, l.at)
	if err != nil {
		return line{}, fmt.Errorf("%s: %w", *head.Type, err)
	}
	l.input = input
	if _, ok := input.(engine.ObservationsInput); ok {
		l.batch = batchOf(raw)
	}
	return l, nil
}

func missing(field string) error { return fmt.Errorf("field %q is missing", field) }

// needs names the first of the fields that was not given.
func needs(fields ...field) error {
	for _, f := range fields {
		if !f.given {
			return missing(f.name)
		}
	}
	return nil
}

type field struct {
	name  string
	given bool
}

// unmarshal decodes one JSON value and turns the decoder's words into a user's.
func unmarshal(raw []byte, into any) error {
	err := json.Unmarshal(raw, into)
	if typeErr := new(json.UnmarshalTypeError); errors.As(err, &typeErr) && typeErr.Field != "" {
		// The decoder's path begins with the Go names of embedded structs, which nobody wrote.
		name := strings.TrimPrefix(strings.TrimPrefix(typeErr.Field, "stream."), "Inventory.")
		return fmt.Errorf("field %q cannot be a JSON %s", name, typeErr.Value)
	}
	if err != nil {
		return fmt.Errorf("not a JSON object: %w", err)
	}
	return nil
}

func parseInventory(raw []byte, _ time.Time) (engine.Input, error) {
	var in struct {
		topology.Inventory
		Devices *[]topology.Device `json:"devices"`
	}
	if err := unmarshal(raw, &in); err != nil {
		return nil, err
	}
	if in.Devices == nil {
		return nil, missing("devices")
	}
	in.Inventory.Devices = *in.Devices
	return engine.InventoryInput{Inventory: in.Inventory}, nil
}

func parseSubscribers(raw []byte, _ time.Time) (engine.Input, error) {
	var in struct {
		Counts map[string]int `json:"counts"`
	}
	if err := unmarshal(raw, &in); err != nil {
		return nil, err
	}
	if in.Counts == nil {
		return nil, missing("counts")
	}
	return engine.SubscribersInput{Counts: in.Counts}, nil
}

func parseSettings(raw []byte, _ time.Time) (engine.Input, error) {
	var in struct {
		Lookback    *string         `json:"lookback"`
		Cooldown    *string         `json:"cooldown"`
		JoinWindow  *string         `json:"join_window"`
		NotifyDelay *string         `json:"notify_delay"`
		Weights     json.RawMessage `json:"weights"`
	}
	if err := unmarshal(raw, &in); err != nil {
		return nil, err
	}
	var out engine.SettingsInput
	for _, d := range []struct {
		name string
		text *string
		into **time.Duration
	}{
		{"lookback", in.Lookback, &out.Lookback},
		{"cooldown", in.Cooldown, &out.Cooldown},
		{"join_window", in.JoinWindow, &out.JoinWindow},
		{"notify_delay", in.NotifyDelay, &out.NotifyDelay},
	} {
		if d.text == nil {
			continue
		}
		parsed, err := model.ParseDuration(*d.text)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", d.name, err)
		}
		value := time.Duration(parsed)
		*d.into = &value
	}
	if len(in.Weights) > 0 && !bytes.Equal(in.Weights, []byte("null")) {
		out.Weights = in.Weights
	}
	return out, nil
}

// stream are the fields that both kinds of observation have.
type stream struct {
	Device     *string    `json:"device"`
	Category   *string    `json:"category"`
	ObservedAt *time.Time `json:"observed_at"`
	Source     string     `json:"source"`
	Exporter   string     `json:"exporter"`
}

func (s stream) needs() error {
	return needs(field{"device", s.Device != nil}, field{"category", s.Category != nil}, field{"observed_at", s.ObservedAt != nil})
}

func (s stream) stream() configchange.Stream {
	return configchange.Stream{Device: *s.Device, Category: *s.Category, Source: s.Source, Exporter: s.Exporter}
}

func parseObservation(raw []byte, _ time.Time) (engine.Input, error) {
	var in struct {
		stream
		SHA256           string              `json:"sha256"`
		Fingerprint      string              `json:"fingerprint"`
		AllowlistVersion int                 `json:"allowlist_version"`
		Sections         json.RawMessage     `json:"sections"`
		Actor            *configchange.Actor `json:"actor"`
	}
	if err := unmarshal(raw, &in); err != nil {
		return nil, err
	}
	if err := in.needs(); err != nil {
		return nil, err
	}
	if in.SHA256 == "" && in.Fingerprint == "" {
		return nil, errors.New(`one of the fields "sha256" and "fingerprint" is missing`)
	}
	if in.SHA256 != "" && in.Fingerprint != "" && !strings.HasPrefix(strings.ToLower(in.SHA256), strings.ToLower(in.Fingerprint)) {
		return nil, errors.New(`the fields "sha256" and "fingerprint" contradict each other`)
	}
	o := configchange.Observation{
		Stream: in.stream.stream(), ObservedAt: in.ObservedAt.UTC(), SHA256: in.SHA256, Fingerprint: in.Fingerprint,
		AllowlistVersion: in.AllowlistVersion, Actor: in.Actor,
	}
	if in.Fingerprint == "" {
		o.Fingerprint = in.SHA256
	}
	if len(in.Sections) > 0 && !bytes.Equal(in.Sections, []byte("null")) {
		o.Sections = in.Sections
	}
	return engine.ObservationsInput{Observations: []configchange.Observation{o}}, nil
}

func parseObservationFailed(raw []byte, _ time.Time) (engine.Input, error) {
	var in struct {
		stream
		Reason *string `json:"reason"`
	}
	if err := unmarshal(raw, &in); err != nil {
		return nil, err
	}
	if err := errors.Join(in.needs(), needs(field{"reason", in.Reason != nil})); err != nil {
		return nil, err
	}
	return engine.ObservationFailedInput{Stream: in.stream.stream(), ObservedAt: in.ObservedAt.UTC(), Reason: *in.Reason}, nil
}

func (o Options) parseWebhook(raw []byte, _ time.Time) (engine.Input, error) {
	body, err := bodyOf(raw)
	if err != nil {
		return nil, err
	}
	return o.DecodeWebhook(body)
}

func (o Options) parseAlerts(raw []byte, at time.Time) (engine.Input, error) {
	body, err := bodyOf(raw)
	if err != nil {
		return nil, err
	}
	var in struct {
		StartedAt *time.Time `json:"am_started_at"`
	}
	if err := unmarshal(raw, &in); err != nil {
		return nil, err
	}
	alerts, err := o.DecodeAlerts(body, at)
	if err != nil {
		return nil, err
	}
	return engine.AlertListInput{Alerts: alerts, StartedAt: in.StartedAt}, nil
}

func bodyOf(raw []byte) ([]byte, error) {
	var in struct {
		Body json.RawMessage `json:"body"`
	}
	if err := unmarshal(raw, &in); err != nil {
		return nil, err
	}
	if len(in.Body) == 0 {
		return nil, missing("body")
	}
	return in.Body, nil
}

func parseWindow(kind calendar.Kind, name string) func([]byte, time.Time) (engine.Input, error) {
	return func(raw []byte, _ time.Time) (engine.Input, error) {
		var in map[string]json.RawMessage
		if err := unmarshal(raw, &in); err != nil {
			return nil, err
		}
		if err := needs(field{"op", in["op"] != nil}, field{name, in[name] != nil}); err != nil {
			return nil, err
		}
		out := engine.WindowInput{Window: calendar.Window{Kind: kind}}
		if err := errors.Join(unmarshal(in["op"], &out.Op), unmarshal(in[name], &out.Window)); err != nil {
			return nil, err
		}
		out.Window.Kind = kind
		w := out.Window
		if w.ID == "" {
			return nil, missing(name + ".id")
		}
		switch out.Op {
		case engine.OpCreate, engine.OpUpdate:
			return out, needsContent(in[name], name, w)
		case engine.OpCancel:
			return out, nil
		case engine.OpStart, engine.OpComplete:
			if kind == calendar.Change {
				return out, nil
			}
		}
		return nil, fmt.Errorf("unknown op %q", out.Op)
	}
}

// needsContent says what is missing from a window that is created or updated. A scope that names nothing
// is one; none at all was forgotten.
func needsContent(raw []byte, name string, w calendar.Window) error {
	var given struct {
		Title *string         `json:"title"`
		Scope *topology.Scope `json:"scope"`
	}
	if err := unmarshal(raw, &given); err != nil {
		return err
	}
	return needs(field{name + ".title", given.Title != nil}, field{name + ".starts_at", !w.StartsAt.IsZero()},
		field{name + ".ends_at", !w.EndsAt.IsZero()}, field{name + ".scope", given.Scope != nil})
}

// incidentOf names an incident by one of its alerts.
type incidentOf struct {
	Device    string `json:"device"`
	AlertName string `json:"alertname"`
	// Journals name the very occurrence, since a command may be about another than the newest incident.
	Fingerprint string    `json:"fingerprint"`
	StartsAt    time.Time `json:"starts_at"`
}

func (i incidentOf) ref() engine.IncidentRef {
	ref := engine.IncidentRef{Device: i.Device, AlertName: i.AlertName}
	if i.Fingerprint != "" && !i.StartsAt.IsZero() {
		ref.Fingerprint, ref.StartsAt = i.Fingerprint, i.StartsAt.UTC()
	}
	return ref
}

func parseOperator(raw []byte, _ time.Time) (engine.Input, error) {
	var in struct {
		Op     *engine.OperatorOp `json:"op"`
		Of     *incidentOf        `json:"incident_of"`
		By     *string            `json:"by"`
		Into   *incidentOf        `json:"into_incident_of"`
		Alerts []string           `json:"alerts"`
		Until  *time.Time         `json:"until"`
		Cause  *engine.Cause      `json:"cause"`
	}
	if err := unmarshal(raw, &in); err != nil {
		return nil, err
	}
	if err := needs(field{"op", in.Op != nil}, field{"incident_of", in.Of != nil}, field{"by", in.By != nil}); err != nil {
		return nil, err
	}
	out := engine.OperatorInput{
		Op: *in.Op, By: *in.By, Incident: in.Of.ref(),
		Alerts: in.Alerts, Until: in.Until, Cause: in.Cause,
	}
	switch *in.Op {
	case engine.OpAcknowledge, engine.OpUnacknowledge, engine.OpFeedback:
	case engine.OpMerge:
		if in.Into == nil {
			return nil, missing("into_incident_of")
		}
		out.Into = in.Into.ref()
	case engine.OpSplit:
		if in.Alerts == nil {
			return nil, missing("alerts")
		}
	default:
		return nil, fmt.Errorf("unknown op %q", *in.Op)
	}
	return out, nil
}
