// Package incident groups alerts that stand for one real-world event, and judges what caused it:
// candidates by a greedy cover over the topology, evidence with every term, confidence, a sentence
// that can be read aloud, and what could not be known. Pure: facts come in, a judgement comes out.
package incident

import "time"

// Label is what an incident bears whose first candidate has change evidence that counts.
const Label = "Possible change-related outage"

// Interval is a stretch of time in which something happened.
type Interval struct {
	NotBefore time.Time `json:"not_before"`
	NotAfter  time.Time `json:"not_after"`
}

// Occurrence is one contiguous firing stretch of one alert. The fingerprint names the alert; HA
// peers and merges move StartsAt, so that is no part of the identity.
type Occurrence struct {
	ID          string            `json:"id"`
	IncidentID  string            `json:"incident_id"`
	Fingerprint string            `json:"fingerprint"`
	AlertName   string            `json:"alertname"`
	Device      string            `json:"device,omitempty"`
	Site        string            `json:"site,omitempty"`
	Interface   string            `json:"interface,omitempty"`
	Peer        string            `json:"peer,omitempty"`
	Severity    string            `json:"severity,omitempty"`
	Symptom     string            `json:"symptom"`
	Labels      map[string]string `json:"labels,omitempty"`
	Annotations map[string]string `json:"annotations,omitempty"`
	StartsAt    time.Time         `json:"starts_at"`
	Lag         time.Duration     `json:"lag"` // how long before StartsAt it may have begun, in nanoseconds
	EndsAt      *time.Time        `json:"ends_at,omitempty"`
	HeardAt     time.Time         `json:"heard_at"` // when the correlator first received it
	LastHeardAt time.Time         `json:"last_heard_at"`
	Suppressed  bool              `json:"suppressed"`
	// SilencedElsewhere: Alertmanager itself silenced or inhibited it when last heard.
	SilencedElsewhere bool `json:"silenced_elsewhere,omitempty"`
}

// Firing says that the occurrence has no known end.
func (o Occurrence) Firing() bool { return o.EndsAt == nil }

// Onset is the interval in which the trouble behind the alert began: [StartsAt − Lag, StartsAt].
func (o Occurrence) Onset() Interval {
	began := o.began()
	return Interval{NotBefore: began.Add(-o.Lag), NotAfter: began}
}

// MaxAlertSkew is by how much the clock that stamps alerts may be ahead of ours. Beyond it the clock is
// broken, and what it says bends no onset.
const MaxAlertSkew = 5 * time.Minute

// began is StartsAt, but no later than a tolerable skew after the alert was first heard of.
func (o Occurrence) began() time.Time {
	if latest := o.HeardAt.Add(MaxAlertSkew); !o.HeardAt.IsZero() && o.StartsAt.After(latest) {
		return latest
	}
	return o.StartsAt
}

// State of an incident.
type State string

// The states. Acknowledged is a property, not a state.
const (
	Open   State = "open"
	Closed State = "closed"
	Merged State = "merged" // another incident (MergedInto) took its alerts; shown nowhere by itself
)

// Incident is a correlated group of alerts that stands for one real-world event. Its occurrences
// are kept beside it (see engine.Store), since a storm has thousands.
type Incident struct {
	ID       string     `json:"id"`
	State    State      `json:"state"`
	Revision int64      `json:"revision"` // counts every saved change
	OpenedAt time.Time  `json:"opened_at"`
	ClosedAt *time.Time `json:"closed_at,omitempty"`
	Reopened int        `json:"reopened"`
	// ReopenedAt is when its present life began, after the last closing; nil while it is in its first.
	ReopenedAt *time.Time `json:"reopened_at,omitempty"`

	// Onset is that of the first alerts: [earliest start of an onset, earliest end of one].
	Onset Interval `json:"onset"`
	// LastOnset is the latest end of an onset: with Onset.NotBefore the span that joining looks at.
	LastOnset time.Time `json:"last_onset"`

	DuringChangeID      string `json:"during_change_id,omitempty"`
	DuringMaintenanceID string `json:"during_maintenance_id,omitempty"`

	Judgement Judgement `json:"judgement"`
	// JudgedAt is when the judgement was last looked at anew, unless that changed nothing at all.
	JudgedAt time.Time `json:"judged_at"`

	Acknowledged *Acknowledgement `json:"acknowledged,omitempty"`
	Feedback     []Feedback       `json:"feedback,omitempty"`
	MergedFrom   []string         `json:"merged_from,omitempty"`
	MergedInto   string           `json:"merged_into,omitempty"`
	// Apart names incidents that an operator split from this one: never merged by themselves again.
	Apart []string `json:"apart,omitempty"`
	// Truncated is how many alerts Alertmanager said it left out of a notification of this incident.
	Truncated int `json:"truncated,omitempty"`

	Notice Notice `json:"notice"`
}

// Notice is what on-call has been told in the incident's present life (a reopening begins anew).
type Notice struct {
	Due      *time.Time `json:"due,omitempty"` // when `opened` will be told
	Told     bool       `json:"told"`          // `opened` or `window_overrun` was told
	Evidence bool       `json:"evidence"`      // the label was told, in `opened` or by `evidence`
}

// Acknowledgement is an operator's word that somebody works on it.
type Acknowledgement struct {
	By    string     `json:"by"`
	At    time.Time  `json:"at"`
	Until *time.Time `json:"until,omitempty"`
}

// Feedback is an operator's verdict on the cause. Device empty: the cause lay in nothing we know.
type Feedback struct {
	By       string    `json:"by"`
	At       time.Time `json:"at"`
	Device   string    `json:"device,omitempty"`
	Category string    `json:"category,omitempty"`
}

// Judgement is the outcome of one scoring. It is a pure function of alerts, topology, changes and
// weights, so scoring again without new facts gives an equal one.
type Judgement struct {
	WeightsVersion string      `json:"weights_version"`
	RulesVersion   string      `json:"rules_version"`
	Label          string      `json:"label,omitempty"`
	Candidates     []Candidate `json:"candidates,omitempty"` // best first; the first is the root cause
	Explanation    string      `json:"explanation"`
	Unknowns       []string    `json:"unknowns,omitempty"`
	Impact         Impact      `json:"impact"`
	ProbableFixes  []Fix       `json:"probable_fixes,omitempty"`
}

// Impact counts what fails with the first candidate.
type Impact struct {
	Sites    int `json:"sites"`
	Devices  int `json:"devices"`
	Services int `json:"services"`
	// Subscribers is an estimate: what is known to stand on each of the devices, together.
	Subscribers int `json:"subscribers"`
}

// Kind of root-cause candidate.
type Kind string

// The kinds of candidate.
const (
	KindDevice  Kind = "device"
	KindLink    Kind = "link"
	KindSite    Kind = "site"
	KindRollout Kind = "rollout"
)

// Role of a candidate in the cover.
type Role string

// The roles: the first of the cover is primary.
const (
	Primary      Role = "primary"
	Contributing Role = "contributing"
)

// Candidate is an entity that could explain the incident, or a part of it.
type Candidate struct {
	Kind       Kind       `json:"kind"`
	Name       string     `json:"name"`
	Devices    []string   `json:"devices"` // sorted
	Role       Role       `json:"role"`
	Score      float64    `json:"score"` // of Cover and of all evidence together
	Cover      Cover      `json:"cover"`
	Confidence float64    `json:"confidence"` // 0…1
	Explains   []string   `json:"explains"`   // alerting devices (or sites) that it explains, sorted
	Evidence   []Evidence `json:"evidence,omitempty"`
}

// Cover is what a candidate explains: the first part of its score.
type Cover struct {
	Explained float64 `json:"explained"` // devices and sites, those in part of which only some alerts are explained
	Silent    int     `json:"silent"`    // devices that should have failed with it and say nothing
	Weight    float64 `json:"weight"`
}

// EvidenceKind tells pieces of evidence apart.
type EvidenceKind string

// The kinds of evidence.
const (
	EvidenceChange EvidenceKind = "config_change"
	EvidenceState  EvidenceKind = "state"
)

// Evidence is one explained, weighted reason.
type Evidence struct {
	Kind           EvidenceKind `json:"kind"`
	ConfigChangeID string       `json:"config_change_id,omitempty"`
	State          string       `json:"state,omitempty"` // of EvidenceState: its name in Weights.State
	Weight         float64      `json:"weight"`
	Terms          Terms        `json:"terms"`
	Text           string       `json:"text"`
}

// Terms are the factors of an evidence weight: their product is the weight. State evidence has 1
// everywhere but in Base.
type Terms struct {
	Base              float64 `json:"base"`
	Precedence        float64 `json:"precedence"`
	TimeDecay         float64 `json:"time_decay"`
	CategoryAffinity  float64 `json:"category_affinity"`
	TopologyProximity float64 `json:"topology_proximity"`
}

// Product multiplies the terms out.
func (t Terms) Product() float64 {
	return t.Base * t.Precedence * t.TimeDecay * t.CategoryAffinity * t.TopologyProximity
}

// Fix is a change that followed the onset and preceded the recovery: shown as what probably helped,
// never as a cause.
type Fix struct {
	ConfigChangeID string `json:"config_change_id"`
	Text           string `json:"text"`
}
