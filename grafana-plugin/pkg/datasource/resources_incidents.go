package datasource

import (
	"context"
	"net/http"

	"google.golang.org/protobuf/proto"

	apiv1 "github.com/ispvisualmonitor/ispvisualmonitor/api/v1"
)

// incidentPage is how many incidents one answer holds: each may carry a hundred alerts.
const incidentPage = 200

func (d *Datasource) getIncidents(ctx context.Context, a asked, _ *http.Request) (proto.Message, error) {
	return d.correlator.ListIncidents(ctx, &apiv1.ListIncidentsRequest{
		From: a.from, To: a.to, Devices: a.list("device"), Sites: a.list("site"), States: a.list("state"),
		PageSize: incidentPage, PageToken: a.values.Get("pageToken"),
	})
}

func (d *Datasource) getIncident(ctx context.Context, _ asked, r *http.Request) (proto.Message, error) {
	answer, err := d.correlator.GetIncident(ctx, &apiv1.GetIncidentRequest{Id: r.PathValue("id")})
	return answer.GetIncident(), err
}

// acknowledge says that the user has the incident; the body may hold until.
func (d *Datasource) acknowledge(w http.ResponseWriter, r *http.Request) {
	var request apiv1.AcknowledgeIncidentRequest

	if r.ContentLength != 0 {
		if err := decode(r, &request); err != nil {
			writeProblem(w, http.StatusBadRequest, err.Error())
			return
		}
	}

	request.Id = r.PathValue("id")

	ctx, cancel := context.WithTimeout(r.Context(), d.settings.Timeout)
	defer cancel()

	answer, err := d.correlator.AcknowledgeIncident(ctx, &request)
	writeAnswer(w, answer.GetIncident(), err)
}
