package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
)

// report prints the tables and failures of each part, the tables of all together, and one JSON line a
// figure.
func report(out io.Writer, parts []judgement) error {
	p := &printer{out: out}
	for _, j := range parts {
		p.tables(j)
		p.failures("failures", j.results, verdict.wrong)
		p.failures("failures of controls", j.controls, verdict.falseAlarm) // what else is wrong with them shows above
	}
	if len(parts) > 1 {
		all := together(parts)
		p.tables(all)
		parts = append(parts, all)
	}
	for _, j := range parts {
		p.figures(j)
	}
	return p.err
}

func (p *printer) tables(j judgement) {
	ours, base := sum(j.results, byCorrelator), sum(j.results, byBaseline)
	control, baseControl := sum(j.controls, byCorrelator), sum(j.controls, byBaseline)
	bins := reliability(j.results)
	g := groupingOf(j.results)

	p.line("== %s", j.title)
	p.line("%d scenarios with %d events, %d of them caused by a change; %d controls with %d events\n",
		len(j.results), ours.events, ours.byChange, len(j.controls), control.events)
	p.line("%-44s %10s %10s", "", "correlator", "baseline")
	row := func(name string, a, b float64) { p.line("%-44s %10.3f %10.3f", name, a, b) }
	row("label: precision", ours.precision(), base.precision())
	row("label: recall", ours.recall(), base.recall())
	row("labelled with the change that did it", share(ours.rightChange, ours.byChange), share(base.rightChange, base.byChange))
	row("cause: first candidate is right", share(ours.first, ours.events), share(base.first, base.events))
	row("cause: one of the first three is right", share(ours.third, ours.events), share(base.third, base.events))
	if control.events > 0 {
		row("controls: falsely labelled", share(control.falsePositives, control.events), share(baseControl.falsePositives, baseControl.events))
	}
	p.line("(left out of the label's figures: %d events of which nobody could tell whether a change did it, %d of them labelled)", ours.arguable, ours.arguableLabelled)
	p.line("(baseline: the latest change on an alerting device within 30 min, in the same incidents)\n")

	p.line("grouping: %d events, %d incidents; %d events split, %d in the incident of another, %d incidents too many",
		g.events, g.incidents, g.split, g.swallowed, g.excess)
	said := saidOf(j.results)
	p.line("onset holds the beginning: %d of %d; what was not seen is said: %d of %d\n", said.onsetRight, said.onsets, said.unseenSaid, said.unseen)
	p.line("confidence    findings   said   right")
	for i, b := range bins {
		if b.n > 0 {
			p.line("0.%d to %.1f %11d %6.2f %7.2f", i, float64(i+1)/10, b.n, b.confidence/float64(b.n), share(b.right, b.n))
		} else {
			p.line("0.%d to %.1f %11d", i, float64(i+1)/10, 0)
		}
	}
	p.line("expected calibration error %.3f\n", calibrationError(bins))
}

func (p *printer) figures(j judgement) {
	ours, base := sum(j.results, byCorrelator), sum(j.results, byBaseline)
	control, baseControl := sum(j.controls, byCorrelator), sum(j.controls, byBaseline)
	g := groupingOf(j.results)
	prefix := "eval_"
	if j.name != "" {
		prefix += j.name + "_"
	}
	figure := func(name string, value float64, better string, peer *float64) {
		f := map[string]any{"name": prefix + name, "value": value, "unit": "ratio", "better": better, "budget": nil, "peer": peer, "ratio": nil}
		if peer != nil && *peer != 0 {
			f["ratio"] = value / *peer
		}
		p.json(f)
	}
	peer := func(x float64) *float64 { return &x }
	figure("label_precision", ours.precision(), "higher", peer(base.precision()))
	figure("label_recall", ours.recall(), "higher", peer(base.recall()))
	figure("right_change", share(ours.rightChange, ours.byChange), "higher", peer(share(base.rightChange, base.byChange)))
	figure("top1", share(ours.first, ours.events), "higher", peer(share(base.first, base.events)))
	figure("top3", share(ours.third, ours.events), "higher", peer(share(base.third, base.events)))
	figure("calibration_error", calibrationError(reliability(j.results)), "lower", nil)
	if control.events > 0 {
		figure("control_false_labels", share(control.falsePositives, control.events), "lower", peer(share(baseControl.falsePositives, baseControl.events)))
	}
	figure("incidents_per_event", share(g.incidents, g.events), "lower", nil)
	figure("events_split", share(g.split, g.events), "lower", nil)
	figure("events_swallowed", share(g.swallowed, g.events), "lower", nil)
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
					r.scenario.Name, v.event.Name, strings.Join(wrong, ", "), v.said, v.confidence, strings.Join(v.event.Causes, " or ")),
					"      "+v.explanation)
			}
		}
	}
	p.line("%s: %d", title, len(lines)/2)
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
	say(v.missed(), "not labelled")
	say(v.falsely(), "falsely labelled")
	say(v.event.ByChange() && !v.event.Arguable && v.labelled && !v.change, "blames another change")
	say(v.pieces > 1, fmt.Sprintf("in %d incidents", v.pieces))
	say(v.swallows, "in the incident of another event")
	say(v.onset == no, "the onset leaves out the beginning")
	say(v.unseen == no, "says nothing of what was not seen")
	return out
}
