package httpapi

import (
	"context"
	"fmt"

	apiv1 "github.com/ispvisualmonitor/ispvisualmonitor/api/v1"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/engine"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/incident"
)

const (
	// maxVerdicts is how many of the newest verdicts are tallied.
	maxVerdicts = 1000
	// maxRejudged is how many of them are judged anew under the proposed weights.
	maxRejudged = 200
)

// ProposeWeights computes what people's feedback speaks for, and what it would have changed.
func (s settings) ProposeWeights(ctx context.Context, _ *apiv1.ProposeWeightsRequest) (*apiv1.ProposeWeightsResponse, error) {
	current, err := s.reader.Settings(ctx, tenant(ctx))
	if err != nil {
		return nil, err
	}
	weights, err := incident.LoadWeights([]byte(current.Weights))
	if err != nil {
		return nil, fmt.Errorf("the tenant's weights: %w", err)
	}
	verdicts, err := s.reader.Verdicts(ctx, tenant(ctx), maxVerdicts)
	if err != nil {
		return nil, err
	}
	p, err := incident.Propose(verdicts, weights, []byte(current.Weights))
	if err != nil {
		return nil, err
	}
	answer := &apiv1.ProposeWeightsResponse{
		WeightsVersion: current.WeightsVersion, Right: int32(p.Right), Wrong: int32(p.Wrong),
		Tallies: convert(p.Tallies, fromTally), Document: string(p.Document),
	}
	if len(p.Document) > 0 {
		err = s.tryOut(ctx, verdicts[:min(len(verdicts), maxRejudged)], p.Document, answer)
	}
	return answer, err
}

// tryOut says how the judged incidents would have come out.
func (s settings) tryOut(ctx context.Context, verdicts []incident.Judged, document []byte, answer *apiv1.ProposeWeightsResponse) error {
	byID := map[string]incident.Judged{}
	var ids []string
	for _, v := range verdicts {
		byID[v.IncidentID] = v
		ids = append(ids, v.IncidentID)
	}
	rejudged, err := s.reader.Rejudge(ctx, tenant(ctx), ids, document)
	if err != nil {
		return err
	}
	for _, r := range rejudged {
		o := fromRejudged(byID[r.IncidentID], r)
		if o.GetRightBefore() {
			answer.RightBefore++
		}
		if o.GetRightAfter() {
			answer.RightAfter++
		}
		if o.GetCauseBefore() != o.GetCauseAfter() || o.GetLabelBefore() != o.GetLabelAfter() {
			answer.Outcomes = append(answer.Outcomes, o)
		}
	}
	return nil
}

func fromRejudged(v incident.Judged, r engine.Rejudged) *apiv1.ProposedOutcome {
	o := &apiv1.ProposedOutcome{
		IncidentId: r.IncidentID, RightBefore: v.Confirms(r.Before), RightAfter: v.Confirms(r.After),
		LabelBefore: r.Before.Label != "", LabelAfter: r.After.Label != "",
	}
	if c := r.Before.Candidates; len(c) > 0 {
		o.CauseBefore, o.ConfidenceBefore = string(c[0].Kind)+"/"+c[0].Name, c[0].Confidence
	}
	if c := r.After.Candidates; len(c) > 0 {
		o.CauseAfter, o.ConfidenceAfter = string(c[0].Kind)+"/"+c[0].Name, c[0].Confidence
	}
	return o
}

func fromTally(t incident.Tally) *apiv1.WeightTally {
	return &apiv1.WeightTally{
		Weight: t.Weight, Old: t.Old, New: t.New, Right: int32(len(t.Right)), Wrong: int32(len(t.Wrong)),
		OthersRight: int32(t.OthersRight), OthersWrong: int32(t.OthersWrong),
		RightIncidents: t.Right, WrongIncidents: t.Wrong, Reason: t.Reason,
	}
}
