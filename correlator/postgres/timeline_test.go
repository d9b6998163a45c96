package postgres

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/configchange"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/engine"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/incident"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/replay"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/topology"
)

// TestAJournalReplaysWhatWasLive: batches are written one line a sighting and arrive as one again, so a
// replay comes to the very same: the same changes, the same incidents, and nothing told that was not told.
func TestAJournalReplaysWhatWasLive(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		live, journal := newLife(t), &bytes.Buffer{}
		at := at0
		for _, in := range append([]engine.Input{smallNetwork()}, rapid.SliceOfN(rapid.Custom(drawInput), 2, 8).Draw(t, "inputs")...) {
			lines, err := timelineLines("acme", at, in)
			require.NoError(t, err)
			fmt.Fprintln(journal, lines)
			live.apply(t, at, in)
			at = at.Add(time.Duration(rapid.IntRange(0, 2).Draw(t, "minutes")) * time.Minute)
		}
		fmt.Fprintf(journal, `{"type":"tick","at":%q}`, at.Format(time.RFC3339Nano))
		live.apply(t, at, engine.Tick{})
		_, err := live.engine.Settle(t.Context(), live.store, at)
		require.NoError(t, err)

		var out bytes.Buffer
		require.NoError(t, replay.Write(t.Context(), bytes.NewReader(journal.Bytes()), &out, replayOptions()))
		require.Equal(t, live.summary(t), replayed(t, out.Bytes()), "%s", journal)
	})
}

var at0 = time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)

func smallNetwork() engine.Input {
	below := []topology.Group{{All: []string{"TOP"}}}
	return engine.InventoryInput{Inventory: topology.Inventory{Devices: []topology.Device{{Name: "TOP"}, {Name: "A", DependsOn: below}, {Name: "B", DependsOn: below}, {Name: "C"}}}}
}

// drawInput draws a batch of sightings, or a call of Alertmanager.
func drawInput(t *rapid.T) engine.Input {
	device := rapid.SampledFrom([]string{"TOP", "A", "B", "C"})
	minute := rapid.Map(rapid.IntRange(-5, 10), func(m int) time.Time { return at0.Add(time.Duration(m) * time.Minute) })
	if rapid.Bool().Draw(t, "alerts") {
		d := device.Draw(t, "device")
		return engine.AlertsInput{Alerts: []engine.Alert{{
			Fingerprint: "fp-" + d, Labels: map[string]string{"alertname": "DeviceDown", "device": d, "severity": "critical"},
			Annotations: map[string]string{"onset_lag": "1m"}, StartsAt: minute.Draw(t, "starts"),
		}}}
	}
	return engine.ObservationsInput{Observations: rapid.SliceOfN(rapid.Custom(func(t *rapid.T) configchange.Observation {
		return configchange.Observation{
			Stream: configchange.Stream{
				Device: device.Draw(t, "device"), Category: rapid.SampledFrom([]string{"interfaces", "all"}).Draw(t, "category"),
				Exporter: rapid.SampledFrom([]string{"e1", "e2"}).Draw(t, "exporter"),
			},
			ObservedAt: minute.Draw(t, "observed"), Fingerprint: rapid.SampledFrom([]string{"aaaaaaaaaaaa", "bbbbbbbbbbbb"}).Draw(t, "fingerprint"),
			AllowlistVersion: rapid.IntRange(0, 2).Draw(t, "allowlist"),
		}
	}), 1, 12).Draw(t, "sightings")}
}

// life is an engine at work, with what it told.
type life struct {
	engine *engine.Engine
	store  *replay.Store
	told   []string
}

func newLife(t require.TestingT) *life {
	e, err := engine.New(engine.Options{})
	require.NoError(t, err)
	return &life{engine: e, store: replay.NewStore("acme", &replay.Sequence{})}
}

func (l *life) apply(t *rapid.T, at time.Time, in engine.Input) {
	effects, err := l.engine.Apply(t.Context(), l.store, at, in)
	require.NoError(t, err)
	for _, e := range effects {
		if n := e.Notification; n != nil {
			l.told = append(l.told, fmt.Sprint(n.At.UTC(), n.Kind, n.IncidentID))
		}
	}
}

// summary is what the store holds, ids included, and what was told.
func (l *life) summary(t *rapid.T) []string {
	out := slices.Clone(l.told)
	changes, err := l.store.ConfigChanges(t.Context(), engine.ChangeSelector{From: at0.Add(-time.Hour), To: at0.Add(time.Hour)})
	require.NoError(t, err)
	for _, c := range changes {
		out = append(out, fmt.Sprint(c.ID, c.Device, c.NotBefore.UTC(), c.NotAfter.UTC(), c.OldFingerprint, c.NewFingerprint))
	}
	firing, err := l.store.FiringOccurrences(t.Context())
	require.NoError(t, err)
	ids := map[string]bool{}
	for _, o := range firing {
		if ids[o.IncidentID] {
			continue
		}
		ids[o.IncidentID] = true
		found, err := l.store.Incidents(t.Context(), engine.IncidentSelector{IDs: []string{o.IncidentID}})
		require.NoError(t, err)
		out = append(out, incidentLine(found[0]))
	}
	slices.Sort(out)
	return out
}

func incidentLine(inc incident.Incident) string {
	return fmt.Sprint(inc.ID, inc.OpenedAt.UTC(), inc.MergedFrom, inc.Judgement.Explanation, inc.Judgement.Unknowns)
}

// replayed is the same of a printed document.
func replayed(t *rapid.T, raw []byte) []string {
	var doc struct {
		ConfigChanges []struct {
			ID, Device     string
			NotBefore      time.Time `json:"not_before"`
			NotAfter       time.Time `json:"not_after"`
			OldFingerprint string    `json:"old_fingerprint"`
			NewFingerprint string    `json:"new_fingerprint"`
		} `json:"config_changes"`
		Incidents []struct {
			ID, Explanation string
			OpenedAt        time.Time `json:"opened_at"`
			MergedFrom      []string  `json:"merged_from"`
			Unknowns        []string
		}
		Notifications []struct {
			At         time.Time
			Kind       string
			IncidentID string `json:"incident_id"`
		}
	}
	require.NoError(t, json.Unmarshal(raw, &doc))
	var out []string
	for _, n := range doc.Notifications {
		out = append(out, fmt.Sprint(n.At.UTC(), n.Kind, n.IncidentID))
	}
	for _, c := range doc.ConfigChanges {
		out = append(out, fmt.Sprint(c.ID, c.Device, c.NotBefore.UTC(), c.NotAfter.UTC(), c.OldFingerprint, c.NewFingerprint))
	}
	for _, i := range doc.Incidents {
		out = append(out, fmt.Sprint(i.ID, i.OpenedAt.UTC(), i.MergedFrom, i.Explanation, i.Unknowns))
	}
	slices.Sort(out)
	return out
}

// TestABatchIsWrittenOneLineASighting: whoever knows nothing of batches reads each line by itself.
func TestABatchIsWrittenOneLineASighting(t *testing.T) {
	t.Parallel()
	one := configchange.Observation{Stream: configchange.Stream{Device: "A", Category: "bgp"}, ObservedAt: at0, Fingerprint: "aaaaaaaaaaaa"}
	lines, err := timelineLines("acme", at0, engine.ObservationsInput{Observations: []configchange.Observation{one, one}})
	require.NoError(t, err)
	const line = `{"at":"2026-03-10T12:00:00Z","type":"observation","tenant":"acme","device":"A","category":"bgp","observed_at":"2026-03-10T12:00:00Z","fingerprint":"aaaaaaaaaaaa"`
	require.Equal(t, []string{line + `,"batch":2}`, line + `}`}, strings.Split(lines, "\n"))
	lines, err = timelineLines("acme", at0, engine.ObservationsInput{Observations: []configchange.Observation{one}})
	require.NoError(t, err)
	require.JSONEq(t, line+`}`, lines)
}
