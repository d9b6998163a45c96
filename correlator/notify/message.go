package notify

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/engine"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/incident"
)

// maxEvidence is how many pieces of evidence a message carries.
const maxEvidence = 5

// message is the body of a delivery. It may grow fields; it never loses one.
type message struct {
	EventID   string          `json:"event_id"`
	EventType string          `json:"event_type"`
	SentAt    time.Time       `json:"sent_at"`
	Tenant    tenantMessage   `json:"tenant"`
	Incident  incidentMessage `json:"incident"`
}

type tenantMessage struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

type incidentMessage struct {
	ID          string            `json:"id"`
	Title       string            `json:"title"`
	Status      string            `json:"status"`
	Severity    string            `json:"severity"`
	Explanation string            `json:"explanation"`
	StartsAt    time.Time         `json:"starts_at"`
	EndsAt      *time.Time        `json:"ends_at"`
	URL         string            `json:"url"`
	MergedInto  string            `json:"merged_into,omitempty"`
	Ack         *ackMessage       `json:"ack"`
	RootCauses  []causeMessage    `json:"root_causes"`
	Impact      impactMessage     `json:"impact"`
	EvidenceTop []string          `json:"evidence_top"`
	Labels      map[string]string `json:"labels"`
}

type ackMessage struct {
	By string    `json:"acked_by"`
	At time.Time `json:"acked_at"`
}

type causeMessage struct {
	EntityType string  `json:"entity_type"`
	EntityID   string  `json:"entity_id"`
	Name       string  `json:"name"`
	Role       string  `json:"role"`
	Confidence float64 `json:"confidence"`
}

type impactMessage struct {
	Sites       int `json:"sites_affected"`
	Devices     int `json:"devices_affected"`
	Services    int `json:"services_affected"`
	Subscribers int `json:"estimated_subscribers_affected"`
}

// newMessage tells of an incident as it stands in view; a view without an id means that it is not to
// be read any more (it was merged), and the event's own word counts.
func newMessage(e Event, eventType string, view engine.IncidentView, r Receiver, now time.Time) message {
	i := e.Incident
	m := message{
		EventID: e.Key, EventType: eventType, SentAt: now.UTC(), Tenant: tenantMessage{ID: r.Tenant, Name: r.TenantName},
		Incident: incidentMessage{
			ID: i.ID, Status: cmp.Or(view.State, string(i.State)), Severity: view.Severity, MergedInto: i.MergedInto,
			Explanation: cmp.Or(view.Explanation, i.Judgement.Explanation),
			StartsAt:    i.Onset.NotBefore, EndsAt: i.ClosedAt,
			URL:        strings.ReplaceAll(r.IncidentURL, "{id}", i.ID),
			RootCauses: []causeMessage{}, EvidenceTop: []string{}, Labels: map[string]string{},
			Impact: impactMessage(i.Judgement.Impact),
		},
	}
	out := &m.Incident
	if view.ID != "" {
		out.StartsAt, out.EndsAt = view.OnsetNotBefore, nil
		if !view.ClosedAt.IsZero() {
			out.EndsAt = &view.ClosedAt
		}
		if ack := view.Acknowledged; ack != nil {
			out.Ack = &ackMessage{By: ack.By, At: ack.At}
		}
	}
	for _, c := range view.Candidates {
		out.RootCauses = append(out.RootCauses, causeMessage{
			EntityType: c.Kind, EntityID: c.Name, Name: c.Name, Role: c.Role, Confidence: c.Confidence,
		})
		for _, evidence := range c.Evidence {
			if len(out.EvidenceTop) < maxEvidence {
				out.EvidenceTop = append(out.EvidenceTop, evidence.Text)
			}
		}
	}
	out.Title = title(view, i)
	for name, value := range map[string]string{
		"label": view.Label, "during_change_id": view.DuringChangeID, "during_maintenance_id": view.DuringMaintenanceID,
	} {
		if value != "" {
			out.Labels[name] = value
		}
	}
	return m
}

// title is what a ticket is called: short, and the same as long as the cause and the label are.
func title(view engine.IncidentView, i incident.Incident) string {
	what := cmp.Or(view.Label, "Outage")
	switch {
	case len(view.Candidates) > 0:
		return fmt.Sprintf("%s: %s %s", what, view.Candidates[0].Kind, view.Candidates[0].Name)
	case len(i.Judgement.Candidates) > 0:
		return fmt.Sprintf("%s: %s %s", what, i.Judgement.Candidates[0].Kind, i.Judgement.Candidates[0].Name)
	case len(view.Alerts) > 0:
		return fmt.Sprintf("%s: %s", what, view.Alerts[0].AlertName)
	}
	return what
}
