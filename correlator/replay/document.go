package replay

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/configchange"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/engine"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/incident"
)

// Format is the version of the document.
const Format = 1

// Document is the outcome of a replay.
type Document struct {
	Format        int            `json:"format"`
	ConfigChanges []configChange `json:"config_changes"` // by not_after
	Incidents     []outcome      `json:"incidents"`      // by opened_at
	Notifications []notification `json:"notifications"`  // by at
}

type configChange struct {
	ID              string    `json:"id"`
	Tenant          string    `json:"tenant"`
	Device          string    `json:"device"`
	Category        string    `json:"category"`
	NotBefore       time.Time `json:"not_before"`
	NotAfter        time.Time `json:"not_after"`
	OldFingerprint  string    `json:"old_fingerprint"`
	NewFingerprint  string    `json:"new_fingerprint"`
	PlannedChangeID *string   `json:"planned_change_id"`
	InBlackoutID    *string   `json:"in_blackout_id"`
	Actor           actor     `json:"actor"`
	Summary         []string  `json:"summary"`
}

// actor is an empty object where nobody is known.
type actor struct {
	User    string     `json:"user,omitempty"`
	Address string     `json:"address,omitempty"`
	Via     string     `json:"via,omitempty"`
	At      *time.Time `json:"at,omitempty"`
}

type outcome struct {
	ID                  string             `json:"id"`
	Tenant              string             `json:"tenant"`
	State               incident.State     `json:"state"`
	Acknowledged        *acknowledged      `json:"acknowledged"`
	MergedFrom          []string           `json:"merged_from"`
	Label               *string            `json:"label"`
	OnsetNotBefore      time.Time          `json:"onset_not_before"`
	OnsetNotAfter       time.Time          `json:"onset_not_after"`
	OpenedAt            time.Time          `json:"opened_at"`
	ClosedAt            *time.Time         `json:"closed_at"`
	Reopened            int                `json:"reopened"`
	Alerts              []alert            `json:"alerts"`
	DuringChangeID      *string            `json:"during_change_id"`
	DuringMaintenanceID *string            `json:"during_maintenance_id"`
	Candidates          []candidate        `json:"candidates"`
	Explanation         string             `json:"explanation"`
	Unknowns            []string           `json:"unknowns"`
	Impact              incident.Impact    `json:"impact"`
	ProbableFixes       []incident.Fix     `json:"probable_fixes"`
	Feedback            []incidentFeedback `json:"feedback"`
}

type acknowledged struct {
	By    string     `json:"by"`
	At    time.Time  `json:"at"`
	Until *time.Time `json:"until"`
}

type incidentFeedback struct {
	By    string         `json:"by"`
	At    time.Time      `json:"at"`
	Cause *feedbackCause `json:"cause"`
}

type feedbackCause struct {
	Device   string `json:"device"`
	Category string `json:"category,omitempty"`
}

type alert struct {
	Fingerprint string     `json:"fingerprint"`
	AlertName   string     `json:"alertname"`
	Device      string     `json:"device"`
	StartsAt    time.Time  `json:"starts_at"`
	EndsAt      *time.Time `json:"ends_at"`
	Suppressed  bool       `json:"suppressed"`
}

type candidate struct {
	Kind       incident.Kind  `json:"kind"`
	Name       string         `json:"name"`
	Devices    []string       `json:"devices"`
	Role       incident.Role  `json:"role"`
	Score      float64        `json:"score"`
	Confidence float64        `json:"confidence"`
	Cover      incident.Cover `json:"cover"`
	Explains   []string       `json:"explains"`
	Evidence   []evidence     `json:"evidence"`
}

type evidence struct {
	Kind           incident.EvidenceKind `json:"kind"`
	ConfigChangeID *string               `json:"config_change_id"`
	Weight         float64               `json:"weight"`
	Terms          incident.Terms        `json:"terms"`
	Text           string                `json:"text"`
}

type notification struct {
	At         time.Time               `json:"at"`
	IncidentID string                  `json:"incident_id"`
	Kind       engine.NotificationKind `json:"kind"`
}

// document sums up the state of all tenants.
func (r *replayer) document() Document {
	doc := Document{Format: Format, ConfigChanges: []configChange{}, Incidents: []outcome{}, Notifications: []notification{}}
	for _, tenant := range slices.Sorted(maps.Keys(r.stores)) {
		s := r.stores[tenant]
		for _, c := range s.allChanges() {
			doc.ConfigChanges = append(doc.ConfigChanges, changeRow(tenant, c))
		}
		for _, inc := range slices.SortedFunc(maps.Values(s.incidents.byID), compareIncidents) {
			if inc.State != incident.Merged {
				doc.Incidents = append(doc.Incidents, s.outcome(inc))
			}
		}
	}
	doc.Notifications = append(doc.Notifications, r.notifications...)
	slices.SortStableFunc(doc.ConfigChanges, func(a, b configChange) int { return a.NotAfter.Compare(b.NotAfter) })
	slices.SortStableFunc(doc.Incidents, func(a, b outcome) int { return a.OpenedAt.Compare(b.OpenedAt) })
	slices.SortStableFunc(doc.Notifications, func(a, b notification) int { return a.At.Compare(b.At) })
	return doc
}

func changeRow(tenant string, c configchange.Change) configChange {
	row := configChange{
		ID: c.ID, Tenant: tenant, Device: c.Device, Category: c.Category,
		NotBefore: c.NotBefore.UTC(), NotAfter: c.NotAfter.UTC(), OldFingerprint: c.OldFingerprint, NewFingerprint: c.NewFingerprint,
		PlannedChangeID: orNull(c.PlannedChangeID), InBlackoutID: orNull(c.InBlackoutID), Summary: list(c.Summary),
	}
	if c.Actor != nil {
		row.Actor = actor(*c.Actor)
	}
	return row
}

func (s *Store) outcome(inc incident.Incident) outcome {
	out := outcome{
		ID: inc.ID, Tenant: s.tenant, State: inc.State, MergedFrom: list(inc.MergedFrom), Label: orNull(inc.Judgement.Label),
		OnsetNotBefore: inc.Onset.NotBefore.UTC(), OnsetNotAfter: inc.Onset.NotAfter.UTC(),
		OpenedAt: inc.OpenedAt.UTC(), ClosedAt: utc(inc.ClosedAt), Reopened: inc.Reopened, Alerts: []alert{},
		DuringChangeID: orNull(inc.DuringChangeID), DuringMaintenanceID: orNull(inc.DuringMaintenanceID),
		Candidates: []candidate{}, Explanation: inc.Judgement.Explanation, Unknowns: list(inc.Judgement.Unknowns),
		Impact: inc.Judgement.Impact, ProbableFixes: list(inc.Judgement.ProbableFixes), Feedback: []incidentFeedback{},
	}
	if a := inc.Acknowledged; a != nil {
		out.Acknowledged = &acknowledged{By: a.By, At: a.At.UTC(), Until: utc(a.Until)}
	}
	for _, f := range inc.Feedback {
		row := incidentFeedback{By: f.By, At: f.At.UTC()}
		if f.Device != "" {
			row.Cause = &feedbackCause{Device: f.Device, Category: f.Category}
		}
		out.Feedback = append(out.Feedback, row)
	}
	occurrences := slices.Clone(s.incidents.byIncident[inc.ID])
	slices.SortFunc(occurrences, func(a, b incident.Occurrence) int {
		return cmp.Or(a.StartsAt.Compare(b.StartsAt), cmp.Compare(a.Device, b.Device), cmp.Compare(a.AlertName, b.AlertName),
			cmp.Compare(a.Fingerprint, b.Fingerprint))
	})
	for _, o := range occurrences {
		out.Alerts = append(out.Alerts, alert{
			Fingerprint: o.Fingerprint, AlertName: o.AlertName, Device: o.Device,
			StartsAt: o.StartsAt.UTC(), EndsAt: utc(o.EndsAt), Suppressed: o.Suppressed,
		})
	}
	for _, c := range inc.Judgement.Candidates {
		out.Candidates = append(out.Candidates, candidateRow(c))
	}
	return out
}

func candidateRow(c incident.Candidate) candidate {
	row := candidate{
		Kind: c.Kind, Name: c.Name, Devices: list(c.Devices), Role: c.Role, Score: c.Score, Confidence: c.Confidence, Cover: c.Cover,
		Explains: list(c.Explains), Evidence: []evidence{},
	}
	for _, e := range c.Evidence {
		row.Evidence = append(row.Evidence, evidence{
			Kind: e.Kind, ConfigChangeID: orNull(e.ConfigChangeID), Weight: e.Weight, Terms: e.Terms, Text: e.Text,
		})
	}
	return row
}

func orNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// list is never null in JSON.
func list[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}

func utc(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	u := t.UTC()
	return &u
}
