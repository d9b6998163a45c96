package engine

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/configchange"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/incident"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/topology"
)

// rescore judges an incident anew. An equal judgement changes nothing; another one is kept in the
// incident's history.
func (r *run) rescore(ctx context.Context, w *work) error {
	w.rescore = false
	j, err := r.judge(ctx)
	if err != nil {
		return err
	}
	heard := w.news()
	if r.graphReplaced {
		heard = w.occurrences
	}
	if due := w.inc.JudgedAt.Add(restBetween); r.crowded(w) && due.After(r.now) {
		w.reach, w.resting = incident.Reach(j.Graph, heard), true
		return r.store.SetTimer(ctx, Timer{Kind: TimerRescore, Subject: w.inc.ID, Due: due})
	}
	facts, err := r.factsOf(ctx, j.Graph, w)
	if err != nil {
		return err
	}
	judgement := j.Judge(facts)
	watched := j.Watched(facts, judgement)
	sightings, err := r.sightings(ctx, watched)
	if err != nil {
		return err
	}
	judgement = judgement.Complete(j.Unknowns(facts, judgement, watched, sightings))
	w.reach = append(incident.Reach(j.Graph, heard), categoriesOf(w.occurrences, facts.Changes)...)
	if reflect.DeepEqual(judgement, w.inc.Judgement) {
		if w.dirty || w.grown { // it is saved all the same
			w.inc.JudgedAt = r.now
		}
		return nil
	}
	w.inc.Judgement, w.inc.JudgedAt, w.dirty = judgement, r.now, true
	if err := r.store.SaveJudgement(ctx, w.inc.ID, r.now, judgement); err != nil {
		return fmt.Errorf("saving the judgement: %w", err)
	}
	return nil
}

// In a storm, when alerts arrive one by one by the thousand, a judgement of all of them for each one
// is waste: an incident of more than crowd alerts rests between two judgements. What the alerts that come
// meanwhile add to it is told with the next one.
const (
	crowd       = 100
	restBetween = time.Second
)

func (r *run) crowded(w *work) bool {
	_, over := w.end()
	return !r.eager && !over && !w.isNew && len(w.occurrences) > crowd
}

// factsOf gathers what a judgement of an incident needs to know.
func (r *run) factsOf(ctx context.Context, g *topology.Graph, w *work) (incident.Facts, error) {
	facts, err := r.facts(ctx, g, w.occurrences, w.inc.Onset)
	if err != nil {
		return incident.Facts{}, err
	}
	facts.Truncated = w.inc.Truncated
	if back, again := incident.ReturnOf(w.occurrences, w.inc.ReopenedAt); again {
		facts.CameBack = &back
	}
	return facts, nil
}

// facts gathers what a judgement about these alerts needs to know.
func (r *run) facts(ctx context.Context, g *topology.Graph, occurrences []incident.Occurrence, onset incident.Interval) (incident.Facts, error) {
	settings, err := r.tenantSettings(ctx)
	if err != nil {
		return incident.Facts{}, err
	}
	facts := incident.Facts{Occurrences: occurrences, Onset: onset, Lookback: settings.lookback()}
	devices := devicesIn(incident.Reach(g, occurrences))
	if len(devices) == 0 {
		return facts, nil
	}
	if facts.Elsewhere, err = r.elsewhere(ctx, occurrences, devices, onset); err != nil {
		return incident.Facts{}, err
	}
	if facts.Changes, err = r.changesAround(ctx, devices, occurrences, onset); err != nil {
		return incident.Facts{}, err
	}
	facts.Ahead, err = r.clocksAhead(ctx, facts.Changes)
	return facts, err
}

// devicesIn are the devices among reach keys.
func devicesIn(reach []string) []string {
	var out []string
	for _, key := range reach {
		if d, ok := strings.CutPrefix(key, incident.DeviceKey("")); ok {
			out = append(out, d)
		}
	}
	return out
}

// changesAround are the changes that could have caused these alerts or repaired what they speak of.
func (r *run) changesAround(ctx context.Context, devices []string, occurrences []incident.Occurrence, onset incident.Interval) ([]configchange.Change, error) {
	settings, err := r.tenantSettings(ctx)
	if err != nil || len(devices) == 0 {
		return nil, err
	}
	from, to := onset.NotBefore.Add(-settings.lookback()), onset.NotAfter
	for _, o := range occurrences {
		to = latest(to, o.Onset().NotAfter) // what brought it back lies before that
		if o.EndsAt != nil {                // what repaired it lies between the onset and the recovery
			to = latest(to, *o.EndsAt)
		}
	}
	return r.changesBetween(ctx, devices, from, to.Add(maxAhead))
}

// maxAhead is by how much the clock of an observer may be ahead of ours and its changes still be
// found.
const maxAhead = 10 * time.Minute

// clocksAhead measures the clocks that timed these changes: a sighting that arrives before it was
// made was timed by a clock that is ahead.
func (r *run) clocksAhead(ctx context.Context, changes []configchange.Change) (map[string]time.Duration, error) {
	changed := map[string]bool{}
	for _, c := range changes {
		changed[c.Device] = true
	}
	if len(changed) == 0 {
		return nil, nil
	}
	sightings, err := r.sightings(ctx, slices.Sorted(maps.Keys(changed)))
	if err != nil {
		return nil, err
	}
	ahead := map[string]time.Duration{}
	for device, s := range sightings {
		if -s.Delay >= incident.SkewWorthSaying {
			ahead[device] = -s.Delay
		}
	}
	return ahead, nil
}

// changesBetween are the changes of the devices, and all of every category that could be a roll-out.
func (r *run) changesBetween(ctx context.Context, devices []string, from, to time.Time) ([]configchange.Change, error) {
	changes, err := r.store.ConfigChanges(ctx, ChangeSelector{Devices: devices, From: from, To: to})
	if err != nil {
		return nil, fmt.Errorf("loading changes: %w", err)
	}
	known := map[string]bool{}
	for _, c := range changes {
		known[c.ID] = true
	}
	for _, category := range incident.Rollouts(changes) {
		all, err := r.store.ConfigChanges(ctx, ChangeSelector{Category: category, From: from, To: to})
		if err != nil {
			return nil, fmt.Errorf("loading changes of %s: %w", category, err)
		}
		for _, c := range all {
			if !known[c.ID] {
				changes = append(changes, c)
			}
		}
	}
	slices.SortFunc(changes, configchange.CompareChanges)
	return changes, nil
}

// categoriesOf are the reach keys of the categories that changed on alerting devices.
func categoriesOf(occurrences []incident.Occurrence, changes []configchange.Change) []string {
	if len(changes) == 0 {
		return nil
	}
	alerting := map[string]bool{}
	for _, o := range occurrences {
		alerting[o.Device] = true
	}
	var keys []string
	for _, c := range changes {
		if alerting[c.Device] {
			keys = append(keys, incident.CategoryKey(c.Category))
		}
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

// sightings sums up how well devices are observed, over all their streams.
func (r *run) sightings(ctx context.Context, devices []string) (map[string]incident.Sighting, error) {
	if len(devices) == 0 {
		return nil, nil
	}
	heads, err := r.store.DeviceHeads(ctx, devices)
	if err != nil {
		return nil, fmt.Errorf("loading the newest runs of devices: %w", err)
	}
	failures, err := r.store.Failures(ctx, devices)
	if err != nil {
		return nil, fmt.Errorf("loading failed observations: %w", err)
	}
	out := map[string]incident.Sighting{}
	for _, h := range heads {
		s, known := out[h.Device]
		if !known {
			s.Delay, s.Categories = h.Delay, map[string]incident.CategorySighting{}
		}
		if h.LastSeen.After(s.LastSeen) {
			s.LastSeen, s.Poll = h.LastSeen, cmp.Or(h.Poll(), s.Poll)
		}
		s.Delay = min(s.Delay, h.Delay) // nothing arrives before it is sent, so the least is nearest to the skew
		if c := s.Categories[h.Category]; h.LastSeen.After(c.LastSeen) {
			s.Categories[h.Category] = incident.CategorySighting{LastSeen: h.LastSeen}
		}
		out[h.Device] = s
	}
	for _, f := range failures {
		s := out[f.Device]
		if f.ObservedAt.After(s.LastSeen) {
			s.Failed = f.Reason
			out[f.Device] = s
		}
		if c, seen := s.Categories[f.Category]; seen && f.ObservedAt.After(c.LastSeen) {
			c.Failed = f.Reason
			s.Categories[f.Category] = c
		}
	}
	return out, nil
}

// firingWorks takes up every incident with a firing alert.
func (r *run) firingWorks(ctx context.Context) ([]*work, error) {
	firing, err := r.store.FiringOccurrences(ctx)
	if err != nil {
		return nil, fmt.Errorf("loading firing alerts: %w", err)
	}
	ids := map[string]bool{}
	for _, o := range firing {
		ids[o.IncidentID] = true
	}
	if len(ids) == 0 {
		return nil, nil
	}
	return r.takeUp(ctx, IncidentSelector{IDs: slices.Sorted(maps.Keys(ids))})
}
