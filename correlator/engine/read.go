package engine

import (
	"encoding/json"
	"errors"
	"time"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/incident"
)

// This file is the read side: what a query over one tenant asks and answers. It is plain data, apart
// from the state that Apply works on, so that an index or a column can follow the questions that
// people ask without touching the rules. A reader answers them with methods of the form
//
//	Devices(ctx, tenant, DeviceQuery) ([]DeviceView, error)
//	Inventory(ctx, tenant) (InventoryView, error)
//	ConfigChanges(ctx, tenant, ConfigChangeQuery) (ConfigChangePage, error)
//	Windows(ctx, tenant, calendar.Kind, ChangeQuery) (ChangePage, error)
//	Window(ctx, tenant, calendar.Kind, id) (ChangeView, error)
//	Incidents(ctx, tenant, IncidentQuery) (IncidentPage, error)
//	Incident(ctx, tenant, id) (IncidentView, error)
//	Judgements(ctx, tenant, JudgementQuery) (JudgementPage, error)
//	Annotations(ctx, tenant, AnnotationQuery) (Annotations, error)
//	Settings(ctx, tenant) (SettingsView, error)
//	AppliedWeights(ctx, tenant, Page) (AppliedWeightsPage, error)
//	Status(ctx, tenant) (StatusView, error)
//
// and its consumers declare the ones that they need. In all of it a zero time.Time means "not given" in a query
// and "not (yet) known" in an answer, and times are UTC.

// ErrNotFound is returned by a read of one thing by its id, when the tenant has none of that id.
var ErrNotFound = errors.New("not found")

// ErrPageToken is returned when Page.Token was not made by the same query: the client should start
// again with an empty one.
var ErrPageToken = errors.New("the page token does not belong to this list: start again without one")

// Page asks for one page of a list. Pages are cut by key, not by offset: rows that arrive meanwhile
// neither shift nor repeat what is already read, and a late page costs what the first one costs.
type Page struct {
	// Size is the most rows in the answer (default 200, at most 1000).
	Size int
	// Token is the Next of the page before; empty for the first page.
	Token string
}

// DeviceQuery selects devices: the named ones and those at the named sites, all when both are empty. In
// every query of this file Sites and Devices together mean such a union.
type DeviceQuery struct {
	Sites   []string
	Devices []string
}

// DeviceView is a device with what is known of its configuration.
type DeviceView struct {
	Name string
	// Site, Tags, Services, Roles and DependsOn are empty for a device that no inventory names.
	Site      string
	Tags      []string
	Services  []string
	Roles     []string
	DependsOn []DependencyView
	// Subscribers are those that this very device serves: stated by the inventory, else measured.
	Subscribers int
	// Uninventoried says that the device was observed, but no inventory names it.
	Uninventoried bool
	// Fingerprints holds the newest one of each category, by category name.
	Fingerprints []FingerprintView
	// LastObservedAt is the newest sight of any category.
	LastObservedAt time.Time
	// LastChangeAt is the NotAfter of the newest config change.
	LastChangeAt time.Time
}

// DependencyView is one dependency group; exactly one of Any, All, or K with Of is set.
type DependencyView struct {
	Any []string
	All []string
	K   int
	Of  []string
}

// FingerprintView is the newest run of one category of a device, over all streams.
type FingerprintView struct {
	Category string
	// Fingerprint is the first 48 bits of the SHA-256, 12 hex digits.
	Fingerprint string
	// FirstSeen and LastSeen bound the run of observations with this fingerprint.
	FirstSeen time.Time
	LastSeen  time.Time
}

// ConfigChangeQuery selects detected config changes. Empty fields select everything.
type ConfigChangeQuery struct {
	// From and To select the changes whose interval (NotBefore, NotAfter] meets [From, To).
	From, To      time.Time
	Devices       []string
	Sites         []string
	Categories    []string
	UnplannedOnly bool
	Page          Page
}

// ConfigChangePage is one page of config changes, newest NotAfter first.
type ConfigChangePage struct {
	ConfigChanges []ConfigChangeView
	// Next is the token of the following page; empty when this is the last one.
	Next string
}

// ConfigChangeView is the boundary between two runs: it happened somewhere in (NotBefore, NotAfter].
type ConfigChangeView struct {
	ID       string
	Device   string
	Category string
	// Site is where the device stands now; empty when no inventory says.
	Site                string
	NotBefore, NotAfter time.Time
	// OldFingerprint and NewFingerprint have 12 hex digits each.
	OldFingerprint, NewFingerprint string
	// PlannedChangeID is the change record in whose time and scope it fell; empty = unplanned.
	PlannedChangeID string
	// InBlackoutID is the blackout window that it violated, if any.
	InBlackoutID string
	// Actor is nil when nobody could tell who did it.
	Actor *ActorView
	// Summary has one line a changed property.
	Summary []string
}

// ActorView is who changed a configuration, from where, by what and when by the router's clock.
type ActorView struct {
	User    string
	Address string
	Via     string
	At      time.Time
}

// ScopeView is a union of sites, devices, tags and services.
type ScopeView struct {
	Sites    []string
	Devices  []string
	Tags     []string
	Services []string
}

// ChangeQuery selects change records, or windows of another kind. Empty fields select everything.
type ChangeQuery struct {
	// From and To select the changes whose [StartsAt, EndsAt), planned or actual, meets [From, To).
	From, To time.Time
	// Devices selects the changes whose scope, resolved now, has one of these; Sites likewise.
	Devices []string
	Sites   []string
	// Statuses are of planned, in_progress, completed, canceled.
	Statuses []string
	Page     Page
}

// ChangePage is one page of change records, newest StartsAt first.
type ChangePage struct {
	Changes []ChangeView
	Next    string
}

// ChangeView is a change record (planned work), a maintenance or a blackout window.
type ChangeView struct {
	ID          string
	Title       string
	Description string
	Owner       string
	// Status is planned, in_progress, completed or canceled.
	Status           string
	StartsAt, EndsAt time.Time
	// StartedAt and FinishedAt are when it really began, and ended or was canceled.
	StartedAt, FinishedAt time.Time
	NotifyCritical        bool
	Scope                 ScopeView
	// Devices is what the scope means now, by name.
	Devices []string
	// Revision grows with each write.
	Revision int64
}

// IncidentQuery selects incidents. Empty fields select everything.
type IncidentQuery struct {
	// From and To select the incidents that were open at some time in [From, To).
	From, To time.Time
	// Devices and Sites select incidents in which one of them alerts or is impacted.
	Devices []string
	Sites   []string
	// States are of open, closed.
	States []string
	Page   Page
}

// IncidentPage is one page of incidents, newest OpenedAt first, with at most 100 alerts each.
type IncidentPage struct {
	Incidents []IncidentView
	Next      string
}

// IncidentView is a correlated group of alerts that stands for one real-world event.
type IncidentView struct {
	ID string
	// State is open or closed.
	State string
	// Label is "Possible change-related outage" or empty.
	Label string
	// Explanation is one sentence that on-call can read aloud.
	Explanation string
	// Unknowns say what could not be known, a sentence each.
	Unknowns []string
	// OnsetNotBefore and OnsetNotAfter bound when it began.
	OnsetNotBefore, OnsetNotAfter time.Time
	OpenedAt, ClosedAt            time.Time
	// Reopened counts how often it was opened again.
	Reopened int
	// Acknowledged is nil unless a person has it.
	Acknowledged                        *AcknowledgementView
	MergedFrom                          []string
	DuringChangeID, DuringMaintenanceID string
	// Alerts are its occurrences by StartsAt; a list leaves out those beyond 100, AlertCount never does.
	Alerts     []AlertView
	AlertCount int
	// Candidates are best first; the first one is the root cause.
	Candidates []CandidateView
	// Devices and Sites are all that alert or are impacted, by name.
	Devices, Sites []string
	// Severity is the worst of its alerts.
	Severity string
	// WeightsVersion and RulesVersion are of the weights and the rules that scored it.
	WeightsVersion, RulesVersion string
	// Impact is what fails with the first candidate.
	Impact ImpactView
	// ProbableFixes are changes that followed the onset and preceded the recovery.
	ProbableFixes []FixView
	// Feedback is what people said about the cause, oldest first.
	Feedback []FeedbackView
	// Apart names incidents that an operator split from this one, or this one from them.
	Apart []string
	// Revision grows with each write.
	Revision int64
}

// ImpactView counts what fails with the first candidate.
type ImpactView struct{ Sites, Devices, Services, Subscribers int }

// FixView is a change that probably helped; never a cause.
type FixView struct{ ConfigChangeID, Text string }

// FeedbackView is a verdict on the cause. Device empty: the cause lay in nothing that is known.
type FeedbackView struct {
	By               string
	At               time.Time
	Device, Category string
}

// JudgementQuery selects the judgements of one incident.
type JudgementQuery struct {
	IncidentID string
	Page       Page
}

// JudgementPage is one page of judgements, newest first.
type JudgementPage struct {
	Judgements []JudgementView
	Next       string
}

// JudgementView is one outcome of scoring.
type JudgementView struct {
	At                           time.Time
	WeightsVersion, RulesVersion string
	Label                        string
	Explanation                  string
	Candidates                   []CandidateView
	// Differences from the judgement before, a line each; empty for the first one.
	Differences []string
}

// SettingsView are a tenant's settings with the defaults filled in.
type SettingsView struct {
	Lookback, Cooldown, JoinWindow, NotifyDelay time.Duration
	// Weights is the tenant's own document; empty: the built-in weights.
	Weights string
	// WeightsVersion is the version of the weights in force.
	WeightsVersion string
}

// AppliedWeightsPage is one page of applied weights, newest first.
type AppliedWeightsPage struct {
	Weights []AppliedWeights
	Next    string
}

// AcknowledgementView says who has an incident. A zero Until means without end.
type AcknowledgementView struct {
	By        string
	At, Until time.Time
}

// AlertView is one occurrence: a contiguous firing stretch of an Alertmanager alert.
type AlertView struct {
	Fingerprint string
	AlertName   string
	Device      string
	Site        string
	Interface   string
	Peer        string
	Severity    string
	Symptom     string
	Summary     string
	// EndsAt is zero while it fires.
	StartsAt, EndsAt time.Time
	Suppressed       bool
}

// CandidateView is an entity that could explain an incident.
type CandidateView struct {
	// Kind is device, link, site or rollout.
	Kind    string
	Name    string
	Devices []string
	// Role is primary or contributing.
	Role  string
	Score float64
	// Confidence is in [0,1].
	Confidence float64
	// Cover is what it explains: the first part of the score.
	Cover incident.Cover
	// Explains names what alerts and is explained by it.
	Explains []string
	Evidence []EvidenceView
}

// EvidenceView is one explained, weighted reason for a candidate.
type EvidenceView struct {
	// Kind is config_change or state.
	Kind string
	// State says which state, such as interface_down.
	State          string
	ConfigChangeID string
	Weight         float64
	// Terms holds every factor of the weight by name, so that it can be computed again.
	Terms map[string]float64
	Text  string
}

// AnnotationQuery selects what happened over a range of time, for dashboards.
type AnnotationQuery struct {
	// From and To are required.
	From, To time.Time
	// Devices and Sites narrow it when given (a union of both).
	Devices []string
	Sites   []string
	// Classes are of change, config_change, incident; all when empty.
	Classes []string
	// Categories are of config changes; all when empty.
	Categories []string
	// Limit is the most annotations in the answer (default and maximum 500).
	Limit int
}

// Annotations is the answer to an AnnotationQuery.
type Annotations struct {
	// Annotations are by Time. Where there are more events than the limit, neighbours in time of one
	// class are merged, and their Count says of how many.
	Annotations []AnnotationView
	// Total is how many events there are, merged or not.
	Total int64
}

// AnnotationView is one region over a dashboard.
type AnnotationView struct {
	// ID is unique in an answer, such as "change:42:planned".
	ID string
	// Class is change (planned work), config_change (detected) or incident.
	Class string
	// TimeEnd equals Time for a point event, and is the query's To for one that is still going on.
	Time, TimeEnd time.Time
	// Title and Text are plain text, not escaped.
	Title   string
	Text    string
	Tags    []string
	Devices []string
	Sites   []string
	// Status is the one of a change or an incident; planned or unplanned of a config change.
	Status string
	// EntityID is the id of the change, config change or incident; empty for a merged one.
	EntityID string
	// Count is how many events were merged into this one (1 = none).
	Count int
	// Ongoing says that it had no end yet.
	Ongoing bool
}

// InventoryView is the inventory as it was last accepted.
type InventoryView struct {
	// Document is the inventory as JSON, in the form of the replay format's inventory line (sites,
	// devices, services, links), without tenant, type and time.
	Document json.RawMessage
	// Revision grows by one with each replacement; 0 when none was ever given.
	Revision int64
}

// StatusView counts what a client shows beside "connected".
type StatusView struct {
	Devices       int64
	OpenIncidents int64
	// LastObservationAt is the newest sight of any device.
	LastObservationAt time.Time
}
