package engine

import (
	"context"
	"fmt"
	"time"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/incident"
)

// Rejudged is an incident as it would be judged now, with the weights in force and with others.
type Rejudged struct {
	IncidentID    string
	Before, After incident.Judgement
}

// Rejudge judges incidents anew on what is stored of their alerts and of the changes around them, and on
// the inventory as it is now: once with the weights in force and once with those of a tenant's document in
// place of its own. It only reads. How alerts were grouped stays as it was; to see what other weights would
// have made of that, the timeline has to be replayed. Incidents are answered in order of opening.
func (e *Engine) Rejudge(ctx context.Context, store Store, incidentIDs []string, document []byte) ([]Rejudged, error) {
	if len(incidentIDs) == 0 {
		return nil, nil
	}
	weights, err := incident.LoadWeights(document, e.weights)
	if err != nil {
		return nil, fmt.Errorf("the weights to judge with: %w", err)
	}
	r := &run{engine: e, store: store, works: map[string]*work{}}
	j, err := r.judge(ctx)
	if err != nil {
		return nil, err
	}
	other := j
	other.Weights = weights
	works, err := r.takeUp(ctx, IncidentSelector{IDs: incidentIDs})
	if err != nil {
		return nil, err
	}
	var out []Rejudged
	for _, w := range works {
		r.now = latest(w.inc.JudgedAt, w.lastHeard())
		facts, err := r.factsOf(ctx, j.Graph, w)
		if err != nil {
			return nil, fmt.Errorf("incident %s: %w", w.inc.ID, err)
		}
		out = append(out, Rejudged{IncidentID: w.inc.ID, Before: j.Judge(facts), After: other.Judge(facts)})
	}
	return out, nil
}

// lastHeard is when the incident's alerts were last heard of.
func (w *work) lastHeard() time.Time {
	var last time.Time
	for _, o := range w.occurrences {
		last = latest(last, o.LastHeardAt)
	}
	return last
}
