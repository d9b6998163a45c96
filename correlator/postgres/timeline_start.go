package postgres

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/prometheus/common/model"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/calendar"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/configchange"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/engine"
)

// TimelineStart calls line with what a replay that begins at an instant must know of before, as lines
// received at that instant: the inventory and the settings in force, planned work that is not over, what
// was seen of each configuration within the look-back (and last before it), and the alerts that fired.
// Timeline from that instant on continues it. What was open then is opened anew at that instant; what was
// acknowledged, merged, split, or closed not long before is not known.
func (db *DB) TimelineStart(ctx context.Context, tenant string, from time.Time, line func(string) error) error {
	return db.read(ctx, tenant, func(tx pgx.Tx) error {
		s := timelineStart{tx: tx, tenant: tenant, at: from.UTC()}
		inputs, err := s.inputs(ctx)
		if err != nil {
			return fmt.Errorf("begin a timeline at %s: %w", s.at.Format(time.RFC3339), err)
		}
		for _, in := range inputs {
			lines, err := timelineLines(tenant, s.at, in)
			if err != nil {
				return fmt.Errorf("begin a timeline at %s: %w", s.at.Format(time.RFC3339), err)
			}
			for l := range strings.SplitSeq(lines, "\n") {
				if err := line(l); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// timelineStart finds out how a tenant stood at an instant.
type timelineStart struct {
	tx     pgx.Tx
	tenant string
	at     time.Time
}

func (s timelineStart) inputs(ctx context.Context) ([]engine.Input, error) {
	var out []engine.Input
	past, err := s.journaled(ctx)
	if err != nil {
		return nil, err
	}
	if past.inventory != nil {
		out = append(out, *past.inventory)
	}
	if len(past.subscribers.Counts) > 0 {
		out = append(out, past.subscribers)
	}
	out = append(out, past.settings)
	for _, w := range slices.SortedFunc(maps.Values(past.windows), compareWindows) {
		if w.EndsAt.After(s.at) {
			out = append(out, engine.WindowInput{Op: engine.OpCreate, Window: w})
		}
	}
	sightings, err := s.sightings(ctx, cmp.Or(past.lookback(), engine.DefaultLookback))
	if err != nil {
		return nil, err
	}
	if len(sightings) > 0 {
		out = append(out, engine.ObservationsInput{Observations: sightings})
	}
	alerts, err := s.firing(ctx)
	if err != nil {
		return nil, err
	}
	if len(alerts) > 0 {
		out = append(out, engine.AlertListInput{Alerts: alerts})
	}
	return out, nil
}

func compareWindows(a, b calendar.Window) int {
	return cmp.Or(a.StartsAt.Compare(b.StartsAt), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.ID, b.ID))
}

// past is what the journal before an instant comes to.
type past struct {
	inventory   *engine.InventoryInput
	subscribers engine.SubscribersInput
	settings    engine.SettingsInput
	windows     map[windowKey]calendar.Window // planned or in progress
}

type windowKey struct {
	kind calendar.Kind
	id   string
}

func (p past) lookback() time.Duration {
	if p.settings.Lookback == nil {
		return 0
	}
	return *p.settings.Lookback
}

// journaled reads what was received before the instant, but for what is read by the thousand.
func (s timelineStart) journaled(ctx context.Context) (past, error) {
	p := past{subscribers: engine.SubscribersInput{Counts: map[string]int{}}, windows: map[windowKey]calendar.Window{}}
	rows, err := s.tx.Query(ctx, `
		SELECT payload FROM inputs
		 WHERE received_at < $1 AND (kind IN ('subscribers', 'settings', 'change', 'maintenance', 'blackout')
		       OR seq = (SELECT max(seq) FROM inputs WHERE received_at < $1 AND kind = 'inventory'))
		 ORDER BY received_at, seq`, s.at)
	if err != nil {
		return p, err
	}
	var payload string
	_, err = pgx.ForEachRow(rows, []any{&payload}, func() error { return p.take(payload) })
	if err != nil {
		return p, fmt.Errorf("read the journal: %w", err)
	}
	return p, nil
}

// take lets one line of the journal have its effect.
func (p *past) take(payload string) error {
	var l struct {
		Type   string          `json:"type"`
		Counts map[string]int  `json:"counts"`
		Op     engine.WindowOp `json:"op"`
		Change, Maintenance,
		Blackout *calendar.Window
	}
	if err := json.Unmarshal([]byte(payload), &l); err != nil {
		return err
	}
	switch l.Type {
	case "inventory":
		p.inventory = &engine.InventoryInput{}
		return json.Unmarshal([]byte(payload), &p.inventory.Inventory)
	case "subscribers":
		maps.Copy(p.subscribers.Counts, l.Counts)
	case "settings":
		return p.takeSettings(payload)
	case string(calendar.Change):
		p.takeWindow(calendar.Change, l.Op, l.Change)
	case string(calendar.Maintenance):
		p.takeWindow(calendar.Maintenance, l.Op, l.Maintenance)
	case string(calendar.Blackout):
		p.takeWindow(calendar.Blackout, l.Op, l.Blackout)
	}
	return nil
}

func (p *past) takeSettings(payload string) error {
	var l settingsLine
	if err := json.Unmarshal([]byte(payload), &l); err != nil {
		return err
	}
	for _, f := range []struct {
		text string
		into **time.Duration
	}{
		{l.Lookback, &p.settings.Lookback},
		{l.Cooldown, &p.settings.Cooldown},
		{l.JoinWindow, &p.settings.JoinWindow},
		{l.NotifyDelay, &p.settings.NotifyDelay},
	} {
		if f.text == "" {
			continue
		}
		d, err := model.ParseDuration(f.text)
		if err != nil {
			return err
		}
		given := time.Duration(d)
		*f.into = &given
	}
	if len(l.Weights) > 0 {
		p.settings.Weights = l.Weights
	}
	return nil
}

func (p *past) takeWindow(kind calendar.Kind, op engine.WindowOp, w *calendar.Window) {
	if w == nil {
		return
	}
	key := windowKey{kind, w.ID}
	known, ok := p.windows[key]
	switch op {
	case engine.OpCreate:
		w.Kind = kind
		if w.Status != calendar.Completed && w.Status != calendar.Canceled {
			p.windows[key] = *w
		}
	case engine.OpUpdate:
		w.Kind, w.Status = kind, known.Status
		if ok {
			p.windows[key] = *w
		}
	case engine.OpStart:
		if known.Status = calendar.InProgress; ok {
			p.windows[key] = known
		}
	case engine.OpComplete, engine.OpCancel:
		delete(p.windows, key)
	}
}

// sightings are, of each stream, the first and the last sight of every run in the look-back, and the last
// sight before it.
func (s timelineStart) sightings(ctx context.Context, lookback time.Duration) ([]configchange.Observation, error) {
	since := s.at.Add(-lookback)
	rows, err := s.tx.Query(ctx, `
		SELECT `+runColumns+`
		  FROM streams AS st
		 CROSS JOIN LATERAL (
		       (SELECT * FROM runs
		         WHERE device = st.device AND category = st.category AND source = st.source AND exporter = st.exporter AND first_seen < $1
		         ORDER BY first_seen DESC LIMIT 1)
		       UNION ALL
		       (SELECT * FROM runs
		         WHERE device = st.device AND category = st.category AND source = st.source AND exporter = st.exporter
		           AND first_seen >= $1 AND first_seen < $2)) AS r
		 ORDER BY r.device, r.category, r.source, r.exporter, r.first_seen`, since, s.at)
	if err != nil {
		return nil, err
	}
	runs, err := pgx.CollectRows(rows, scanRun)
	if err != nil {
		return nil, fmt.Errorf("load runs: %w", err)
	}
	var out []configchange.Observation
	for _, r := range runs {
		first := configchange.Observation{
			Stream: r.Stream, ObservedAt: r.FirstSeen, Fingerprint: r.Fingerprint, SHA256: r.SHA256,
			AllowlistVersion: r.AllowlistVersion, Sections: r.Sections, Actor: r.Actor,
		}
		last := first
		last.ObservedAt, last.Sections, last.Actor = s.lastSight(r), nil, nil
		switch {
		case r.FirstSeen.Before(since): // how it began is not asked any more
			last.Sections = r.Sections
			out = append(out, last)
		case last.ObservedAt.After(r.FirstSeen):
			out = append(out, first, last)
		default:
			out = append(out, first)
		}
	}
	return out, nil
}

// lastSight is the last sight of a run by the instant, as far as it is remembered.
func (s timelineStart) lastSight(r configchange.Run) time.Time {
	for _, t := range slices.Backward(append(append([]time.Time{r.FirstSeen}, r.Trail...), r.LastSeen)) {
		if !t.After(s.at) {
			return t
		}
	}
	return r.FirstSeen
}

// firing are the alerts that fired at the instant and had been heard of.
func (s timelineStart) firing(ctx context.Context) ([]engine.Alert, error) {
	rows, err := s.tx.Query(ctx, `
		SELECT `+occurrenceColumns+` FROM alert_occurrences AS o
		 WHERE heard_at < $1 AND starts_at < $1 AND ends_at > $1 ORDER BY starts_at, id`, s.at)
	if err != nil {
		return nil, err
	}
	occurrences, err := pgx.CollectRows(rows, scanOccurrence)
	if err != nil {
		return nil, fmt.Errorf("load alert occurrences: %w", err)
	}
	alerts := make([]engine.Alert, len(occurrences))
	for i, o := range occurrences {
		alerts[i] = engine.Alert{Fingerprint: o.Fingerprint, Labels: o.Labels, Annotations: o.Annotations, StartsAt: o.StartsAt, Silenced: o.SilencedElsewhere}
	}
	return alerts, nil
}
