package postgres

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/engine"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/topology"
)

// normalize gives an input the precision and the characters that the database can keep, so that what is
// compared before it is stored equals what is read back: times in UTC and whole microseconds, texts
// without NUL. The caller's slices are left as they are.
func normalize(in engine.Input) engine.Input {
	switch in := in.(type) {
	case engine.ObservationsInput:
		in.Observations = slices.Clone(in.Observations)
		for i := range in.Observations {
			o := &in.Observations[i]
			o.ObservedAt = micro(o.ObservedAt)
			o.Device, o.Category, o.Source, o.Exporter = clean(o.Device), clean(o.Category), clean(o.Source), clean(o.Exporter)
			if o.Actor != nil {
				actor := *o.Actor
				actor.User, actor.Address, actor.Via, actor.At = clean(actor.User), clean(actor.Address), clean(actor.Via), microp(actor.At)
				o.Actor = &actor
			}
		}
		return in
	case engine.ObservationFailedInput:
		in.ObservedAt = micro(in.ObservedAt)
		in.Device, in.Category, in.Source, in.Exporter = clean(in.Device), clean(in.Category), clean(in.Source), clean(in.Exporter)
		in.Reason = clean(in.Reason)
		return in
	case engine.AlertsInput:
		in.Alerts = normalizeAlerts(in.Alerts)
		return in
	case engine.AlertListInput:
		in.Alerts, in.StartedAt = normalizeAlerts(in.Alerts), microp(in.StartedAt)
		return in
	case engine.WindowInput:
		w := &in.Window
		w.StartsAt, w.EndsAt, w.StartedAt, w.EndedAt = micro(w.StartsAt), micro(w.EndsAt), microp(w.StartedAt), microp(w.EndedAt)
		w.ID, w.Title, w.Description, w.Owner = clean(w.ID), clean(w.Title), clean(w.Description), clean(w.Owner)
		w.Scope.Sites, w.Scope.Devices = cleanAll(w.Scope.Sites), cleanAll(w.Scope.Devices)
		w.Scope.Tags, w.Scope.Services = cleanAll(w.Scope.Tags), cleanAll(w.Scope.Services)
		return in
	case engine.OperatorInput:
		in.Until, in.By, in.Alerts = microp(in.Until), clean(in.By), cleanAll(in.Alerts)
		in.Incident, in.Into = cleanRef(in.Incident), cleanRef(in.Into)
		if in.Cause != nil {
			in.Cause = &engine.Cause{Device: clean(in.Cause.Device), Category: clean(in.Cause.Category)}
		}
		return in
	case engine.SettingsInput:
		in.By, in.Reason = clean(in.By), clean(in.Reason)
		return in
	case engine.InventoryInput:
		in.Inventory = cleanInventory(in.Inventory)
		return in
	case engine.SubscribersInput:
		counts := make(map[string]int, len(in.Counts))
		for device, n := range in.Counts {
			counts[clean(device)] = n
		}
		in.Counts = counts
		return in
	default:
		return in // no texts that are stored by themselves, and no times
	}
}

// cleanInventory cleans every name in an inventory, by way of its JSON form: names are everywhere in it,
// and hardly ever is there anything to clean.
func cleanInventory(inv topology.Inventory) topology.Inventory {
	document, err := json.Marshal(inv) // which also makes valid UTF-8 of everything
	if err != nil || !bytes.Contains(document, []byte(`\u0000`)) {
		return inv
	}
	var cleaned topology.Inventory
	if err := json.Unmarshal(bytes.ReplaceAll(document, []byte(`\u0000`), []byte(`\ufffd`)), &cleaned); err != nil {
		return inv
	}
	return cleaned
}

func normalizeAlerts(alerts []engine.Alert) []engine.Alert {
	alerts = slices.Clone(alerts)
	for i := range alerts {
		a := &alerts[i]
		a.Fingerprint, a.Labels, a.Annotations = clean(a.Fingerprint), cleanMap(a.Labels), cleanMap(a.Annotations)
		a.StartsAt, a.EndsAt = micro(a.StartsAt), microp(a.EndsAt)
	}
	return alerts
}

func micro(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }

func microp(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	m := micro(*t)
	return &m
}

// clean makes a text that PostgreSQL can keep: valid UTF-8 without NUL. What it replaces stays visible.
func clean(s string) string {
	if strings.IndexByte(s, 0) >= 0 {
		s = strings.ReplaceAll(s, "\x00", "\uFFFD")
	}
	return strings.ToValidUTF8(s, "\uFFFD")
}

func cleanAll(texts []string) []string {
	texts = slices.Clone(texts)
	for i, s := range texts {
		texts[i] = clean(s)
	}
	return texts
}

// cleanMap copies a map only when it has something to clean: a storm has thousands of them.
func cleanMap(m map[string]string) map[string]string {
	dirty := false
	for k, v := range m {
		dirty = dirty || clean(k) != k || clean(v) != v
	}
	if !dirty {
		return m
	}
	out := make(map[string]string, len(m))
	for k, v := range m {
		out[clean(k)] = clean(v)
	}
	return out
}

func cleanRef(r engine.IncidentRef) engine.IncidentRef {
	r.ID, r.Device, r.AlertName, r.Fingerprint = clean(r.ID), clean(r.Device), clean(r.AlertName), clean(r.Fingerprint)
	return r
}
