package datasource

import (
	"context"
	"errors"
	"net/http"

	"google.golang.org/protobuf/proto"

	"github.com/grafana/grafana-plugin-sdk-go/backend"

	apiv1 "github.com/ispvisualmonitor/ispvisualmonitor/api/v1"
)

var errNoKey = errors.New("idempotencyKey is missing: without it a repeated request would plan the change twice")

func (d *Datasource) getChanges(ctx context.Context, a asked, _ *http.Request) (proto.Message, error) {
	return d.correlator.ListChanges(ctx, &apiv1.ListChangesRequest{
		From: a.from, To: a.to, Devices: a.list("device"), Sites: a.list("site"), Statuses: a.list("status"),
		PageSize: pageRows, PageToken: a.values.Get("pageToken"),
	})
}

func (d *Datasource) getChange(ctx context.Context, _ asked, r *http.Request) (proto.Message, error) {
	answer, err := d.correlator.GetChange(ctx, &apiv1.GetChangeRequest{Id: r.PathValue("id")})
	return answer.GetChange(), err
}

// createChange plans a change. The owner is whoever Grafana says asks, whatever the body says.
func (d *Datasource) createChange(w http.ResponseWriter, r *http.Request) {
	var request apiv1.CreateChangeRequest
	if err := decode(r, &request); err != nil {
		writeProblem(w, http.StatusBadRequest, err.Error())
		return
	}

	if request.GetIdempotencyKey() == "" {
		writeProblem(w, http.StatusBadRequest, errNoKey.Error())
		return
	}

	if request.GetChange() != nil {
		request.Change.Owner = backend.UserFromContext(r.Context()).Login
	}

	ctx, cancel := context.WithTimeout(r.Context(), d.settings.Timeout)
	defer cancel()

	answer, err := d.correlator.CreateChange(ctx, &request)
	writeAnswer(w, answer.GetChange(), err)
}

func (d *Datasource) startChange(w http.ResponseWriter, r *http.Request) {
	d.step(w, r, func(ctx context.Context, id string) (*apiv1.Change, error) {
		answer, err := d.correlator.StartChange(ctx, &apiv1.StartChangeRequest{Id: id})
		return answer.GetChange(), err
	})
}

func (d *Datasource) completeChange(w http.ResponseWriter, r *http.Request) {
	d.step(w, r, func(ctx context.Context, id string) (*apiv1.Change, error) {
		answer, err := d.correlator.CompleteChange(ctx, &apiv1.CompleteChangeRequest{Id: id})
		return answer.GetChange(), err
	})
}

func (d *Datasource) cancelChange(w http.ResponseWriter, r *http.Request) {
	d.step(w, r, func(ctx context.Context, id string) (*apiv1.Change, error) {
		answer, err := d.correlator.CancelChange(ctx, &apiv1.CancelChangeRequest{Id: id})
		return answer.GetChange(), err
	})
}

// step moves a change along its life.
func (d *Datasource) step(w http.ResponseWriter, r *http.Request, to func(context.Context, string) (*apiv1.Change, error)) {
	ctx, cancel := context.WithTimeout(r.Context(), d.settings.Timeout)
	defer cancel()

	change, err := to(ctx, r.PathValue("id"))
	writeAnswer(w, change, err)
}
