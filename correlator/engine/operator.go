package engine

import (
	"context"
	"fmt"
	"slices"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/incident"
)

// operator applies what a person says about an incident.
func (r *run) operator(ctx context.Context, in OperatorInput) error {
	w, err := r.named(ctx, in.Incident)
	if err != nil {
		return err
	}
	switch in.Op {
	case OpAcknowledge:
		return r.acknowledge(ctx, w, in)
	case OpMerge:
		return r.mergeInto(ctx, w, in)
	case OpSplit:
		return r.split(w, in)
	case OpFeedback:
		f := incident.Feedback{By: in.By, At: r.now}
		if in.Cause != nil {
			f.Device, f.Category = in.Cause.Device, in.Cause.Category
		}
		w.inc.Feedback = append(w.inc.Feedback, f)
		w.dirty = true
		return nil
	default:
		return refuse(Invalid, "use acknowledge, merge, split or feedback", "unknown operation %q on an incident", in.Op)
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

func (r *run) acknowledge(ctx context.Context, w *work, in OperatorInput) error {
	if w.inc.State != incident.Open {
		return refuse(Conflict, "nothing needs to be done", "incident %s is closed", w.inc.ID)
	}
	if in.Until != nil && !in.Until.After(r.now) {
		return refuse(Invalid, "give an instant in the future, or none", "the acknowledgement would be over already")
	}
	w.inc.Acknowledged = &incident.Acknowledgement{By: in.By, At: r.now, Until: in.Until}
	w.dirty, w.event = true, IncidentAcknowledged
	if in.Until == nil {
		return r.store.ClearTimer(ctx, TimerAckExpiry, w.inc.ID)
	}
	return r.store.SetTimer(ctx, Timer{Kind: TimerAckExpiry, Subject: w.inc.ID, Due: *in.Until})
}

// mergeInto merges by a person's word, whatever correlation thinks; it also takes back a split.
func (r *run) mergeInto(ctx context.Context, w *work, in OperatorInput) error {
	into, err := r.named(ctx, in.Into)
	if err != nil {
		return err
	}
	if into == w {
		return refuse(Conflict, "nothing needs to be done", "both alerts are in incident %s already", w.inc.ID)
	}
	into.inc.Apart = slices.DeleteFunc(into.inc.Apart, func(id string) bool { return id == w.inc.ID })
	w.inc.Apart = slices.DeleteFunc(w.inc.Apart, func(id string) bool { return id == into.inc.ID })
	if into.inc.State == incident.Closed && w.inc.State == incident.Open {
		into.reopen(r.now)
	}
	r.merge(w, into)
	return nil
}

// split moves alerts out of an incident into one of their own. The two are never merged again by
// themselves, and later occurrences of the alerts follow them.
func (r *run) split(w *work, in OperatorInput) error {
	leaves := func(o incident.Occurrence) bool { return slices.Contains(in.Alerts, o.Fingerprint) }
	leaving := slices.DeleteFunc(slices.Clone(w.occurrences), func(o incident.Occurrence) bool { return !leaves(o) })
	if len(leaving) == 0 || len(leaving) == len(w.occurrences) {
		return refuse(Conflict, "name fingerprints of some of its alerts, not of all", "nothing would be split from incident %s", w.inc.ID)
	}
	other := r.open()
	other.inc.OpenedAt = r.now
	other.inc.Notice = w.inc.Notice // on-call knows of these alerts as well as of the others
	other.inc.Apart = []string{w.inc.ID}
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
	return nil
}
