package replay_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/prometheus/common/model"
	"github.com/stretchr/testify/require"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/replay"
)

// stormStart is when the fibre is cut.
var stormStart = time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)

// storm is a timeline in which one aggregation router is reconfigured and everything below it, n
// routers in a tree, goes down. The alerts come in webhooks of a given size, all within a minute.
func storm(tb testing.TB, n, perWebhook int) []byte {
	tb.Helper()
	var out bytes.Buffer
	put := func(at time.Time, kind string, fields map[string]any) {
		fields["at"], fields["type"], fields["tenant"] = at, kind, "acme"
		encoded, err := json.Marshal(fields)
		require.NoError(tb, err)
		out.Write(append(encoded, '\n'))
	}
	type group map[string][]string
	devices := []map[string]any{{"name": "TOP", "site": "pop0"}, {"name": "OTHER", "site": "pop0"}}
	for i := range n {
		above := "TOP"
		if i >= 50 {
			above = fmt.Sprintf("R%05d", i%50)
		}
		devices = append(devices, map[string]any{
			"name": fmt.Sprintf("R%05d", i), "site": fmt.Sprintf("pop%d", 1+i%200), "depends_on": []group{{"all": {above}}},
		})
	}
	put(stormStart.Add(-time.Hour), "inventory", map[string]any{"devices": devices})
	for i, fingerprint := range []string{"aaaaaaaaaaaa", "aaaaaaaaaaaa", "bbbbbbbbbbbb"} {
		at := stormStart.Add(time.Duration(i-2) * time.Minute)
		put(at, "observation", map[string]any{"device": "TOP", "category": "interfaces", "observed_at": at, "fingerprint": fingerprint})
	}
	var alerts []map[string]any
	for i := range n {
		labels := map[string]string{"alertname": "DeviceDown", "device": fmt.Sprintf("R%05d", i), "severity": "critical"}
		alerts = append(alerts, map[string]any{
			"status": "firing", "labels": labels, "annotations": map[string]string{"onset_lag": "1m"},
			"startsAt":    stormStart.Add(time.Duration(i*20/n) * time.Second),
			"endsAt":      "0001-01-01T00:00:00Z",
			"fingerprint": model.LabelsToSignature(labels),
		})
		alerts[i]["fingerprint"] = fmt.Sprintf("%016x", alerts[i]["fingerprint"])
	}
	for from := 0; from < n; from += perWebhook {
		batch := alerts[from:min(n, from+perWebhook)]
		put(stormStart.Add(30*time.Second+time.Duration(from*20/n)*time.Second), "webhook", map[string]any{
			"body": map[string]any{"version": "4", "status": "firing", "receiver": "correlator", "alerts": batch},
		})
	}
	return out.Bytes()
}

func TestStormIsOneIncident(t *testing.T) {
	t.Parallel()
	for _, shape := range []struct{ alerts, perWebhook int }{{5000, 5000}, {1000, 50}} {
		t.Run(fmt.Sprintf("%d alerts, %d a webhook", shape.alerts, shape.perWebhook), func(t *testing.T) {
			t.Parallel()
			var got result
			require.NoError(t, json.Unmarshal(run(t, storm(t, shape.alerts, shape.perWebhook)), &got))

			require.Len(t, got.Incidents, 1)
			require.Len(t, got.Incidents[0].Alerts, shape.alerts)
			require.Equal(t, "TOP", got.Incidents[0].Candidates[0].Name)
			require.Len(t, got.Incidents[0].Candidates, 1)
			require.NotNil(t, got.Incidents[0].Label)
			if shape.perWebhook == shape.alerts { // in parts, the first parts look like outages of their own
				require.Len(t, got.Notifications, 1)
			}
		})
	}
}

// BenchmarkStorm is the time from a storm's first line to a scored incident; the budget for 5,000
// alerts is 2 s.
func BenchmarkStorm(b *testing.B) {
	for _, shape := range []struct{ alerts, perWebhook int }{{500, 500}, {5000, 5000}, {5000, 100}, {5000, 10}} {
		timeline := storm(b, shape.alerts, shape.perWebhook)
		b.Run(fmt.Sprintf("alerts=%d/webhook=%d", shape.alerts, shape.perWebhook), func(b *testing.B) {
			for b.Loop() {
				var out bytes.Buffer
				require.NoError(b, replay.Write(b.Context(), bytes.NewReader(timeline), &out, options()))
			}
		})
	}
}
