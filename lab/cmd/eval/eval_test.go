package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ispvisualmonitor/ispvisualmonitor/lab/corpus"
)

// TestJudgementHolds keeps floors under the correlator's judgement on a fixed part of the corpus. They
// hold with room to spare: who goes below has broken something. An invalid document fails evaluate.
func TestJudgementHolds(t *testing.T) {
	t.Parallel()
	written, err := corpus.Written()
	require.NoError(t, err)
	results, err := evaluate(t.Context(), append(written, corpus.Generated(corpus.Seed, 3)...), nil)
	require.NoError(t, err)
	controls, err := evaluate(t.Context(), corpus.Controls(corpus.Seed, 3), nil)
	require.NoError(t, err)

	ours, base := sum(results, byCorrelator), sum(results, byBaseline)
	require.GreaterOrEqual(t, ours.precision(), 0.97, "precision of the label")
	require.GreaterOrEqual(t, ours.recall(), 0.80, "recall of the label")
	require.GreaterOrEqual(t, share(ours.rightChange, ours.byChange), 0.80, "the change that did it")
	require.GreaterOrEqual(t, share(ours.first, ours.events), 0.94, "cause first")
	require.GreaterOrEqual(t, share(ours.third, ours.events), 0.95, "cause among the first three")
	require.Greater(t, share(ours.first, ours.events), share(base.first, base.events), "better than the latest change on an alerting device")
	require.LessOrEqual(t, share(sum(controls, byCorrelator).falsePositives, ours.events), 0.05, "controls falsely labelled")
	g := groupingOf(results)
	require.InDelta(t, 1, share(g.incidents, g.events), 0.05, "incidents for each event")
}

func TestReportEndsWithFigures(t *testing.T) {
	t.Parallel()
	var out, errs bytes.Buffer
	require.Zero(t, start([]string{"--each=1"}, &out, &errs), errs.String())
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
	require.Zero(t, start([]string{"--dump=roll-out"}, &out, &errs), errs.String())
	require.Contains(t, out.String(), `"type":"inventory"`)
	require.Equal(t, 1, start([]string{"--dump=nonesuch"}, &out, &errs))
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
  {"id": "i1", "label": "L", "explanation": "x.", "alerts": [{"fingerprint": "1", "device": "B", "starts_at": "2026-03-10T12:01:00Z"}],
   "candidates": [{"kind": "rollout", "name": "bgp@2026", "confidence": 0.9, "evidence": [{"kind": "config_change", "config_change_id": "c1", "weight": 5}]}]},
  {"id": "i2", "label": null, "explanation": "x.", "alerts": [{"fingerprint": "2", "device": "A", "starts_at": "2026-03-10T12:01:00Z"}],
   "candidates": [{"kind": "device", "name": "B", "confidence": 0.5, "evidence": []}]}]}`

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

func TestInvalidDocumentsAreRefused(t *testing.T) {
	t.Parallel()
	for name, broken := range map[string]string{
		"lost alert":       strings.Replace(answer, `"fingerprint": "2"`, `"fingerprint": "3"`, 1),
		"phantom evidence": strings.Replace(answer, `"config_change_id": "c1"`, `"config_change_id": "c2"`, 1),
		"evidence of none": strings.Replace(answer, `"config_change_id": "c1", `, ``, 1),
		"confidence":       strings.Replace(answer, `0.9`, `1.1`, 1),
		"no explanation":   strings.Replace(answer, `"x."`, `""`, 1),
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
