package httpapi

import (
	"context"

	apiv1 "github.com/ispvisualmonitor/ispvisualmonitor/api/v1"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/engine"
)

// incidents serves incidents with their candidates and evidence.
type incidents struct {
	submitter Submitter
	reader    Reader
}

// ListIncidents answers a page of incidents.
func (s incidents) ListIncidents(ctx context.Context, req *apiv1.ListIncidentsRequest) (*apiv1.ListIncidentsResponse, error) {
	page, err := s.reader.Incidents(ctx, tenant(ctx), engine.IncidentQuery{
		From: toTime(req.GetFrom()), To: toTime(req.GetTo()),
		Devices: req.GetDevices(), Sites: req.GetSites(), States: req.GetStates(),
		Page: engine.Page{Size: int(req.GetPageSize()), Token: req.GetPageToken()},
	})
	if err != nil {
		return nil, err
	}
	return &apiv1.ListIncidentsResponse{Incidents: convert(page.Incidents, fromIncident), NextPageToken: page.Next}, nil
}

// GetIncident answers one incident with all of its alerts.
func (s incidents) GetIncident(ctx context.Context, req *apiv1.GetIncidentRequest) (*apiv1.GetIncidentResponse, error) {
	incident, err := s.read(ctx, req.GetId())
	if err != nil {
		return nil, err
	}
	return &apiv1.GetIncidentResponse{Incident: incident}, nil
}

// AcknowledgeIncident says that the caller has it.
func (s incidents) AcknowledgeIncident(ctx context.Context, req *apiv1.AcknowledgeIncidentRequest) (*apiv1.AcknowledgeIncidentResponse, error) {
	in := engine.OperatorInput{Op: engine.OpAcknowledge}
	if until := toTime(req.GetUntil()); !until.IsZero() {
		in.Until = &until
	}
	incident, err := s.say(ctx, req.GetId(), in)
	if err != nil {
		return nil, err
	}
	return &apiv1.AcknowledgeIncidentResponse{Incident: incident}, nil
}

func (s incidents) read(ctx context.Context, id string) (*apiv1.Incident, error) {
	view, err := s.reader.Incident(ctx, tenant(ctx), id)
	if err != nil {
		return nil, err
	}
	return fromIncident(view), nil
}

func fromIncident(v engine.IncidentView) *apiv1.Incident {
	out := &apiv1.Incident{
		Id: v.ID, State: v.State, Label: v.Label, Explanation: v.Explanation, Unknowns: v.Unknowns,
		OnsetNotBefore: fromTime(v.OnsetNotBefore), OnsetNotAfter: fromTime(v.OnsetNotAfter),
		OpenedAt: fromTime(v.OpenedAt), ClosedAt: fromTime(v.ClosedAt), Reopened: int32(v.Reopened),
		MergedFrom: v.MergedFrom, DuringChangeId: v.DuringChangeID, DuringMaintenanceId: v.DuringMaintenanceID,
		Alerts: convert(v.Alerts, fromAlert), AlertCount: int32(v.AlertCount),
		Candidates: convert(v.Candidates, fromCandidate), Devices: v.Devices, Sites: v.Sites,
		Severity: v.Severity, WeightsVersion: v.WeightsVersion, RulesVersion: v.RulesVersion, Revision: v.Revision,
		Impact: &apiv1.Impact{
			Sites: int32(v.Impact.Sites), Devices: int32(v.Impact.Devices), Services: int32(v.Impact.Services), Subscribers: int64(v.Impact.Subscribers),
		},
		ProbableFixes: convert(v.ProbableFixes, func(f engine.FixView) *apiv1.ProbableFix {
			return &apiv1.ProbableFix{ConfigChangeId: f.ConfigChangeID, Text: f.Text}
		}),
		Feedback: convert(v.Feedback, fromFeedback), Apart: v.Apart,
	}
	if ack := v.Acknowledged; ack != nil {
		out.Acknowledged = &apiv1.Acknowledgement{By: ack.By, At: fromTime(ack.At), Until: fromTime(ack.Until)}
	}
	return out
}

func fromAlert(v engine.AlertView) *apiv1.Alert {
	return &apiv1.Alert{
		Fingerprint: v.Fingerprint, Alertname: v.AlertName, Device: v.Device, Site: v.Site,
		Interface: v.Interface, Peer: v.Peer, Severity: v.Severity, Symptom: v.Symptom, Summary: v.Summary,
		StartsAt: fromTime(v.StartsAt), EndsAt: fromTime(v.EndsAt), Suppressed: v.Suppressed,
	}
}

func fromCandidate(v engine.CandidateView) *apiv1.Candidate {
	return &apiv1.Candidate{
		Kind: v.Kind, Name: v.Name, Devices: v.Devices, Role: v.Role, Score: v.Score, Confidence: v.Confidence,
		Cover:    &apiv1.Cover{Explained: v.Cover.Explained, Silent: int32(v.Cover.Silent), Weight: v.Cover.Weight}, //nolint:gosec // a count of devices
		Explains: v.Explains, Evidence: convert(v.Evidence, fromEvidence),
	}
}

func fromEvidence(v engine.EvidenceView) *apiv1.Evidence {
	return &apiv1.Evidence{Kind: v.Kind, State: v.State, ConfigChangeId: v.ConfigChangeID, Weight: v.Weight, Terms: v.Terms, Text: v.Text}
}
