package httpapi

import (
	"context"

	apiv1 "github.com/ispvisualmonitor/ispvisualmonitor/api/v1"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/calendar"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/engine"
)

// windows serves maintenance and blackout windows.
type windows struct{ entries }

// kinds are the domain's words for the schema's.
var kinds = map[apiv1.WindowKind]calendar.Kind{
	apiv1.WindowKind_WINDOW_KIND_MAINTENANCE: calendar.Maintenance,
	apiv1.WindowKind_WINDOW_KIND_BLACKOUT:    calendar.Blackout,
}

// ListWindows answers a page of windows of one kind.
func (s windows) ListWindows(ctx context.Context, req *apiv1.ListWindowsRequest) (*apiv1.ListWindowsResponse, error) {
	page, err := s.reader.Windows(ctx, tenant(ctx), kinds[req.GetKind()], engine.ChangeQuery{
		From: toTime(req.GetFrom()), To: toTime(req.GetTo()),
		Devices: req.GetDevices(), Sites: req.GetSites(), Statuses: req.GetStatuses(),
		Page: engine.Page{Size: int(req.GetPageSize()), Token: req.GetPageToken()},
	})
	if err != nil {
		return nil, err
	}
	found := convert(page.Changes, func(v engine.ChangeView) *apiv1.Window { return fromWindow(req.GetKind(), v) })
	return &apiv1.ListWindowsResponse{Windows: found, NextPageToken: page.Next}, nil
}

// GetWindow answers one window.
func (s windows) GetWindow(ctx context.Context, req *apiv1.GetWindowRequest) (*apiv1.GetWindowResponse, error) {
	view, err := s.reader.Window(ctx, tenant(ctx), kinds[req.GetKind()], req.GetId())
	if err != nil {
		return nil, err
	}
	return &apiv1.GetWindowResponse{Window: fromWindow(req.GetKind(), view)}, nil
}

// CreateWindow makes a window.
func (s windows) CreateWindow(ctx context.Context, req *apiv1.CreateWindowRequest) (*apiv1.CreateWindowResponse, error) {
	view, err := s.create(ctx, req.GetIdempotencyKey(), toWindow(req.GetWindow()))
	if err != nil {
		return nil, err
	}
	return &apiv1.CreateWindowResponse{Window: fromWindow(req.GetWindow().GetKind(), view)}, nil
}

// UpdateWindow replaces the content of a window.
func (s windows) UpdateWindow(ctx context.Context, req *apiv1.UpdateWindowRequest) (*apiv1.UpdateWindowResponse, error) {
	view, err := s.update(ctx, req.GetWindow().GetRevision(), toWindow(req.GetWindow()))
	if err != nil {
		return nil, err
	}
	return &apiv1.UpdateWindowResponse{Window: fromWindow(req.GetWindow().GetKind(), view)}, nil
}

// CancelWindow ends a window now.
func (s windows) CancelWindow(ctx context.Context, req *apiv1.CancelWindowRequest) (*apiv1.CancelWindowResponse, error) {
	view, err := s.move(ctx, engine.OpCancel, kinds[req.GetKind()], req.GetId())
	if err != nil {
		return nil, err
	}
	return &apiv1.CancelWindowResponse{Window: fromWindow(req.GetKind(), view)}, nil
}

func toWindow(w *apiv1.Window) calendar.Window {
	return calendar.Window{
		ID: w.GetId(), Kind: kinds[w.GetKind()], Title: w.GetTitle(), Description: w.GetDescription(), Owner: w.GetOwner(),
		StartsAt: toTime(w.GetStartsAt()), EndsAt: toTime(w.GetEndsAt()), Scope: toScope(w.GetScope()), NotifyCritical: w.GetNotifyCritical(),
	}
}

func fromWindow(kind apiv1.WindowKind, v engine.ChangeView) *apiv1.Window {
	return &apiv1.Window{
		Id: v.ID, Kind: kind, Title: v.Title, Description: v.Description, Owner: v.Owner, Status: v.Status,
		StartsAt: fromTime(v.StartsAt), EndsAt: fromTime(v.EndsAt),
		StartedAt: fromTime(v.StartedAt), FinishedAt: fromTime(v.FinishedAt),
		NotifyCritical: v.NotifyCritical, Devices: v.Devices, Revision: v.Revision, Scope: fromScope(v.Scope),
	}
}
