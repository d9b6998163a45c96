package incident

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// Weights are proposed slowly and in the open: each kind of evidence is tallied by how often the first
// candidates that had it were confirmed, and moved by a small step only where that differs, beyond
// chance, from how often first candidates are confirmed at all.
const (
	// minVerdicts is how many verdicts on a kind of evidence are needed.
	minVerdicts = 10
	// maxStep is the largest step of a weight in one proposal, as a share of it.
	maxStep = 0.1
	// wilsonZ is the width of the interval within which a share may be chance: 90 %, both sides.
	wilsonZ = 1.645
	// rounding is what two shares may differ by and still be equal.
	rounding = 1e-9
)

// Proposal is what verdicts speak for.
type Proposal struct {
	// Right and Wrong count the first candidates that people confirmed, or said to be wrong.
	Right, Wrong int
	// Tallies are by weight, also those where the verdicts are too few.
	Tallies []Tally
	// Document is the tenant's weights with the proposed ones in place; empty when nothing is proposed.
	Document []byte
}

// Tally is what the verdicts say about one weight.
type Tally struct {
	// Weight is its path in the document, such as state.bgp_down.
	Weight string
	// Old is the weight in force, New the proposed one; they are equal when nothing is proposed.
	Old, New float64
	// Right and Wrong are the incidents whose first candidate had this evidence.
	Right, Wrong []string
	// OthersRight and OthersWrong count those whose first candidate had not.
	OthersRight, OthersWrong int
	// Reason says why it is, or is not, proposed.
	Reason string
}

// Propose computes what the verdicts speak for. w are the weights in force, and document is the tenant's
// own that led to them. The order of the incidents does not matter.
func Propose(judged []Judged, w Weights, document []byte) (Proposal, error) {
	var out Proposal
	tallies := map[string]*Tally{}
	for _, v := range slices.SortedFunc(slices.Values(judged), func(a, b Judged) int { return strings.Compare(a.IncidentID, b.IncidentID) }) {
		if _, spoken := v.verdict(); !spoken || len(v.Judgement.Candidates) == 0 {
			continue
		}
		if v.Confirms(v.Judgement) {
			out.Right++
		} else {
			out.Wrong++
		}
		v.tally(tallies, w)
	}
	steps := map[string]float64{}
	for _, path := range slices.Sorted(maps.Keys(tallies)) {
		t := tallies[path]
		t.OthersRight, t.OthersWrong = max(0, out.Right-len(t.Right)), max(0, out.Wrong-len(t.Wrong))
		t.decide(out.Right, out.Wrong)
		if t.New != t.Old {
			steps[path] = t.New
		}
		out.Tallies = append(out.Tallies, *t)
	}
	if len(steps) == 0 {
		return out, nil
	}
	var err error
	out.Document, err = withWeights(document, steps)
	return out, err
}

// tally counts the verdict for each kind of evidence that the first candidate had.
func (v Judged) tally(tallies map[string]*Tally, w Weights) {
	note := func(path string, weight float64, right bool) {
		t := tallies[path]
		if t == nil {
			t = &Tally{Weight: path, Old: weight, New: weight}
			tallies[path] = t
		}
		if right {
			t.Right = append(t.Right, v.IncidentID)
		} else {
			t.Wrong = append(t.Wrong, v.IncidentID)
		}
	}
	var changes []Evidence
	for _, e := range v.Judgement.first().Evidence {
		weight, known := w.State[e.State]
		switch {
		case e.Kind == EvidenceChange && e.Weight >= w.Counts():
			changes = append(changes, e)
		case e.Kind == EvidenceState && known:
			note("state."+e.State, weight, v.Confirms(v.Judgement))
		}
	}
	if len(changes) == 0 {
		return
	}
	if right, said := v.confirmsChange(changes); said {
		note("change.base", w.Change.Base, right)
	}
}

// decide proposes a step where the share of right ones differs from that of all first candidates.
func (t *Tally) decide(right, wrong int) {
	n := len(t.Right) + len(t.Wrong)
	overall := share(right, wrong)
	low, middle, high := wilson(len(t.Right), n)
	told := fmt.Sprintf("right %d of %d, where first candidates were right %d of %d", len(t.Right), n, right, right+wrong)
	switch {
	case n < minVerdicts:
		t.Reason = fmt.Sprintf("%s: %d verdicts are needed", told, minVerdicts)
	case low-rounding <= overall && overall <= high+rounding:
		t.Reason = fmt.Sprintf("%s: that may be chance (90 %% of %.2f to %.2f)", told, low, high)
	default:
		step := max(-maxStep, min(maxStep, middle-overall))
		t.New = math.Round(t.Old*(1+step)*100) / 100
		t.Reason = fmt.Sprintf("%s: more than chance (90 %% of %.2f to %.2f), so a step of %+.0f %%", told, low, high, step*100)
	}
}

func share(right, wrong int) float64 { return float64(right) / float64(max(1, right+wrong)) }

// wilson is Wilson's interval of a share that was right times in n, and its middle, which is drawn
// towards one half where n is small.
func wilson(right, n int) (low, middle, high float64) {
	if n == 0 {
		return 0, 0.5, 1
	}
	p, size, z2 := float64(right)/float64(n), float64(n), wilsonZ*wilsonZ
	middle = (p + z2/(2*size)) / (1 + z2/size)
	half := wilsonZ / (1 + z2/size) * math.Sqrt(p*(1-p)/size+z2/(4*size*size))
	return max(0, middle-half), middle, min(1, middle+half)
}

// withWeights is a weights document with values set at their paths; what else it says stays.
func withWeights(document []byte, values map[string]float64) ([]byte, error) {
	var root map[string]any
	if err := yaml.Unmarshal(document, &root); err != nil {
		return nil, fmt.Errorf("the tenant's weights: %w", err)
	}
	if root == nil {
		root = map[string]any{}
	}
	for path, value := range values {
		section, name, _ := strings.Cut(path, ".")
		inner, ok := root[section].(map[string]any)
		if !ok {
			inner = map[string]any{}
			root[section] = inner
		}
		inner[name] = value
	}
	out, err := yaml.Marshal(root)
	if err != nil {
		return nil, fmt.Errorf("writing the proposed weights: %w", err)
	}
	if _, err := LoadWeights(out); err != nil {
		return nil, err
	}
	return out, nil
}
