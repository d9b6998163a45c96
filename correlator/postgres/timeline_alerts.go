package postgres

import (
	"time"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/engine"
)

// webhookLine is one webhook call.
type webhookLine struct {
	head
	Body webhookBody `json:"body"`
}

// webhookBody is an Alertmanager webhook payload, as far as the engine is told of it.
type webhookBody struct {
	Version         string         `json:"version"`
	Status          string         `json:"status"`
	TruncatedAlerts int            `json:"truncatedAlerts"`
	Alerts          []webhookAlert `json:"alerts"`
}

type webhookAlert struct {
	Status      string            `json:"status"`
	Labels      map[string]string `json:"labels"`
	Annotations map[string]string `json:"annotations"`
	StartsAt    time.Time         `json:"startsAt"`
	EndsAt      time.Time         `json:"endsAt"` // Alertmanager's zero time while it fires
	Fingerprint string            `json:"fingerprint"`
}

func webhookOf(in engine.AlertsInput) webhookBody {
	body := webhookBody{Version: "4", Status: "resolved", TruncatedAlerts: in.Truncated, Alerts: make([]webhookAlert, len(in.Alerts))}
	for i, a := range in.Alerts {
		body.Alerts[i] = webhookAlert{Status: "resolved", Labels: a.Labels, Annotations: a.Annotations, StartsAt: a.StartsAt, Fingerprint: a.Fingerprint}
		if a.EndsAt == nil {
			body.Status, body.Alerts[i].Status = "firing", "firing"
			continue
		}
		body.Alerts[i].EndsAt = *a.EndsAt
	}
	return body
}

// alertsLine is one answer of Alertmanager's list of alerts.
type alertsLine struct {
	head
	Body      []listedAlert `json:"body"`
	StartedAt *time.Time    `json:"am_started_at,omitempty"`
}

type listedAlert struct {
	Fingerprint string            `json:"fingerprint"`
	Labels      map[string]string `json:"labels"`
	Annotations map[string]string `json:"annotations"`
	StartsAt    time.Time         `json:"startsAt"`
	EndsAt      time.Time         `json:"endsAt"`
	Status      listedStatus      `json:"status"`
}

type listedStatus struct {
	State       string   `json:"state"`
	SilencedBy  []string `json:"silencedBy"`
	InhibitedBy []string `json:"inhibitedBy"`
}

// listedTTL is how far ahead the list says that a firing alert ends unless it is heard of again. The
// engine is only told that it fires, so any instant in the future says the same.
const listedTTL = 4 * time.Minute

func listOf(in engine.AlertListInput, at time.Time) []listedAlert {
	body := make([]listedAlert, len(in.Alerts))
	for i, a := range in.Alerts {
		body[i] = listedAlert{
			Fingerprint: a.Fingerprint, Labels: a.Labels, Annotations: a.Annotations, StartsAt: a.StartsAt, EndsAt: at.Add(listedTTL),
			Status: listedStatus{State: "active", SilencedBy: []string{}, InhibitedBy: []string{}},
		}
		if a.EndsAt != nil {
			body[i].EndsAt = *a.EndsAt
		}
		if a.Silenced {
			body[i].Status = listedStatus{State: "suppressed", SilencedBy: []string{"unknown"}, InhibitedBy: []string{}}
		}
	}
	return body
}

// operatorLine is what a person said about an incident.
type operatorLine struct {
	head
	Op         engine.OperatorOp `json:"op"`
	By         string            `json:"by"`
	IncidentOf incidentOf        `json:"incident_of"`
	Into       *incidentOf       `json:"into_incident_of,omitempty"`
	Alerts     []string          `json:"alerts,omitempty"`
	Until      *time.Time        `json:"until,omitempty"`
	Cause      *cause            `json:"cause,omitempty"`
}

// incidentOf names an incident by one of its alerts, and by the very occurrence where that is known.
type incidentOf struct {
	Device      string     `json:"device"`
	AlertName   string     `json:"alertname"`
	Fingerprint string     `json:"fingerprint,omitempty"`
	StartsAt    *time.Time `json:"starts_at,omitempty"`
}

func incidentOfRef(ref engine.IncidentRef) incidentOf {
	return incidentOf{Device: ref.Device, AlertName: ref.AlertName, Fingerprint: ref.Fingerprint, StartsAt: nullTime(ref.StartsAt.UTC())}
}

type cause struct {
	Device   string `json:"device"`
	Category string `json:"category,omitempty"`
}

func operatorLineOf(h head, in engine.OperatorInput) operatorLine {
	line := operatorLine{head: h, Op: in.Op, By: in.By, IncidentOf: incidentOfRef(in.Incident), Alerts: in.Alerts, Until: in.Until}
	if in.Op == engine.OpMerge {
		into := incidentOfRef(in.Into)
		line.Into = &into
	}
	if in.Cause != nil {
		line.Cause = &cause{Device: in.Cause.Device, Category: in.Cause.Category}
	}
	return line
}
