package replay

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/alertmanager"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/engine"
)

// TestEngineKeepsNothing: all state is in the store, so that any replica may die after any input and
// another one carry on. Here a new engine takes over at every line.
func TestEngineKeepsNothing(t *testing.T) {
	t.Parallel()
	timelines, err := filepath.Glob("testdata/*.jsonl")
	require.NoError(t, err)
	require.NotEmpty(t, timelines)
	o := Options{DecodeWebhook: alertmanager.DecodeWebhook, DecodeAlerts: alertmanager.DecodeList, Logger: slog.New(slog.DiscardHandler)}
	for _, path := range timelines {
		t.Run(filepath.Base(path), func(t *testing.T) {
			t.Parallel()
			timeline, err := os.ReadFile(path)
			require.NoError(t, err)
			want, err := Run(t.Context(), bytes.NewReader(timeline), o)
			require.NoError(t, err)

			r := &replayer{options: o, stores: map[string]*Store{}, ids: &Sequence{}}
			n := 0
			for line := range bytes.Lines(timeline) {
				n++
				r.engine, err = engine.New(engine.Options{})
				require.NoError(t, err)
				require.NoError(t, r.line(t.Context(), n, line))
			}
			require.NoError(t, r.settle(t.Context()))
			require.Equal(t, want, r.document())
		})
	}
}

// TestTenantsDoNotMeet: two tenants with the same names and the same troubles at the same time.
func TestTenantsDoNotMeet(t *testing.T) {
	t.Parallel()
	timeline, err := os.ReadFile("testdata/both-legs-down.jsonl")
	require.NoError(t, err)
	var both bytes.Buffer
	for line := range bytes.Lines(timeline) {
		both.Write(line)
		both.Write(bytes.Replace(line, []byte(`"tenant":"acme"`), []byte(`"tenant":"beta"`), 1))
	}
	doc, err := Run(t.Context(), &both, Options{DecodeWebhook: alertmanager.DecodeWebhook, DecodeAlerts: alertmanager.DecodeList})
	require.NoError(t, err)
	require.Len(t, doc.Incidents, 2)
	require.Len(t, doc.ConfigChanges, 2)
	require.NotEqual(t, doc.Incidents[0].Tenant, doc.Incidents[1].Tenant)
	require.Equal(t, withoutIDs(t, doc.Incidents[0]), withoutIDs(t, doc.Incidents[1]))
}

func withoutIDs(t *testing.T, o outcome) string {
	t.Helper()
	o.ID, o.Tenant = "", ""
	for i := range o.Candidates {
		for k := range o.Candidates[i].Evidence {
			o.Candidates[i].Evidence[k].ConfigChangeID = nil
		}
	}
	encoded, err := json.Marshal(o)
	require.NoError(t, err)
	return string(encoded)
}
