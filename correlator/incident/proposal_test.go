package incident_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/incident"
)

// judged is an incident whose first candidate is EDGE1 by states and, if any, a BGP change.
func judged(n int, cause *incident.Feedback, change float64, states ...string) incident.Judged {
	first := incident.Candidate{Kind: incident.KindDevice, Name: "EDGE1", Devices: []string{"EDGE1"}}
	for _, s := range states {
		first.Evidence = append(first.Evidence, incident.Evidence{Kind: incident.EvidenceState, State: s, Weight: 5})
	}
	v := incident.Judged{IncidentID: fmt.Sprintf("i%03d", n), Categories: map[string]string{}}
	if change > 0 {
		first.Evidence = append(first.Evidence, incident.Evidence{Kind: incident.EvidenceChange, ConfigChangeID: "c", Weight: change})
		v.Categories["c"] = "bgp"
	}
	v.Judgement.Candidates = []incident.Candidate{first}
	if cause != nil {
		v.Feedback = []incident.Feedback{{By: "bob", Device: "OLD WORD", At: time.Unix(0, 0)}, *cause}
	}
	return v
}

func blamed(device, category string) *incident.Feedback {
	return &incident.Feedback{By: "ana", Device: device, Category: category}
}

func builtin(t require.TestingT) incident.Weights {
	w, err := incident.LoadWeights()
	require.NoError(t, err)
	return w
}

func tallyOf(p incident.Proposal, weight string) incident.Tally {
	for _, t := range p.Tallies {
		if t.Weight == weight {
			return t
		}
	}
	return incident.Tally{}
}

func TestPropose(t *testing.T) {
	t.Parallel()
	w := builtin(t)
	var all []incident.Judged
	for i := range 30 { // interface_down is right, with few exceptions
		cause := blamed("EDGE1", "")
		if i%10 == 9 {
			cause = blamed("", "")
		}
		all = append(all, judged(len(all), cause, 0, "interface_down"))
	}
	for i := range 20 { // loss misleads
		cause := blamed("CORE9", "")
		if i%5 == 0 {
			cause = blamed("EDGE1", "")
		}
		all = append(all, judged(len(all), cause, 0, "loss"))
	}
	for range 3 { // too few to say anything
		all = append(all, judged(len(all), blamed("CORE9", ""), 0, "reboot"))
	}
	all = append(all, judged(len(all), nil, 0, "reboot"), incident.Judged{IncidentID: "nothing found", Feedback: []incident.Feedback{*blamed("EDGE1", "")}})

	p, err := incident.Propose(all, w, []byte("change: {base: 9}\nstate: {hardware: 7}"))
	require.NoError(t, err)
	require.Equal(t, 31, p.Right)
	require.Equal(t, 22, p.Wrong)

	loss := tallyOf(p, "state.loss")
	require.Len(t, loss.Right, 4)
	require.Len(t, loss.Wrong, 16)
	require.Equal(t, []int{27, 6}, []int{loss.OthersRight, loss.OthersWrong})
	require.InDelta(t, 2.7, loss.New, 1e-9, "a tenth of 3 at the most, however wrong it was")
	require.Equal(t, "right 4 of 20, where first candidates were right 31 of 53: more than chance (90 % of 0.09 to 0.38), so a step of -10 %", loss.Reason)
	require.InDelta(t, 5.5, tallyOf(p, "state.interface_down").New, 1e-9)
	reboot := tallyOf(p, "state.reboot")
	require.InDelta(t, reboot.Old, reboot.New, 0)
	require.Equal(t, "right 0 of 3, where first candidates were right 31 of 53: 10 verdicts are needed", reboot.Reason)

	require.YAMLEq(t, "{change: {base: 9}, state: {hardware: 7, loss: 2.7, interface_down: 5.5}}", string(p.Document), "the tenant's own stay")
	_, err = incident.LoadWeights(p.Document)
	require.NoError(t, err)
}

func TestProposeChangeBase(t *testing.T) {
	t.Parallel()
	w := builtin(t)
	var all []incident.Judged
	for range 15 { // the device was right, but no change was it
		all = append(all, judged(len(all), blamed("EDGE1", "system"), 6, "bgp_down"))
	}
	all = append(all,
		judged(len(all), blamed("EDGE1", "bgp"), 6, "bgp_down"),
		judged(len(all)+1, blamed("EDGE1", ""), 6, "bgp_down"),    // who names no category does not speak of the change
		judged(len(all)+2, blamed("EDGE1", "bgp"), 1, "bgp_down"), // a change that does not count is no reason
		judged(len(all)+3, blamed("CORE9", "bgp"), 6, "bgp_down"))
	p, err := incident.Propose(all, w, nil)
	require.NoError(t, err)
	base := tallyOf(p, "change.base")
	require.Len(t, base.Right, 1)
	require.Len(t, base.Wrong, 16)
	require.InDelta(t, 7.2, base.New, 1e-9)
	require.YAMLEq(t, "change: {base: 7.2}", string(p.Document))
}

// TestProposeNothing: no verdicts, all right, all wrong: nothing tells one kind of evidence from another.
func TestProposeNothing(t *testing.T) {
	t.Parallel()
	for name, cause := range map[string]*incident.Feedback{"none": nil, "all right": blamed("EDGE1", "bgp"), "all wrong": blamed("", "")} {
		var all []incident.Judged
		for i := range 40 {
			all = append(all, judged(i, cause, 6, []string{"loss", "bgp_down"}[i%2]))
		}
		p, err := incident.Propose(all, builtin(t), nil)
		require.NoError(t, err)
		require.Empty(t, p.Document, name)
	}
}

// TestProposeIsBounded: whatever people say, no weight moves by more than a tenth, none changes its sign,
// the document is one that can be applied, and the order in which incidents come changes nothing.
func TestProposeIsBounded(t *testing.T) {
	t.Parallel()
	w := builtin(t)
	rapid.Check(t, func(t *rapid.T) {
		var all []incident.Judged
		for i := range rapid.IntRange(0, 120).Draw(t, "incidents") {
			cause := blamed(rapid.SampledFrom([]string{"EDGE1", "CORE9", ""}).Draw(t, "device"), rapid.SampledFrom([]string{"", "bgp", "system"}).Draw(t, "category"))
			states := rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"loss", "bgp_down", "reboot", "no such state"}), 0, 3, rapid.ID[string]).Draw(t, "states")
			all = append(all, judged(i, cause, rapid.Float64Range(0, 8).Draw(t, "change"), states...))
		}
		p, err := incident.Propose(all, w, nil)
		require.NoError(t, err)
		require.Equal(t, len(all), p.Right+p.Wrong)
		moved := false
		for _, tally := range p.Tallies {
			require.InDelta(t, tally.Old, tally.New, tally.Old*0.1+0.005, tally.Weight)
			require.Positive(t, tally.New)
			require.NotEmpty(t, tally.Reason)
			moved = moved || tally.New != tally.Old
		}
		require.Equal(t, moved, len(p.Document) > 0)
		_, err = incident.LoadWeights(p.Document)
		require.NoError(t, err)

		rand.New(rand.NewPCG(1, 2)).Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		again, err := incident.Propose(all, w, nil)
		require.NoError(t, err)
		require.Equal(t, p, again)
	})
}

func TestDifferences(t *testing.T) {
	t.Parallel()
	base := incident.Judgement{WeightsVersion: "2", RulesVersion: "2.1.1", Candidates: []incident.Candidate{{
		Kind: incident.KindDevice, Name: "EDGE1", Confidence: 0.5,
		Evidence: []incident.Evidence{{Kind: incident.EvidenceState, State: "bgp_down", Weight: 5, Text: "BGPSessionDown on EDGE1"}},
	}}, Unknowns: []string{"CORE1 not observed since 11:20"}}
	more := base
	more.Label = incident.Label
	more.Unknowns = nil
	more.WeightsVersion = "2+0badcafe"
	more.Candidates = []incident.Candidate{{
		Kind: incident.KindDevice, Name: "EDGE1", Confidence: 0.9,
		Evidence: []incident.Evidence{
			{Kind: incident.EvidenceChange, ConfigChangeID: "c", Weight: 7.22, Text: "BGP configuration of EDGE1 was changed"},
			{Kind: incident.EvidenceState, State: "bgp_down", Weight: 5.5, Text: "BGPSessionDown on EDGE1"},
		},
	}}
	other := incident.Judgement{WeightsVersion: "2", RulesVersion: "2.1.1", Candidates: []incident.Candidate{{Kind: incident.KindLink, Name: "a-b", Confidence: 0.5}, base.Candidates[0]}}
	for name, c := range map[string]struct {
		before, after incident.Judgement
		want          []string
	}{
		"nothing": {before: base, after: base},
		"more is known": {before: base, after: more, want: []string{
			"label: none → Possible change-related outage",
			"confidence: 0.50 → 0.90",
			"new evidence (7.22): BGP configuration of EDGE1 was changed",
			"evidence 5.00 → 5.50: BGPSessionDown on EDGE1",
			"settled: CORE1 not observed since 11:20",
			"weights: 2 → 2+0badcafe",
		}},
		"less is known": {before: more, after: base, want: []string{
			"label: Possible change-related outage → none",
			"confidence: 0.90 → 0.50",
			"evidence 5.50 → 5.00: BGPSessionDown on EDGE1",
			"no evidence any more (7.22): BGP configuration of EDGE1 was changed",
			"not known: CORE1 not observed since 11:20",
			"weights: 2+0badcafe → 2",
		}},
		"another cause": {before: base, after: other, want: []string{
			"cause: device/EDGE1 → link/a-b",
			"contributing: none → device/EDGE1",
			"settled: CORE1 not observed since 11:20",
		}},
	} {
		require.Equal(t, c.want, incident.Differences(c.before, c.after), name)
	}
}
