package httpapi

import (
	"cmp"
	"context"
	"log/slog"
	"slices"
	"time"

	apiv1 "github.com/ispvisualmonitor/ispvisualmonitor/api/v1"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/engine"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/topology"
)

// Surveyor tells what a tenant's routers see of each other.
type Surveyor interface {
	// Survey is an *engine.Refusal where the tenant has nothing that could be asked.
	Survey(ctx context.Context, tenant string) (topology.Sightings, error)
}

// Dismissals keeps the ids of proposals that nobody wants to see again.
type Dismissals interface {
	DismissedTopology(ctx context.Context, tenant string) ([]string, error)
	DismissTopology(ctx context.Context, tenant string, ids []string, by, reason string, at time.Time) error
	RestoreTopology(ctx context.Context, tenant string, ids []string) error
}

// TopologyOptions are what the proposals for the inventory are made from.
type TopologyOptions struct {
	Surveyor   Surveyor
	Dismissals Dismissals
}

// defaultProposals is how many proposals a page has where the caller does not say.
const defaultProposals = 200

// proposals serves what the inventory could say in addition.
type proposals struct {
	TopologyOptions
	submitter Submitter
	reader    Reader
	logger    *slog.Logger
	now       func() time.Time
}

// ListTopologyProposals looks for proposals now.
func (s proposals) ListTopologyProposals(ctx context.Context, req *apiv1.ListTopologyProposalsRequest) (*apiv1.ListTopologyProposalsResponse, error) {
	inv, revision, err := s.inventory(ctx)
	if err != nil {
		return nil, err
	}
	found, err := s.find(ctx, inv, nil)
	if err != nil {
		return nil, err
	}
	if kinds := req.GetKinds(); len(kinds) > 0 {
		found = slices.DeleteFunc(found, func(p topology.Proposal) bool { return !slices.Contains(kinds, string(p.Kind)) })
	}
	if after := req.GetPageToken(); after != "" {
		// A proposal may have gone meanwhile, so the token says what was shown last, and not where it stood.
		i := slices.IndexFunc(found, func(p topology.Proposal) bool { return pageKey(p) > after })
		if i < 0 {
			i = len(found)
		}
		found = found[i:]
	}
	answer := &apiv1.ListTopologyProposalsResponse{InventoryRevision: revision}
	if size := cmp.Or(int(req.GetPageSize()), defaultProposals); len(found) > size {
		found = found[:size]
		answer.NextPageToken = pageKey(found[size-1])
	}
	answer.Proposals = convert(found, func(p topology.Proposal) *apiv1.TopologyProposal { return fromProposal(inv, p) })
	return answer, nil
}

// pageKey orders proposals as they are listed: devices, then links, then dependencies, each by id.
func pageKey(p topology.Proposal) string {
	return map[topology.ProposalKind]string{topology.ProposeDevice: "1", topology.ProposeLink: "2", topology.ProposeDependency: "3"}[p.Kind] + p.ID
}

// AcceptTopologyProposals adds what proposals say to the inventory.
func (s proposals) AcceptTopologyProposals(ctx context.Context, req *apiv1.AcceptTopologyProposalsRequest) (*apiv1.AcceptTopologyProposalsResponse, error) {
	inv, revision, err := s.inventory(ctx)
	if err != nil {
		return nil, err
	}
	wanted := slices.DeleteFunc(slices.Clone(req.GetIds()), inv.Says)
	if len(wanted) == 0 { // somebody did it already, perhaps this very caller
		return &apiv1.AcceptTopologyProposalsResponse{InventoryRevision: revision, Warnings: inv.Warnings()}, nil
	}
	if revision != req.GetInventoryRevision() {
		return nil, &engine.Refusal{Kind: engine.Conflict, What: "the inventory has moved on since these proposals were listed", Hint: "list them again and decide anew"}
	}
	chosen, err := s.choose(ctx, inv, wanted)
	if err != nil {
		return nil, err
	}
	after, err := inv.Apply(chosen)
	if err != nil {
		return nil, &engine.Refusal{Kind: engine.Invalid, What: err.Error()}
	}
	if _, err := s.submitter.Submit(ctx, tenant(ctx), engine.InventoryInput{Inventory: after, IfRevision: &revision}); err != nil {
		return nil, err
	}
	s.logger.InfoContext(ctx, "Accepted proposals for the inventory", slog.String("tenant", tenant(ctx)), slog.String("by", actor(ctx)),
		slog.Int("proposals", len(chosen)), slog.Int64("revision", revision+1))
	// Last, so that a call that ends half-way can be made again: what the inventory says is not proposed anyway.
	if err := s.Dismissals.RestoreTopology(ctx, tenant(ctx), wanted); err != nil {
		return nil, err
	}
	return &apiv1.AcceptTopologyProposalsResponse{InventoryRevision: revision + 1, Warnings: after.Warnings()}, nil
}

// choose finds the wanted proposals among those that there are, dismissed or not.
func (s proposals) choose(ctx context.Context, inv topology.Inventory, wanted []string) ([]topology.Proposal, error) {
	missing := make(map[string]bool, len(wanted))
	for _, id := range wanted {
		missing[id] = true
	}
	found, err := s.find(ctx, inv, missing)
	if err != nil {
		return nil, err
	}
	var chosen []topology.Proposal
	for _, p := range found {
		if missing[p.ID] {
			chosen = append(chosen, p)
			delete(missing, p.ID)
		}
	}
	for _, id := range wanted { // the first of them, by the caller's order
		if missing[id] {
			return nil, &engine.Refusal{Kind: engine.NotFound, What: "there is no proposal " + id, Hint: "list them again: the routers no longer see it, or what it rests on was dismissed"}
		}
	}
	return chosen, nil
}

// DismissTopologyProposals keeps proposals from being listed again.
func (s proposals) DismissTopologyProposals(ctx context.Context, req *apiv1.DismissTopologyProposalsRequest) (*apiv1.DismissTopologyProposalsResponse, error) {
	if err := s.Dismissals.DismissTopology(ctx, tenant(ctx), req.GetIds(), actor(ctx), req.GetReason(), s.now()); err != nil {
		return nil, err
	}
	s.logger.InfoContext(ctx, "Dismissed proposals for the inventory", slog.String("tenant", tenant(ctx)), slog.String("by", actor(ctx)),
		slog.Int("proposals", len(req.GetIds())), slog.String("reason", req.GetReason()))
	return &apiv1.DismissTopologyProposalsResponse{}, nil
}

// inventory is what proposals are added to; an empty one where there is none yet.
func (s proposals) inventory(ctx context.Context) (topology.Inventory, int64, error) {
	view, err := s.reader.Inventory(ctx, tenant(ctx))
	if err != nil {
		return topology.Inventory{}, 0, err
	}
	inv, err := parseInventory(view)
	if err != nil || inv == nil {
		return topology.Inventory{}, view.Revision, err
	}
	return *inv, view.Revision, nil
}

// find finds proposals, those that were dismissed left out unless they are among the wanted.
func (s proposals) find(ctx context.Context, inv topology.Inventory, wanted map[string]bool) ([]topology.Proposal, error) {
	ids, err := s.Dismissals.DismissedTopology(ctx, tenant(ctx))
	if err != nil {
		return nil, err
	}
	dismissed := make(map[string]bool, len(ids))
	for _, id := range ids {
		dismissed[id] = !wanted[id]
	}
	seen, err := s.Surveyor.Survey(ctx, tenant(ctx))
	if err != nil {
		return nil, err
	}
	return topology.Propose(inv, seen, dismissed), nil
}

func fromProposal(inv topology.Inventory, p topology.Proposal) *apiv1.TopologyProposal {
	out := &apiv1.TopologyProposal{
		Id: p.ID, Kind: string(p.Kind), Confidence: string(p.Confidence),
		Evidence: convert(p.Evidence, func(e topology.Evidence) *apiv1.TopologyEvidence {
			return &apiv1.TopologyEvidence{Device: e.Device, Source: e.Source, Text: e.Text, Since: fromTime(e.Since), LastSeen: fromTime(e.Last)}
		}),
	}
	switch p.Kind {
	case topology.ProposeDevice:
		out.Device = &apiv1.Device{Name: p.Device, Site: p.Site}
	case topology.ProposeLink:
		out.Link = &apiv1.Link{A: fromEnd(p.Link.A), B: fromEnd(p.Link.B)}
	default:
		out.Device = &apiv1.Device{Name: p.Device, Site: p.Site}
		if i := slices.IndexFunc(inv.Devices, func(d topology.Device) bool { return d.Name == p.Device }); i >= 0 {
			out.Device = fromInventory(topology.Inventory{Devices: inv.Devices[i : i+1]}).GetDevices()[0]
		}
		out.Device.DependsOn = []*apiv1.Dependency{fromGroup(p.DependsOn)}
	}
	return out
}
