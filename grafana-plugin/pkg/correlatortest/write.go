package correlatortest

import (
	"context"
	"fmt"
	"slices"

	"connectrpc.com/connect/v2"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	apiv1 "github.com/ispvisualmonitor/ispvisualmonitor/api/v1"
)

// ListChanges answers by starts_at, newest first.
func (s *Server) ListChanges(_ context.Context, r *apiv1.ListChangesRequest) (*apiv1.ListChangesResponse, error) {
	s.mu.Lock()
	defer s.mu.Unlock()

	var found []*apiv1.Change

	for _, change := range s.state.Changes {
		if overlaps(change.GetStartsAt(), change.GetEndsAt(), r.GetFrom(), r.GetTo()) &&
			wantedAny(change.GetDevices(), r.GetDevices(), change.GetScope().GetSites(), r.GetSites()) &&
			(len(r.GetStatuses()) == 0 || slices.Contains(r.GetStatuses(), change.GetStatus())) {
			found = append(found, proto.CloneOf(change))
		}
	}

	slices.SortFunc(found, func(a, b *apiv1.Change) int {
		return b.GetStartsAt().AsTime().Compare(a.GetStartsAt().AsTime())
	})

	page, token, err := pageOf(found, r.GetPageSize(), r.GetPageToken())

	return &apiv1.ListChangesResponse{Changes: page, NextPageToken: token}, err
}

// GetChange answers one.
func (s *Server) GetChange(_ context.Context, r *apiv1.GetChangeRequest) (*apiv1.GetChangeResponse, error) {
	s.mu.Lock()
	defer s.mu.Unlock()

	change, err := s.find(r.GetId())
	if err != nil {
		return nil, err
	}

	return &apiv1.GetChangeResponse{Change: proto.CloneOf(change)}, nil
}

// CreateChange plans a change, once for each idempotency key.
func (s *Server) CreateChange(ctx context.Context, r *apiv1.CreateChangeRequest) (*apiv1.CreateChangeResponse, error) {
	if err := operatorOnly(ctx); err != nil {
		return nil, err
	}

	s.mu.Lock()
	defer s.mu.Unlock()

	if id, ok := s.keys[r.GetIdempotencyKey()]; ok && r.GetIdempotencyKey() != "" {
		change, err := s.find(id)
		return &apiv1.CreateChangeResponse{Change: proto.CloneOf(change)}, err
	}

	change := proto.CloneOf(r.GetChange())
	if change.GetTitle() == "" {
		return nil, connect.NewError(connect.CodeInvalidArgument, "change.title: value is required")
	}

	if !change.GetStartsAt().AsTime().Before(change.GetEndsAt().AsTime()) {
		return nil, connect.NewError(connect.CodeInvalidArgument, "the change ends before it starts: give an ends_at after starts_at")
	}

	s.nextID++
	change.Id = fmt.Sprintf("CHG-%d", s.nextID)
	change.Status = "planned"
	change.Revision = 1
	change.Devices = s.resolve(change.GetScope())

	s.state.Changes = append(s.state.Changes, change)
	s.keys[r.GetIdempotencyKey()] = change.GetId()

	return &apiv1.CreateChangeResponse{Change: proto.CloneOf(change)}, nil
}

// StartChange begins a planned change.
func (s *Server) StartChange(ctx context.Context, r *apiv1.StartChangeRequest) (*apiv1.StartChangeResponse, error) {
	change, err := s.step(ctx, r.GetId(), "in_progress", "planned")
	return &apiv1.StartChangeResponse{Change: change}, err
}

// CompleteChange ends one that is in progress.
func (s *Server) CompleteChange(ctx context.Context, r *apiv1.CompleteChangeRequest) (*apiv1.CompleteChangeResponse, error) {
	change, err := s.step(ctx, r.GetId(), "completed", "in_progress")
	return &apiv1.CompleteChangeResponse{Change: change}, err
}

// CancelChange withdraws one that has not ended.
func (s *Server) CancelChange(ctx context.Context, r *apiv1.CancelChangeRequest) (*apiv1.CancelChangeResponse, error) {
	change, err := s.step(ctx, r.GetId(), "canceled", "planned", "in_progress")
	return &apiv1.CancelChangeResponse{Change: change}, err
}

// AcknowledgeIncident records who has it.
func (s *Server) AcknowledgeIncident(
	ctx context.Context, r *apiv1.AcknowledgeIncidentRequest,
) (*apiv1.AcknowledgeIncidentResponse, error) {
	if err := operatorOnly(ctx); err != nil {
		return nil, err
	}

	s.mu.Lock()
	defer s.mu.Unlock()

	call, _ := connect.CallInfoForServerContext(ctx)

	for _, incident := range s.state.Incidents {
		if incident.GetId() == r.GetId() {
			incident.Acknowledged = &apiv1.Acknowledgement{
				By: call.RequestHeader().Get("X-Ispvm-On-Behalf-Of"), At: timestamppb.New(s.Now()), Until: r.GetUntil(),
			}

			return &apiv1.AcknowledgeIncidentResponse{Incident: proto.CloneOf(incident)}, nil
		}
	}

	return nil, connect.Errorf(connect.CodeNotFound, "there is no incident %q", r.GetId())
}

func (s *Server) step(ctx context.Context, id, to string, from ...string) (*apiv1.Change, error) {
	if err := operatorOnly(ctx); err != nil {
		return nil, err
	}

	s.mu.Lock()
	defer s.mu.Unlock()

	change, err := s.find(id)
	if err != nil {
		return nil, err
	}

	if !slices.Contains(from, change.GetStatus()) {
		return nil, connect.Errorf(connect.CodeFailedPrecondition, "change %s is %s and cannot become %s", id, change.GetStatus(), to)
	}

	change.Status = to
	change.Revision++

	if to == "in_progress" {
		change.StartedAt = timestamppb.New(s.Now())
	} else {
		change.FinishedAt = timestamppb.New(s.Now())
	}

	return proto.CloneOf(change), nil
}

func (s *Server) find(id string) (*apiv1.Change, error) {
	for _, change := range s.state.Changes {
		if change.GetId() == id {
			return change, nil
		}
	}

	return nil, connect.Errorf(connect.CodeNotFound, "there is no change %q", id)
}

// resolve is what a scope of sites and devices means now.
func (s *Server) resolve(scope *apiv1.Scope) []string {
	var devices []string

	for _, device := range s.state.Devices {
		if slices.Contains(scope.GetDevices(), device.GetName()) || slices.Contains(scope.GetSites(), device.GetSite()) {
			devices = append(devices, device.GetName())
		}
	}

	return devices
}
