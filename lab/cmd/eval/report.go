package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
)

// report prints the tables, the failures by name, and one JSON line a figure.
func report(out io.Writer, results, controls []result) error {
	ours, base := sum(results, byCorrelator), sum(results, byBaseline)
	control, baseControl := sum(controls, byCorrelator), sum(controls, byBaseline)
	bins := reliability(results)
	g := groupingOf(results)
	p := &printer{out: out}

	p.line("%d scenarios with %d events, %d of them caused by a change; %d controls with %d events\n",
		len(results), ours.events, ours.byChange, len(controls), control.events)
	p.line("%-44s %10s %10s", "", "correlator", "baseline")
	row := func(name string, a, b float64) { p.line("%-44s %10.3f %10.3f", name, a, b) }
	row("label: precision", ours.precision(), base.precision())
	row("label: recall", ours.recall(), base.recall())
	row("labelled with the change that did it", share(ours.rightChange, ours.byChange), share(base.rightChange, base.byChange))
	row("cause: first candidate is right", share(ours.first, ours.events), share(base.first, base.events))
	row("cause: one of the first three is right", share(ours.third, ours.events), share(base.third, base.events))
	row("controls: falsely labelled", share(control.falsePositives, control.events), share(baseControl.falsePositives, baseControl.events))
	p.line("(baseline: the latest change on an alerting device within 30 min, in the same incidents)\n")

	p.line("grouping: %d events, %d incidents; %d events split, %d in the incident of another, %d incidents too many\n",
		g.events, g.incidents, g.split, g.swallowed, g.excess)
	p.line("confidence    findings   said   right")
	for i, b := range bins {
		if b.n > 0 {
			p.line("0.%d to %.1f %11d %6.2f %7.2f", i, float64(i+1)/10, b.n, b.confidence/float64(b.n), share(b.right, b.n))
		}
	}
	p.line("expected calibration error %.3f\n", calibrationError(bins))

	p.failures("failures", results, verdict.wrong)
	p.failures("failures of controls", controls, verdict.falseAlarm) // what else is wrong with them shows above

	figure := func(name string, value float64, better string, peer *float64) {
		f := map[string]any{"name": name, "value": value, "unit": "ratio", "better": better, "budget": nil, "peer": peer, "ratio": nil}
		if peer != nil && *peer != 0 {
			f["ratio"] = value / *peer
		}
		p.json(f)
	}
	peer := func(x float64) *float64 { return &x }
	figure("eval_label_precision", ours.precision(), "higher", peer(base.precision()))
	figure("eval_label_recall", ours.recall(), "higher", peer(base.recall()))
	figure("eval_right_change", share(ours.rightChange, ours.byChange), "higher", peer(share(base.rightChange, base.byChange)))
	figure("eval_top1", share(ours.first, ours.events), "higher", peer(share(base.first, base.events)))
	figure("eval_top3", share(ours.third, ours.events), "higher", peer(share(base.third, base.events)))
	figure("eval_calibration_error", calibrationError(bins), "lower", nil)
	figure("eval_control_false_labels", share(control.falsePositives, control.events), "lower", peer(share(baseControl.falsePositives, baseControl.events)))
	figure("eval_incidents_per_event", share(g.incidents, g.events), "lower", nil)
	figure("eval_events_split", share(g.split, g.events), "lower", nil)
	figure("eval_events_swallowed", share(g.swallowed, g.events), "lower", nil)
	return p.err
}

// printer writes until something fails.
type printer struct {
	out io.Writer
	err error
}

func (p *printer) line(format string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.out, format+"\n", args...)
	}
}

func (p *printer) json(v any) {
	if p.err == nil {
		p.err = json.NewEncoder(p.out).Encode(v)
	}
}

// failures names every event of which something wrong was said.
func (p *printer) failures(title string, results []result, wrong func(verdict) []string) {
	var lines []string
	for _, r := range results {
		for _, v := range r.verdicts {
			if wrong := wrong(v); len(wrong) > 0 {
				lines = append(lines, fmt.Sprintf("  %s: %s: %s (said %s at %.2f; true: %s)",
					r.scenario.Name, v.event.Name, strings.Join(wrong, ", "), v.said, v.confidence, strings.Join(v.event.Causes, " or ")))
			}
		}
	}
	p.line("%s: %d", title, len(lines))
	for _, l := range lines {
		p.line("%s", l)
	}
	p.line("")
}

// falseAlarm is the one thing that a control is there for.
func (v verdict) falseAlarm() []string {
	if v.labelled {
		return []string{"falsely labelled"}
	}
	return nil
}

// wrong says in words what is wrong with a verdict.
func (v verdict) wrong() []string {
	var out []string
	say := func(is bool, text string) {
		if is {
			out = append(out, text)
		}
	}
	say(!v.first && !v.third, "cause not among the first three")
	say(!v.first && v.third, "cause not first")
	say(v.event.ByChange() && !v.labelled, "not labelled")
	say(!v.event.ByChange() && v.labelled, "falsely labelled")
	say(v.event.ByChange() && v.labelled && !v.change, "blames another change")
	say(v.pieces > 1, fmt.Sprintf("in %d incidents", v.pieces))
	say(v.swallows, "in the incident of another event")
	return out
}
