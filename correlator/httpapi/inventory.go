package httpapi

import (
	"context"
	"encoding/json"
	"fmt"

	apiv1 "github.com/ispvisualmonitor/ispvisualmonitor/api/v1"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/engine"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/topology"
)

// inventory serves devices and what depends on what.
type inventory struct {
	submitter Submitter
	reader    Reader
}

// ListDevices answers devices with what is known of their configuration.
func (s inventory) ListDevices(ctx context.Context, req *apiv1.ListDevicesRequest) (*apiv1.ListDevicesResponse, error) {
	found, err := s.reader.Devices(ctx, tenant(ctx), engine.DeviceQuery{Sites: req.GetSites(), Devices: req.GetDevices()})
	if err != nil {
		return nil, err
	}
	return &apiv1.ListDevicesResponse{Devices: convert(found, fromDevice)}, nil
}

// GetInventory answers the inventory as it was last accepted.
func (s inventory) GetInventory(ctx context.Context, _ *apiv1.GetInventoryRequest) (*apiv1.GetInventoryResponse, error) {
	view, err := s.reader.Inventory(ctx, tenant(ctx))
	if err != nil {
		return nil, err
	}
	answer := &apiv1.GetInventoryResponse{Inventory: &apiv1.Inventory{}, Revision: view.Revision}
	inv, err := parseInventory(view)
	if err != nil {
		return nil, err
	}
	if inv != nil {
		answer.Inventory = fromInventory(*inv)
	}
	return answer, nil
}

// ReplaceInventory replaces the inventory as a whole.
func (s inventory) ReplaceInventory(ctx context.Context, req *apiv1.ReplaceInventoryRequest) (*apiv1.ReplaceInventoryResponse, error) {
	in := engine.InventoryInput{Inventory: toInventory(req.GetInventory())}
	if _, err := s.submitter.Submit(ctx, tenant(ctx), in); err != nil {
		return nil, err
	}
	view, err := s.reader.Inventory(ctx, tenant(ctx))
	if err != nil {
		return nil, err
	}
	return &apiv1.ReplaceInventoryResponse{Revision: view.Revision, Warnings: in.Inventory.Warnings()}, nil
}

// parseInventory is the inventory of a view, nil where there is none yet.
func parseInventory(view engine.InventoryView) (*topology.Inventory, error) {
	if len(view.Document) == 0 {
		return nil, nil
	}
	inv := &topology.Inventory{}
	if err := json.Unmarshal(view.Document, inv); err != nil {
		return nil, fmt.Errorf("read the stored inventory: %w", err)
	}
	return inv, nil
}

func fromDevice(v engine.DeviceView) *apiv1.DeviceStatus {
	return &apiv1.DeviceStatus{
		Device: &apiv1.Device{
			Name: v.Name, Site: v.Site, Tags: v.Tags, Services: v.Services, Roles: v.Roles, Subscribers: int32(v.Subscribers),
			DependsOn: convert(v.DependsOn, func(d engine.DependencyView) *apiv1.Dependency {
				return fromGroup(topology.Group{Any: d.Any, All: d.All, K: d.K, Of: d.Of})
			}),
		},
		Uninventoried: v.Uninventoried,
		Fingerprints: convert(v.Fingerprints, func(f engine.FingerprintView) *apiv1.CategoryFingerprint {
			return &apiv1.CategoryFingerprint{
				Category: f.Category, Fingerprint: f.Fingerprint,
				FirstSeen: fromTime(f.FirstSeen), LastSeen: fromTime(f.LastSeen),
			}
		}),
		LastObservedAt: fromTime(v.LastObservedAt), LastChangeAt: fromTime(v.LastChangeAt),
	}
}

func toInventory(in *apiv1.Inventory) topology.Inventory {
	return topology.Inventory{
		Sites: convert(in.GetSites(), func(s *apiv1.Site) topology.Site { return topology.Site{Name: s.GetName()} }),
		Devices: convert(in.GetDevices(), func(d *apiv1.Device) topology.Device {
			return topology.Device{
				Name: d.GetName(), Site: d.GetSite(), Tags: d.GetTags(), Services: d.GetServices(), Roles: d.GetRoles(),
				DependsOn: convert(d.GetDependsOn(), toGroup), Subscribers: int(d.GetSubscribers()),
			}
		}),
		Services: convert(in.GetServices(), func(s *apiv1.Service) topology.Service {
			return topology.Service{Name: s.GetName(), DependsOn: convert(s.GetDependsOn(), toGroup)}
		}),
		Links: convert(in.GetLinks(), func(l *apiv1.Link) topology.Link {
			return topology.Link{A: toEnd(l.GetA()), B: toEnd(l.GetB())}
		}),
	}
}

func fromInventory(in topology.Inventory) *apiv1.Inventory {
	return &apiv1.Inventory{
		Sites: convert(in.Sites, func(s topology.Site) *apiv1.Site { return &apiv1.Site{Name: s.Name} }),
		Devices: convert(in.Devices, func(d topology.Device) *apiv1.Device {
			return &apiv1.Device{
				Name: d.Name, Site: d.Site, Tags: d.Tags, Services: d.Services, Roles: d.Roles,
				DependsOn: convert(d.DependsOn, fromGroup), Subscribers: int32(d.Subscribers),
			}
		}),
		Services: convert(in.Services, func(s topology.Service) *apiv1.Service {
			return &apiv1.Service{Name: s.Name, DependsOn: convert(s.DependsOn, fromGroup)}
		}),
		Links: convert(in.Links, func(l topology.Link) *apiv1.Link {
			return &apiv1.Link{A: fromEnd(l.A), B: fromEnd(l.B)}
		}),
	}
}

func toGroup(d *apiv1.Dependency) topology.Group {
	return topology.Group{Any: d.GetAny(), All: d.GetAll(), K: int(d.GetK()), Of: d.GetOf()}
}

func fromGroup(g topology.Group) *apiv1.Dependency {
	return &apiv1.Dependency{Any: g.Any, All: g.All, K: uint32(g.K), Of: g.Of}
}

func toEnd(e *apiv1.Endpoint) topology.End {
	return topology.End{Device: e.GetDevice(), Interface: e.GetInterface()}
}

func fromEnd(e topology.End) *apiv1.Endpoint {
	return &apiv1.Endpoint{Device: e.Device, Interface: e.Interface}
}
