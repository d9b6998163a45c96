package incident

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
)

// worthSaying is the least difference of a confidence or a weight that is told.
const worthSaying = 0.01

// Differences says in plain words what came out otherwise in after than in before, two judgements of one
// incident: a line each, most important first.
func Differences(before, after Judgement) []string {
	var out []string
	say := func(what, from, to string) {
		if from != to {
			out = append(out, fmt.Sprintf("%s: %s → %s", what, cmp.Or(from, "none"), cmp.Or(to, "none")))
		}
	}
	say("cause", before.cause(), after.cause())
	say("label", before.Label, after.Label)
	if from, to := before.first().Confidence, after.first().Confidence; math.Abs(from-to) >= worthSaying {
		say("confidence", fmt.Sprintf("%.2f", from), fmt.Sprintf("%.2f", to))
	}
	if before.cause() == after.cause() {
		out = append(out, evidenceDifferences(before.first().Evidence, after.first().Evidence)...)
	}
	say("contributing", before.contributing(), after.contributing())
	say("impact", before.Impact.text(), after.Impact.text())
	out = append(out, unknownDifferences(before.Unknowns, after.Unknowns)...)
	say("weights", before.WeightsVersion, after.WeightsVersion)
	say("rules", before.RulesVersion, after.RulesVersion)
	return out
}

// first is the root cause; the zero candidate where there is none.
func (j Judgement) first() Candidate {
	if len(j.Candidates) == 0 {
		return Candidate{}
	}
	return j.Candidates[0]
}

func (j Judgement) cause() string {
	if len(j.Candidates) == 0 {
		return ""
	}
	return j.Candidates[0].label()
}

// label names a candidate in a line of text.
func (c Candidate) label() string { return string(c.Kind) + "/" + c.Name }

func (j Judgement) contributing() string {
	var names []string
	for _, c := range j.Candidates[min(1, len(j.Candidates)):] {
		names = append(names, c.label())
	}
	return strings.Join(names, ", ")
}

func (i Impact) text() string {
	return fmt.Sprintf("%d sites, %d devices, %d services, %d subscribers", i.Sites, i.Devices, i.Services, i.Subscribers)
}

// evidenceDifferences compares evidence for one candidate, piece by piece.
func evidenceDifferences(before, after []Evidence) []string {
	var out []string
	for _, e := range after {
		i := slices.IndexFunc(before, e.isAbout)
		switch {
		case i < 0:
			out = append(out, fmt.Sprintf("new evidence (%.2f): %s", e.Weight, e.Text))
		case math.Abs(before[i].Weight-e.Weight) >= worthSaying:
			out = append(out, fmt.Sprintf("evidence %.2f → %.2f: %s", before[i].Weight, e.Weight, e.Text))
		}
	}
	for _, e := range before {
		if !slices.ContainsFunc(after, e.isAbout) {
			out = append(out, fmt.Sprintf("no evidence any more (%.2f): %s", e.Weight, e.Text))
		}
	}
	return out
}

// isAbout says whether two pieces of evidence are about the same change or state.
func (e Evidence) isAbout(other Evidence) bool {
	return e.Kind == other.Kind && e.ConfigChangeID == other.ConfigChangeID && e.State == other.State
}

func unknownDifferences(before, after []string) []string {
	var out []string
	for _, line := range after {
		if !slices.Contains(before, line) {
			out = append(out, "not known: "+line)
		}
	}
	for _, line := range before {
		if !slices.Contains(after, line) {
			out = append(out, "settled: "+line)
		}
	}
	return out
}
