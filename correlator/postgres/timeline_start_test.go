package postgres

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/calendar"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/engine"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/replay"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/topology"
)

// TestATimelineMayBeginInTheMiddle cuts recorded timelines between any two lines. What is exported from
// there on is replayed to the same changes, planned or not, and to the same causes of the incidents that
// begin later.
func TestATimelineMayBeginInTheMiddle(t *testing.T) {
	t.Parallel()
	const acme = "acme" // whose timelines are recorded
	for _, name := range []string{"port-disabled", "planned-and-blackout", "window-moved", "redundant-uplinks", "sections", "allowlist-upgrade", "two-simultaneous-outages"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			timeline, err := os.ReadFile(filepath.Join("..", "replay", "testdata", name+".jsonl"))
			require.NoError(t, err)
			b := setup(t)
			require.Equal(t, []string{acme}, b.live(t, timeline))
			var whole []string
			for line := range bytes.Lines(timeline) {
				whole = append(whole, string(line))
			}
			for _, line := range whole[1:] {
				from := atOf(t, line)
				var lines []string
				keep := func(l string) error {
					lines = append(lines, l)
					return nil
				}
				require.NoError(t, b.TimelineStart(t.Context(), acme, from, keep))
				require.NoError(t, b.Timeline(t.Context(), acme, from, time.Time{}, keep))
				lines = append(lines, fmt.Sprintf(`{"type":"tick","at":%q}`, atOf(t, whole[len(whole)-1]).Format(time.RFC3339Nano)))
				require.Equal(t, after(t, strings.Join(whole, ""), from), after(t, strings.Join(lines, "\n"), from),
					"from %s:\n%s", from, strings.Join(lines, "\n"))
			}
		})
	}
}

func atOf(t *testing.T, line string) time.Time {
	t.Helper()
	var head struct{ At time.Time }
	require.NoError(t, json.Unmarshal([]byte(line), &head))
	return head.At
}

// after is what a replay says of the time after an instant.
func after(t *testing.T, timeline string, from time.Time) []string {
	t.Helper()
	var out bytes.Buffer
	require.NoError(t, replay.Write(t.Context(), strings.NewReader(timeline), &out, replayOptions()))
	var doc struct {
		ConfigChanges []struct {
			Device, Category          string
			NotBefore                 time.Time `json:"not_before"`
			NotAfter                  time.Time `json:"not_after"`
			PlannedChangeID           *string   `json:"planned_change_id"`
			InBlackoutID              *string   `json:"in_blackout_id"`
			OldFingerprint, NewFinger string
			Actor                     struct{ User string }
			Summary                   []string
		} `json:"config_changes"`
		Incidents []struct {
			OpenedAt   time.Time `json:"opened_at"`
			Label      *string
			Alerts     []struct{ Fingerprint string }
			Candidates []struct {
				Kind, Name string
				Score      float64
			}
		}
	}
	require.NoError(t, json.Unmarshal(out.Bytes(), &doc))
	said := []string{}
	for _, c := range doc.ConfigChanges {
		if c.NotAfter.After(from) {
			said = append(said, fmt.Sprint(c.Device, c.Category, c.NotBefore, c.NotAfter, deref(c.PlannedChangeID), deref(c.InBlackoutID), c.Actor, c.Summary))
		}
	}
	for _, i := range doc.Incidents {
		if i.OpenedAt.After(from) {
			said = append(said, fmt.Sprint(i.OpenedAt, deref(i.Label), i.Alerts, i.Candidates))
		}
	}
	return said
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// TestATimelineBeginsWithWhatWas: everything that a replay must know of before is there, as valid lines of
// the instant, and nothing that was over.
func TestATimelineBeginsWithWhatWas(t *testing.T) {
	t.Parallel()
	b := setup(t)
	minute := func(m int) time.Time { return noon.Add(time.Duration(m) * time.Minute) }
	window := func(kind calendar.Kind, id string, from, to int) calendar.Window {
		return calendar.Window{Kind: kind, ID: id, Title: id, StartsAt: minute(from), EndsAt: minute(to), Scope: topology.Scope{Devices: []string{"EDGE1"}}}
	}
	hour, delay := time.Hour, time.Minute
	b.submitAt(t, minute(-200), network())
	b.submitAt(t, minute(-200), engine.SettingsInput{Lookback: &hour, Weights: []byte("change: {base: 9}")})
	b.submitAt(t, minute(-199), engine.SettingsInput{NotifyDelay: &delay})
	for _, w := range []calendar.Window{
		window(calendar.Change, "early", 5, 60), window(calendar.Change, "over", -100, -50), window(calendar.Change, "done", -10, 60),
		window(calendar.Maintenance, "moved", 100, 110), window(calendar.Blackout, "standing", -10, 60), window(calendar.Change, "later", 200, 210),
	} {
		b.submitAt(t, minute(-150), engine.WindowInput{Op: engine.OpCreate, Window: w})
	}
	b.submitAt(t, minute(-140), engine.WindowInput{Op: engine.OpUpdate, Window: window(calendar.Maintenance, "moved", 120, 130)})
	b.submitAt(t, minute(-120), observe(sight("EDGE1", "bgp", printA, minute(-120)), sight("EDGE2", "bgp", printA, minute(-120))))
	b.submitAt(t, minute(-90), observe(sight("EDGE1", "bgp", printA, minute(-90))))
	b.submitAt(t, minute(-20), observe(sight("EDGE1", "bgp", printB, minute(-20))))
	b.submitAt(t, minute(-5), engine.WindowInput{Op: engine.OpStart, Window: window(calendar.Change, "early", 5, 60)})
	b.submitAt(t, minute(-5), engine.WindowInput{Op: engine.OpComplete, Window: window(calendar.Change, "done", -10, 60)})
	b.submitAt(t, minute(-4), webhook(alert("DeviceDown", "EDGE1", minute(-5)), alert("DeviceDown", "EDGE2", minute(-5))))
	ended := alert("DeviceDown", "EDGE2", minute(-5))
	ended.EndsAt = new(time.Time)
	*ended.EndsAt = minute(-3)
	b.submitAt(t, minute(-2), webhook(ended))
	b.submitAt(t, minute(1), observe(sight("EDGE1", "bgp", printB, minute(1))))
	b.submitAt(t, minute(2), engine.WindowInput{Op: engine.OpCancel, Window: window(calendar.Change, "later", 200, 210)})

	var said []string
	require.NoError(t, b.TimelineStart(t.Context(), tenant, noon, func(line string) error {
		require.Equal(t, noon, atOf(t, line), line)
		var l struct {
			Type, Op, Device              string
			Lookback                      string
			NotifyDelay                   string `json:"notify_delay"`
			Weights                       json.RawMessage
			ObservedAt                    time.Time `json:"observed_at"`
			Fingerprint                   string
			Change, Maintenance, Blackout struct{ ID, Status string }
			Body                          []struct{ Labels map[string]string }
		}
		require.NoError(t, json.Unmarshal([]byte(line), &l))
		text := l.Type
		switch l.Type {
		case "settings":
			text += " " + l.Lookback + " " + l.NotifyDelay + " " + string(l.Weights)
		case "observation":
			text += fmt.Sprint(" ", l.Device, " ", l.Fingerprint, " ", l.ObservedAt.Sub(noon))
		case "alerts":
			text += fmt.Sprint(" ", len(l.Body), " ", l.Body[0].Labels["device"])
		case "change", "maintenance", "blackout":
			text += " " + l.Op + " " + l.Change.ID + l.Maintenance.ID + l.Blackout.ID + " " + l.Change.Status
		}
		said = append(said, strings.TrimSpace(text))
		return nil
	}))
	require.Equal(t, []string{
		"inventory", `settings 1h 1m {"change":{"base":9}}`, "blackout create standing", "change create early in_progress", "maintenance create moved",
		"change create later",
		"observation EDGE1 aaaaaaaaaaaa -1h30m0s", "observation EDGE1 bbbbbbbbbbbb -20m0s", "observation EDGE2 aaaaaaaaaaaa -2h0m0s",
		"alerts 1 EDGE1",
	}, said)
}
