package httpapi

import (
	"cmp"
	"context"

	"connectrpc.com/connect/v2"
	"github.com/google/uuid"

	apiv1 "github.com/ispvisualmonitor/ispvisualmonitor/api/v1"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/calendar"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/engine"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/topology"
)

// changes serves the change calendar.
type changes struct {
	submitter Submitter
	reader    Reader
}

// ListChanges answers a page of change records.
func (s changes) ListChanges(ctx context.Context, req *apiv1.ListChangesRequest) (*apiv1.ListChangesResponse, error) {
	page, err := s.reader.Changes(ctx, tenant(ctx), engine.ChangeQuery{
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
	change, err := s.read(ctx, req.GetId())
	if err != nil {
		return nil, err
	}
	return &apiv1.GetChangeResponse{Change: change}, nil
}

// CreateChange plans a change. Its id follows from the idempotency key, so that the same call sent
// again is the same change; the engine refuses another change under a key that is taken.
func (s changes) CreateChange(ctx context.Context, req *apiv1.CreateChangeRequest) (*apiv1.CreateChangeResponse, error) {
	id, err := newChangeID(tenant(ctx), req.GetIdempotencyKey())
	if err != nil {
		return nil, err
	}
	c := req.GetChange()
	scope := topology.Scope{
		Sites: c.GetScope().GetSites(), Devices: c.GetScope().GetDevices(),
		Tags: c.GetScope().GetTags(), Services: c.GetScope().GetServices(),
	}
	if err := s.checkNew(ctx, id, scope); err != nil {
		return nil, err
	}
	change, err := s.submit(ctx, engine.OpCreate, calendar.Window{
		ID: id, Kind: calendar.Change,
		Title: c.GetTitle(), Description: c.GetDescription(), Owner: cmp.Or(c.GetOwner(), actor(ctx)),
		StartsAt: toTime(c.GetStartsAt()), EndsAt: toTime(c.GetEndsAt()),
		Scope: scope, NotifyCritical: c.GetNotifyCritical(), Status: calendar.Planned,
	})
	if err != nil {
		return nil, err
	}
	return &apiv1.CreateChangeResponse{Change: change}, nil
}

// checkNew checks the scope of a change that does not exist yet. One that does was checked when it was
// made, and a call that is sent again gets the same answer after the inventory has changed.
func (s changes) checkNew(ctx context.Context, id string, scope topology.Scope) error {
	refusal := checkScope(ctx, s.reader, scope)
	if refusal == nil {
		return nil
	}
	if _, err := s.reader.Change(ctx, tenant(ctx), id); err == nil {
		return nil
	}
	return refusal
}

// StartChange begins a change now.
func (s changes) StartChange(ctx context.Context, req *apiv1.StartChangeRequest) (*apiv1.StartChangeResponse, error) {
	change, err := s.move(ctx, engine.OpStart, req.GetId())
	if err != nil {
		return nil, err
	}
	return &apiv1.StartChangeResponse{Change: change}, nil
}

// CompleteChange ends a change now.
func (s changes) CompleteChange(ctx context.Context, req *apiv1.CompleteChangeRequest) (*apiv1.CompleteChangeResponse, error) {
	change, err := s.move(ctx, engine.OpComplete, req.GetId())
	if err != nil {
		return nil, err
	}
	return &apiv1.CompleteChangeResponse{Change: change}, nil
}

// CancelChange withdraws a change.
func (s changes) CancelChange(ctx context.Context, req *apiv1.CancelChangeRequest) (*apiv1.CancelChangeResponse, error) {
	change, err := s.move(ctx, engine.OpCancel, req.GetId())
	if err != nil {
		return nil, err
	}
	return &apiv1.CancelChangeResponse{Change: change}, nil
}

func (s changes) move(ctx context.Context, op engine.WindowOp, id string) (*apiv1.Change, error) {
	return s.submit(ctx, op, calendar.Window{ID: id, Kind: calendar.Change})
}

// submit commits the operation and answers the change as it stands then.
func (s changes) submit(ctx context.Context, op engine.WindowOp, w calendar.Window) (*apiv1.Change, error) {
	if _, err := s.submitter.Submit(ctx, tenant(ctx), engine.WindowInput{Op: op, Window: w}); err != nil {
		return nil, err
	}
	return s.read(ctx, w.ID)
}

func (s changes) read(ctx context.Context, id string) (*apiv1.Change, error) {
	view, err := s.reader.Change(ctx, tenant(ctx), id)
	if err != nil {
		return nil, err
	}
	return fromChange(view), nil
}

// changeIDs is the namespace of ids that are made of idempotency keys.
var changeIDs = uuid.MustParse("5f0c1b6e-3a53-4c0b-9d6f-6a2f3a0c8f11")

func newChangeID(tenant, key string) (string, error) {
	if key != "" {
		return uuid.NewSHA1(changeIDs, []byte(tenant+"\x00"+key)).String(), nil
	}
	id, err := uuid.NewV7()
	if err != nil {
		return "", connect.NewError(connect.CodeUnavailable, "no randomness for an id at the moment: try again").WithCause(err)
	}
	return id.String(), nil
}

func fromChange(v engine.ChangeView) *apiv1.Change {
	return &apiv1.Change{
		Id: v.ID, Title: v.Title, Description: v.Description, Owner: v.Owner, Status: v.Status,
		StartsAt: fromTime(v.StartsAt), EndsAt: fromTime(v.EndsAt),
		StartedAt: fromTime(v.StartedAt), FinishedAt: fromTime(v.FinishedAt),
		NotifyCritical: v.NotifyCritical, Devices: v.Devices, Revision: v.Revision,
		Scope: &apiv1.Scope{Sites: v.Scope.Sites, Devices: v.Scope.Devices, Tags: v.Scope.Tags, Services: v.Scope.Services},
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
