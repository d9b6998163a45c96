package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
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
	Notifications []struct {
		IncidentID string `json:"incident_id"`
		Kind       string `json:"kind"`
	} `json:"notifications"`
}

type configChange struct {
	ID        string    `json:"id"`
	Device    string    `json:"device"`
	Category  string    `json:"category"`
	NotBefore time.Time `json:"not_before"`
	NotAfter  time.Time `json:"not_after"`
}

type incident struct {
	ID             string      `json:"id"`
	Label          *string     `json:"label"`
	OnsetNotBefore time.Time   `json:"onset_not_before"`
	OnsetNotAfter  time.Time   `json:"onset_not_after"`
	Alerts         []sentAlert `json:"alerts"`
	Reopened       int         `json:"reopened"`
	Candidates     []candidate `json:"candidates"`
	Explanation    string      `json:"explanation"`
	Unknowns       []string    `json:"unknowns"`
}

type sentAlert struct {
	Fingerprint string    `json:"fingerprint"`
	Device      string    `json:"device"`
	StartsAt    time.Time `json:"starts_at"`
	Suppressed  bool      `json:"suppressed"`
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
	Role       string   `json:"role"`
	Confidence float64  `json:"confidence"`
	Evidence   []struct {
		Kind           string             `json:"kind"`
		ConfigChangeID *string            `json:"config_change_id"`
		Weight         float64            `json:"weight"`
		Terms          map[string]float64 `json:"terms"`
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

// check refuses a document that no judgement could be right in.
func (d document) check(s corpus.Scenario) error {
	for _, inc := range d.Incidents {
		if err := inc.check(d); err != nil {
			return fmt.Errorf("incident %s: %w", inc.ID, err)
		}
	}
	return errors.Join(d.keepsAlerts(s.Truth), d.pagesOnce())
}

// keepsAlerts: none is lost, and none is in two incidents at once.
func (d document) keepsAlerts(truth corpus.Truth) error {
	kept, homes := map[string]bool{}, map[string]string{}
	for _, inc := range d.Incidents {
		for _, a := range inc.Alerts {
			kept[a.Fingerprint] = true
			occurrence := a.Fingerprint + a.StartsAt.String()
			if other := homes[occurrence]; other != "" && other != inc.ID {
				return fmt.Errorf("an alert of %s since %s is in incidents %s and %s", a.Device, a.StartsAt, other, inc.ID)
			}
			homes[occurrence] = inc.ID
		}
	}
	for _, e := range append(slices.Clone(truth.Events), corpus.Event{Name: "nothing in particular", Alerts: truth.Loose}) {
		for _, a := range e.Alerts {
			if !kept[a] {
				return fmt.Errorf("an alert of %q is in no incident", e.Name)
			}
		}
	}
	return nil
}

// pagesOnce: an incident wakes somebody once, and again only when it comes back; one of which every
// alert is suppressed wakes nobody, unless its window ended.
func (d document) pagesOnce() error {
	pages := map[string]int{}
	for _, n := range d.Notifications {
		if n.Kind == "opened" {
			pages[n.IncidentID]++
		}
	}
	for _, inc := range d.Incidents {
		if pages[inc.ID] > 1+inc.Reopened {
			return fmt.Errorf("incident %s: opened %d times over", inc.ID, pages[inc.ID])
		}
		if heard := slices.ContainsFunc(inc.Alerts, func(a sentAlert) bool { return !a.Suppressed }); !heard && pages[inc.ID] > 0 {
			return fmt.Errorf("incident %s: woke somebody, and everything in it is suppressed", inc.ID)
		}
	}
	return nil
}

// clockError is how wrong a clock of the corpus may be; a correlator that has measured it may move a
// change before the onset by as much.
const clockError = 3 * time.Minute

// check refuses an incident that contradicts itself: without alerts or words, with an onset that runs
// backwards, with causes that its words leave out, with evidence that is not there, does not add up or
// comes after the fact, or with a label that its evidence does not carry.
func (i incident) check(d document) error {
	switch {
	case len(i.Alerts) == 0 || i.Explanation == "":
		return errors.New("no alerts or no explanation")
	case i.OnsetNotAfter.Before(i.OnsetNotBefore):
		return fmt.Errorf("onset from %s to %s", i.OnsetNotBefore, i.OnsetNotAfter)
	case len(i.Candidates) > 0 && !i.mentions(i.Candidates[0]):
		return fmt.Errorf("its explanation does not speak of %s: %s", i.Candidates[0].Name, i.Explanation)
	}
	changes := map[string]configChange{}
	for _, c := range d.ConfigChanges {
		changes[c.ID] = c
	}
	counts := false
	for n, c := range i.Candidates {
		if c.Confidence < 0 || c.Confidence > 1 {
			return fmt.Errorf("confidence %v of %s", c.Confidence, c.Name)
		}
		if (c.Role == "primary") != (n == 0) {
			return fmt.Errorf("candidate %d, %s, is %s", n+1, c.Name, c.Role)
		}
		for _, e := range c.Evidence {
			if e.Kind != "config_change" {
				continue
			}
			if e.ConfigChangeID == nil || changes[*e.ConfigChangeID].ID == "" {
				return errors.New("evidence of a change that the document does not list")
			}
			product := 1.0
			for _, term := range e.Terms {
				product *= term
			}
			if math.Abs(product-e.Weight) > 1e-6 {
				return fmt.Errorf("evidence of %v, whose terms make %v", e.Weight, product)
			}
			if i.Reopened == 0 && changes[*e.ConfigChangeID].NotBefore.After(i.OnsetNotAfter.Add(clockError)) {
				return fmt.Errorf("evidence of a change from %s, after the onset until %s", changes[*e.ConfigChangeID].NotBefore, i.OnsetNotAfter)
			}
			counts = counts || n == 0 && e.Weight >= e.Terms["base"]/4
		}
	}
	if counts != (i.Label != nil) {
		return fmt.Errorf("labelled: %t; evidence that counts: %t", i.Label != nil, counts)
	}
	return nil
}
