package datasource_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/types/known/timestamppb"

	apiv1 "github.com/ispvisualmonitor/ispvisualmonitor/api/v1"
	"github.com/ispvisualmonitor/ispvisualmonitor/grafana-plugin/pkg/correlatortest"
)

func TestAnnotationFrame(t *testing.T) {
	t.Parallel()

	b := setup(t, correlatortest.Example(now))
	frame := askFrame(t, b.source, `{"queryType": "annotations"}`)

	require.Equal(t, 9, frame.Rows(), "five changes, two config changes, two incidents")

	ids := column[string](t, frame, "id")
	seen := map[string]bool{}

	for _, id := range ids {
		require.False(t, seen[id], "equal ids collapse in Grafana: %s", id)
		seen[id] = true
	}

	// A null time would be a pointer field: these are not.
	begins, ends := column[time.Time](t, frame, "time"), column[time.Time](t, frame, "timeEnd")
	for i := range begins {
		require.False(t, ends[i].Before(begins[i]), ids[i])
	}

	for _, tags := range column[json.RawMessage](t, frame, "tags") {
		var list []string
		require.NoError(t, json.Unmarshal(tags, &list))
		require.NotEmpty(t, list)
	}

	for _, never := range []string{"color", "dashboardUID", "panelId", "alertId"} {
		field, _ := frame.FieldByName(never)
		require.Nil(t, field, never)
	}
}

func TestAnnotationEscapesWhatCameFromOutside(t *testing.T) {
	t.Parallel()

	nasty := `<script>alert("1")</script> & <a href="javascript:x">`
	at := timestamppb.New(now)
	b := setup(t, correlatortest.State{Annotations: []*apiv1.Annotation{{
		Id: "change:1:planned", Class: "change", Time: at, TimeEnd: at, Title: nasty, Text: nasty + "\nsecond line",
		Tags: []string{`with,comma`, `"quoted"`}, EntityId: `1"><img src=x>`, Count: 1,
	}}})

	frame := askFrame(t, b.source, `{"queryType": "annotations", "subject": "change"}`)
	require.Equal(t, []string{
		"&lt;script&gt;alert(&#34;1&#34;)&lt;/script&gt; &amp; &lt;a href=&#34;javascript:x&#34;&gt;",
	}, column[string](t, frame, "title"))
	require.Equal(t, []string{
		"&lt;script&gt;alert(&#34;1&#34;)&lt;/script&gt; &amp; &lt;a href=&#34;javascript:x&#34;&gt;<br>second line" +
			`<br><a href="/a/ispvisualmonitor-app/changes?id=1%22%3E%3Cimg+src%3Dx%3E">Open the change</a>`,
	}, column[string](t, frame, "text"))
	require.JSONEq(t, `["with,comma", "\"quoted\""]`, string(column[json.RawMessage](t, frame, "tags")[0]))
}

func TestAnnotationTimes(t *testing.T) {
	t.Parallel()

	begin, end := now.Add(-time.Hour), now.Add(-time.Minute)
	later := timestamppb.New(now.Add(time.Hour))
	// Three seconds past a round time: the cache asks for more than the range.
	short := now.Add(-10 * time.Minute).Add(3 * time.Second)

	for name, test := range map[string]struct {
		annotation *apiv1.Annotation
		rangeEnd   time.Time
		want       time.Time
		wantText   string
	}{
		"region":               {&apiv1.Annotation{TimeEnd: timestamppb.New(end)}, now, end, ""},
		"planned ahead":        {&apiv1.Annotation{TimeEnd: later}, now, later.AsTime(), ""},
		"point without an end": {&apiv1.Annotation{}, now, begin, ""},
		"end before its begin": {&apiv1.Annotation{TimeEnd: timestamppb.New(begin.Add(-1))}, now, begin, ""},
		"ongoing, range into the future": {
			&apiv1.Annotation{TimeEnd: later, Ongoing: true}, now.Add(2 * time.Hour), now, "Still going on.",
		},
		"ongoing, range in the past": {
			&apiv1.Annotation{TimeEnd: later, Ongoing: true}, short, short, "Still going on.",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			test.annotation.Id, test.annotation.Class = "x", "change"
			test.annotation.Time = timestamppb.New(begin)
			b := setup(t, correlatortest.State{Annotations: []*apiv1.Annotation{test.annotation}})

			r := backend.TimeRange{From: now.Add(-2 * time.Hour), To: test.rangeEnd}
			response := ask(t, b.source, r, `{"queryType": "annotations"}`)
			require.NoError(t, response.Error)
			require.Equal(t, []time.Time{test.want}, column[time.Time](t, response.Frames[0], "timeEnd"))
			require.Equal(t, []string{test.wantText}, column[string](t, response.Frames[0], "text"))
		})
	}
}

func TestAnnotationTruncationIsSaid(t *testing.T) {
	t.Parallel()

	state := correlatortest.State{}
	for i := range 12_340 {
		at := timestamppb.New(now.Add(time.Duration(i) * time.Second))
		state.Annotations = append(state.Annotations, &apiv1.Annotation{
			Id: fmt.Sprint(i), Class: "config_change", Time: at, TimeEnd: at, Count: 1,
		})
	}

	b := setup(t, state)
	frame := askFrame(t, b.source, `{"queryType": "annotations"}`)
	require.Equal(t, 500, frame.Rows())
	require.Equal(t, []data.Notice{{
		Severity: data.NoticeSeverityWarning,
		Text:     "showing 500 of 12,340: narrow the range, or filter by device or site",
	}}, frame.Meta.Notices)
}

func TestAnnotationsMergedByTheCorrelatorAreNotMissing(t *testing.T) {
	t.Parallel()

	at := timestamppb.New(now)
	b := setup(t, correlatortest.State{Annotations: []*apiv1.Annotation{{
		Id: "cluster", Class: "change", Time: at, TimeEnd: at, Title: "40 changes", Count: 40, EntityId: "1",
	}}})

	frame := askFrame(t, b.source, `{"queryType": "annotations"}`)
	require.Empty(t, frame.Meta.Notices)
	require.Equal(t, []int32{40}, column[int32](t, frame, "count"))
	require.Equal(t, []string{""}, column[string](t, frame, "text"), "what stands for many links to none of them")
}
