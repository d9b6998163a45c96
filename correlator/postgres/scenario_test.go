package postgres

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/alertmanager"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/engine"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/replay"
)

// TestRecordedScenarios runs every recorded timeline twice: through the replay, with all state in memory,
// and through Submit and PostgreSQL. What the reads then say is what the replay printed, ids aside. And
// the journal that came to be, replayed, gives the same once more.
func TestRecordedScenarios(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join("..", "replay", "testdata", "*.jsonl"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".jsonl"), func(t *testing.T) {
			t.Parallel()
			timeline, err := os.ReadFile(file)
			require.NoError(t, err)
			want := inMemory(t, timeline)

			b := setup(t)
			tenants := b.live(t, timeline)
			require.Empty(t, gocmp.Diff(want, b.document(t, tenants)), "PostgreSQL and memory (-) disagree")
			require.Empty(t, gocmp.Diff(want, inMemory(t, b.journaled(t, tenants, timeline))), "the journal, replayed, and the original (-) disagree")
		})
	}
}

// document is what a timeline came to, without ids.
type document struct {
	Changes       []map[string]any
	Incidents     []map[string]any
	Notifications []string
}

func replayOptions() replay.Options {
	return replay.Options{DecodeWebhook: alertmanager.DecodeWebhook, DecodeAlerts: alertmanager.DecodeList}
}

func inMemory(t *testing.T, timeline []byte) document {
	t.Helper()
	var out bytes.Buffer
	require.NoError(t, replay.Write(t.Context(), bytes.NewReader(timeline), &out, replayOptions()))
	var printed struct {
		ConfigChanges []map[string]any `json:"config_changes"`
		Incidents     []map[string]any `json:"incidents"`
		Notifications []map[string]any `json:"notifications"`
	}
	require.NoError(t, json.Unmarshal(out.Bytes(), &printed))
	return summary(printed.ConfigChanges, printed.Incidents, printed.Notifications)
}

// live submits a timeline line by line, at the instants of its lines, and returns its tenants.
func (b *bundle) live(t *testing.T, timeline []byte) []string {
	t.Helper()
	tenants := map[string]bool{}
	for raw := range bytes.Lines(timeline) {
		if len(bytes.TrimSpace(raw)) == 0 {
			continue
		}
		var line timelineLine
		require.NoError(t, json.Unmarshal(raw, &line))
		b.clock.Set(line.At)
		if line.Tenant != "" && !tenants[line.Tenant] {
			tenants[line.Tenant] = true
			require.NoError(t, b.EnsureTenant(t.Context(), line.Tenant))
		}
		for tenant := range tenants {
			_, err := b.Submit(t.Context(), tenant, engine.Tick{})
			require.NoError(t, err)
		}
		if line.Tenant == "" {
			continue
		}
		_, err := b.Submit(t.Context(), line.Tenant, line.input(t))
		if _, refused := engine.AsRefusal(err); !refused {
			require.NoError(t, err)
		}
	}
	return slices.Sorted(maps.Keys(tenants))
}

// journaled is the recorded timeline of all tenants, up to the instant at which the original ended.
func (b *bundle) journaled(t *testing.T, tenants []string, original []byte) []byte {
	t.Helper()
	var lines []string
	for _, tenant := range tenants {
		require.NoError(t, b.Timeline(t.Context(), tenant, time.Time{}, time.Time{}, func(line string) error {
			lines = append(lines, line)
			return nil
		}))
	}
	at := func(line string) time.Time {
		var head struct{ At time.Time }
		require.NoError(t, json.Unmarshal([]byte(line), &head))
		return head.At
	}
	slices.SortStableFunc(lines, func(a, b string) int { return at(a).Compare(at(b)) })
	all := bytes.Split(bytes.TrimSpace(original), []byte("\n"))
	end := at(string(all[len(all)-1]))
	lines = append(lines, fmt.Sprintf(`{"type":"tick","at":%q}`, end.Format(time.RFC3339Nano)))
	return []byte(strings.Join(lines, "\n"))
}

// document asks the reads, and the outbox for the notifications.
func (b *bundle) document(t *testing.T, tenants []string) document {
	t.Helper()
	var changes, incidents, notifications []map[string]any
	for _, tenant := range tenants {
		page, err := b.ConfigChanges(t.Context(), tenant, engine.ConfigChangeQuery{Page: engine.Page{Size: 1000}})
		require.NoError(t, err)
		for _, c := range page.ConfigChanges {
			changes = append(changes, changeJSON(t, tenant, c))
		}
		list, err := b.Incidents(t.Context(), tenant, engine.IncidentQuery{Page: engine.Page{Size: 1000}})
		require.NoError(t, err)
		for _, i := range list.Incidents {
			one, err := b.Incident(t.Context(), tenant, i.ID)
			require.NoError(t, err)
			incidents = append(incidents, incidentJSON(t, tenant, one))
		}
	}
	rows, err := b.admin.Query(t.Context(), "SELECT payload FROM outbox WHERE type = 'notification' ORDER BY occurred_at, id")
	require.NoError(t, err)
	defer rows.Close()
	for rows.Next() {
		var n map[string]any
		require.NoError(t, rows.Scan(&n))
		notifications = append(notifications, n)
	}
	require.NoError(t, rows.Err())
	return summary(changes, incidents, notifications)
}

// summary puts rows in an order that does not depend on ids, and names by content what ids named.
func summary(changes, incidents, notifications []map[string]any) document {
	names := map[string]string{}
	for _, c := range changes {
		names[c["id"].(string)] = fmt.Sprint(c["device"], "/", c["category"], "@", c["not_after"], "=", c["new_fingerprint"])
	}
	for _, i := range incidents {
		alerts := []string{fmt.Sprint(i["opened_at"])}
		for _, a := range i["alerts"].([]any) {
			alerts = append(alerts, fmt.Sprint(a.(map[string]any)["fingerprint"], a.(map[string]any)["starts_at"]))
		}
		slices.Sort(alerts)
		names[i["id"].(string)] = strings.Join(alerts, " ")
	}
	var doc document
	for _, c := range changes {
		doc.Changes = append(doc.Changes, renamed(c, names).(map[string]any))
	}
	for _, i := range incidents {
		sortAlerts(i["alerts"].([]any))
		for _, shownElsewhere := range []string{"impact", "probable_fixes", "feedback"} {
			delete(i, shownElsewhere) // no list of the API has them
		}
		i["merged_from"] = len(i["merged_from"].([]any)) // what was merged is named nowhere else
		doc.Incidents = append(doc.Incidents, renamed(i, names).(map[string]any))
	}
	for _, n := range notifications {
		doc.Notifications = append(doc.Notifications, fmt.Sprint(n["at"], " ", n["kind"], " ", cmp.Or(names[n["incident_id"].(string)], "merged")))
	}
	byText := func(a, b map[string]any) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) }
	slices.SortFunc(doc.Changes, byText)
	slices.SortFunc(doc.Incidents, byText)
	slices.Sort(doc.Notifications)
	return doc
}

// renamed replaces ids in a JSON value by names.
func renamed(v any, names map[string]string) any {
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for k, x := range v {
			out[k] = renamed(x, names)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, x := range v {
			out[i] = renamed(x, names)
		}
		return out
	case string:
		return cmp.Or(names[v], v)
	default:
		return v
	}
}
