package engine

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/incident"
)

// operator applies what a person says about an incident. Saying the same again changes nothing.
func (r *run) operator(ctx context.Context, in OperatorInput) error {
	w, err := r.named(ctx, in.Incident)
	if in.Op == OpMerge {
		return r.mergeInto(ctx, w, err, in)
	}
	if err != nil {
		return err
	}
	switch in.Op {
	case OpAcknowledge:
		return r.acknowledge(w, in)
	case OpUnacknowledge:
		if w.inc.State == incident.Open && w.inc.Acknowledged != nil {
			r.unacknowledged(w)
		}
		return nil
	case OpSplit:
		return r.split(ctx, w, in)
	case OpFeedback:
		r.feedback(w, in)
		return nil
	default:
		return refuse(Invalid, "use acknowledge, unacknowledge, merge, split or feedback", "unknown operation %q on an incident", in.Op)
	}
}

func (r *run) named(ctx context.Context, ref IncidentRef) (*work, error) {
	s := IncidentSelector{Latest: &ref}
	if ref.ID != "" {
		s = IncidentSelector{IDs: []string{ref.ID}}
	}
	works, err := r.takeUp(ctx, s)
	if err != nil {
		return nil, err
	}
	if len(works) == 0 {
		what := fmt.Sprintf("no incident %q", ref.ID)
		if ref.ID == "" {
			what = fmt.Sprintf("no incident with %s on %q", ref.AlertName, ref.Device)
		}
		return nil, refuse(NotFound, "list the incidents to find the right one; a merged one lives on in another", "there is %s", what)
	}
	return works[0], nil
}

func (r *run) acknowledge(w *work, in OperatorInput) error {
	if w.inc.State != incident.Open {
		return refuse(Conflict, "nothing needs to be done", "incident %s is closed", w.inc.ID)
	}
	if in.Until != nil && !in.Until.After(r.now) {
		return refuse(Invalid, "give an instant in the future, or none", "the acknowledgement would be over already")
	}
	if a := w.inc.Acknowledged; a != nil && a.By == in.By && sameInstant(a.Until, in.Until) {
		return nil
	}
	w.inc.Acknowledged = &incident.Acknowledgement{By: in.By, At: r.now, Until: in.Until}
	w.dirty, w.acked, w.event = true, true, IncidentAcknowledged
	return nil
}

func sameInstant(a, b *time.Time) bool {
	return a == b || a != nil && b != nil && a.Equal(*b)
}

// unacknowledged ends an acknowledgement, by a person's word or because its time is over. Whoever relied
// on it has to hear that nobody has the incident any more, unless its alerts are over anyway.
func (r *run) unacknowledged(w *work) {
	w.inc.Acknowledged = nil
	w.dirty, w.acked = true, true
	if _, over := w.end(); !over && w.inc.State == incident.Open {
		w.event = IncidentUnacknowledged
	}
}

// scheduleAckExpiry keeps the timer of an acknowledgement's end in step with it, also where merging has
// brought the acknowledgement along.
func (r *run) scheduleAckExpiry(ctx context.Context, w *work) error {
	if !w.acked {
		return nil
	}
	w.acked = false
	if a := w.inc.Acknowledged; a != nil && a.Until != nil {
		return r.store.SetTimer(ctx, Timer{Kind: TimerAckExpiry, Subject: w.inc.ID, Due: *a.Until})
	}
	return r.store.ClearTimer(ctx, TimerAckExpiry, w.inc.ID)
}

// mergeInto merges by a person's word, whatever correlation thinks; it also takes back a split. w is the
// incident that goes, or unnamed says why there is none.
func (r *run) mergeInto(ctx context.Context, w *work, unnamed error, in OperatorInput) error {
	into, err := r.named(ctx, in.Into)
	if err != nil {
		return err
	}
	if unnamed != nil {
		if isPart(in.Incident.ID, into.inc) {
			return nil // that was done before
		}
		return unnamed
	}
	if into == w {
		return refuse(Conflict, "nothing needs to be done", "both alerts are in incident %s already", w.inc.ID)
	}
	forgetSplit(w, into)
	if into.inc.State == incident.Closed && w.inc.State == incident.Open {
		into.reopen(w.lifeSince()) // its present life is the one of what goes on
	}
	r.merge(w, into)
	return nil
}

// lifeSince is when the incident's present life began.
func (w *work) lifeSince() time.Time {
	if w.inc.ReopenedAt != nil {
		return *w.inc.ReopenedAt
	}
	return w.inc.OpenedAt
}

// split moves alerts out of an incident into one of their own. The two are never merged again by
// themselves, and later occurrences of the alerts follow them.
func (r *run) split(ctx context.Context, w *work, in OperatorInput) error {
	leaves := func(o incident.Occurrence) bool { return slices.Contains(in.Alerts, o.Fingerprint) }
	leaving := slices.DeleteFunc(slices.Clone(w.occurrences), func(o incident.Occurrence) bool { return !leaves(o) })
	if len(leaving) == 0 {
		done, err := r.splitBefore(ctx, w, in.Alerts)
		if done || err != nil {
			return err
		}
	}
	if len(leaving) == 0 || len(leaving) == len(w.occurrences) {
		return refuse(Conflict, "name fingerprints of some of its alerts, not of all", "nothing would be split from incident %s", w.inc.ID)
	}
	other := r.open()
	other.inc.Apart, other.inc.ReopenedAt = []string{w.inc.ID}, w.inc.ReopenedAt
	w.inc.Apart = append(w.inc.Apart, other.inc.ID)
	for _, o := range leaving {
		other.add(o)
	}
	if w.inc.State == incident.Closed {
		other.inc.State, other.inc.ClosedAt = incident.Closed, w.inc.ClosedAt
	}
	w.occurrences = slices.DeleteFunc(w.occurrences, leaves)
	for _, o := range leaving {
		delete(w.changed, o.ID)
	}
	w.touch(w.occurrences[0].ID) // closing is looked at again without them
	w.dirty, w.rescore = true, true
	return r.shareNotice(ctx, w, other)
}

// splitBefore says whether the alerts are what was split from the incident earlier.
func (r *run) splitBefore(ctx context.Context, w *work, alerts []string) (bool, error) {
	if len(alerts) == 0 || len(w.inc.Apart) == 0 {
		return false, nil
	}
	newest, err := r.store.AlertOccurrences(ctx, alerts, r.now)
	if err != nil {
		return false, fmt.Errorf("loading alerts: %w", err)
	}
	if len(newest) == 0 {
		return false, nil
	}
	works, err := r.takeUp(ctx, IncidentSelector{IDs: []string{newest[0].IncidentID}})
	if err != nil || len(works) == 0 {
		return false, err
	}
	other := works[0]
	elsewhere := slices.ContainsFunc(newest, func(o incident.Occurrence) bool { return o.IncidentID != other.inc.ID })
	return !elsewhere && parted(w, other), nil
}

// shareNotice gives both sides of a split what on-call knows: who was told of the whole was told of
// each part. What is still to be told is told of a part only if it has an alert that asks for it.
func (r *run) shareNotice(ctx context.Context, w, other *work) error {
	other.inc.Notice = w.inc.Notice
	if w.inc.Notice.Told {
		return nil
	}
	for _, part := range []*work{w, other} {
		if slices.ContainsFunc(part.occurrences, func(o incident.Occurrence) bool { return !o.Suppressed }) {
			continue
		}
		part.inc.Notice.Due = nil
		if err := r.store.ClearTimer(ctx, TimerNotify, part.inc.ID); err != nil {
			return err
		}
	}
	return nil
}

// feedback keeps a verdict. A person's last word counts, so saying it again adds nothing.
func (r *run) feedback(w *work, in OperatorInput) {
	f := incident.Feedback{By: in.By, At: r.now}
	if in.Cause != nil {
		f.Device, f.Category = in.Cause.Device, in.Cause.Category
	}
	for _, said := range slices.Backward(w.inc.Feedback) {
		if said.By == f.By {
			if said.Device == f.Device && said.Category == f.Category {
				return
			}
			break
		}
	}
	w.inc.Feedback = append(w.inc.Feedback, f)
	w.dirty = true
}
