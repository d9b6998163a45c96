package engine

import (
	"time"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/calendar"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/configchange"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/topology"
)

// Input is anything a road delivers for one tenant. The instant of its arrival travels beside it.
// The implementations are the types in this file and nothing else.
type Input interface{ input() }

// InventoryInput replaces the inventory of the tenant.
type InventoryInput struct {
	Inventory topology.Inventory
	// IfRevision, where it is given, is the revision that the sender read: another one is refused, so
	// that nobody's work is lost.
	IfRevision *int64
}

// SubscribersInput says how many subscribers devices usually serve, as measured. Devices that it does
// not name keep their number; 0 forgets it.
type SubscribersInput struct{ Counts map[string]int }

// SettingsInput changes the settings that it names; nil fields stay as they are.
type SettingsInput struct {
	Lookback    *time.Duration // X, how long before an onset a change is a suspect
	Cooldown    *time.Duration // how long all alerts must be over before an incident closes
	JoinWindow  *time.Duration // the gap of onsets that still joins
	NotifyDelay *time.Duration // from the first unsuppressed alert to `opened`
	Weights     []byte         // YAML or JSON laid over the default weights; strict; nil: unchanged, empty: back to the defaults
	// By and Reason say who changes them and why; they are kept with the weights.
	By, Reason string
}

// ObservationsInput is a batch of complete sightings, in any order, from any number of streams.
// The whole batch is one read and one write where nothing changed.
type ObservationsInput struct{ Observations []configchange.Observation }

// ObservationFailedInput says that a category could not be read: never a sighting, only a fact for
// "what could not be known".
type ObservationFailedInput struct {
	configchange.Stream
	ObservedAt time.Time
	Reason     string // dial, tls_no_cert, auth, timeout, trap, fatal, or the sender's own word
}

// Alert is one alert as Alertmanager told it, in neutral form.
type Alert struct {
	Fingerprint string
	Labels      map[string]string
	Annotations map[string]string
	StartsAt    time.Time
	EndsAt      *time.Time // nil: firing
	Silenced    bool       // Alertmanager silenced or inhibited it (only the alerts list says so)
}

// AlertsInput is one webhook call: every alert of it is correlated together, once.
type AlertsInput struct {
	Alerts []Alert
	// Truncated is how many alerts Alertmanager left out (truncatedAlerts).
	Truncated int
}

// AlertListInput is what GET /api/v2/alerts answered: all alerts that one Alertmanager holds,
// silenced and inhibited ones included. Absence from it is a resolution only where StartedAt is
// known and lies before the alert's last sight.
type AlertListInput struct {
	Alerts    []Alert
	StartedAt *time.Time // when that Alertmanager started
}

// WindowOp is what to do with a calendar entry.
type WindowOp string

// The operations. Start and Complete are for change records alone.
const (
	OpCreate   WindowOp = "create"
	OpUpdate   WindowOp = "update"
	OpStart    WindowOp = "start"
	OpComplete WindowOp = "complete"
	OpCancel   WindowOp = "cancel"
)

// WindowInput creates or moves along a change record, a maintenance or a blackout window. For
// start, complete and cancel only Kind and ID of the window are looked at. Update replaces title,
// description, owner, times, scope and notify_critical. Creating one that exists with the same
// content changes nothing; with other content it is refused.
type WindowInput struct {
	Op     WindowOp
	Window calendar.Window
	// IfRevision refuses an update when somebody else has written meanwhile; 0: whatever is there.
	IfRevision int64
}

// OperatorOp is what a person says about an incident.
type OperatorOp string

// The operations.
const (
	OpAcknowledge   OperatorOp = "acknowledge"
	OpUnacknowledge OperatorOp = "unacknowledge" // takes an acknowledgement back
	OpMerge         OperatorOp = "merge"
	OpSplit         OperatorOp = "split"
	OpFeedback      OperatorOp = "feedback"
)

// IncidentRef names an incident: by ID, else by the occurrence (Fingerprint and StartsAt) that it has
// now, else as the newest one that has an alert of this name and subject (Occurrence.Subject).
type IncidentRef struct {
	ID          string
	Device      string
	AlertName   string
	Fingerprint string
	StartsAt    time.Time
}

// Cause is the verdict of feedback.
type Cause struct {
	Device   string
	Category string // may be empty
}

// OperatorInput is one operator command.
type OperatorInput struct {
	Op       OperatorOp
	By       string // who says so
	Incident IncidentRef
	Into     IncidentRef // merge: the one that survives
	Alerts   []string    // split: fingerprints that leave
	Until    *time.Time  // acknowledge: when it expires; nil: never
	Cause    *Cause      // feedback: nil means "nothing that we know"
}

// Tick only lets time pass: due timers fire.
type Tick struct{}

func (InventoryInput) input()         {}
func (SubscribersInput) input()       {}
func (SettingsInput) input()          {}
func (ObservationsInput) input()      {}
func (ObservationFailedInput) input() {}
func (AlertsInput) input()            {}
func (AlertListInput) input()         {}
func (WindowInput) input()            {}
func (OperatorInput) input()          {}
func (Tick) input()                   {}
