package correlatortest

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"connectrpc.com/connect/v2"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	apiv1 "github.com/ispvisualmonitor/ispvisualmonitor/api/v1"
)

// GetStatus tells whom the token stands for.
func (s *Server) GetStatus(ctx context.Context, _ *apiv1.GetStatusRequest) (*apiv1.GetStatusResponse, error) {
	s.mu.Lock()
	defer s.mu.Unlock()

	open := 0
	for _, incident := range s.state.Incidents {
		if incident.GetState() == "open" {
			open++
		}
	}

	return &apiv1.GetStatusResponse{
		Version: "0.0.0-test", Tenant: Tenant, Role: roleOf(ctx), Name: "grafana", Now: timestamppb.New(s.Now()),
		Devices: int64(len(s.state.Devices)), OpenIncidents: int64(open), LastObservationAt: timestamppb.New(s.Now()),
	}, nil
}

// ListDevices answers the devices by name.
func (s *Server) ListDevices(_ context.Context, r *apiv1.ListDevicesRequest) (*apiv1.ListDevicesResponse, error) {
	s.mu.Lock()
	defer s.mu.Unlock()

	answer := &apiv1.ListDevicesResponse{}

	for _, device := range s.state.Devices {
		if wanted(device.GetName(), r.GetDevices(), device.GetSite(), r.GetSites()) {
			answer.Devices = append(answer.Devices, &apiv1.DeviceStatus{
				Device: proto.CloneOf(device), LastObservedAt: timestamppb.New(s.Now()),
			})
		}
	}

	return answer, nil
}

// GetInventory answers devices and their sites.
func (s *Server) GetInventory(context.Context, *apiv1.GetInventoryRequest) (*apiv1.GetInventoryResponse, error) {
	s.mu.Lock()
	defer s.mu.Unlock()

	inventory := &apiv1.Inventory{}
	seen := map[string]bool{}

	for _, device := range s.state.Devices {
		inventory.Devices = append(inventory.Devices, proto.CloneOf(device))

		if !seen[device.GetSite()] {
			seen[device.GetSite()] = true
			inventory.Sites = append(inventory.Sites, &apiv1.Site{Name: device.GetSite()})
		}
	}

	return &apiv1.GetInventoryResponse{Inventory: inventory, Revision: 1}, nil
}

// ReplaceInventory is not part of what the plugin does.
func (s *Server) ReplaceInventory(context.Context, *apiv1.ReplaceInventoryRequest) (*apiv1.ReplaceInventoryResponse, error) {
	return nil, connect.NewError(connect.CodeUnimplemented, "the inventory of the tests is fixed")
}

// ListConfigChanges answers by not_after, newest first.
func (s *Server) ListConfigChanges(_ context.Context, r *apiv1.ListConfigChangesRequest) (*apiv1.ListConfigChangesResponse, error) {
	s.mu.Lock()
	defer s.mu.Unlock()

	var found []*apiv1.ConfigChange

	for _, change := range s.state.ConfigChanges {
		if overlaps(change.GetNotBefore(), change.GetNotAfter(), r.GetFrom(), r.GetTo()) &&
			wanted(change.GetDevice(), r.GetDevices(), change.GetSite(), r.GetSites()) &&
			(len(r.GetCategories()) == 0 || slices.Contains(r.GetCategories(), change.GetCategory())) &&
			(!r.GetUnplannedOnly() || change.GetPlannedChangeId() == "") {
			found = append(found, proto.CloneOf(change))
		}
	}

	slices.SortFunc(found, func(a, b *apiv1.ConfigChange) int {
		return b.GetNotAfter().AsTime().Compare(a.GetNotAfter().AsTime())
	})

	page, token, err := pageOf(found, r.GetPageSize(), r.GetPageToken())

	return &apiv1.ListConfigChangesResponse{ConfigChanges: page, NextPageToken: token}, err
}

// ListIncidents answers by opened_at, newest first.
func (s *Server) ListIncidents(_ context.Context, r *apiv1.ListIncidentsRequest) (*apiv1.ListIncidentsResponse, error) {
	s.mu.Lock()
	defer s.mu.Unlock()

	var found []*apiv1.Incident

	for _, incident := range s.state.Incidents {
		if overlaps(incident.GetOpenedAt(), incident.GetClosedAt(), r.GetFrom(), r.GetTo()) &&
			wantedAny(incident.GetDevices(), r.GetDevices(), incident.GetSites(), r.GetSites()) &&
			(len(r.GetStates()) == 0 || slices.Contains(r.GetStates(), incident.GetState())) {
			found = append(found, proto.CloneOf(incident))
		}
	}

	slices.SortFunc(found, func(a, b *apiv1.Incident) int {
		return b.GetOpenedAt().AsTime().Compare(a.GetOpenedAt().AsTime())
	})

	page, token, err := pageOf(found, r.GetPageSize(), r.GetPageToken())

	return &apiv1.ListIncidentsResponse{Incidents: page, NextPageToken: token}, err
}

// GetIncident answers one.
func (s *Server) GetIncident(_ context.Context, r *apiv1.GetIncidentRequest) (*apiv1.GetIncidentResponse, error) {
	s.mu.Lock()
	defer s.mu.Unlock()

	for _, incident := range s.state.Incidents {
		if incident.GetId() == r.GetId() {
			return &apiv1.GetIncidentResponse{Incident: proto.CloneOf(incident)}, nil
		}
	}

	return nil, connect.Errorf(connect.CodeNotFound, "there is no incident %q", r.GetId())
}

// ListAnnotations answers what overlaps the range, by time, and how many there are in all.
func (s *Server) ListAnnotations(_ context.Context, r *apiv1.ListAnnotationsRequest) (*apiv1.ListAnnotationsResponse, error) {
	s.mu.Lock()
	defer s.mu.Unlock()

	all := s.state.Annotations
	if all == nil {
		all = annotationsOf(s.state, r.GetTo())
	}

	answer := &apiv1.ListAnnotationsResponse{}

	for _, a := range all {
		if !overlaps(a.GetTime(), a.GetTimeEnd(), r.GetFrom(), r.GetTo()) ||
			!wantedAny(a.GetDevices(), r.GetDevices(), a.GetSites(), r.GetSites()) ||
			(len(r.GetClasses()) > 0 && !slices.Contains(r.GetClasses(), a.GetClass())) {
			continue
		}

		answer.Total++

		if len(answer.GetAnnotations()) < int(cmp.Or(r.GetLimit(), 500)) {
			answer.Annotations = append(answer.Annotations, proto.CloneOf(a))
		}
	}

	slices.SortFunc(answer.GetAnnotations(), func(a, b *apiv1.Annotation) int {
		return a.GetTime().AsTime().Compare(b.GetTime().AsTime())
	})

	return answer, nil
}

// overlaps tells whether [begin, end] and [from, to] meet; what is unset is open.
func overlaps(begin, end, from, to *timestamppb.Timestamp) bool {
	if from != nil && end != nil && end.AsTime().Before(from.AsTime()) {
		return false
	}

	return to == nil || begin == nil || !begin.AsTime().After(to.AsTime())
}

// wanted tells whether a device or its site is in the union that was asked for.
func wanted(device string, devices []string, site string, sites []string) bool {
	return wantedAny([]string{device}, devices, []string{site}, sites)
}

func wantedAny(have, devices, at, sites []string) bool {
	if len(devices) == 0 && len(sites) == 0 {
		return true
	}

	in := func(list []string) func(string) bool {
		return func(name string) bool { return slices.Contains(list, name) }
	}

	return slices.ContainsFunc(have, in(devices)) || slices.ContainsFunc(at, in(sites))
}

// pageOf cuts a page; the token is the number of rows before it.
func pageOf[T any](all []T, size int32, token string) ([]T, string, error) {
	skip := 0

	if token != "" {
		n, err := strconv.Atoi(token)
		if err != nil || n < 0 || n > len(all) {
			return nil, "", connect.NewError(connect.CodeInvalidArgument, "page_token is not one of ours")
		}

		skip = n
	}

	end := min(skip+int(cmp.Or(size, 200)), len(all))
	if end == len(all) {
		return all[skip:end], "", nil
	}

	return all[skip:end], fmt.Sprint(end), nil
}

// annotationsOf makes annotations of a state as the API describes them.
func annotationsOf(state State, rangeEnd *timestamppb.Timestamp) []*apiv1.Annotation {
	var all []*apiv1.Annotation

	for _, change := range state.Changes {
		all = append(all, &apiv1.Annotation{
			Id: "change:" + change.GetId() + ":planned", Class: "change", Time: change.GetStartsAt(), TimeEnd: change.GetEndsAt(),
			Title: change.GetTitle(), Text: change.GetDescription(), Tags: []string{"change", change.GetStatus()},
			Devices: change.GetDevices(), Sites: change.GetScope().GetSites(), Status: change.GetStatus(),
			EntityId: change.GetId(), Count: 1,
		})
	}

	for _, change := range state.ConfigChanges {
		status := "unplanned"
		if change.GetPlannedChangeId() != "" {
			status = "planned"
		}

		all = append(all, &apiv1.Annotation{
			Id: "config_change:" + change.GetId(), Class: "config_change",
			Time: change.GetNotBefore(), TimeEnd: change.GetNotAfter(),
			Title: "Configuration of " + change.GetDevice() + " changed: " + change.GetCategory(),
			Text:  between(change), Tags: []string{"config_change", change.GetCategory()}, Status: status,
			Devices: []string{change.GetDevice()}, Sites: []string{change.GetSite()}, EntityId: change.GetId(), Count: 1,
		})
	}

	for _, incident := range state.Incidents {
		end := incident.GetClosedAt()
		if end == nil {
			end = rangeEnd
		}

		all = append(all, &apiv1.Annotation{
			Id: "incident:" + incident.GetId(), Class: "incident", Time: incident.GetOpenedAt(), TimeEnd: end,
			Title: "Incident: " + incident.GetLabel(), Text: incident.GetExplanation(), Tags: []string{"incident"},
			Devices: incident.GetDevices(), Sites: incident.GetSites(), Status: incident.GetState(),
			EntityId: incident.GetId(), Count: 1, Ongoing: incident.GetClosedAt() == nil,
		})
	}

	return all
}

func between(change *apiv1.ConfigChange) string {
	return "between " + change.GetNotBefore().AsTime().Format(time.RFC3339) +
		" and " + change.GetNotAfter().AsTime().Format(time.RFC3339)
}
