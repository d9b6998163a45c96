package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ispvisualmonitor/ispvisualmonitor/lab/corpus"
	"github.com/ispvisualmonitor/ispvisualmonitor/lab/corpus/metro"
)

// TestJudgementHolds keeps floors under the correlator's judgement on a fixed part of the corpus. They
// hold with room to spare: who goes below has broken something. An invalid document fails evaluate.
func TestJudgementHolds(t *testing.T) {
	t.Parallel()
	written, err := corpus.Written()
	require.NoError(t, err)
	for _, c := range []struct {
		part
		precision, recall, rightChange, first, third, control, incidents float64
	}{
		{
			part:      part{name: "first", scenarios: append(written, corpus.Generated(corpus.Seed, 2)...), controls: corpus.Controls(corpus.Seed, 2)},
			precision: 0.97, recall: 0.80, rightChange: 0.80, first: 0.94, third: 0.95, control: 0.05, incidents: 0.05,
		},
		{
			part:      part{name: "second", scenarios: metro.Generated(corpus.Seed, 1), controls: metro.Controls(corpus.Seed, 1)},
			precision: 0.93, recall: 0.90, rightChange: 0.88, first: 0.88, third: 0.89, control: 0.06, incidents: 0.1,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			j, err := judge(t.Context(), c.part, nil)
			require.NoError(t, err)
			ours, base := sum(j.results, byCorrelator), sum(j.results, byBaseline)
			control := sum(j.controls, byCorrelator)
			require.GreaterOrEqual(t, ours.precision(), c.precision, "precision of the label")
			require.GreaterOrEqual(t, ours.recall(), c.recall, "recall of the label")
			require.GreaterOrEqual(t, share(ours.rightChange, ours.byChange), c.rightChange, "the change that did it")
			require.GreaterOrEqual(t, share(ours.first, ours.events), c.first, "cause first")
			require.GreaterOrEqual(t, share(ours.third, ours.events), c.third, "cause among the first three")
			require.Greater(t, share(ours.first, ours.events), share(base.first, base.events), "better than the latest change on an alerting device")
			require.LessOrEqual(t, share(control.falsePositives, control.events), c.control, "controls falsely labelled")
			g, said := groupingOf(j.results), saidOf(j.results)
			require.InDelta(t, 1, share(g.incidents, g.events), c.incidents, "incidents for each event")
			require.GreaterOrEqual(t, share(said.onsetRight, said.onsets), min(0.95, float64(said.onsets)), "onsets that hold the beginning")
			require.GreaterOrEqual(t, share(said.unseenSaid, said.unseen), min(0.5, float64(said.unseen)), "what was not seen is said")
		})
	}
}

func TestReportEndsWithFigures(t *testing.T) {
	t.Parallel()
	var out, errs bytes.Buffer
	require.Zero(t, start([]string{"--corpus=first", "--each=1"}, &out, &errs), errs.String())
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	figures := map[string]bool{}
	for _, l := range lines[len(lines)-10:] {
		var f struct {
			Name, Unit, Better string
			Value              *float64
		}
		require.NoError(t, json.Unmarshal([]byte(l), &f), l)
		require.NotNil(t, f.Value)
		require.Contains(t, []string{"lower", "higher"}, f.Better)
		figures[f.Name] = true
	}
	require.Len(t, figures, 10)
}

func TestDumpIsATimeline(t *testing.T) {
	t.Parallel()
	var out, errs bytes.Buffer
	require.Zero(t, start([]string{"--corpus=written", "--dump=roll-out"}, &out, &errs), errs.String())
	require.Contains(t, out.String(), `"type":"inventory"`)
	require.Equal(t, 1, start([]string{"--corpus=written", "--dump=nonesuch"}, &out, &errs))
	require.Contains(t, errs.String(), "nonesuch")
	require.Equal(t, 2, start([]string{"--nonesuch"}, &out, &errs))
}

// scenario is one event with two alerts, caused by a change.
func scenario() corpus.Scenario {
	return corpus.Scenario{Name: "s", Truth: corpus.Truth{Events: []corpus.Event{
		{Name: "e", Causes: []string{"device/A", "rollout/bgp"}, Changes: []string{"A bgp"}, Alerts: []string{"1", "2"}},
	}}}
}

func parsed(t *testing.T, doc string) document {
	t.Helper()
	var d document
	require.NoError(t, json.Unmarshal([]byte(doc), &d))
	return d
}

const answer = `{"config_changes": [{"id": "c1", "device": "A", "category": "bgp", "not_before": "2026-03-10T11:59:00Z", "not_after": "2026-03-10T12:00:00Z"}],
 "incidents": [
  {"id": "i1", "label": "L", "explanation": "A: x.", "alerts": [{"fingerprint": "1", "device": "B", "starts_at": "2026-03-10T12:01:00Z"}],
   "candidates": [{"kind": "rollout", "name": "bgp@2026", "devices": ["A"], "role": "primary", "confidence": 0.9, "evidence": [{"kind": "config_change", "config_change_id": "c1", "weight": 4, "terms": {"base": 8, "precedence": 0.5}}]}],
   "onset_not_before": "2026-03-10T12:00:00Z", "onset_not_after": "2026-03-10T12:01:00Z"},
  {"id": "i2", "label": null, "explanation": "B: x.", "alerts": [{"fingerprint": "2", "device": "A", "starts_at": "2026-03-10T12:01:00Z"}],
   "candidates": [{"kind": "device", "name": "B", "role": "primary", "confidence": 0.5, "evidence": []}]}],
 "notifications": [{"incident_id": "i1", "kind": "opened"}]}`

func TestJudged(t *testing.T) {
	t.Parallel()
	d := parsed(t, answer)
	require.NoError(t, d.check(scenario()))
	r := judged(scenario(), d)
	require.Len(t, r.verdicts, 1)
	v := r.verdicts[0]
	require.Equal(t, 2, v.pieces)
	require.True(t, v.first, "a roll-out is named after its category")
	require.True(t, v.labelled)
	require.True(t, v.change)
	require.False(t, v.baseline.labelled, "the change is not on a device that alerts in this incident")
	require.Equal(t, "device/B", v.baseline.said)
	require.Equal(t, []string{"in 2 incidents"}, v.wrong())
	require.Len(t, r.excess, 1)
}

// TestArguableEventsAreNotJudgedByTheirLabel: where nobody could tell, neither answer is wrong.
func TestArguableEventsAreNotJudgedByTheirLabel(t *testing.T) {
	t.Parallel()
	s := scenario()
	s.Truth.Events[0].Arguable = true
	f := sum([]result{judged(s, parsed(t, answer))}, byCorrelator)
	require.Zero(t, f.byChange+f.truePositives+f.falsePositives+f.falseNegatives)
	require.Equal(t, 1, f.events)
	require.Equal(t, 1, f.first)
	require.Equal(t, 1, f.arguable)
	require.Equal(t, 1, f.arguableLabelled)
}

func TestLooseAlertsBelongAnywhere(t *testing.T) {
	t.Parallel()
	s := scenario()
	s.Truth.Events[0].Alerts, s.Truth.Loose = []string{"1"}, []string{"2"}
	r := judged(s, parsed(t, answer))
	require.Empty(t, r.excess)
	require.Equal(t, 1, r.incidents)
	s.Truth.Loose = []string{"3"}
	require.Error(t, parsed(t, answer).check(s), "lost")
}

// TestWhatIncidentsSay: an onset that leaves out the beginning, and an unknown that is not owned up to.
func TestWhatIncidentsSay(t *testing.T) {
	t.Parallel()
	d := parsed(t, answer)
	at := func(s string) time.Time {
		out, err := time.Parse(time.RFC3339, s)
		require.NoError(t, err)
		return out
	}
	d.Incidents[0].Unknowns = []string{"A not observed since 11:20"}
	s := scenario()
	verdictOf := func(began string, unseen ...string) verdict {
		s.Truth.Events[0].Began, s.Truth.Events[0].Unseen = at(began), unseen
		return judged(s, d).verdicts[0]
	}
	require.Equal(t, yes, verdictOf("2026-03-10T12:00:30Z").onset)
	require.Equal(t, no, verdictOf("2026-03-10T11:58:00Z").onset)
	require.Equal(t, yes, verdictOf("2026-03-10T12:00:30Z", "A").unseen)
	require.Equal(t, no, verdictOf("2026-03-10T12:00:30Z", "A", "B").unseen)
}

func TestInvalidDocumentsAreRefused(t *testing.T) {
	t.Parallel()
	for name, broken := range map[string]string{
		"lost alert":       strings.Replace(answer, `"fingerprint": "2"`, `"fingerprint": "3"`, 1),
		"phantom evidence": strings.Replace(answer, `"config_change_id": "c1"`, `"config_change_id": "c2"`, 1),
		"evidence of none": strings.Replace(answer, `"config_change_id": "c1", `, ``, 1),
		"confidence":       strings.Replace(answer, `0.9`, `1.1`, 1),
		"no explanation":   strings.Replace(answer, `"A: x."`, `""`, 1),
		"no cause told":    strings.Replace(answer, `"A: x."`, `"x."`, 1),
		"onset":            strings.Replace(answer, `"onset_not_before": "2026-03-10T12:00:00Z"`, `"onset_not_before": "2026-03-10T12:02:00Z"`, 1),
		"after the fact":   strings.Replace(answer, `"not_before": "2026-03-10T11:59:00Z"`, `"not_before": "2026-03-10T12:05:00Z"`, 1),
		"does not add up":  strings.Replace(answer, `"weight": 4`, `"weight": 5`, 1),
		"label too much":   strings.Replace(answer, `"label": null`, `"label": "L"`, 1),
		"label too few":    strings.Replace(answer, `"label": "L"`, `"label": null`, 1),
		"no primary":       strings.Replace(answer, `"role": "primary"`, `"role": "contributing"`, 1),
		"alert twice":      strings.Replace(answer, `"fingerprint": "2", "device": "A"`, `"fingerprint": "1", "device": "B"`, 1),
		"page twice":       strings.Replace(answer, `{"incident_id": "i1", "kind": "opened"}`, `{"incident_id": "i1", "kind": "opened"}, {"incident_id": "i1", "kind": "opened"}`, 1),
		"page suppressed":  strings.Replace(answer, `"device": "B", "starts_at"`, `"device": "B", "suppressed": true, "starts_at"`, 1),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Error(t, parsed(t, broken).check(scenario()))
		})
	}
}

func TestCalibrationError(t *testing.T) {
	t.Parallel()
	results := []result{{verdicts: []verdict{
		{finding: finding{first: true, confidence: 0.9}},
		{finding: finding{first: false, confidence: 0.9}},
		{finding: finding{first: true, confidence: 1}},
		{finding: finding{first: false, confidence: 0.2}},
	}}}
	bins := reliability(results)
	require.Equal(t, 3, bins[9].n)
	require.Equal(t, 2, bins[9].right)
	require.InDelta(t, (2.8-2+0.2)/4, calibrationError(bins), 1e-9)
}
