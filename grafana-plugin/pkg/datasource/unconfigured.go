package datasource

import (
	"context"
	"net/http"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
)

// unconfigured is an instance whose settings are wrong: it answers everything with the reason.
type unconfigured struct {
	reason error
}

// QueryData answers every query with the reason.
func (u unconfigured) QueryData(_ context.Context, req *backend.QueryDataRequest) (*backend.QueryDataResponse, error) {
	answer := backend.NewQueryDataResponse()
	for _, query := range req.Queries {
		answer.Responses[query.RefID] = backend.ErrDataResponseWithSource(
			backend.StatusBadRequest, backend.ErrorSourceDownstream, u.reason.Error())
	}

	return answer, nil
}

// CheckHealth answers with the reason.
func (u unconfigured) CheckHealth(context.Context, *backend.CheckHealthRequest) (*backend.CheckHealthResult, error) {
	return &backend.CheckHealthResult{Status: backend.HealthStatusError, Message: u.reason.Error()}, nil
}

// CallResource answers with the reason.
func (u unconfigured) CallResource(_ context.Context, _ *backend.CallResourceRequest, sender backend.CallResourceResponseSender) error {
	return sender.Send(&backend.CallResourceResponse{
		Status:  http.StatusUnprocessableEntity,
		Headers: map[string][]string{"Content-Type": {"application/json"}},
		Body:    encodeProblem(problem{Message: u.reason.Error()}),
	})
}
