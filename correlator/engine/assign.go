package engine

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/incident"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/topology"
)

// assign finds an incident for each new occurrence, by the three rules of joining in their order:
// another occurrence of an alert that it has; a consequence of what is still down; one cause for
// both at about the same time. What joins nothing opens its own. It returns the incidents joined.
func (r *run) assign(ctx context.Context, fresh []incident.Occurrence, newest map[string]incident.Occurrence) ([]*work, error) {
	var joined []*work
	rest, err := r.joinOwn(ctx, fresh, newest, &joined)
	if err != nil || len(rest) == 0 {
		return joined, err
	}
	settings, err := r.tenantSettings(ctx)
	if err != nil {
		return nil, err
	}
	near, err := r.neighbours(ctx, rest, settings.joinWindow())
	if err != nil {
		return nil, err
	}
	split := r.splits(near, newest)
	rest, err = r.joinStanding(ctx, rest, near, split, settings.joinWindow(), &joined)
	if err != nil {
		return nil, err
	}
	// Only incidents that are also near in time: what joins by (b) may come hours later.
	onset, last := incident.OnsetOf(fresh)
	when := incident.Interval{NotBefore: onset.NotBefore, NotAfter: last}
	far := func(w *work) bool { return w.span().Gap(when) > settings.joinWindow() }
	near = slices.DeleteFunc(near, far)
	legs, err := r.legsBeside(ctx, fresh, near)
	if err != nil {
		return nil, err
	}
	near = append(near, slices.DeleteFunc(legs, far)...)
	return r.joinByCause(ctx, rest, near, split, settings.joinWindow(), joined)
}

// joinOwn is rule (a): the alert's own incident, open, or closed not long ago.
func (r *run) joinOwn(ctx context.Context, fresh []incident.Occurrence, newest map[string]incident.Occurrence, joined *[]*work) ([]incident.Occurrence, error) {
	var rest []incident.Occurrence
	own := map[string]*work{} // fingerprint → incident of an earlier occurrence
	for _, o := range fresh {
		w := own[o.Fingerprint]
		if before, known := newest[o.Fingerprint]; known && w == nil {
			works, err := r.takeUp(ctx, IncidentSelector{IDs: []string{before.IncidentID}})
			if err != nil {
				return nil, err
			}
			if len(works) > 0 {
				w = works[0]
			}
		}
		if w == nil || w.inc.State == incident.Closed && o.StartsAt.After(w.inc.ClosedAt.Add(ReopenWindow)) {
			rest = append(rest, o)
			continue
		}
		own[o.Fingerprint] = w
		r.join(w, o)
		*joined = append(*joined, w)
	}
	return rest, nil
}

// join takes an occurrence into an incident, reopening it where it was closed and the alert fires.
func (r *run) join(w *work, o incident.Occurrence) {
	w.add(o)
	r.reopen(w, o)
	if o.Firing() && !o.Suppressed {
		w.page = true
	}
}

func (r *run) reopen(w *work, o incident.Occurrence) {
	if w.inc.State == incident.Closed && o.Firing() {
		w.reopen(r.now)
		w.inc.Notice = incident.Notice{}
	}
}

// neighbours are the open incidents that the occurrences could join: those within reach and near in
// time, and those whose first candidate is something that they depend on.
func (r *run) neighbours(ctx context.Context, occurrences []incident.Occurrence, window time.Duration) ([]*work, error) {
	g, err := r.topology(ctx)
	if err != nil {
		return nil, err
	}
	onset, last := incident.OnsetOf(occurrences)
	reach := incident.Reach(g, occurrences)
	devices := devicesIn(reach)
	changes, err := r.changesAround(ctx, devices, occurrences, onset)
	if err != nil {
		return nil, err
	}
	s := IncidentSelector{
		Reach:     append(reach, categoriesOf(occurrences, changes)...),
		OnsetFrom: onset.NotBefore.Add(-window), OnsetTo: last.Add(window),
		Causes: devices,
	}
	works, err := r.takeUp(ctx, s)
	return slices.DeleteFunc(works, func(w *work) bool { return w.inc.State != incident.Open }), err
}

// legsBeside are the other open incidents that what newly went down gives a part in the outage of something
// below: one leg of a group explains only itself until the other one falls too, whichever is heard of first.
func (r *run) legsBeside(ctx context.Context, fresh []incident.Occurrence, near []*work) ([]*work, error) {
	g, err := r.topology(ctx)
	if err != nil {
		return nil, err
	}
	fell, carriers := map[string]bool{}, map[string]bool{}
	for _, o := range fresh {
		if o.Device != "" && o.SaysDown() {
			fell[o.Device] = true
			if g.Carries(o.Device) { // nothing is below the others, and a storm is full of them
				carriers[o.Device] = true
			}
		}
	}
	if len(carriers) == 0 {
		return nil, nil
	}
	beside := map[string]bool{}
	for _, w := range near {
		for _, o := range w.occurrences {
			above := g.Ancestors(o.Device)
			if fell[o.Device] || len(above) < 3 || !meetsAny(above, carriers) {
				continue
			}
			for device := range above {
				if device != o.Device && !fell[device] {
					beside[device] = true
				}
			}
		}
	}
	if len(beside) == 0 {
		return nil, nil
	}
	works, err := r.takeUp(ctx, IncidentSelector{Causes: slices.Sorted(maps.Keys(beside))})
	return slices.DeleteFunc(works, func(w *work) bool { return w.inc.State != incident.Open || slices.Contains(near, w) }), err
}

// meetsAny says whether one of the devices above is among those that fell; it looks at the fewer.
func meetsAny(above map[string]int, fell map[string]bool) bool {
	if len(above) < len(fell) {
		for device := range above {
			if fell[device] {
				return true
			}
		}
		return false
	}
	for device := range fell {
		if _, met := above[device]; met {
			return true
		}
	}
	return false
}

// joinStanding is rule (b): the incident whose first candidate is still down takes what is in its
// impact, however late. Of several it is the one that began last.
func (r *run) joinStanding(ctx context.Context, fresh []incident.Occurrence, near []*work, split splits, window time.Duration, joined *[]*work) ([]incident.Occurrence, error) {
	if len(near) == 0 {
		return fresh, nil
	}
	j, err := r.judge(ctx)
	if err != nil {
		return nil, err
	}
	type standing struct {
		incident.Standing
		work *work
	}
	downFor := downByThen(j, near, window)
	var standings []standing
	for _, w := range slices.Backward(near) {
		if st, stands := j.StandingOf(w.inc.Judgement, w.inc.Onset, w.occurrences, downFor(w)); stands {
			standings = append(standings, standing{Standing: st, work: w})
		}
	}
	var rest []incident.Occurrence
	for _, o := range fresh {
		i := slices.IndexFunc(standings, func(st standing) bool { return st.Takes(o, window) && !split.bar(o, st.work) })
		if i < 0 {
			rest = append(rest, o)
			continue
		}
		r.join(standings[i].work, o)
		*joined = append(*joined, standings[i].work)
	}
	return rest, nil
}

// downByThen gives, for an incident, what is down by its own alerts and by those of the others that began no
// later than it did. What fell afterwards is an outage of its own: a leg that was lost hours ago must not
// take to itself, unheard, what goes down with the other one.
func downByThen(j incident.Judge, near []*work, window time.Duration) func(*work) topology.Down {
	lists := make([][]incident.Occurrence, len(near))
	var newest time.Time
	for i, w := range near {
		lists[i] = w.occurrences
		newest = latest(newest, w.lastOnset())
	}
	all := j.DownIn(nil, lists...)
	return func(w *work) topology.Down {
		until := w.lastOnset().Add(window)
		if !newest.After(until) {
			return all
		}
		return j.DownIn(func(o incident.Occurrence) bool { return o.IncidentID == w.inc.ID || !o.Onset().NotAfter.After(until) }, lists...)
	}
}

// joinByCause is rule (c), for alerts and open incidents alike: what one candidate of the greedy
// cover over all of them explains, near in time, is one event. It is asked even when every alert has
// found an incident, since what the alerts add may show that two incidents are one.
func (r *run) joinByCause(ctx context.Context, fresh []incident.Occurrence, near []*work, split splits, window time.Duration, joined []*work) ([]*work, error) {
	groups, err := r.group(ctx, near, fresh, window)
	if err != nil {
		return nil, err
	}
	for _, g := range groups {
		homes := r.mergeAll(g.works)
		var took []*work
		for _, o := range g.occurrences {
			home := split.home(o, homes)
			if home == nil {
				home = r.open()
				homes = append(homes, home)
			}
			if home.isNew {
				split.inherit(home, o)
			}
			r.join(home, o)
			if !slices.Contains(took, home) {
				took = append(took, home)
			}
		}
		joined = append(joined, took...)
	}
	return joined, nil
}

// regroup merges open incidents that turn out to be one event.
func (r *run) regroup(ctx context.Context, works []*work) error {
	open := slices.DeleteFunc(slices.Clone(works), func(w *work) bool { return w.inc.State != incident.Open })
	if len(open) < 2 {
		return nil
	}
	settings, err := r.tenantSettings(ctx)
	if err != nil {
		return err
	}
	groups, err := r.group(ctx, open, nil, settings.joinWindow())
	if err != nil {
		return err
	}
	for _, g := range groups {
		r.mergeAll(g.works)
	}
	return nil
}

// grouped is what belongs together.
type grouped struct {
	works       []*work
	occurrences []incident.Occurrence
}

func (r *run) group(ctx context.Context, works []*work, fresh []incident.Occurrence, window time.Duration) ([]grouped, error) {
	if len(works)+len(fresh) <= 1 {
		return []grouped{{works: works, occurrences: fresh}}, nil
	}
	var units []incident.Unit
	var all []incident.Occurrence
	for _, w := range works {
		units = append(units, incident.Unit{Occurrences: w.occurrences, Span: w.span()})
		all = append(all, w.occurrences...)
	}
	for _, o := range fresh {
		units = append(units, incident.Unit{Occurrences: []incident.Occurrence{o}, Span: o.Onset()})
		all = append(all, o)
	}
	j, err := r.judge(ctx)
	if err != nil {
		return nil, err
	}
	onset, _ := incident.OnsetOf(all)
	facts, err := r.facts(ctx, j.Graph, all, onset)
	if err != nil {
		return nil, err
	}
	var out []grouped
	for _, members := range j.Group(units, facts, window) {
		var g grouped
		for _, u := range members {
			if u < len(works) {
				g.works = append(g.works, works[u])
			} else {
				g.occurrences = append(g.occurrences, fresh[u-len(works)])
			}
		}
		out = append(out, g)
	}
	return out, nil
}

// mergeAll merges incidents, the oldest surviving, but for those that an operator split apart. It
// returns the survivors, oldest first: mostly one.
func (r *run) mergeAll(works []*work) []*work {
	slices.SortStableFunc(works, func(a, b *work) int { return a.inc.OpenedAt.Compare(b.inc.OpenedAt) })
	var survivors []*work
	for _, w := range works {
		if w.inc.State == incident.Merged {
			continue
		}
		i := slices.IndexFunc(survivors, func(s *work) bool { return !parted(s, w) })
		switch {
		case i < 0:
			survivors = append(survivors, w)
		case survivors[i] != w:
			r.merge(w, survivors[i])
		}
	}
	return survivors
}

// merge moves everything of one incident into another.
func (r *run) merge(from, into *work) {
	for _, o := range from.occurrences {
		into.add(o)
	}
	into.page, into.dirty = into.page || from.page, true
	into.inc.MergedFrom = append(append(into.inc.MergedFrom, from.inc.ID), from.inc.MergedFrom...)
	into.inc.Apart = append(into.inc.Apart, from.inc.Apart...)
	into.inc.Feedback = append(into.inc.Feedback, from.inc.Feedback...)
	into.inc.Truncated = max(into.inc.Truncated, from.inc.Truncated)
	if into.inc.Acknowledged == nil && from.inc.Acknowledged != nil {
		into.inc.Acknowledged, into.acked = from.inc.Acknowledged, true
	}
	into.inc.Notice.Told = into.inc.Notice.Told || from.inc.Notice.Told
	into.inc.Notice.Evidence = into.inc.Notice.Evidence || from.inc.Notice.Evidence
	if due := from.inc.Notice.Due; due != nil && (into.inc.Notice.Due == nil || due.Before(*into.inc.Notice.Due)) {
		into.inc.Notice.Due = due
	}
	from.occurrences, from.changed = nil, nil
	from.inc.State, from.inc.MergedInto = incident.Merged, into.inc.ID
	from.inc.Notice = incident.Notice{}
	from.dirty, from.event = true, IncidentMerged
}
