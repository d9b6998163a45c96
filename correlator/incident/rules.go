package incident

import (
	"bytes"
	"cmp"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"time"

	"gopkg.in/yaml.v3"
)

//go:embed weights.yaml
var builtinWeights []byte

//go:embed symptoms.yaml
var builtinSymptoms []byte

//go:embed affinity.yaml
var builtinAffinity []byte

// DefaultWeights is the built-in weights document, a starting point for a tenant's own.
func DefaultWeights() []byte { return bytes.Clone(builtinWeights) }

// Weights are all the numbers of the judgement. They are data: see weights.yaml for what each means.
type Weights struct {
	Version string `yaml:"version"`
	Change  struct {
		Base           float64 `yaml:"base"`
		PrecedenceOdds float64 `yaml:"precedence_odds"`
		DecayFloor     float64 `yaml:"decay_floor"`
		Step           float64 `yaml:"step"`
		LabelShare     float64 `yaml:"label_share"`
	} `yaml:"change"`
	Cover struct {
		Explained     float64 `yaml:"explained"`
		Silent        float64 `yaml:"silent"`
		SilentChanged float64 `yaml:"silent_changed"`
	} `yaml:"cover"`
	Rollout struct {
		Devices int           `yaml:"devices"`
		Window  time.Duration `yaml:"window"`
	} `yaml:"rollout"`
	State      map[string]float64 `yaml:"state"`
	Confidence struct {
		Coverage float64 `yaml:"coverage"`
		State    float64 `yaml:"state"`
		NoChange float64 `yaml:"no_change"`
		Ceiling  float64 `yaml:"ceiling"`
	} `yaml:"confidence"`
}

// Counts is the least weight of a piece of change evidence that counts: it labels an incident, and
// it makes the changed device suspect.
func (w Weights) Counts() float64 { return w.Change.LabelShare * w.Change.Base }

// LoadWeights lays documents (YAML, or JSON, which is YAML) over the built-in weights, in order.
// Empty ones are passed over. What a document does not name stays; what is not known is an error.
func LoadWeights(documents ...[]byte) (Weights, error) {
	var w Weights
	for i, doc := range append([][]byte{builtinWeights}, documents...) {
		if len(bytes.TrimSpace(doc)) == 0 {
			continue
		}
		version := w.Version
		state := w.State // a map is replaced by decoding: keep what the document does not name
		if err := decodeStrict(doc, &w); err != nil {
			return Weights{}, fmt.Errorf("weights: %w", err)
		}
		for name, weight := range state {
			if _, named := w.State[name]; !named {
				w.State[name] = weight
			}
		}
		if i > 0 && w.Version == version {
			w.Version = version + "+custom"
		}
	}
	if err := w.validate(); err != nil {
		return Weights{}, fmt.Errorf("weights: %w", err)
	}
	return w, nil
}

func (w Weights) validate() error {
	var errs []error
	positive := map[string]float64{
		"change.base": w.Change.Base, "change.precedence_odds": w.Change.PrecedenceOdds,
		"cover.explained": w.Cover.Explained, "confidence.coverage": w.Confidence.Coverage,
		"confidence.state": w.Confidence.State, "rollout.devices": float64(w.Rollout.Devices - 1),
	}
	for _, name := range slices.Sorted(maps.Keys(positive)) {
		if positive[name] <= 0 {
			errs = append(errs, fmt.Errorf("%s is too small", name))
		}
	}
	shares := map[string]float64{
		"change.decay_floor": w.Change.DecayFloor, "change.step": w.Change.Step,
		"change.label_share": w.Change.LabelShare, "confidence.ceiling": w.Confidence.Ceiling,
	}
	for _, name := range slices.Sorted(maps.Keys(shares)) {
		if shares[name] < 0 || shares[name] > 1 {
			errs = append(errs, fmt.Errorf("%s must lie between 0 and 1", name))
		}
	}
	if w.Cover.Silent < 0 || w.Cover.SilentChanged < 0 {
		errs = append(errs, errors.New("cover.silent and cover.silent_changed cannot be negative"))
	}
	known, err := builtinStates()
	if err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(w.State)) {
		if !known[name] {
			errs = append(errs, fmt.Errorf("state.%s is not a state", name))
		}
	}
	return errors.Join(errs...)
}

// builtinStates are the names that `state` may have.
func builtinStates() (map[string]bool, error) {
	var w Weights
	if err := decodeStrict(builtinWeights, &w); err != nil {
		return nil, err
	}
	known := map[string]bool{}
	for name := range w.State {
		known[name] = true
	}
	return known, nil
}

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
		version:  symptoms.Version + "." + affinity.Version,
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

// Version of the tables.
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

func decodeStrict(doc []byte, into any) error {
	dec := yaml.NewDecoder(bytes.NewReader(doc))
	dec.KnownFields(true)
	if err := dec.Decode(into); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	return nil
}

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
