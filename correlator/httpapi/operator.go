package httpapi

import (
	"context"
	"slices"

	apiv1 "github.com/ispvisualmonitor/ispvisualmonitor/api/v1"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/engine"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/topology"
)

// say commits what the caller says about an incident, and answers how it stands then.
func (s incidents) say(ctx context.Context, id string, in engine.OperatorInput) (*apiv1.Incident, error) {
	in.By, in.Incident = actor(ctx), engine.IncidentRef{ID: id}
	if _, err := s.submitter.Submit(ctx, tenant(ctx), in); err != nil {
		return nil, err
	}
	return s.read(ctx, id)
}

// UnacknowledgeIncident takes an acknowledgement back.
func (s incidents) UnacknowledgeIncident(ctx context.Context, req *apiv1.UnacknowledgeIncidentRequest) (*apiv1.UnacknowledgeIncidentResponse, error) {
	incident, err := s.say(ctx, req.GetId(), engine.OperatorInput{Op: engine.OpUnacknowledge})
	if err != nil {
		return nil, err
	}
	return &apiv1.UnacknowledgeIncidentResponse{Incident: incident}, nil
}

// MergeIncidents moves the alerts of one incident into another.
func (s incidents) MergeIncidents(ctx context.Context, req *apiv1.MergeIncidentsRequest) (*apiv1.MergeIncidentsResponse, error) {
	in := engine.OperatorInput{
		Op: engine.OpMerge, By: actor(ctx), Incident: engine.IncidentRef{ID: req.GetId()}, Into: engine.IncidentRef{ID: req.GetIntoId()},
	}
	if _, err := s.submitter.Submit(ctx, tenant(ctx), in); err != nil {
		return nil, err
	}
	incident, err := s.read(ctx, req.GetIntoId())
	if err != nil {
		return nil, err
	}
	return &apiv1.MergeIncidentsResponse{Incident: incident}, nil
}

// SplitIncident moves alerts into an incident of their own.
func (s incidents) SplitIncident(ctx context.Context, req *apiv1.SplitIncidentRequest) (*apiv1.SplitIncidentResponse, error) {
	left, err := s.say(ctx, req.GetId(), engine.OperatorInput{Op: engine.OpSplit, Alerts: req.GetAlerts()})
	if err != nil {
		return nil, err
	}
	// The newest of those that are apart from it: it has the alerts, also where the call is sent again.
	for _, id := range slices.Backward(left.GetApart()) {
		other, err := s.read(ctx, id)
		if err != nil {
			continue // merged away meanwhile
		}
		if slices.ContainsFunc(other.GetAlerts(), func(a *apiv1.Alert) bool { return slices.Contains(req.GetAlerts(), a.GetFingerprint()) }) {
			return &apiv1.SplitIncidentResponse{Incident: left, SplitOff: other}, nil
		}
	}
	return &apiv1.SplitIncidentResponse{Incident: left}, nil
}

// GiveFeedback keeps what the caller says was the cause.
func (s incidents) GiveFeedback(ctx context.Context, req *apiv1.GiveFeedbackRequest) (*apiv1.GiveFeedbackResponse, error) {
	in := engine.OperatorInput{Op: engine.OpFeedback}
	if cause := req.GetCause(); cause != nil {
		if err := checkScope(ctx, s.reader, "cause.device", topology.Scope{Devices: []string{cause.GetDevice()}}); err != nil {
			return nil, err
		}
		in.Cause = &engine.Cause{Device: cause.GetDevice(), Category: cause.GetCategory()}
	}
	incident, err := s.say(ctx, req.GetId(), in)
	if err != nil {
		return nil, err
	}
	return &apiv1.GiveFeedbackResponse{Incident: incident}, nil
}

// ListJudgements answers a page of an incident's judgements.
func (s incidents) ListJudgements(ctx context.Context, req *apiv1.ListJudgementsRequest) (*apiv1.ListJudgementsResponse, error) {
	page, err := s.reader.Judgements(ctx, tenant(ctx), engine.JudgementQuery{
		IncidentID: req.GetId(), Page: engine.Page{Size: int(req.GetPageSize()), Token: req.GetPageToken()},
	})
	if err != nil {
		return nil, err
	}
	return &apiv1.ListJudgementsResponse{Judgements: convert(page.Judgements, fromJudgement), NextPageToken: page.Next}, nil
}

func fromJudgement(v engine.JudgementView) *apiv1.Judgement {
	return &apiv1.Judgement{
		At: fromTime(v.At), WeightsVersion: v.WeightsVersion, RulesVersion: v.RulesVersion, Label: v.Label, Explanation: v.Explanation,
		Candidates: convert(v.Candidates, fromCandidate), Differences: v.Differences,
	}
}

func fromFeedback(v engine.FeedbackView) *apiv1.Feedback {
	f := &apiv1.Feedback{By: v.By, At: fromTime(v.At)}
	if v.Device != "" {
		f.Cause = &apiv1.Cause{Device: v.Device, Category: v.Category}
	}
	return f
}
