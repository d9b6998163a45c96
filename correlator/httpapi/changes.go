package httpapi

import (
	"context"

	apiv1 "github.com/ispvisualmonitor/ispvisualmonitor/api/v1"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/calendar"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/engine"
)

// changes serves the change calendar.
type changes struct{ entries }

// ListChanges answers a page of change records.
func (s changes) ListChanges(ctx context.Context, req *apiv1.ListChangesRequest) (*apiv1.ListChangesResponse, error) {
	page, err := s.reader.Windows(ctx, tenant(ctx), calendar.Change, engine.ChangeQuery{
		From: toTime(req.GetFrom()), To: toTime(req.GetTo()),
		Devices: req.GetDevices(), Sites: req.GetSites(), Statuses: req.GetStatuses(),
		Page: engine.Page{Size: int(req.GetPageSize()), Token: req.GetPageToken()},
	})
	if err != nil {
		return nil, err
	}
	return &apiv1.ListChangesResponse{Changes: convert(page.Changes, fromChange), NextPageToken: page.Next}, nil
}

// GetChange answers one change record.
func (s changes) GetChange(ctx context.Context, req *apiv1.GetChangeRequest) (*apiv1.GetChangeResponse, error) {
	view, err := s.reader.Window(ctx, tenant(ctx), calendar.Change, req.GetId())
	if err != nil {
		return nil, err
	}
	return &apiv1.GetChangeResponse{Change: fromChange(view)}, nil
}

// CreateChange plans a change.
func (s changes) CreateChange(ctx context.Context, req *apiv1.CreateChangeRequest) (*apiv1.CreateChangeResponse, error) {
	view, err := s.create(ctx, req.GetIdempotencyKey(), toChange(req.GetChange()))
	if err != nil {
		return nil, err
	}
	return &apiv1.CreateChangeResponse{Change: fromChange(view)}, nil
}

// UpdateChange replaces the content of a change.
func (s changes) UpdateChange(ctx context.Context, req *apiv1.UpdateChangeRequest) (*apiv1.UpdateChangeResponse, error) {
	view, err := s.update(ctx, req.GetChange().GetRevision(), toChange(req.GetChange()))
	if err != nil {
		return nil, err
	}
	return &apiv1.UpdateChangeResponse{Change: fromChange(view)}, nil
}

// StartChange begins a change now.
func (s changes) StartChange(ctx context.Context, req *apiv1.StartChangeRequest) (*apiv1.StartChangeResponse, error) {
	view, err := s.move(ctx, engine.OpStart, calendar.Change, req.GetId())
	if err != nil {
		return nil, err
	}
	return &apiv1.StartChangeResponse{Change: fromChange(view)}, nil
}

// CompleteChange ends a change now.
func (s changes) CompleteChange(ctx context.Context, req *apiv1.CompleteChangeRequest) (*apiv1.CompleteChangeResponse, error) {
	view, err := s.move(ctx, engine.OpComplete, calendar.Change, req.GetId())
	if err != nil {
		return nil, err
	}
	return &apiv1.CompleteChangeResponse{Change: fromChange(view)}, nil
}

// CancelChange withdraws a change.
func (s changes) CancelChange(ctx context.Context, req *apiv1.CancelChangeRequest) (*apiv1.CancelChangeResponse, error) {
	view, err := s.move(ctx, engine.OpCancel, calendar.Change, req.GetId())
	if err != nil {
		return nil, err
	}
	return &apiv1.CancelChangeResponse{Change: fromChange(view)}, nil
}

func toChange(c *apiv1.Change) calendar.Window {
	return calendar.Window{
		ID: c.GetId(), Kind: calendar.Change, Title: c.GetTitle(), Description: c.GetDescription(), Owner: c.GetOwner(),
		StartsAt: toTime(c.GetStartsAt()), EndsAt: toTime(c.GetEndsAt()), Scope: toScope(c.GetScope()), NotifyCritical: c.GetNotifyCritical(),
	}
}

func fromChange(v engine.ChangeView) *apiv1.Change {
	return &apiv1.Change{
		Id: v.ID, Title: v.Title, Description: v.Description, Owner: v.Owner, Status: v.Status,
		StartsAt: fromTime(v.StartsAt), EndsAt: fromTime(v.EndsAt),
		StartedAt: fromTime(v.StartedAt), FinishedAt: fromTime(v.FinishedAt),
		NotifyCritical: v.NotifyCritical, Devices: v.Devices, Revision: v.Revision, Scope: fromScope(v.Scope),
	}
}

// convert applies f to each element.
func convert[A, B any](list []A, f func(A) B) []B {
	out := make([]B, len(list))
	for i, a := range list {
		out[i] = f(a)
	}
	return out
}
