package httpapi

import (
	"context"
	"time"

	apiv1 "github.com/ispvisualmonitor/ispvisualmonitor/api/v1"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/authn"
)

// status tells a client whom it talks to and as whom.
type status struct {
	reader  Reader
	now     func() time.Time
	version string
}

// GetStatus answers who the caller is and, to those who may read, what there is.
func (s status) GetStatus(ctx context.Context, _ *apiv1.GetStatusRequest) (*apiv1.GetStatusResponse, error) {
	id, _ := authn.FromContext(ctx)
	answer := &apiv1.GetStatusResponse{
		Version: s.version, Tenant: id.Tenant, Role: string(id.Role), Name: id.Name, Now: fromTime(s.now()),
	}
	if !id.Role.May(authn.Read) {
		return answer, nil
	}
	view, err := s.reader.Status(ctx, id.Tenant)
	if err != nil {
		return nil, err
	}
	answer.Devices, answer.OpenIncidents = view.Devices, view.OpenIncidents
	answer.LastObservationAt = fromTime(view.LastObservationAt)
	return answer, nil
}
