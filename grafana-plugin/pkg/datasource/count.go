package datasource

import (
	"context"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/data"
)

// countFrame answers one number, in the numeric shape that Grafana's alerting takes: how many changes,
// config changes or incidents overlap the range, or how many devices there are. It works without a
// user, as alerting has none.
func (d *Datasource) countFrame(ctx context.Context, q query, r backend.TimeRange) (*data.Frame, error) {
	n, more, err := d.count(ctx, q, r)
	if err != nil {
		return nil, err
	}

	frame := data.NewFrame("count", data.NewField(q.Subject+"s", nil, []float64{float64(n)}))
	frame.SetMeta(&data.FrameMeta{Type: data.FrameTypeNumericWide, TypeVersion: data.FrameTypeVersion{0, 1}})

	if more {
		frame.AppendNotices(data.Notice{
			Severity: data.NoticeSeverityWarning,
			Text:     "there are more than were counted: narrow the range",
		})
	}

	return frame, nil
}

func (d *Datasource) count(ctx context.Context, q query, r backend.TimeRange) (n int, more bool, err error) {
	switch q.Subject {
	case subjectChange:
		found, err := d.listChanges(ctx, q, r)
		return len(found.list), found.more, err
	case subjectConfigChange:
		found, err := d.listConfigChanges(ctx, q, r)
		return len(found.list), found.more, err
	case subjectIncident:
		found, err := d.listIncidents(ctx, q, r)
		return len(found.list), found.more, err
	default:
		found, err := d.listDevices(ctx, q)
		return len(found.list), found.more, err
	}
}
