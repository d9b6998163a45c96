// Package corpus holds scenarios with their ground truth: what happened at a simulated ISP, and what
// its routers, Prometheus and Alertmanager said of it, as a timeline that `correlator replay` reads.
//
// The truth is drawn first. Symptoms follow from it by physical reachability over links, not by the
// dependencies that the correlator is told of, and reach the timeline as real monitoring would bring
// them: late, grouped, doubled, with gaps and wrong clocks. The package knows nothing of the
// correlator: neither its rules nor its weights.
package corpus

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Scenario is one recorded stretch of an ISP's life.
type Scenario struct {
	Name  string
	About string // one sentence
	Truth Truth
	lines []Line
}

// Truth is what really happened.
type Truth struct {
	Events []Event `json:"events"`
	// Loose are alerts that nothing in the inventory ties to what made them fire. None may be lost;
	// in which incident they are is not judged.
	Loose []string `json:"loose,omitempty"`
}

// Event is one thing that happened in the real world and made alerts fire: it should come out as one
// incident.
type Event struct {
	Name string `json:"name"`
	// Causes are the entities, as "kind/name", that a right answer may name as root cause: more than
	// one where what was seen cannot tell them apart. The name of a roll-out is its category. Empty:
	// nothing in the inventory caused it.
	Causes []string `json:"causes,omitempty"`
	// Changes caused it, as "device category". Empty: no change did.
	Changes []string `json:"changes,omitempty"`
	// Alerts are the fingerprints of the alerts that it made fire.
	Alerts []string `json:"alerts"`
	// Arguable: nobody could tell from what was seen whether a change did it, so that a label is
	// neither right nor wrong.
	Arguable bool `json:"arguable,omitempty"`
	// Began is when it began, by the clock that dates the alerts. Zero: no lag that the alerts
	// speak of leads back to it.
	Began time.Time `json:"began,omitzero"`
	// Unseen are routers that somebody who wonders about the event should know were not observed,
	// or not for long, when it began.
	Unseen []string `json:"unseen,omitempty"`
}

// ByChange says that a configuration change caused the event.
func (e Event) ByChange() bool { return len(e.Changes) > 0 }

// Line is one line of a timeline.
type Line struct {
	At     time.Time      // when it arrives
	Kind   string         // its type
	Fields map[string]any // everything else but the tenant
}

// New is a scenario with a truth and its timeline, whose lines may come in any order.
func New(name, about string, truth Truth, lines []Line) Scenario {
	return Scenario{Name: name, About: about, Truth: truth, lines: lines}
}

// Timeline is the scenario in the format of `correlator replay`: one JSON object a line, in order of
// arrival.
func (s Scenario) Timeline() ([]byte, error) {
	lines := slices.Clone(s.lines)
	slices.SortStableFunc(lines, func(a, b Line) int { return a.At.Compare(b.At) })
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	for _, l := range lines {
		object := map[string]any{"at": l.At, "type": l.Kind, "tenant": tenant}
		for k, v := range l.Fields {
			object[k] = v
		}
		if err := enc.Encode(object); err != nil {
			return nil, fmt.Errorf("scenario %s: %w", s.Name, err)
		}
	}
	return out.Bytes(), nil
}

const tenant = "corpus"

// alert is one alert with what identifies it.
type alert struct {
	labels map[string]string
	lag    time.Duration // what the rule says of its lag; 0: it says nothing
	starts time.Time
	ends   time.Time // zero: it fires to the end
}

func newAlert(name, device, iface, peer string) alert {
	a := alert{labels: map[string]string{"alertname": name, "severity": "critical"}}
	for label, value := range map[string]string{"device": device, "interface": iface, "peer": peer} {
		if value != "" {
			a.labels[label] = value
		}
	}
	return a
}

// fingerprint identifies an alert by all of its labels.
func (a alert) fingerprint() string {
	var pairs []string
	for name, value := range a.labels {
		pairs = append(pairs, name+"\xff"+value)
	}
	slices.Sort(pairs)
	return digest(strings.Join(pairs, "\xff"))[:16]
}

// payload is the alert as a webhook carries it at an instant.
func (a alert) payload(at time.Time) map[string]any {
	p := map[string]any{
		"status": "firing", "labels": a.labels, "annotations": map[string]string{},
		"startsAt": a.starts, "endsAt": "0001-01-01T00:00:00Z", "fingerprint": a.fingerprint(),
	}
	if a.lag > 0 {
		p["annotations"] = map[string]string{"onset_lag": fmt.Sprintf("%ds", int(a.lag.Seconds()))}
	}
	if !a.ends.IsZero() && !a.ends.After(at) {
		p["status"], p["endsAt"] = "resolved", a.ends
	}
	return p
}

// webhook is one notification of Alertmanager.
func webhook(at time.Time, alerts []alert) Line {
	status, payloads := "resolved", make([]any, 0, len(alerts))
	for _, a := range alerts {
		p := a.payload(at)
		if p["status"] == "firing" {
			status = "firing"
		}
		payloads = append(payloads, p)
	}
	return Line{At: at, Kind: "webhook", Fields: map[string]any{"body": map[string]any{
		"version": "4", "groupKey": "{}:{}", "truncatedAlerts": 0, "status": status, "receiver": "correlator",
		"groupLabels": map[string]string{}, "commonLabels": map[string]string{}, "commonAnnotations": map[string]string{},
		"externalURL": "http://alertmanager.example", "alerts": payloads,
	}}}
}

// observation is one sighting of a category: state stands for the configuration at that time.
func observation(arrives, observed time.Time, device, category, state string) Line {
	return Line{At: arrives, Kind: "observation", Fields: map[string]any{
		"device": device, "category": category, "observed_at": observed, "sha256": digest(device + category + state),
		"source": "prometheus",
	}}
}
