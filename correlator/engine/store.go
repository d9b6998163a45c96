package engine

import (
	"context"
	"time"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/calendar"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/configchange"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/incident"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/topology"
)

// Store is what the engine needs of one tenant's state, inside one transaction: every method sees
// what earlier ones of the same Apply saved. Each loads just a neighbourhood, so no cost grows with
// history. Results are ordered as told, so that equal inputs give equal outputs. Slices that come
// back are the caller's; save methods do not keep what they are given.
type Store interface {
	// Tenant is the tenant whose state this is; it only keys the engine's caches.
	Tenant() string
	// NewID gives an identifier that was never given before, for a kind of thing ("change", "incident",
	// "occurrence", "run"). A service gives UUIDv7; a replay counts.
	NewID(kind string) string

	ConfigStore
	IncidentStore
	CalendarStore
	TimerStore
	TenantStore
}

// TenantStore keeps what there is once for a tenant.
type TenantStore interface {
	// Settings are the tenant's, or the zero value when none were saved.
	Settings(ctx context.Context) (Settings, error)
	SaveSettings(ctx context.Context, s Settings) error
	// AppendWeights keeps that weights were applied. Append only; the engine never asks for it.
	AppendWeights(ctx context.Context, w AppliedWeights) error
	// InventoryRevision grows with every SaveInventory; 0: there is none yet. The engine caches the
	// indexed inventory by it, so this is the cheap question asked at every Apply.
	InventoryRevision(ctx context.Context) (int64, error)
	Inventory(ctx context.Context) (topology.Inventory, error)
	SaveInventory(ctx context.Context, inv topology.Inventory) error
	// SubscribersRevision grows with every SaveSubscribers, as InventoryRevision does.
	SubscribersRevision(ctx context.Context) (int64, error)
	// Subscribers are the measured numbers by device. The map is not written to.
	Subscribers(ctx context.Context) (map[string]int, error)
	SaveSubscribers(ctx context.Context, counts map[string]int) error
	// RememberUninventoried notes devices that were heard of but are in no inventory (idempotent).
	RememberUninventoried(ctx context.Context, devices []string, at time.Time) error
}

// ConfigStore keeps runs and the changes derived from them.
type ConfigStore interface {
	// Heads are the newest runs (by LastSeen) of the streams; streams never seen are left out.
	Heads(ctx context.Context, streams []configchange.Stream) ([]configchange.Run, error)
	// DeviceHeads are the newest runs of every stream of the devices, ordered by stream.
	DeviceHeads(ctx context.Context, devices []string) ([]configchange.Run, error)
	// RunsAround are, for each stretch, the runs of every stream of its device's category that meet
	// [From, To], and the nearest run before and after it. One list for each stretch, ordered by stream,
	// then FirstSeen.
	RunsAround(ctx context.Context, stretches []Stretch) ([][]configchange.Run, error)
	// SaveRuns inserts or replaces by ID: one statement for the whole batch.
	SaveRuns(ctx context.Context, runs []configchange.Run) error
	// SaveFailure notes the newest failed reading of a stream (older ones are ignored).
	SaveFailure(ctx context.Context, f ObservationFailedInput) error
	// Failures are the newest failed readings of the devices' streams, ordered by stream.
	Failures(ctx context.Context, devices []string) ([]ObservationFailedInput, error)

	// ConfigChanges are the changes that the selector names, ordered by NotAfter, then ID.
	ConfigChanges(ctx context.Context, s ChangeSelector) ([]configchange.Change, error)
	// ConfigChangesIn are, for each stretch, the changes of its device's category whose interval meets it
	// (NotAfter ≥ From and NotBefore ≤ To). One list for each stretch, ordered by NotAfter, then ID.
	ConfigChangesIn(ctx context.Context, stretches []Stretch) ([][]configchange.Change, error)
	// SaveConfigChanges inserts or replaces by ID.
	SaveConfigChanges(ctx context.Context, changes []configchange.Change) error
	DeleteConfigChanges(ctx context.Context, ids []string) error
}

// Stretch is a stretch of time of one category of a device, both ends included.
type Stretch struct {
	Device, Category string
	From, To         time.Time
}

// ChangeSelector selects changes whose interval meets the range: NotAfter ≥ From and NotBefore ≤
// To. Devices and Category narrow it; empty ones do not.
type ChangeSelector struct {
	Devices  []string
	Category string
	From, To time.Time
}

// IncidentStore keeps incidents, their occurrences and their reach.
type IncidentStore interface {
	// Incidents are the incidents that the selector names, ordered by OpenedAt, then ID. Merged ones
	// are never among them.
	Incidents(ctx context.Context, s IncidentSelector) ([]incident.Incident, error)
	// IncidentsReaching are the ids of the incidents that each selector would select by Reach and its
	// times, which is all that may be set. One list for each selector, in any order.
	IncidentsReaching(ctx context.Context, selectors []IncidentSelector) ([][]string, error)
	// SaveIncidents inserts or replaces by ID (the header with its judgement, not the occurrences).
	SaveIncidents(ctx context.Context, incidents []incident.Incident) error
	// SaveJudgement keeps one outcome of scoring in the incident's history. Append only.
	SaveJudgement(ctx context.Context, incidentID string, at time.Time, j incident.Judgement) error
	// AddReach notes entities through which later alerts and changes find the incident (see
	// IncidentSelector.Reach). Idempotent; never taken away while the incident lives.
	AddReach(ctx context.Context, incidentID string, keys []string) error

	// Occurrences are all occurrences of the incidents, ordered by StartsAt, then ID.
	Occurrences(ctx context.Context, incidentIDs []string) ([]incident.Occurrence, error)
	// AlertOccurrences are, for each alert fingerprint, its newest occurrence (by StartsAt) and every
	// other that had not ended by `since`. Ordered by StartsAt, then ID.
	AlertOccurrences(ctx context.Context, fingerprints []string, since time.Time) ([]incident.Occurrence, error)
	// FiringOccurrences are all occurrences without an end, ordered by StartsAt, then ID.
	FiringOccurrences(ctx context.Context) ([]incident.Occurrence, error)
	// SaveOccurrences inserts or replaces by ID; an occurrence that moves to another incident is saved
	// with the other IncidentID.
	SaveOccurrences(ctx context.Context, occurrences []incident.Occurrence) error
}

// IncidentSelector selects incidents. An incident is selected when it fits IDs, or Latest, or (Reach
// and the times), or Causes. By Reach and Causes closed ones are selected only where ClosedAt ≥
// ClosedSince, and none when that is zero; by IDs and Latest always.
type IncidentSelector struct {
	IDs []string
	// Latest: the incident that has the occurrence with this Fingerprint and StartsAt where they are given,
	// else the newest incident (by OpenedAt) that has an occurrence with this device and alertname.
	Latest *IncidentRef
	// Reach: incidents of which any of these keys was added to the reach, and whose span of onsets
	// [Onset.NotBefore, LastOnset] meets [OnsetFrom, OnsetTo]. Keys are opaque to the store.
	Reach              []string
	OnsetFrom, OnsetTo time.Time
	// Causes: open incidents whose first candidate has any of these devices in Candidate.Devices,
	// however long ago they began.
	Causes      []string
	ClosedSince time.Time
}

// CalendarStore keeps change records, maintenance and blackout windows.
type CalendarStore interface {
	// Window by kind and id; ok is false when there is none.
	Window(ctx context.Context, kind calendar.Kind, id string) (w calendar.Window, ok bool, err error)
	// Windows are those of the kinds whose life may meet [from, to]: min(StartsAt, StartedAt) ≤ to, and
	// max(EndsAt, EndedAt) ≥ from. Ordered by StartsAt, then ID.
	Windows(ctx context.Context, kinds []calendar.Kind, from, to time.Time) ([]calendar.Window, error)
	SaveWindow(ctx context.Context, w calendar.Window) error
}

// TimerKind is what happens when a timer fires. Their order is the order at one instant.
type TimerKind int

// The kinds of timer, in the order in which they fire at one instant. The numbers are stored.
const (
	TimerWindowStart TimerKind = 1 // Subject: kind/id of the window
	TimerWindowEnd   TimerKind = 2 // Subject: kind/id of the window
	TimerNotify      TimerKind = 3 // Subject: incident
	TimerAckExpiry   TimerKind = 4 // Subject: incident
	TimerRescore     TimerKind = 5 // Subject: incident
	TimerClose       TimerKind = 6 // Subject: incident
)

// Timer is something to do at an instant. There is at most one of a kind for a subject.
type Timer struct {
	Kind    TimerKind
	Subject string
	Due     time.Time
}

// TimerStore keeps timers.
type TimerStore interface {
	// NextTimer is the first timer by (Due, Kind, Subject); ok is false when there is none.
	NextTimer(ctx context.Context) (t Timer, ok bool, err error)
	// SetTimer sets or moves the timer of its kind and subject.
	SetTimer(ctx context.Context, t Timer) error
	// ClearTimer removes it; no timer there is no error.
	ClearTimer(ctx context.Context, kind TimerKind, subject string) error
}
