package httpapi

import (
	"context"

	apiv1 "github.com/ispvisualmonitor/ispvisualmonitor/api/v1"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/engine"
)

// configChanges serves the changes that were detected on devices.
type configChanges struct{ reader Reader }

// ListConfigChanges answers a page of detected changes.
func (s configChanges) ListConfigChanges(ctx context.Context, req *apiv1.ListConfigChangesRequest) (*apiv1.ListConfigChangesResponse, error) {
	page, err := s.reader.ConfigChanges(ctx, tenant(ctx), engine.ConfigChangeQuery{
		From: toTime(req.GetFrom()), To: toTime(req.GetTo()),
		Devices: req.GetDevices(), Sites: req.GetSites(), Categories: req.GetCategories(),
		UnplannedOnly: req.GetUnplannedOnly(),
		Page:          engine.Page{Size: int(req.GetPageSize()), Token: req.GetPageToken()},
	})
	if err != nil {
		return nil, err
	}
	return &apiv1.ListConfigChangesResponse{ConfigChanges: convert(page.ConfigChanges, fromConfigChange), NextPageToken: page.Next}, nil
}

func fromConfigChange(v engine.ConfigChangeView) *apiv1.ConfigChange {
	return &apiv1.ConfigChange{
		Id: v.ID, Device: v.Device, Category: v.Category, Site: v.Site,
		NotBefore: fromTime(v.NotBefore), NotAfter: fromTime(v.NotAfter),
		OldFingerprint: v.OldFingerprint, NewFingerprint: v.NewFingerprint,
		PlannedChangeId: v.PlannedChangeID, InBlackoutId: v.InBlackoutID,
		Actor: fromActor(v.Actor), Summary: v.Summary,
	}
}

func fromActor(v *engine.ActorView) *apiv1.Actor {
	if v == nil {
		return nil
	}
	return &apiv1.Actor{User: v.User, Address: v.Address, Via: v.Via, At: fromTime(v.At)}
}
