package pace

import (
	"fmt"

	"gopkg.in/yaml.v3"
)

// Places says where the programs of one lab listen, all as host:port, and where their files are.
type Places struct {
	Exporter, Prometheus, Alertmanager, Correlator string
	// RuleFiles is the glob of the rewritten rules.
	RuleFiles string
	// AlertmanagerToken is the file with the bearer token for the correlator's webhook.
	AlertmanagerToken string
}

// Prometheus rewrites the Prometheus configuration: intervals, and the addresses of the others.
func (p Pace) Prometheus(raw []byte, places Places) ([]byte, error) {
	var doc yaml.Node
	if err := yaml.Unmarshal(raw, &doc); err != nil {
		return nil, fmt.Errorf("read the Prometheus configuration: %w", err)
	}
	set(at(&doc, "global", "scrape_interval"), p.Scrape)
	// A scrape may take as long as the interval, so that a slow machine delays and does not lose.
	set(at(&doc, "global", "scrape_timeout"), p.Scrape)
	set(at(&doc, "global", "evaluation_interval"), p.Evaluation)
	if err := replace(at(&doc, "rule_files"), places.RuleFiles); err != nil {
		return nil, fmt.Errorf("rule_files: %w", err)
	}
	managers := at(&doc, "alerting", "alertmanagers")
	if managers == nil || len(managers.Content) != 1 {
		return nil, fmt.Errorf("alerting: want one Alertmanager")
	}
	if err := target(managers.Content[0], places.Alertmanager); err != nil {
		return nil, fmt.Errorf("alertmanagers: %w", err)
	}
	for _, job := range at(&doc, "scrape_configs").Content {
		if err := p.job(job, places); err != nil {
			return nil, err
		}
	}
	return yaml.Marshal(&doc)
}

func (p Pace) job(job *yaml.Node, places Places) error {
	switch name := at(job, "job_name").Value; name {
	case "routeros":
		sd := at(job, "http_sd_configs").Content[0]
		at(sd, "url").SetString("http://" + places.Exporter + "/sd")
		// Discovery comes first: nothing is scraped before it has answered.
		set(at(sd, "refresh_interval"), p.Scrape)
		for _, relabel := range at(job, "relabel_configs").Content {
			if label := at(relabel, "target_label"); label != nil && label.Value == "__address__" {
				at(relabel, "replacement").SetString(places.Exporter)
			}
		}
		return nil
	case "routeros_exporter":
		return target(job, places.Exporter)
	case "correlator":
		return target(job, places.Correlator)
	default:
		return fmt.Errorf("scrape_configs: the lab has no place for job %q", name)
	}
}

// Alertmanager rewrites the Alertmanager configuration: how long it groups, and the correlator's place.
func (p Pace) Alertmanager(raw []byte, places Places) ([]byte, error) {
	var doc yaml.Node
	if err := yaml.Unmarshal(raw, &doc); err != nil {
		return nil, fmt.Errorf("read the Alertmanager configuration: %w", err)
	}
	set(at(&doc, "route", "group_wait"), p.GroupWait)
	set(at(&doc, "route", "group_interval"), p.GroupInterval)
	webhooks := 0
	for _, receiver := range at(&doc, "receivers").Content {
		hooks := at(receiver, "webhook_configs")
		if hooks == nil {
			continue
		}
		for _, hook := range hooks.Content {
			webhooks++
			at(hook, "url").SetString("http://" + places.Correlator + "/api/v1/alertmanager/webhook")
			at(hook, "http_config", "authorization", "credentials_file").SetString(places.AlertmanagerToken)
		}
	}
	if webhooks != 1 {
		return nil, fmt.Errorf("receivers: want one webhook, found %d", webhooks)
	}
	return yaml.Marshal(&doc)
}

// target puts a place into the only target of the only static configuration under node.
func target(node *yaml.Node, place string) error {
	static := at(node, "static_configs")
	if static == nil || len(static.Content) != 1 {
		return fmt.Errorf("want one static_configs entry")
	}
	return replace(at(static.Content[0], "targets"), place)
}

// replace sets the only element of a sequence.
func replace(sequence *yaml.Node, value string) error {
	if sequence == nil || len(sequence.Content) != 1 {
		return fmt.Errorf("want one element")
	}
	sequence.Content[0].SetString(value)
	return nil
}
