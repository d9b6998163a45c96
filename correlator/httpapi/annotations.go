package httpapi

import (
	"context"

	"connectrpc.com/connect/v2"

	apiv1 "github.com/ispvisualmonitor/ispvisualmonitor/api/v1"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/engine"
)

// maxAnnotations is what a browser can still draw.
const maxAnnotations = 500

// annotations serves what happened over a range, for dashboards.
type annotations struct{ reader Reader }

// ListAnnotations answers at most 500 annotations; where there are more events, the reader merges
// neighbours and the total still says how many there were.
func (s annotations) ListAnnotations(ctx context.Context, req *apiv1.ListAnnotationsRequest) (*apiv1.ListAnnotationsResponse, error) {
	from, to := toTime(req.GetFrom()), toTime(req.GetTo())
	if to.Before(from) {
		return nil, connect.NewError(connect.CodeInvalidArgument, "to: it must not be before from")
	}
	limit := int(req.GetLimit())
	if limit == 0 {
		limit = maxAnnotations
	}
	found, err := s.reader.Annotations(ctx, tenant(ctx), engine.AnnotationQuery{
		From: from, To: to, Devices: req.GetDevices(), Sites: req.GetSites(),
		Classes: req.GetClasses(), Categories: req.GetCategories(), Limit: limit,
	})
	if err != nil {
		return nil, err
	}
	return &apiv1.ListAnnotationsResponse{Annotations: convert(found.Annotations, fromAnnotation), Total: found.Total}, nil
}

func fromAnnotation(v engine.AnnotationView) *apiv1.Annotation {
	return &apiv1.Annotation{
		Id: v.ID, Class: v.Class, Time: fromTime(v.Time), TimeEnd: fromTime(v.TimeEnd),
		Title: v.Title, Text: v.Text, Tags: v.Tags, Devices: v.Devices, Sites: v.Sites,
		Status: v.Status, EntityId: v.EntityID, Count: int32(v.Count), Ongoing: v.Ongoing,
	}
}
