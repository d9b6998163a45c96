package postgres

import (
	"bytes"
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
	"github.com/ispvisualmonitor/ispvisualmonitor/lab/endstate"
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

func replayOptions() replay.Options {
	return replay.Options{DecodeWebhook: alertmanager.DecodeWebhook, DecodeAlerts: alertmanager.DecodeList}
}

func inMemory(t *testing.T, timeline []byte) endstate.State {
	t.Helper()
	var out bytes.Buffer
	require.NoError(t, replay.Write(t.Context(), bytes.NewReader(timeline), &out, replayOptions()))
	printed, err := endstate.Parse(out.Bytes())
	require.NoError(t, err)
	return printed
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
func (b *bundle) document(t *testing.T, tenants []string) endstate.State {
	t.Helper()
	var changes, incidents, notifications []endstate.Row
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
		var n endstate.Row
		require.NoError(t, rows.Scan(&n))
		notifications = append(notifications, n)
	}
	require.NoError(t, rows.Err())
	return endstate.Of(changes, incidents, notifications, nil)
}
