package endstate

import (
	"context"
	"encoding/json"
	"fmt"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	apiv1 "github.com/ispvisualmonitor/ispvisualmonitor/api/v1"
	"github.com/ispvisualmonitor/ispvisualmonitor/api/v1/apiv1connect"
)

// Call asks a procedure of the API.
type Call func(ctx context.Context, procedure string, request, answer proto.Message) error

// pageSize is the most that a list answers at once.
const pageSize = 1000

// Read reads a tenant's config changes and incidents from the API, as rows that the replay would print.
func Read(ctx context.Context, tenant string, call Call) (changes, incidents []Row, err error) {
	list := &apiv1.ListConfigChangesRequest{PageSize: pageSize}
	for {
		page := &apiv1.ListConfigChangesResponse{}
		if err := call(ctx, apiv1connect.ConfigChangeServiceListConfigChangesProcedure, list, page); err != nil {
			return nil, nil, err
		}
		for _, c := range page.GetConfigChanges() {
			changes = append(changes, changeRow(tenant, c))
		}
		if list.PageToken = page.GetNextPageToken(); list.GetPageToken() == "" {
			break
		}
	}
	all := &apiv1.ListIncidentsRequest{PageSize: pageSize}
	for {
		page := &apiv1.ListIncidentsResponse{}
		if err := call(ctx, apiv1connect.IncidentServiceListIncidentsProcedure, all, page); err != nil {
			return nil, nil, err
		}
		for _, i := range page.GetIncidents() {
			one := &apiv1.GetIncidentResponse{}
			if err := call(ctx, apiv1connect.IncidentServiceGetIncidentProcedure, &apiv1.GetIncidentRequest{Id: i.GetId()}, one); err != nil {
				return nil, nil, err
			}
			if n := len(one.GetIncident().GetAlerts()); n != int(i.GetAlertCount()) {
				return nil, nil, fmt.Errorf("incident %s has %d alerts, but the list counts %d", i.GetId(), n, i.GetAlertCount())
			}
			incidents = append(incidents, incidentRow(tenant, one.GetIncident()))
		}
		if all.PageToken = page.GetNextPageToken(); all.GetPageToken() == "" {
			break
		}
	}
	return changes, incidents, nil
}

func changeRow(tenant string, c *apiv1.ConfigChange) Row {
	actor := Row{}
	if a := c.GetActor(); a != nil {
		for name, value := range map[string]any{"user": text(a.GetUser()), "address": text(a.GetAddress()), "via": text(a.GetVia()), "at": instant(a.GetAt())} {
			if value != nil {
				actor[name] = value
			}
		}
	}
	return plain(Row{
		"id": c.GetId(), "tenant": tenant, "device": c.GetDevice(), "category": c.GetCategory(),
		"not_before": instant(c.GetNotBefore()), "not_after": instant(c.GetNotAfter()),
		"old_fingerprint": c.GetOldFingerprint(), "new_fingerprint": c.GetNewFingerprint(),
		"planned_change_id": text(c.GetPlannedChangeId()), "in_blackout_id": text(c.GetInBlackoutId()),
		"actor": actor, "summary": list(c.GetSummary()),
	})
}

func incidentRow(tenant string, i *apiv1.Incident) Row {
	alerts, candidates := []Row{}, []Row{}
	for _, a := range i.GetAlerts() {
		alerts = append(alerts, Row{
			"fingerprint": a.GetFingerprint(), "alertname": a.GetAlertname(), "device": a.GetDevice(),
			"starts_at": instant(a.GetStartsAt()), "ends_at": instant(a.GetEndsAt()), "suppressed": a.GetSuppressed(),
		})
	}
	for _, c := range i.GetCandidates() {
		evidence := []Row{}
		for _, e := range c.GetEvidence() {
			evidence = append(evidence, Row{
				"kind": e.GetKind(), "config_change_id": text(e.GetConfigChangeId()), "weight": e.GetWeight(), "terms": e.GetTerms(), "text": e.GetText(),
			})
		}
		candidates = append(candidates, Row{
			"kind": c.GetKind(), "name": c.GetName(), "devices": list(c.GetDevices()), "role": c.GetRole(), "score": c.GetScore(),
			"confidence": c.GetConfidence(), "explains": list(c.GetExplains()), "evidence": evidence,
			"cover": Row{"explained": c.GetCover().GetExplained(), "silent": c.GetCover().GetSilent(), "weight": c.GetCover().GetWeight()},
		})
	}
	fixes, feedback := []Row{}, []Row{}
	for _, f := range i.GetProbableFixes() {
		fixes = append(fixes, Row{"config_change_id": f.GetConfigChangeId(), "text": f.GetText()})
	}
	for _, f := range i.GetFeedback() {
		var cause any
		if c := f.GetCause(); c != nil {
			row := Row{"device": c.GetDevice()}
			if c.GetCategory() != "" {
				row["category"] = c.GetCategory()
			}
			cause = row
		}
		feedback = append(feedback, Row{"by": f.GetBy(), "at": instant(f.GetAt()), "cause": cause})
	}
	var acknowledged any
	if a := i.GetAcknowledged(); a != nil {
		acknowledged = Row{"by": a.GetBy(), "at": instant(a.GetAt()), "until": instant(a.GetUntil())}
	}
	return plain(Row{
		"id": i.GetId(), "tenant": tenant, "state": i.GetState(), "acknowledged": acknowledged, "merged_from": list(i.GetMergedFrom()),
		"label": text(i.GetLabel()), "onset_not_before": instant(i.GetOnsetNotBefore()), "onset_not_after": instant(i.GetOnsetNotAfter()),
		"opened_at": instant(i.GetOpenedAt()), "closed_at": instant(i.GetClosedAt()), "reopened": i.GetReopened(), "alerts": alerts,
		"during_change_id": text(i.GetDuringChangeId()), "during_maintenance_id": text(i.GetDuringMaintenanceId()),
		"impact": Row{
			"sites": i.GetImpact().GetSites(), "devices": i.GetImpact().GetDevices(), "services": i.GetImpact().GetServices(),
			"subscribers": i.GetImpact().GetSubscribers(),
		},
		"probable_fixes": fixes, "feedback": feedback,
		"candidates": candidates, "explanation": i.GetExplanation(), "unknowns": list(i.GetUnknowns()),
	})
}

// text is null where there is none.
func text(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func instant(t *timestamppb.Timestamp) any {
	if t == nil {
		return nil
	}
	return t.AsTime()
}

// list is never null in JSON.
func list(s []string) []string {
	if s == nil {
		return []string{}
	}
	return s
}

// plain is a row of the types that a decoder of JSON makes.
func plain(row Row) Row {
	raw, err := json.Marshal(row)
	if err != nil {
		panic(err) // strings, numbers and instants always encode
	}
	var out Row
	if err := json.Unmarshal(raw, &out); err != nil {
		panic(err)
	}
	return out
}
