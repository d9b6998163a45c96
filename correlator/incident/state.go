package incident

import (
	"cmp"
	"slices"
)

// stateEvidence is what a candidate's own alerts say about it, a piece for each kind of state, and
// that others lost their link or session to it. Best first.
func (j Judge) stateEvidence(s *scene, c suspect) []Evidence {
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
			note("named_by_peers", i)
		}
	}
	var out []Evidence
	for _, kind := range order {
		alerts := kinds[kind]
		if kind == "loss" && len(alerts) > 1 {
			kind = "loss_several"
		}
		weight, ok := j.Weights.State[kind]
		if !ok {
			weight = j.Weights.State[SymptomOther]
		}
		out = append(out, Evidence{
			Kind: EvidenceState, Weight: weight,
			Terms: Terms{Base: weight, Precedence: 1, TimeDecay: 1, CategoryAffinity: 1, TopologyProximity: 1},
			Text:  stateText(s, alerts),
		})
	}
	slices.SortStableFunc(out, func(a, b Evidence) int { return cmp.Compare(b.Weight, a.Weight) })
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
