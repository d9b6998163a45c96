package datasource

import (
	"context"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"google.golang.org/protobuf/types/known/timestamppb"

	apiv1 "github.com/ispvisualmonitor/ispvisualmonitor/api/v1"
)

// pageRows is how many rows one call asks for at most; the API takes up to 1000.
const pageRows = 1000

// rows are the rows of one answer, and whether there were more.
type rows[T any] struct {
	list []T
	more bool
}

// gather follows page tokens until limit rows are there or no page is left.
func gather[T any](limit int, next func(size int32, token string) ([]T, string, error)) (rows[T], error) {
	var all rows[T]

	token := ""

	for {
		size := min(limit-len(all.list), pageRows)

		page, following, err := next(int32(size), token) //nolint:gosec // at most pageRows
		if err != nil {
			return rows[T]{}, err
		}

		all.list = append(all.list, page...)

		if following == "" {
			return all, nil
		}

		// A page without rows would never end.
		if len(all.list) >= limit || len(page) == 0 {
			all.more = true
			return all, nil
		}

		token = following
	}
}

func (d *Datasource) listChanges(ctx context.Context, q query, r backend.TimeRange) (rows[*apiv1.Change], error) {
	return gather(q.Limit, func(size int32, token string) ([]*apiv1.Change, string, error) {
		page, err := d.correlator.ListChanges(ctx, &apiv1.ListChangesRequest{
			From: timestamppb.New(r.From), To: timestamppb.New(r.To),
			Devices: q.Devices, Sites: q.Sites, Statuses: q.Statuses, PageSize: size, PageToken: token,
		})

		return page.GetChanges(), page.GetNextPageToken(), err
	})
}

func (d *Datasource) listConfigChanges(ctx context.Context, q query, r backend.TimeRange) (rows[*apiv1.ConfigChange], error) {
	return gather(q.Limit, func(size int32, token string) ([]*apiv1.ConfigChange, string, error) {
		page, err := d.correlator.ListConfigChanges(ctx, &apiv1.ListConfigChangesRequest{
			From: timestamppb.New(r.From), To: timestamppb.New(r.To),
			Devices: q.Devices, Sites: q.Sites, Categories: q.Categories, UnplannedOnly: q.UnplannedOnly,
			PageSize: size, PageToken: token,
		})

		return page.GetConfigChanges(), page.GetNextPageToken(), err
	})
}

func (d *Datasource) listIncidents(ctx context.Context, q query, r backend.TimeRange) (rows[*apiv1.Incident], error) {
	return gather(q.Limit, func(size int32, token string) ([]*apiv1.Incident, string, error) {
		page, err := d.correlator.ListIncidents(ctx, &apiv1.ListIncidentsRequest{
			From: timestamppb.New(r.From), To: timestamppb.New(r.To),
			Devices: q.Devices, Sites: q.Sites, States: q.Statuses, PageSize: size, PageToken: token,
		})

		return page.GetIncidents(), page.GetNextPageToken(), err
	})
}

// listDevices has no pages: the inventory of a tenant is bounded.
func (d *Datasource) listDevices(ctx context.Context, q query) (rows[*apiv1.DeviceStatus], error) {
	answer, err := d.correlator.ListDevices(ctx, &apiv1.ListDevicesRequest{Sites: q.Sites, Devices: q.Devices})
	if err != nil {
		return rows[*apiv1.DeviceStatus]{}, err
	}

	all := answer.GetDevices()
	if len(all) > q.Limit {
		return rows[*apiv1.DeviceStatus]{list: all[:q.Limit], more: true}, nil
	}

	return rows[*apiv1.DeviceStatus]{list: all}, nil
}
