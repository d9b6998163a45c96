package incident

import (
	"cmp"
	"slices"
)

// statePiece is one kind of state that alerts tell of a candidate.
type statePiece struct {
	kind   string
	weight float64
	alerts []int
}

// The kinds of state evidence that are no symptom of the candidate itself.
const (
	stateNamed      = "named_by_peers"
	stateDependents = "dependents"
)

// stateEvidence is what a candidate's own alerts say about it, a piece for each kind of state, that others
// lost their link or session to it, and, where there is none of that, that what depends on it alerts. Best
// first.
func (j Judge) stateEvidence(s *scene, c suspect) []Evidence {
	var out []Evidence
	for _, piece := range j.statePieces(s, c) {
		state := piece.kind
		if _, known := j.Weights.State[state]; !known {
			state = SymptomOther
		}
		out = append(out, Evidence{
			Kind: EvidenceState, State: state, Weight: piece.weight,
			Terms: Terms{Base: piece.weight, Precedence: 1, TimeDecay: 1, CategoryAffinity: 1, TopologyProximity: 1},
			Text:  stateText(s, piece),
		})
	}
	return out
}

func (j Judge) statePieces(s *scene, c suspect) []statePiece {
	kinds := map[string][]int{}
	var order []string
	note := func(kind string, alert int) {
		if kinds[kind] == nil {
			order = append(order, kind)
		}
		kinds[kind] = append(kinds[kind], alert)
	}
	for _, i := range c.explains {
		switch o := s.alerts[i]; {
		case slices.Contains(c.devices, o.Device), c.kind == KindSite && o.Device == "" && o.Site == c.name:
			note(stateKind(s, o), i)
		case slices.ContainsFunc(c.devices, func(d string) bool { return slices.Contains(s.named[d], i) }):
			note(stateNamed, i)
		}
	}
	if len(order) == 0 && c.kind == KindDevice && len(s.subjects(c.explains)) > 1 {
		order, kinds[stateDependents] = []string{stateDependents}, c.explains
	}
	var out []statePiece
	for _, kind := range order {
		alerts := kinds[kind]
		if kind == SymptomLoss && len(alerts) > 1 {
			kind = "loss_several"
		}
		weight, ok := j.Weights.State[kind]
		if !ok {
			weight = j.Weights.State[SymptomOther]
		}
		out = append(out, statePiece{kind: kind, weight: weight, alerts: alerts})
	}
	slices.SortStableFunc(out, func(a, b statePiece) int { return cmp.Compare(b.weight, a.weight) })
	return out
}

// mute are the other ends of a link or session that an alert calls lost, where they say nothing themselves:
// silent devices, or the interface where the inventory does not know what it leads to.
func (s *scene) mute(alert int) []string {
	o := s.alerts[alert]
	if !saysLinkDown(o.Symptom) || o.Device == "" {
		return nil
	}
	if len(s.farEndsOf[alert]) == 0 && o.Interface != "" {
		return []string{"the other end of " + o.about()}
	}
	var out []string
	for _, d := range s.farEndsOf[alert] {
		if len(s.bySubject[d]) > 0 {
			return nil
		}
		out = append(out, d)
	}
	return out
}

// stateKind tells what hangs on an uplink or on the upstream from what does not.
func stateKind(s *scene, o Occurrence) string {
	switch o.Symptom {
	case SymptomInterfaceDown:
		if l, ok := s.graph.LinkAt(o.Device, o.Interface); ok && s.graph.DependsDirectly(o.Device, l.Other(o.Device).Device) {
			return "interface_down_uplink"
		}
	case SymptomBGPDown:
		external := o.Peer != "" && !s.graph.Has(o.Peer)
		if external || s.graph.DependsDirectly(o.Device, o.Peer) {
			return "bgp_down_upstream"
		}
	}
	return o.Symptom
}
