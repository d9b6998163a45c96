package postgres

import (
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/engine"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/incident"
)

// incidentView is what the incident itself says; its alerts and entities are read beside it.
func incidentView(i incident.Incident) engine.IncidentView {
	v := engine.IncidentView{
		ID: i.ID, State: string(i.State), Label: i.Judgement.Label, Explanation: i.Judgement.Explanation, Unknowns: i.Judgement.Unknowns,
		OnsetNotBefore: i.Onset.NotBefore, OnsetNotAfter: i.Onset.NotAfter, OpenedAt: i.OpenedAt, ClosedAt: timeOf(i.ClosedAt),
		Reopened: i.Reopened, MergedFrom: i.MergedFrom,
		DuringChangeID: i.DuringChangeID, DuringMaintenanceID: i.DuringMaintenanceID,
		WeightsVersion: i.Judgement.WeightsVersion, RulesVersion: i.Judgement.RulesVersion, Revision: i.Revision,
		Impact: engine.ImpactView(i.Judgement.Impact), Apart: i.Apart,
	}
	for _, f := range i.Judgement.ProbableFixes {
		v.ProbableFixes = append(v.ProbableFixes, engine.FixView(f))
	}
	for _, f := range i.Feedback {
		v.Feedback = append(v.Feedback, engine.FeedbackView(f))
	}
	if ack := i.Acknowledged; ack != nil {
		v.Acknowledged = &engine.AcknowledgementView{By: ack.By, At: ack.At, Until: timeOf(ack.Until)}
	}
	for _, c := range i.Judgement.Candidates {
		v.Candidates = append(v.Candidates, candidateView(c))
	}
	return v
}

func candidateView(c incident.Candidate) engine.CandidateView {
	v := engine.CandidateView{
		Kind: string(c.Kind), Name: c.Name, Devices: c.Devices, Role: string(c.Role),
		Score: c.Score, Confidence: c.Confidence, Cover: c.Cover, Explains: c.Explains,
	}
	for _, e := range c.Evidence {
		v.Evidence = append(v.Evidence, engine.EvidenceView{
			Kind: string(e.Kind), State: e.State, ConfigChangeID: e.ConfigChangeID, Weight: e.Weight, Text: e.Text,
			Terms: map[string]float64{
				"base": e.Terms.Base, "precedence": e.Terms.Precedence, "time_decay": e.Terms.TimeDecay,
				"category_affinity": e.Terms.CategoryAffinity, "topology_proximity": e.Terms.TopologyProximity,
			},
		})
	}
	return v
}

func alertView(o incident.Occurrence) engine.AlertView {
	return engine.AlertView{
		Fingerprint: o.Fingerprint, AlertName: o.AlertName, Device: o.Device, Site: o.Site, Interface: o.Interface, Peer: o.Peer,
		Severity: o.Severity, Symptom: o.Symptom, Summary: o.Annotations["summary"],
		StartsAt: o.StartsAt, EndsAt: timeOf(o.EndsAt), Suppressed: o.Suppressed,
	}
}
