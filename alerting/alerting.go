// Package alerting carries the Prometheus rules, and the Prometheus and Alertmanager configurations that
// go with them, as an ISP deploys them: plain files, embedded so that the lab runs the very same ones.
//
// The rules' contract with the correlator: an alert names its device in the label `device`, and where
// they apply its `site`, `interface` and `peer`; the label `symptom` says what kind of failure it speaks
// of; the annotation `onset_lag` (a Prometheus duration) says how long before its start the failure may
// have begun, which is `for` + evaluation interval + scrape interval.
package alerting

import "embed"

// Files holds `rules/*.yaml` (Prometheus rule files), `prometheus.yaml` and `alertmanager.yaml`.
//
//go:embed rules/*.yaml prometheus.yaml alertmanager.yaml
var Files embed.FS
