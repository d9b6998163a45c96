// Package pace makes the lab's copies of the configurations under alerting/: the same rules with other
// intervals. An ISP waits a minute before it pages; somebody who tries the product does not want to.
//
// There is one source of truth. What is rewritten is named here and nowhere else, and everything else
// passes through as it stands.
package pace

import (
	"fmt"
	"time"

	"github.com/prometheus/common/model"
	"gopkg.in/yaml.v3"
)

// Pace is how fast the lab lives. All fields are needed.
type Pace struct {
	// Scrape is how often Prometheus probes each router.
	Scrape time.Duration
	// Evaluation is how often rules are evaluated.
	Evaluation time.Duration
	// Pending replaces every `for`; zero leaves the rules as they are shipped.
	Pending time.Duration
	// GroupWait and GroupInterval are Alertmanager's.
	GroupWait, GroupInterval time.Duration
	// Fingerprint is how often the exporter reads the configuration of each router.
	Fingerprint time.Duration
	// Poll is how often the correlator asks Prometheus and Alertmanager.
	Poll time.Duration
	// Cooldown is how long all alerts of an incident must be over before it closes.
	Cooldown time.Duration
	// Join is how far apart the onsets of one incident's alerts may be. Where a minute of an ISP's takes
	// seconds, what somebody breaks a minute later is another matter.
	Join time.Duration
}

// Lab is the pace at which an outage is explained within about ten seconds.
func Lab() Pace {
	return Pace{
		Scrape: time.Second, Evaluation: time.Second, Pending: 2 * time.Second,
		GroupWait: time.Second, GroupInterval: time.Second,
		Fingerprint: 2 * time.Second, Poll: time.Second, Cooldown: 15 * time.Second, Join: 15 * time.Second,
	}
}

// Production is the pace of the shipped configurations: for real routers.
func Production() Pace {
	return Pace{
		Scrape: 15 * time.Second, Evaluation: 15 * time.Second,
		GroupWait: 5 * time.Second, GroupInterval: 15 * time.Second,
		Fingerprint: time.Minute, Poll: 15 * time.Second, Cooldown: 5 * time.Minute, Join: 2 * time.Minute,
	}
}

// Rules rewrites a Prometheus rule file: each group's interval, each `for`, and the annotation
// `onset_lag` that follows from them.
func (p Pace) Rules(raw []byte) ([]byte, error) {
	if p.Pending == 0 {
		return raw, nil
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(raw, &doc); err != nil {
		return nil, fmt.Errorf("read rules: %w", err)
	}
	groups := at(&doc, "groups")
	if groups == nil {
		return nil, fmt.Errorf("read rules: no groups")
	}
	for _, group := range groups.Content {
		set(at(group, "interval"), p.Evaluation)
		for _, rule := range at(group, "rules").Content {
			lag := p.Evaluation + p.Scrape
			if pending := at(rule, "for"); pending != nil {
				set(pending, p.Pending)
				lag += p.Pending
			}
			set(at(rule, "annotations", "onset_lag"), lag)
		}
	}
	return yaml.Marshal(&doc)
}

// at follows keys down mappings; it is nil where one is missing.
func at(node *yaml.Node, keys ...string) *yaml.Node {
	if node != nil && node.Kind == yaml.DocumentNode {
		node = node.Content[0]
	}
	for _, key := range keys {
		if node == nil || node.Kind != yaml.MappingNode {
			return nil
		}
		var value *yaml.Node
		for i := 0; i+1 < len(node.Content); i += 2 {
			if node.Content[i].Value == key {
				value = node.Content[i+1]
			}
		}
		node = value
	}
	return node
}

// set writes a duration in Prometheus' notation into a scalar that exists.
func set(node *yaml.Node, d time.Duration) {
	if node != nil {
		node.SetString(model.Duration(d).String())
	}
}
