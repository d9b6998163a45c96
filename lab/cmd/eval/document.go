package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/alertmanager"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/replay"
	"github.com/ispvisualmonitor/ispvisualmonitor/lab/corpus"
)

// document is the part of a replay's output that is judged, read as any consumer would read it.
type document struct {
	ConfigChanges []configChange `json:"config_changes"`
	Incidents     []incident     `json:"incidents"`
}

type configChange struct {
	ID        string    `json:"id"`
	Device    string    `json:"device"`
	Category  string    `json:"category"`
	NotBefore time.Time `json:"not_before"`
	NotAfter  time.Time `json:"not_after"`
}

type incident struct {
	ID             string    `json:"id"`
	Label          *string   `json:"label"`
	OnsetNotBefore time.Time `json:"onset_not_before"`
	OnsetNotAfter  time.Time `json:"onset_not_after"`
	Alerts         []struct {
		Fingerprint string    `json:"fingerprint"`
		Device      string    `json:"device"`
		StartsAt    time.Time `json:"starts_at"`
	} `json:"alerts"`
	Candidates  []candidate `json:"candidates"`
	Explanation string      `json:"explanation"`
	Unknowns    []string    `json:"unknowns"`
}

// began says whether the incident could have begun at an instant, by its own account and to the second.
func (i incident) began(at time.Time) bool {
	return !at.Before(i.OnsetNotBefore.Add(-time.Second)) && !at.After(i.OnsetNotAfter.Add(time.Second))
}

// admits says whether the incident speaks of each of the devices among what it does not know.
func (i incident) admits(devices []string) bool {
	unknowns := strings.Join(i.Unknowns, "\n")
	return !slices.ContainsFunc(devices, func(d string) bool { return !strings.Contains(unknowns, d) })
}

// loose says whether nothing in the incident has a place in the truth.
func (i incident) loose(truth corpus.Truth) bool {
	for _, a := range i.Alerts {
		if !slices.Contains(truth.Loose, a.Fingerprint) {
			return false
		}
	}
	return true
}

// mentions says whether the explanation names a candidate, by its own name or that of a device of it.
func (i incident) mentions(c candidate) bool {
	name, _, _ := strings.Cut(c.Name, "@") // of a roll-out: the category
	return slices.ContainsFunc(append(c.Devices, name), func(s string) bool { return strings.Contains(i.Explanation, s) })
}

type candidate struct {
	Kind       string   `json:"kind"`
	Name       string   `json:"name"`
	Devices    []string `json:"devices"`
	Confidence float64  `json:"confidence"`
	Evidence   []struct {
		Kind           string  `json:"kind"`
		ConfigChangeID *string `json:"config_change_id"`
		Weight         float64 `json:"weight"`
	} `json:"evidence"`
}

// replayed runs the correlator over a scenario.
func replayed(ctx context.Context, s corpus.Scenario, weights []byte) (document, error) {
	timeline, err := s.Timeline()
	if err != nil {
		return document{}, err
	}
	options := replay.Options{DecodeWebhook: alertmanager.DecodeWebhook, DecodeAlerts: alertmanager.DecodeList, Weights: weights}
	var out bytes.Buffer
	if err := replay.Write(ctx, bytes.NewReader(timeline), &out, options); err != nil {
		return document{}, fmt.Errorf("scenario %s: %w", s.Name, err)
	}
	var doc document
	if err := json.Unmarshal(out.Bytes(), &doc); err != nil {
		return document{}, fmt.Errorf("scenario %s: the document of the replay: %w", s.Name, err)
	}
	if err := doc.check(s); err != nil {
		return document{}, fmt.Errorf("scenario %s: %w", s.Name, err)
	}
	return doc, nil
}

// check refuses a document that no judgement could be right in: an alert lost or in two incidents, an
// incident without alerts, evidence of a change that is not there, a confidence that is none.
func (d document) check(s corpus.Scenario) error {
	changes := map[string]bool{}
	for _, c := range d.ConfigChanges {
		changes[c.ID] = true
	}
	homes := map[string][]string{}
	for _, inc := range d.Incidents {
		if len(inc.Alerts) == 0 || inc.Explanation == "" {
			return fmt.Errorf("incident %s has no alerts or no explanation", inc.ID)
		}
		if inc.OnsetNotAfter.Before(inc.OnsetNotBefore) {
			return fmt.Errorf("incident %s: onset from %s to %s", inc.ID, inc.OnsetNotBefore, inc.OnsetNotAfter)
		}
		if len(inc.Candidates) > 0 && !inc.mentions(inc.Candidates[0]) {
			return fmt.Errorf("incident %s: its explanation does not speak of %s: %s", inc.ID, inc.Candidates[0].Name, inc.Explanation)
		}
		for _, a := range inc.Alerts {
			if !slices.Contains(homes[a.Fingerprint], inc.ID) {
				homes[a.Fingerprint] = append(homes[a.Fingerprint], inc.ID)
			}
		}
		for _, c := range inc.Candidates {
			if c.Confidence < 0 || c.Confidence > 1 {
				return fmt.Errorf("incident %s: confidence %v of %s", inc.ID, c.Confidence, c.Name)
			}
			for _, e := range c.Evidence {
				if e.Kind == "config_change" && (e.ConfigChangeID == nil || !changes[*e.ConfigChangeID]) {
					return fmt.Errorf("incident %s: evidence of a change that the document does not list", inc.ID)
				}
			}
		}
	}
	for _, e := range append(s.Truth.Events, corpus.Event{Name: "nothing in particular", Alerts: s.Truth.Loose}) {
		for _, a := range e.Alerts {
			if len(homes[a]) == 0 {
				return fmt.Errorf("an alert of %q is in no incident", e.Name)
			}
		}
	}
	return nil
}
