package incident

import (
	"cmp"
	_ "embed"
	"fmt"
	"regexp"
)

//go:embed symptoms.yaml
var builtinSymptoms []byte

//go:embed affinity.yaml
var builtinAffinity []byte

// Symptoms that the rules themselves speak of. Others are words of the tables.
const (
	SymptomBGPDown           = "bgp_down"
	SymptomOSPFDown          = "ospf_down"
	SymptomInterfaceDown     = "interface_down"
	SymptomDeviceUnreachable = "device_unreachable"
	SymptomReboot            = "reboot"
	SymptomLoss              = "loss"
	SymptomOther             = "other"
)

// procedure is the version of how candidates are found and chosen. Raise it when the same facts, tables
// and weights come out otherwise: each judgement is kept with the version of the rules that made it.
const procedure = "6"

// Rules are the tables that say what alerts speak of and what can cause it.
type Rules struct {
	version  string
	symptoms []symptomRule
	affinity map[string]map[string]float64
	fallback float64
	titles   map[string]string
}

type symptomRule struct {
	pattern *regexp.Regexp
	symptom string
}

// LoadRules reads the built-in tables.
func LoadRules() (*Rules, error) {
	var symptoms struct {
		Version  string `yaml:"version"`
		Symptoms []struct {
			Pattern string `yaml:"pattern"`
			Symptom string `yaml:"symptom"`
		} `yaml:"symptoms"`
	}
	if err := decodeStrict(builtinSymptoms, &symptoms); err != nil {
		return nil, fmt.Errorf("symptoms.yaml: %w", err)
	}
	var affinity struct {
		Version  string                        `yaml:"version"`
		Default  float64                       `yaml:"default"`
		Titles   map[string]string             `yaml:"titles"`
		Affinity map[string]map[string]float64 `yaml:"affinity"`
	}
	if err := decodeStrict(builtinAffinity, &affinity); err != nil {
		return nil, fmt.Errorf("affinity.yaml: %w", err)
	}
	r := &Rules{
		version:  procedure + "." + symptoms.Version + "." + affinity.Version,
		affinity: affinity.Affinity, fallback: affinity.Default, titles: affinity.Titles,
	}
	for _, s := range symptoms.Symptoms {
		pattern, err := regexp.Compile("^(?:" + s.Pattern + ")$")
		if err != nil {
			return nil, fmt.Errorf("symptoms.yaml: %w", err)
		}
		r.symptoms = append(r.symptoms, symptomRule{pattern: pattern, symptom: s.Symptom})
	}
	return r, nil
}

// Version of the rules: of the procedure, the symptom table and the affinity table.
func (r *Rules) Version() string { return r.version }

// Symptom is what kind of failure an alert speaks of: its label `symptom`, else what the table says
// of its name, else SymptomOther.
func (r *Rules) Symptom(labels map[string]string) string {
	if s := labels["symptom"]; s != "" {
		return s
	}
	for _, rule := range r.symptoms {
		if rule.pattern.MatchString(labels["alertname"]) {
			return rule.symptom
		}
	}
	return SymptomOther
}

// Affinity is how well a change of the category explains the symptom, in [0, 1].
func (r *Rules) Affinity(symptom, category string) float64 {
	if a, ok := r.affinity[symptom][category]; ok {
		return a
	}
	return r.fallback
}

// Title is how a sentence calls a category.
func (r *Rules) Title(category string) string { return cmp.Or(r.titles[category], category) }
