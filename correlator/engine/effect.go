package engine

import (
	"time"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/calendar"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/configchange"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/incident"
)

// EventType names what happened, as subscribers know it.
type EventType string

// The events.
const (
	ConfigChangeDetected  EventType = "config.changed.detected"
	ConfigChangeUpdated   EventType = "config.changed.updated"   // narrower interval, actor, summary, planned …
	ConfigChangeRetracted EventType = "config.changed.retracted" // later sightings show that it was another one
	IncidentOpened        EventType = "incident.opened"
	IncidentUpdated       EventType = "incident.updated"
	IncidentAcknowledged  EventType = "incident.acked"
	// IncidentUnacknowledged: an acknowledgement was taken back, or ran out while an alert still fires, so
	// that nobody works on it as far as anybody knows.
	IncidentUnacknowledged EventType = "incident.unacked"
	IncidentReopened       EventType = "incident.reopened"
	IncidentClosed         EventType = "incident.closed"
	IncidentMerged         EventType = "incident.merged"
	WindowChanged          EventType = "window.changed"
	NotificationDue        EventType = "notification"
)

// Effect is something the world outside must hear of. The caller appends it to the outbox in the
// transaction that also commits the state.
type Effect struct {
	// Key is the idempotency key: unique in the tenant, the same for the same event when an input is
	// applied again after a crash. Without the ids it consists of type and revision.
	Key  string
	Type EventType
	At   time.Time

	// Exactly one of these says what it is about, as it stood at the event.
	Change       *configchange.Change
	Incident     *incident.Incident
	Window       *calendar.Window
	Notification *Notification
}

// NotificationKind is why on-call is told something.
type NotificationKind string

// The kinds of notification.
const (
	NotifyOpened        NotificationKind = "opened"
	NotifyEvidence      NotificationKind = "evidence"
	NotifyClosed        NotificationKind = "closed"
	NotifyWindowOverrun NotificationKind = "window_overrun"
)

// Notification is one thing that on-call is told, suppression already applied.
type Notification struct {
	At         time.Time        `json:"at"`
	IncidentID string           `json:"incident_id"`
	Kind       NotificationKind `json:"kind"`
}
