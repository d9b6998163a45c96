package datasource

import (
	"context"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/data"
	"golang.org/x/sync/errgroup"

	"github.com/ispvisualmonitor/ispvisualmonitor/grafana-plugin/pkg/correlator"
)

// parallelQueries bounds how many queries of one panel or dashboard are asked at once.
const parallelQueries = 4

// QueryData answers each query by itself: one that fails does not take the others with it.
func (d *Datasource) QueryData(ctx context.Context, req *backend.QueryDataRequest) (*backend.QueryDataResponse, error) {
	answers := make([]backend.DataResponse, len(req.Queries))

	var group errgroup.Group
	group.SetLimit(parallelQueries)

	for i, asked := range req.Queries {
		group.Go(func() error {
			answers[i] = d.answer(ctx, asked)
			return nil
		})
	}

	// The functions answer errors in their responses and none to the group.
	_ = group.Wait()

	whole := backend.NewQueryDataResponse()
	for i, asked := range req.Queries {
		whole.Responses[asked.RefID] = answers[i]
	}

	return whole, nil
}

func (d *Datasource) answer(ctx context.Context, asked backend.DataQuery) backend.DataResponse {
	q, err := parseQuery(asked)
	if err != nil {
		return backend.ErrDataResponseWithSource(backend.StatusBadRequest, backend.ErrorSourceDownstream, err.Error())
	}

	ctx, cancel := context.WithTimeout(ctx, d.settings.Timeout)
	defer cancel()

	var frame *data.Frame

	switch q.QueryType {
	case typeAnnotations:
		frame, err = d.annotationFrame(ctx, q, asked.TimeRange)
	case typeCount:
		frame, err = d.countFrame(ctx, q, asked.TimeRange)
	default:
		frame, err = d.tableFrame(ctx, q, asked.TimeRange)
	}

	if err != nil {
		return backend.ErrDataResponseWithSource(
			backend.Status(correlator.Status(err)), backend.ErrorSourceDownstream, correlator.Explain(err))
	}

	return backend.DataResponse{Status: backend.StatusOK, Frames: data.Frames{frame}}
}
