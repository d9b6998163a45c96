package engine

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/prometheus/common/model"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/calendar"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/incident"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/suppress"
)

// DefaultOnsetLag is how long before its startsAt an alert's trouble may have begun when the rule
// does not say so in the annotation onset_lag: `for`, evaluation and scrape interval together.
const DefaultOnsetLag = 2 * time.Minute

// MaxOnsetLag bounds what a rule may claim: an onset of days would make every change a suspect.
const MaxOnsetLag = 24 * time.Hour

// hear takes alerts in: known occurrences are brought up to date, new ones find their incident. The
// whole batch is correlated once.
func (r *run) hear(ctx context.Context, alerts []Alert, truncated int, fromList bool) error {
	if len(alerts) == 0 {
		return nil
	}
	alerts = slices.Clone(alerts)
	for i, a := range alerts {
		if a.Fingerprint == "" || a.StartsAt.IsZero() {
			return refuse(Invalid, "send what Alertmanager sends", "alert %d has no fingerprint or no startsAt", i)
		}
	}
	slices.SortStableFunc(alerts, func(a, b Alert) int {
		return cmp.Or(a.StartsAt.Compare(b.StartsAt), cmp.Compare(a.Fingerprint, b.Fingerprint))
	})
	h, err := r.newHearing(ctx, alerts, fromList)
	if err != nil {
		return err
	}
	for _, a := range alerts {
		if err := h.alert(ctx, a); err != nil {
			return err
		}
	}
	works, err := r.assign(ctx, h.fresh, h.newest)
	if err != nil {
		return err
	}
	for _, w := range works {
		if w.inc.State == incident.Merged {
			w = r.works[w.inc.MergedInto]
		}
		if truncated > w.inc.Truncated {
			w.inc.Truncated, w.dirty, w.rescore = truncated, true, true
		}
	}
	devices := map[string]bool{}
	for _, o := range h.fresh {
		devices[o.Device] = true
	}
	return r.rememberUninventoried(ctx, devices)
}

// hearList takes in what one Alertmanager holds. A firing alert that is missing has ended, but only
// where that Alertmanager has been up since before the alert was last heard: after a restart it knows
// nothing.
func (r *run) hearList(ctx context.Context, in AlertListInput) error {
	if err := r.hear(ctx, in.Alerts, 0, true); err != nil || in.StartedAt == nil {
		return err
	}
	held := make(map[string]bool, len(in.Alerts))
	for _, a := range in.Alerts {
		held[a.Fingerprint] = true
	}
	firing, err := r.store.FiringOccurrences(ctx)
	if err != nil {
		return fmt.Errorf("loading firing alerts: %w", err)
	}
	for _, o := range firing {
		if held[o.Fingerprint] || !in.StartedAt.Before(o.LastHeardAt) || !o.LastHeardAt.Before(r.now) {
			continue
		}
		if err := r.amend(ctx, o, func(known *incident.Occurrence, w *work) {
			now := r.now
			known.EndsAt = &now
			w.dirty = true
		}); err != nil {
			return err
		}
	}
	return nil
}

// hearing is one batch of alerts on its way in.
type hearing struct {
	*run
	fromList bool
	known    map[string][]incident.Occurrence // by alert fingerprint, by StartsAt
	newest   map[string]incident.Occurrence   // before this batch, by fingerprint
	fresh    []incident.Occurrence
	begun    map[string]int // occurrence id → index into fresh
	windows  []calendar.Window
}

func (r *run) newHearing(ctx context.Context, alerts []Alert, fromList bool) (*hearing, error) {
	h := &hearing{run: r, fromList: fromList, known: map[string][]incident.Occurrence{}, newest: map[string]incident.Occurrence{}, begun: map[string]int{}}
	fingerprints := make([]string, 0, len(alerts))
	for _, a := range alerts {
		fingerprints = append(fingerprints, a.Fingerprint)
	}
	slices.Sort(fingerprints)
	occurrences, err := r.store.AlertOccurrences(ctx, slices.Compact(fingerprints), alerts[0].StartsAt)
	if err != nil {
		return nil, fmt.Errorf("loading known alerts: %w", err)
	}
	for _, o := range occurrences {
		h.known[o.Fingerprint] = append(h.known[o.Fingerprint], o)
		h.newest[o.Fingerprint] = o
	}
	if err := r.takeUpKnown(ctx, h.newest); err != nil {
		return nil, err
	}
	h.windows, err = r.store.Windows(ctx, suppressing, r.now, r.now)
	if err != nil {
		return nil, fmt.Errorf("loading windows: %w", err)
	}
	slices.SortStableFunc(h.windows, compareByStart)
	_, err = r.topology(ctx)
	return h, err
}

// takeUpKnown takes up the incidents of all alerts that are known, at once: each alert will either be
// heard of again within its incident, or ask whether it may come back to it.
func (r *run) takeUpKnown(ctx context.Context, newest map[string]incident.Occurrence) error {
	ids := map[string]bool{}
	for _, o := range newest {
		ids[o.IncidentID] = true
	}
	if len(ids) == 0 {
		return nil
	}
	_, err := r.takeUp(ctx, IncidentSelector{IDs: slices.Sorted(maps.Keys(ids))})
	return err
}

// alert matches one alert to the occurrences that are known.
func (h *hearing) alert(ctx context.Context, a Alert) error {
	known := h.known[a.Fingerprint]
	var newest *incident.Occurrence
	if len(known) > 0 {
		newest = &known[len(known)-1]
	}
	switch {
	case a.EndsAt == nil && !h.fromList && newest != nil && newest.Firing() && heldBefore(known, a.StartsAt):
		return nil // a late retry about a stretch that is over, and another one has begun since
	case a.EndsAt == nil && newest != nil && newest.Firing():
		return h.repeat(ctx, newest, a)
	case a.EndsAt == nil && newest != nil && !a.StartsAt.After(*newest.EndsAt):
		if !h.fromList && !assumedOver(*newest) {
			return nil // a late retry: that stretch is known to be over
		}
		return h.change(ctx, newest, func(o *incident.Occurrence, w *work) {
			o.EndsAt, o.LastHeardAt = nil, h.now // it is held as firing now, so it never ended
			w.dirty, w.rescore = true, true
			h.reopen(w, *o)
		})
	case a.EndsAt == nil:
		h.begin(a)
		return nil
	case newest != nil && newest.Firing() && !a.EndsAt.Before(newest.StartsAt):
		return h.change(ctx, newest, func(o *incident.Occurrence, w *work) {
			o.EndsAt, o.LastHeardAt = a.EndsAt, h.now
			w.dirty = true
		})
	case slices.ContainsFunc(known, func(o incident.Occurrence) bool { return meetsOccurrence(o, a) }):
		return nil // known, and known to be over
	default:
		h.begin(a)
		return nil
	}
}

// assumedOver says that nobody said that the occurrence ended: it was missing from a list. Then whoever
// says that it fires is right.
func assumedOver(o incident.Occurrence) bool { return o.EndsAt.After(o.LastHeardAt) }

// heldBefore says whether an instant lies in one of the occurrences that is over.
func heldBefore(known []incident.Occurrence, at time.Time) bool {
	return slices.ContainsFunc(known, func(o incident.Occurrence) bool {
		return o.EndsAt != nil && !at.Before(o.StartsAt) && !at.After(*o.EndsAt)
	})
}

// meetsOccurrence says whether an alert that is over tells of a stretch that is known.
func meetsOccurrence(o incident.Occurrence, a Alert) bool {
	return !a.EndsAt.Before(o.StartsAt) && (o.EndsAt == nil || !a.StartsAt.After(*o.EndsAt))
}

// repeat notes that an occurrence was heard of again. Another StartsAt is an HA peer's view.
func (h *hearing) repeat(ctx context.Context, o *incident.Occurrence, a Alert) error {
	return h.change(ctx, o, func(o *incident.Occurrence, w *work) {
		o.LastHeardAt, o.SilencedElsewhere = h.now, a.Silenced
		if a.StartsAt.Before(o.StartsAt) && !heldBefore(h.known[a.Fingerprint], a.StartsAt) {
			o.StartsAt = a.StartsAt
			w.rescore = true
		}
		switch {
		case a.Silenced && !o.Suppressed:
			o.Suppressed = true
			w.dirty = true
		case o.Suppressed && !h.suppressed(*o):
			o.Suppressed = false
			w.page, w.dirty = true, true
		}
	})
}

// change amends an occurrence, whether it is stored or came with this very batch.
func (h *hearing) change(ctx context.Context, o *incident.Occurrence, amend func(*incident.Occurrence, *work)) error {
	if i, ok := h.begun[o.ID]; ok {
		amend(&h.fresh[i], &work{})
		*o = h.fresh[i]
		return nil
	}
	return h.amend(ctx, *o, func(stored *incident.Occurrence, w *work) {
		amend(stored, w)
		*o = *stored
	})
}

// amend changes a stored occurrence within its incident.
func (r *run) amend(ctx context.Context, o incident.Occurrence, amend func(*incident.Occurrence, *work)) error {
	return r.onIncident(ctx, o.IncidentID, func(w *work) {
		if known := w.find(o.ID); known != nil {
			amend(known, w)
			w.touch(o.ID)
		}
	})
}

// begin makes a new occurrence of an alert.
func (h *hearing) begin(a Alert) {
	o := incident.Occurrence{
		ID:          h.store.NewID("occurrence"),
		Fingerprint: a.Fingerprint,
		AlertName:   a.Labels[model.AlertNameLabel],
		Device:      a.Labels["device"],
		Site:        a.Labels["site"],
		Interface:   a.Labels["interface"],
		Peer:        a.Labels["peer"],
		Severity:    a.Labels["severity"],
		Symptom:     h.engine.rules.Symptom(a.Labels),
		Labels:      a.Labels, Annotations: a.Annotations,
		StartsAt: a.StartsAt, Lag: onsetLag(a.Annotations), EndsAt: a.EndsAt,
		HeardAt: h.now, LastHeardAt: h.now, SilencedElsewhere: a.Silenced,
	}
	o.Suppressed = h.suppressed(o)
	h.begun[o.ID] = len(h.fresh)
	h.fresh = append(h.fresh, o)
	h.known[a.Fingerprint] = append(h.known[a.Fingerprint], o)
	slices.SortStableFunc(h.known[a.Fingerprint], func(a, b incident.Occurrence) int { return a.StartsAt.Compare(b.StartsAt) })
}

func (h *hearing) suppressed(o incident.Occurrence) bool {
	return suppress.Decide(alertOf(o), h.windows, h.graph, h.now).Suppressed
}

func alertOf(o incident.Occurrence) suppress.Alert {
	return suppress.Alert{Device: o.Device, Site: o.Site, Severity: o.Severity, SilencedElsewhere: o.SilencedElsewhere}
}

// onsetLag reads the annotation onset_lag, a Prometheus duration.
func onsetLag(annotations map[string]string) time.Duration {
	lag, err := model.ParseDuration(annotations["onset_lag"])
	if err != nil {
		return DefaultOnsetLag
	}
	return min(time.Duration(lag), MaxOnsetLag)
}
