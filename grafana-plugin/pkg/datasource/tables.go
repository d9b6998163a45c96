package datasource

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/data"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
	"google.golang.org/protobuf/types/known/timestamppb"

	apiv1 "github.com/ispvisualmonitor/ispvisualmonitor/api/v1"
)

// tableFrame answers rows for Explore and table panels.
func (d *Datasource) tableFrame(ctx context.Context, q query, r backend.TimeRange) (*data.Frame, error) {
	switch q.Subject {
	case subjectChange:
		found, err := d.listChanges(ctx, q, r)
		return table(q.Subject, found, err, changeColumns)
	case subjectConfigChange:
		found, err := d.listConfigChanges(ctx, q, r)
		return table(q.Subject, found, err, configChangeColumns)
	case subjectIncident:
		found, err := d.listIncidents(ctx, q, r)
		return table(q.Subject, found, err, incidentColumns)
	default:
		found, err := d.listDevices(ctx, q)
		return table(q.Subject, found, err, deviceColumns)
	}
}

// column is one column of a table: its name and how a row fills it.
type column[T any] struct {
	name string
	// sample gives the type of the field; value must answer the same type.
	sample any
	value  func(T) any
}

var changeColumns = []column[*apiv1.Change]{
	{"starts_at", []*time.Time{}, func(c *apiv1.Change) any { return instant(c.GetStartsAt()) }},
	{"ends_at", []*time.Time{}, func(c *apiv1.Change) any { return instant(c.GetEndsAt()) }},
	{"status", []string{}, func(c *apiv1.Change) any { return c.GetStatus() }},
	{"title", []string{}, func(c *apiv1.Change) any { return c.GetTitle() }},
	{"owner", []string{}, func(c *apiv1.Change) any { return c.GetOwner() }},
	{"sites", []string{}, func(c *apiv1.Change) any { return strings.Join(c.GetScope().GetSites(), ", ") }},
	{"devices", []string{}, func(c *apiv1.Change) any { return strings.Join(c.GetDevices(), ", ") }},
	{"started_at", []*time.Time{}, func(c *apiv1.Change) any { return instant(c.GetStartedAt()) }},
	{"finished_at", []*time.Time{}, func(c *apiv1.Change) any { return instant(c.GetFinishedAt()) }},
	{"id", []string{}, func(c *apiv1.Change) any { return c.GetId() }},
}

var configChangeColumns = []column[*apiv1.ConfigChange]{
	{"not_after", []*time.Time{}, func(c *apiv1.ConfigChange) any { return instant(c.GetNotAfter()) }},
	{"not_before", []*time.Time{}, func(c *apiv1.ConfigChange) any { return instant(c.GetNotBefore()) }},
	{"device", []string{}, func(c *apiv1.ConfigChange) any { return c.GetDevice() }},
	{"site", []string{}, func(c *apiv1.ConfigChange) any { return c.GetSite() }},
	{"category", []string{}, func(c *apiv1.ConfigChange) any { return c.GetCategory() }},
	{"planned", []bool{}, func(c *apiv1.ConfigChange) any { return c.GetPlannedChangeId() != "" }},
	{"summary", []string{}, func(c *apiv1.ConfigChange) any { return strings.Join(c.GetSummary(), "\n") }},
	{"actor", []string{}, func(c *apiv1.ConfigChange) any { return actor(c.GetActor()) }},
	{"old_fingerprint", []string{}, func(c *apiv1.ConfigChange) any { return c.GetOldFingerprint() }},
	{"new_fingerprint", []string{}, func(c *apiv1.ConfigChange) any { return c.GetNewFingerprint() }},
	{"planned_change_id", []string{}, func(c *apiv1.ConfigChange) any { return c.GetPlannedChangeId() }},
	{"id", []string{}, func(c *apiv1.ConfigChange) any { return c.GetId() }},
}

var incidentColumns = []column[*apiv1.Incident]{
	{"opened_at", []*time.Time{}, func(i *apiv1.Incident) any { return instant(i.GetOpenedAt()) }},
	{"closed_at", []*time.Time{}, func(i *apiv1.Incident) any { return instant(i.GetClosedAt()) }},
	{"state", []string{}, func(i *apiv1.Incident) any { return i.GetState() }},
	{"severity", []string{}, func(i *apiv1.Incident) any { return i.GetSeverity() }},
	{"label", []string{}, func(i *apiv1.Incident) any { return i.GetLabel() }},
	{"cause", []string{}, func(i *apiv1.Incident) any { return firstCandidate(i).GetName() }},
	{"confidence", []float64{}, func(i *apiv1.Incident) any { return firstCandidate(i).GetConfidence() }},
	{"explanation", []string{}, func(i *apiv1.Incident) any { return i.GetExplanation() }},
	{"devices", []string{}, func(i *apiv1.Incident) any { return strings.Join(i.GetDevices(), ", ") }},
	{"sites", []string{}, func(i *apiv1.Incident) any { return strings.Join(i.GetSites(), ", ") }},
	{"alerts", []int32{}, func(i *apiv1.Incident) any { return i.GetAlertCount() }},
	{"id", []string{}, func(i *apiv1.Incident) any { return i.GetId() }},
}

var deviceColumns = []column[*apiv1.DeviceStatus]{
	{"device", []string{}, func(s *apiv1.DeviceStatus) any { return s.GetDevice().GetName() }},
	{"site", []string{}, func(s *apiv1.DeviceStatus) any { return s.GetDevice().GetSite() }},
	{"roles", []string{}, func(s *apiv1.DeviceStatus) any { return strings.Join(s.GetDevice().GetRoles(), ", ") }},
	{"tags", []string{}, func(s *apiv1.DeviceStatus) any { return strings.Join(s.GetDevice().GetTags(), ", ") }},
	{"in_inventory", []bool{}, func(s *apiv1.DeviceStatus) any { return !s.GetUninventoried() }},
	{"last_observed_at", []*time.Time{}, func(s *apiv1.DeviceStatus) any { return instant(s.GetLastObservedAt()) }},
	{"last_change_at", []*time.Time{}, func(s *apiv1.DeviceStatus) any { return instant(s.GetLastChangeAt()) }},
}

// table makes the frame of the rows that were found, column by column.
func table[T any](name string, found rows[T], err error, columns []column[T]) (*data.Frame, error) {
	if err != nil {
		return nil, err
	}

	fields := make([]*data.Field, len(columns))
	for i, c := range columns {
		fields[i] = data.NewField(c.name, nil, c.sample)
		fields[i].Extend(len(found.list))

		for j, row := range found.list {
			fields[i].Set(j, c.value(row))
		}
	}

	frame := data.NewFrame(name, fields...)
	frame.SetMeta(&data.FrameMeta{
		Type: data.FrameTypeTable, TypeVersion: data.FrameTypeVersion{0, 1}, PreferredVisualization: data.VisTypeTable,
	})

	if found.more {
		frame.AppendNotices(data.Notice{
			Severity: data.NoticeSeverityWarning,
			Text: message.NewPrinter(language.English).Sprintf(
				"showing the first %d rows, there are more: narrow the range, filter, or raise the limit", len(found.list)),
		})
	}

	return frame, nil
}

func firstCandidate(i *apiv1.Incident) *apiv1.Candidate {
	if len(i.GetCandidates()) == 0 {
		return nil
	}

	return i.GetCandidates()[0]
}

// instant is nil for a time that is not set: an unset time is not 1970.
func instant(t *timestamppb.Timestamp) *time.Time {
	if t == nil {
		return nil
	}

	at := t.AsTime()

	return &at
}

// actor is who changed it, from where, by what: as much as is known.
func actor(a *apiv1.Actor) string {
	text := a.GetUser()
	if a.GetAddress() != "" {
		text = strings.TrimSpace(fmt.Sprintf("%s from %s", text, a.GetAddress()))
	}

	if a.GetVia() != "" {
		text = strings.TrimSpace(fmt.Sprintf("%s by %s", text, a.GetVia()))
	}

	return text
}
