package suppress_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/calendar"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/suppress"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/topology"
)

func TestDecide(t *testing.T) {
	t.Parallel()
	noon := time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)
	g := topology.NewGraph(topology.Inventory{Devices: []topology.Device{{Name: "A", Site: "s1"}, {Name: "B", Site: "s2"}}})
	window := func(kind calendar.Kind, critical bool, scope topology.Scope) calendar.Window {
		w := calendar.Window{ID: string(kind), Kind: kind, StartsAt: noon, EndsAt: noon.Add(time.Hour), Status: calendar.Planned, NotifyCritical: critical, Scope: scope}
		return w.Advance(noon)
	}
	s1 := topology.Scope{Sites: []string{"s1"}}
	inA := suppress.Alert{Device: "A", Severity: "critical"}
	for _, c := range []struct {
		name    string
		alert   suppress.Alert
		windows []calendar.Window
		at      time.Time
		want    bool
		by      string
	}{
		{"no window", inA, nil, noon, false, ""},
		{"maintenance", inA, []calendar.Window{window(calendar.Maintenance, false, s1)}, noon, true, "maintenance"},
		{"change", inA, []calendar.Window{window(calendar.Change, false, s1)}, noon.Add(59 * time.Minute), true, "change"},
		{"at its end", inA, []calendar.Window{window(calendar.Change, false, s1)}, noon.Add(time.Hour), false, ""},
		{"out of scope", suppress.Alert{Device: "B"}, []calendar.Window{window(calendar.Change, false, s1)}, noon, false, ""},
		{"critical may pass", inA, []calendar.Window{window(calendar.Maintenance, true, s1)}, noon, false, ""},
		{"a warning may not", suppress.Alert{Device: "A", Severity: "warning"}, []calendar.Window{window(calendar.Maintenance, true, s1)}, noon, true, "maintenance"},
		{"another window holds it back", inA, []calendar.Window{window(calendar.Maintenance, true, s1), window(calendar.Change, false, s1)}, noon, true, "change"},
		{"blackouts are about changes", inA, []calendar.Window{window(calendar.Blackout, false, s1)}, noon, false, ""},
		{"a site's own alert", suppress.Alert{Site: "s1"}, []calendar.Window{window(calendar.Maintenance, false, s1)}, noon, true, "maintenance"},
		{"Alertmanager silenced it", suppress.Alert{Device: "B", SilencedElsewhere: true}, nil, noon, true, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := suppress.Decide(c.alert, c.windows, g, c.at)
			require.Equal(t, c.want, got.Suppressed)
			by := ""
			if got.By != nil {
				by = got.By.ID
			}
			require.Equal(t, c.by, by)
		})
	}
}
