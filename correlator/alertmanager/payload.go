package alertmanager

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/prometheus/alertmanager/template"
	"github.com/prometheus/common/model"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/engine"
)

// WebhookVersion is the version of the webhook payload that is understood
// (https://prometheus.io/docs/alerting/latest/configuration/#webhook_config).
const WebhookVersion = "4"

// payload is what Alertmanager posts. Its own type for it (notify/webhook.Message) would pull in all
// of Alertmanager; the fields around the template data are three.
type payload struct {
	template.Data
	Version         string `json:"version"`
	GroupKey        string `json:"groupKey"`
	TruncatedAlerts int    `json:"truncatedAlerts"`
}

// VersionError says that a payload is of another version than this correlator understands.
type VersionError struct{ Got string }

func (e *VersionError) Error() string {
	return fmt.Sprintf("webhook version %q is not understood, only %q: Alertmanager sends it since 0.6; if something else posts here, let it send that version",
		e.Got, WebhookVersion)
}

// DecodeWebhook reads one webhook payload.
func DecodeWebhook(body []byte) (engine.AlertsInput, error) {
	var p payload
	err := unmarshalOne(body, &p)
	// What is wrong with a payload of another version is its version, whatever else does not fit.
	if (err == nil || p.Version != "") && p.Version != WebhookVersion {
		return engine.AlertsInput{}, &VersionError{Got: p.Version}
	}
	if err != nil {
		return engine.AlertsInput{}, err
	}
	if p.TruncatedAlerts < 0 {
		return engine.AlertsInput{}, errors.New("truncatedAlerts must not be negative")
	}
	in := engine.AlertsInput{Alerts: make([]engine.Alert, 0, len(p.Alerts)), Truncated: p.TruncatedAlerts}
	for i, a := range p.Alerts {
		alert, err := fromWebhook(a)
		if err != nil {
			return engine.AlertsInput{}, fmt.Errorf("alerts[%d]: %w", i, err)
		}
		in.Alerts = append(in.Alerts, alert)
	}
	return in, nil
}

// unmarshalOne decodes exactly one JSON value.
func unmarshalOne(body []byte, v any) error {
	dec := json.NewDecoder(bytes.NewReader(body))
	if err := dec.Decode(v); err != nil {
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return errors.New("the body is not JSON: it ends too early")
		}
		if typeErr := new(json.UnmarshalTypeError); errors.As(err, &typeErr) {
			// The path of a field begins with the names of embedded Go structs, which nobody sent.
			where := cmp.Or(strings.TrimPrefix(typeErr.Field, "Data."), "the whole")
			return fmt.Errorf("the body is not JSON as Alertmanager sends it: %s is a JSON %s", where, typeErr.Value)
		}
		return fmt.Errorf("the body is not JSON as Alertmanager sends it: %w", err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return errors.New("the body is not JSON as Alertmanager sends it: there is more after the first value")
	}
	return nil
}

func fromWebhook(a template.Alert) (engine.Alert, error) {
	alert, err := newAlert(a.Fingerprint, a.Labels, a.Annotations, a.StartsAt)
	if err != nil {
		return engine.Alert{}, err
	}
	switch model.AlertStatus(a.Status) {
	case model.AlertFiring:
	case model.AlertResolved:
		if a.EndsAt.IsZero() {
			return engine.Alert{}, errors.New("it is resolved and has no endsAt")
		}
		ends := a.EndsAt.UTC()
		alert.EndsAt = &ends
	default:
		return engine.Alert{}, fmt.Errorf("status is %q, not firing or resolved", a.Status)
	}
	return alert, nil
}

// newAlert fills what the webhook and the list have in common. Alertmanager names an alert by the
// fingerprint of its labels; where a sender left that out, it is computed in the same way.
func newAlert(fingerprint string, labels, annotations map[string]string, startsAt time.Time) (engine.Alert, error) {
	if len(labels) == 0 {
		return engine.Alert{}, errors.New("it has no labels")
	}
	if startsAt.IsZero() {
		return engine.Alert{}, errors.New("it has no startsAt")
	}
	if fingerprint == "" {
		set := make(model.LabelSet, len(labels))
		for name, value := range labels {
			set[model.LabelName(name)] = model.LabelValue(value)
		}
		fingerprint = set.Fingerprint().String()
	}
	return engine.Alert{Fingerprint: fingerprint, Labels: labels, Annotations: annotations, StartsAt: startsAt.UTC()}, nil
}

// listed is one element of the answer of GET /api/v2/alerts. Alertmanager's generated client for it
// brings the whole of go-openapi; these are the fields that count.
type listed struct {
	Fingerprint string            `json:"fingerprint"`
	Labels      map[string]string `json:"labels"`
	Annotations map[string]string `json:"annotations"`
	StartsAt    time.Time         `json:"startsAt"`
	EndsAt      time.Time         `json:"endsAt"`
	Status      struct {
		SilencedBy  []string `json:"silencedBy"`
		InhibitedBy []string `json:"inhibitedBy"`
		MutedBy     []string `json:"mutedBy"`
	} `json:"status"`
}

// DecodeList reads the answer of GET /api/v2/alerts, as it stood at now: an endsAt that lies in the
// future means that the alert fires.
func DecodeList(body []byte, now time.Time) ([]engine.Alert, error) {
	var list []listed
	if err := unmarshalOne(body, &list); err != nil {
		return nil, err
	}
	alerts := make([]engine.Alert, 0, len(list))
	for i, l := range list {
		alert, err := newAlert(l.Fingerprint, l.Labels, l.Annotations, l.StartsAt)
		if err != nil {
			return nil, fmt.Errorf("alerts[%d]: %w", i, err)
		}
		if !l.EndsAt.IsZero() && !l.EndsAt.After(now) {
			ends := l.EndsAt.UTC()
			alert.EndsAt = &ends
		}
		alert.Silenced = len(l.Status.SilencedBy)+len(l.Status.InhibitedBy)+len(l.Status.MutedBy) > 0
		alerts = append(alerts, alert)
	}
	return alerts, nil
}
