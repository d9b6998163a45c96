package main

import (
	"context"

	"github.com/ispvisualmonitor/ispvisualmonitor/lab/corpus"
	"github.com/ispvisualmonitor/ispvisualmonitor/lab/corpus/metro"
)

// part is a part of the corpus that is judged by itself: scenarios of one hand, and its controls.
type part struct {
	name, title         string
	scenarios, controls []corpus.Scenario
}

// selection is which scenarios to judge.
type selection struct {
	corpus string
	seed   uint64
	each   int
}

func (s selection) parts() ([]part, error) {
	var out []part
	wanted := func(name string) bool { return s.corpus == name || s.corpus == "all" }
	if wanted("first") {
		out = append(out, part{"first", "the first generator", corpus.Generated(s.seed, s.each), corpus.Controls(s.seed, s.each)})
	}
	if wanted("second") {
		each := (s.each + 1) / 2
		out = append(out, part{"second", "the second generator", metro.Generated(s.seed, each), metro.Controls(s.seed, each)})
	}
	if wanted("written") {
		written, err := corpus.Written()
		if err != nil {
			return nil, err
		}
		out = append(out, part{name: "written", title: "written by hand", scenarios: written})
	}
	return out, nil
}

// judgement is how a part came out.
type judgement struct {
	name, title       string
	results, controls []result
}

func judge(ctx context.Context, p part, weights []byte) (judgement, error) {
	results, err := evaluate(ctx, p.scenarios, weights)
	if err != nil {
		return judgement{}, err
	}
	controls, err := evaluate(ctx, p.controls, weights)
	return judgement{name: p.name, title: p.title, results: results, controls: controls}, err
}

// together is all of them as one.
func together(parts []judgement) judgement {
	out := judgement{title: "all together"}
	for _, p := range parts {
		out.results, out.controls = append(out.results, p.results...), append(out.controls, p.controls...)
	}
	return out
}
