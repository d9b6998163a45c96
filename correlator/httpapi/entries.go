package httpapi

import (
	"cmp"
	"context"
	"reflect"

	"connectrpc.com/connect/v2"
	"github.com/google/uuid"

	apiv1 "github.com/ispvisualmonitor/ispvisualmonitor/api/v1"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/calendar"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/engine"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/topology"
)

// entries writes and reads entries of the calendar, of whatever kind.
type entries struct {
	submitter Submitter
	reader    Reader
}

// create makes an entry. Its id follows from the idempotency key, so that the same call sent again is the
// same entry; the engine refuses another one under a key that is taken.
func (s entries) create(ctx context.Context, key string, w calendar.Window) (engine.ChangeView, error) {
	id, err := newEntryID(tenant(ctx), w.Kind, key)
	if err != nil {
		return engine.ChangeView{}, err
	}
	w.ID, w.Owner, w.Status = id, cmp.Or(w.Owner, actor(ctx)), calendar.Planned
	if refusal := checkEntry(ctx, s.reader, w); refusal != nil {
		// What exists was checked when it was made, and a call that is sent again gets the same answer after the
		// inventory has changed.
		if _, err := s.reader.Window(ctx, tenant(ctx), w.Kind, id); err != nil {
			return engine.ChangeView{}, refusal
		}
	}
	view, err := s.submit(ctx, engine.WindowInput{Op: engine.OpCreate, Window: w})
	if refusal, ok := engine.AsRefusal(err); ok && refusal.Kind == engine.Conflict {
		return view, &engine.Refusal{
			Kind: engine.Conflict, What: "this idempotency key stands for " + string(w.Kind) + " " + id + " with other content",
			Hint: "update that one, or use another key for another one",
		}
	}
	return view, err
}

// update replaces the content of an entry. Its owner stays where none is given.
func (s entries) update(ctx context.Context, revision int64, w calendar.Window) (engine.ChangeView, error) {
	if w.ID == "" {
		return engine.ChangeView{}, &engine.Refusal{Kind: engine.Invalid, What: string(w.Kind) + ".id is missing", Hint: "name what is to be updated"}
	}
	old, err := s.reader.Window(ctx, tenant(ctx), w.Kind, w.ID)
	if err != nil {
		return engine.ChangeView{}, err
	}
	w.Owner = cmp.Or(w.Owner, old.Owner)
	if before := topology.Scope(old.Scope); !reflect.DeepEqual(before, w.Scope) {
		if err := checkEntry(ctx, s.reader, w); err != nil {
			return engine.ChangeView{}, err
		}
	}
	return s.submit(ctx, engine.WindowInput{Op: engine.OpUpdate, Window: w, IfRevision: revision})
}

func (s entries) move(ctx context.Context, op engine.WindowOp, kind calendar.Kind, id string) (engine.ChangeView, error) {
	return s.submit(ctx, engine.WindowInput{Op: op, Window: calendar.Window{ID: id, Kind: kind}})
}

// submit commits the operation and answers the entry as it stands then.
func (s entries) submit(ctx context.Context, in engine.WindowInput) (engine.ChangeView, error) {
	if _, err := s.submitter.Submit(ctx, tenant(ctx), in); err != nil {
		return engine.ChangeView{}, err
	}
	return s.reader.Window(ctx, tenant(ctx), in.Window.Kind, in.Window.ID)
}

// entryIDs is the namespace of ids that are made of idempotency keys.
var entryIDs = uuid.MustParse("5f0c1b6e-3a53-4c0b-9d6f-6a2f3a0c8f11")

func newEntryID(tenant string, kind calendar.Kind, key string) (string, error) {
	switch {
	case key == "":
	case kind == calendar.Change:
		return uuid.NewSHA1(entryIDs, []byte(tenant+"\x00"+key)).String(), nil
	default:
		return uuid.NewSHA1(entryIDs, []byte(tenant+"\x00"+string(kind)+"\x00"+key)).String(), nil
	}
	id, err := uuid.NewV7()
	if err != nil {
		return "", connect.NewError(connect.CodeUnavailable, "no randomness for an id at the moment: try again").WithCause(err)
	}
	return id.String(), nil
}

func toScope(s *apiv1.Scope) topology.Scope {
	return topology.Scope{Sites: s.GetSites(), Devices: s.GetDevices(), Tags: s.GetTags(), Services: s.GetServices()}
}

func fromScope(s engine.ScopeView) *apiv1.Scope {
	return &apiv1.Scope{Sites: s.Sites, Devices: s.Devices, Tags: s.Tags, Services: s.Services}
}
