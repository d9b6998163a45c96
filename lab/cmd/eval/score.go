package main

import (
	"context"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/ispvisualmonitor/ispvisualmonitor/lab/corpus"
)

// result is how one scenario came out.
type result struct {
	scenario  corpus.Scenario
	verdicts  []verdict // one for each event of the truth
	incidents int
	excess    []finding // incidents that are the first of no event: too many
}

// verdict holds what was said of one event against the truth.
type verdict struct {
	event    corpus.Event
	pieces   int  // incidents that its alerts lie in
	swallows bool // its incident speaks of an earlier event too
	onset    outcome
	unseen   outcome
	finding  // by the correlator
	baseline finding
}

// outcome is whether something was got right, where it was asked.
type outcome int

const (
	unasked outcome = iota
	yes
	no
)

func asked(is, right bool) outcome {
	switch {
	case !is:
		return unasked
	case right:
		return yes
	}
	return no
}

// missed and falsely: a label that is not there, or should not be. Where nobody could tell, neither.
func (v verdict) missed() bool  { return v.event.ByChange() && !v.event.Arguable && !v.labelled }
func (v verdict) falsely() bool { return !v.event.ByChange() && !v.event.Arguable && v.labelled }

// finding is what an answer says of one incident.
type finding struct {
	said        string // the first candidate, as kind/name
	labelled    bool
	first       bool // the first candidate is a right one
	third       bool // one of the first three is
	change      bool // the strongest change evidence of the first candidate is a change that did it
	confidence  float64
	explanation string
}

// evaluate replays the scenarios and judges what comes out, in their order.
func evaluate(ctx context.Context, scenarios []corpus.Scenario, weights []byte) ([]result, error) {
	results := make([]result, len(scenarios))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(2)
	for i, s := range scenarios {
		group.Go(func() error {
			doc, err := replayed(ctx, s, weights)
			results[i] = judged(s, doc)
			return err
		})
	}
	return results, group.Wait()
}

// judged compares a document with the truth. The incident of an event is the one that holds most of
// its alerts, the earlier one where there are two.
func judged(s corpus.Scenario, doc document) result {
	out := result{scenario: s}
	taken := map[string]bool{}
	for _, event := range s.Truth.Events {
		home, pieces := doc.homeOf(event)
		if home < 0 {
			continue
		}
		inc := doc.Incidents[home]
		out.verdicts = append(out.verdicts, verdict{
			event: event, pieces: pieces, swallows: taken[inc.ID],
			onset:   asked(!event.Began.IsZero(), inc.began(event.Began)),
			unseen:  asked(len(event.Unseen) > 0, inc.admits(event.Unseen)),
			finding: doc.found(inc, event), baseline: doc.baseline(inc, event),
		})
		taken[inc.ID] = true
	}
	for _, inc := range doc.Incidents {
		out.incidents += count(!inc.loose(s.Truth))
		if !taken[inc.ID] && !inc.loose(s.Truth) {
			out.excess = append(out.excess, doc.found(inc, corpus.Event{}))
		}
	}
	return out
}

func (d document) homeOf(e corpus.Event) (home, pieces int) {
	home, most := -1, 0
	for i, inc := range d.Incidents {
		var held []string
		for _, a := range inc.Alerts {
			if slices.Contains(e.Alerts, a.Fingerprint) && !slices.Contains(held, a.Fingerprint) {
				held = append(held, a.Fingerprint)
			}
		}
		if len(held) > 0 {
			pieces++
		}
		if len(held) > most {
			home, most = i, len(held)
		}
	}
	return home, pieces
}

func (d document) found(inc incident, e corpus.Event) finding {
	f := finding{labelled: inc.Label != nil, explanation: inc.Explanation}
	if len(inc.Candidates) == 0 {
		return f
	}
	first := inc.Candidates[0]
	f.said, f.confidence = first.Kind+"/"+first.Name, first.Confidence
	f.first = names(first, e)
	f.third = slices.ContainsFunc(inc.Candidates[:min(3, len(inc.Candidates))], func(c candidate) bool { return names(c, e) })
	for _, piece := range first.Evidence {
		if piece.ConfigChangeID != nil {
			f.change = slices.Contains(e.Changes, d.change(*piece.ConfigChangeID))
			break // best first
		}
	}
	return f
}

// names says whether a candidate is a right answer. A roll-out is named after its category alone.
func names(c candidate, e corpus.Event) bool {
	name := c.Kind + "/" + c.Name
	if c.Kind == "rollout" {
		name, _, _ = strings.Cut(name, "@")
	}
	return slices.Contains(e.Causes, name)
}

func (d document) change(id string) string {
	for _, c := range d.ConfigChanges {
		if c.ID == id {
			return c.Device + " " + c.Category
		}
	}
	return ""
}

// lookback is how far the baseline looks back, as the correlator does by default.
const lookback = 30 * time.Minute

// baseline is what people do without the product: blame the latest change on a device that alerts,
// else the device whose alert came first.
func (d document) baseline(inc incident, e corpus.Event) finding {
	first := inc.Alerts[0]
	alerting := map[string]bool{}
	for _, a := range inc.Alerts {
		alerting[a.Device] = true
		if a.StartsAt.Before(first.StartsAt) {
			first = a
		}
	}
	f := finding{said: "device/" + first.Device}
	for _, c := range d.ConfigChanges { // by not_after: the last one that fits is the latest
		fits := c.NotBefore.Before(first.StartsAt) && !c.NotAfter.Before(first.StartsAt.Add(-lookback))
		if alerting[c.Device] && fits {
			f.said, f.labelled = "device/"+c.Device, true
			f.change = slices.Contains(e.Changes, c.Device+" "+c.Category)
		}
	}
	f.first = slices.Contains(e.Causes, f.said) || f.change
	f.third = f.first
	return f
}
