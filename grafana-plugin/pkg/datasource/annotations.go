package datasource

import (
	"context"
	"encoding/json"
	"fmt"
	"html"
	"net/url"
	"strings"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/config"
	"github.com/grafana/grafana-plugin-sdk-go/data"
	"golang.org/x/text/language"
	"golang.org/x/text/message"

	apiv1 "github.com/ispvisualmonitor/ispvisualmonitor/api/v1"
)

// annotationFrame answers annotations in the shape that Grafana's standard annotation support reads:
//
//   - timeEnd is never null (a sparse column is not recognised as a field): a point event has its time;
//   - id is unique, as equal ids collapse into one;
//   - title and text are HTML: everything that came from a device or a person is escaped;
//   - tags is a JSON column of arrays, as a plain string is split at its commas;
//   - there is no colour, which an annotation query overwrites by its own: one query a class.
func (d *Datasource) annotationFrame(ctx context.Context, q query, r backend.TimeRange) (*data.Frame, error) {
	answer, err := d.annotations.list(ctx, q, r)
	if err != nil {
		return nil, err
	}

	rows := newAnnotationRows(len(answer.GetAnnotations()))
	prefix := pagePrefix(ctx)
	// What is still going on has no end yet: its region ends with the range that was asked, which the
	// cache had widened, and never in the future.
	latest := r.To
	if now := d.now(); now.Before(latest) {
		latest = now
	}

	for _, annotation := range answer.GetAnnotations() {
		if err := rows.add(annotation, prefix, latest); err != nil {
			return nil, err
		}
	}

	frame := rows.frame()
	noteTruncation(frame, representedBy(answer.GetAnnotations()), int(answer.GetTotal()))

	return frame, nil
}

type annotationRows struct {
	time, timeEnd                         []time.Time
	id, title, text, class, status, event []string
	tags                                  []json.RawMessage
	count                                 []int32
}

func newAnnotationRows(n int) *annotationRows {
	return &annotationRows{time: make([]time.Time, 0, n), timeEnd: make([]time.Time, 0, n)}
}

// add appends one annotation; one that is still going on ends no later than latest.
func (a *annotationRows) add(annotation *apiv1.Annotation, prefix string, latest time.Time) error {
	begin, end := annotation.GetTime().AsTime(), annotation.GetTimeEnd().AsTime()
	if annotation.GetOngoing() && end.After(latest) {
		end = latest
	}

	if annotation.GetTimeEnd() == nil || end.Before(begin) {
		end = begin
	}

	tags, err := json.Marshal(append([]string{}, annotation.GetTags()...))
	if err != nil {
		return fmt.Errorf("tags of annotation %s: %w", annotation.GetId(), err)
	}

	a.time = append(a.time, begin)
	a.timeEnd = append(a.timeEnd, end)
	a.id = append(a.id, annotation.GetId())
	a.title = append(a.title, html.EscapeString(annotation.GetTitle()))
	a.text = append(a.text, annotationText(annotation, prefix))
	a.tags = append(a.tags, tags)
	a.class = append(a.class, annotation.GetClass())
	a.status = append(a.status, annotation.GetStatus())
	a.event = append(a.event, annotation.GetEntityId())
	a.count = append(a.count, max(annotation.GetCount(), 1))

	return nil
}

func (a *annotationRows) frame() *data.Frame {
	frame := data.NewFrame("annotations",
		data.NewField("time", nil, a.time),
		data.NewField("timeEnd", nil, a.timeEnd),
		data.NewField("id", nil, a.id),
		data.NewField("title", nil, a.title),
		data.NewField("text", nil, a.text),
		data.NewField("tags", nil, a.tags),
		data.NewField("class", nil, a.class),
		data.NewField("status", nil, a.status),
		data.NewField("entityId", nil, a.event),
		data.NewField("count", nil, a.count),
	)
	frame.SetMeta(&data.FrameMeta{PreferredVisualization: data.VisTypeTable})

	return frame
}

// annotationText is what the tooltip shows: the correlator's text, line by line, and a link to the page.
func annotationText(annotation *apiv1.Annotation, prefix string) string {
	var b strings.Builder

	b.WriteString(strings.ReplaceAll(html.EscapeString(annotation.GetText()), "\n", "<br>"))

	if annotation.GetOngoing() {
		appendLine(&b, "Still going on.")
	}

	if link, label := page(annotation); link != "" {
		appendLine(&b, `<a href="`+html.EscapeString(prefix+link)+`">`+label+`</a>`)
	}

	return b.String()
}

func appendLine(b *strings.Builder, line string) {
	if b.Len() > 0 {
		b.WriteString("<br>")
	}

	b.WriteString(line)
}

// page is the page of the app that shows the event; none for one that stands for several.
func page(annotation *apiv1.Annotation) (link, label string) {
	if annotation.GetCount() > 1 || annotation.GetEntityId() == "" {
		return "", ""
	}

	switch annotation.GetClass() {
	case subjectIncident:
		return appRoot + "/incidents/" + url.PathEscape(annotation.GetEntityId()), "Open the incident"
	case subjectChange:
		return appRoot + "/changes?id=" + url.QueryEscape(annotation.GetEntityId()), "Open the change"
	default:
		return "", ""
	}
}

// appRoot is where the pages of the app are.
const appRoot = "/a/ispvisualmonitor-app"

// pagePrefix is the path under which Grafana is served, such as /grafana; empty at the root.
func pagePrefix(ctx context.Context) string {
	address, err := config.GrafanaConfigFromContext(ctx).AppURL()
	if err != nil {
		return ""
	}

	parsed, err := url.Parse(address)
	if err != nil {
		return ""
	}

	return strings.TrimRight(parsed.EscapedPath(), "/")
}

// representedBy counts the events that the annotations stand for.
func representedBy(annotations []*apiv1.Annotation) int {
	sum := 0
	for _, annotation := range annotations {
		sum += int(max(annotation.GetCount(), 1))
	}

	return sum
}

// noteTruncation says in the panel when not everything is shown.
func noteTruncation(frame *data.Frame, shown, total int) {
	if shown >= total {
		return
	}

	frame.AppendNotices(data.Notice{
		Severity: data.NoticeSeverityWarning,
		Text: message.NewPrinter(language.English).Sprintf(
			"showing %d of %d: narrow the range, or filter by device or site", shown, total),
	})
}
