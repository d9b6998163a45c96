package incident

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"gopkg.in/yaml.v3"
)

//go:embed weights.yaml
var builtinWeights []byte

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
		MentionShare   float64 `yaml:"mention_share"`
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
		Coverage    float64 `yaml:"coverage"`
		State       float64 `yaml:"state"`
		NoChange    float64 `yaml:"no_change"`
		Unexplained float64 `yaml:"unexplained"`
		Ceiling     float64 `yaml:"ceiling"`
		// Calibration are points of a line that never falls: a share of weights found, and how often a
		// first candidate with that share is right. Empty: the share itself.
		Calibration [][2]float64 `yaml:"calibration"`
	} `yaml:"confidence"`
}

// Counts is the least weight of a piece of change evidence that counts: it labels an incident, and
// it makes the changed device suspect.
func (w Weights) Counts() float64 { return w.Change.LabelShare * w.Change.Base }

// LoadWeights lays documents (YAML, or JSON, which is YAML) over the built-in weights, in order.
// Empty ones are passed over. What a document does not name stays; what is not known is an error.
// Weights that are not the built-in ones have a version that ends in a digest of all numbers, so that
// judgements made with different weights are told apart whatever people called them.
func LoadWeights(documents ...[]byte) (Weights, error) {
	var w Weights
	var builtin string
	for i, doc := range append([][]byte{builtinWeights}, documents...) {
		if len(bytes.TrimSpace(doc)) == 0 {
			continue
		}
		state := w.State // a map is replaced by decoding: keep what the document does not name
		if err := decodeStrict(doc, &w); err != nil {
			return Weights{}, fmt.Errorf("weights: %w", err)
		}
		for name, weight := range state {
			if _, named := w.State[name]; !named {
				w.State[name] = weight
			}
		}
		if i == 0 {
			builtin = w.digest()
		}
	}
	if digest := w.digest(); digest != builtin {
		w.Version += "+" + digest
	}
	if err := w.validate(); err != nil {
		return Weights{}, fmt.Errorf("weights: %w", err)
	}
	return w, nil
}

// digest identifies the numbers, whatever their version is called.
func (w Weights) digest() string {
	w.Version = ""
	document, err := yaml.Marshal(w) // the keys of maps are sorted
	if err != nil {
		panic(err) // numbers and texts always encode
	}
	sum := sha256.Sum256(document)
	return hex.EncodeToString(sum[:4])
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
		"change.label_share": w.Change.LabelShare, "change.mention_share": w.Change.MentionShare, "confidence.ceiling": w.Confidence.Ceiling,
	}
	for _, name := range slices.Sorted(maps.Keys(shares)) {
		if shares[name] < 0 || shares[name] > 1 {
			errs = append(errs, fmt.Errorf("%s must lie between 0 and 1", name))
		}
	}
	if w.Cover.Silent < 0 || w.Cover.SilentChanged < 0 {
		errs = append(errs, errors.New("cover.silent and cover.silent_changed cannot be negative"))
	}
	if w.Confidence.NoChange < 0 || w.Confidence.Unexplained < 0 {
		errs = append(errs, errors.New("confidence.no_change and confidence.unexplained cannot be negative"))
	}
	for i, point := range w.Confidence.Calibration {
		inside := point[0] >= 0 && point[0] <= 1 && point[1] >= 0 && point[1] <= 1
		if !inside || i > 0 && (point[0] <= w.Confidence.Calibration[i-1][0] || point[1] < w.Confidence.Calibration[i-1][1]) {
			errs = append(errs, errors.New("confidence.calibration must be points between 0 and 1 that rise"))
			break
		}
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

func decodeStrict(doc []byte, into any) error {
	dec := yaml.NewDecoder(bytes.NewReader(doc))
	dec.KnownFields(true)
	if err := dec.Decode(into); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	return nil
}
