package smoke

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	apiv1 "github.com/ispvisualmonitor/ispvisualmonitor/api/v1"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/topology"
	"github.com/ispvisualmonitor/ispvisualmonitor/lab/fault"
	"github.com/ispvisualmonitor/ispvisualmonitor/lab/scenario"
)

var moment = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// truth is: the BGP connection of EDGE1 was disabled at noon, while ACC1 got a firewall rule as planned.
func truth() Truth {
	return Truth{
		Scenario: scenario.Scenario{
			Fault:   &fault.Fault{Kind: fault.BGPDisabled, Device: "EDGE1", Subject: "transit-a"},
			Planned: scenario.Work{Device: "ACC1", Title: "Block telnet", Category: "firewall"},
		},
		PlannedID: "plan", Before: moment, Done: moment.Add(100 * time.Millisecond), Polls: 6 * time.Second,
	}
}

// answer is the right answer to truth.
func answer() Evidence {
	at := func(d time.Duration) *timestamppb.Timestamp { return timestamppb.New(moment.Add(d)) }
	return Evidence{
		Incidents: []*apiv1.Incident{{
			Id: "i1", Label: Label, Explanation: "BGPSessionDown on EDGE1, because the BGP configuration of EDGE1 was changed.",
			Candidates: []*apiv1.Candidate{{
				Kind: "device", Name: "EDGE1", Devices: []string{"EDGE1"},
				Evidence: []*apiv1.Evidence{{Kind: "bgp_down"}, {Kind: "config_change", ConfigChangeId: "c1"}},
			}},
		}},
		ConfigChanges: []*apiv1.ConfigChange{
			{Id: "c1", Device: "EDGE1", Category: "bgp", NotBefore: at(-time.Second), NotAfter: at(time.Second)},
			{Id: "c2", Device: "ACC1", Category: "firewall", NotBefore: at(-3 * time.Second), NotAfter: at(-time.Second), PlannedChangeId: "plan"},
		},
		Annotations: map[string][]string{"change": {"plan"}, "config_change": {"c1", "c2"}, "incident": {"i1"}},
	}
}

// failures are the checks that failed, by name.
func failures(checks []Check) map[string]string {
	failed := map[string]string{}
	for _, check := range checks {
		if check.Err != nil {
			failed[check.Name] = check.Err.Error()
		}
	}
	return failed
}

func TestTheRightAnswerPasses(t *testing.T) {
	t.Parallel()
	checks := truth().check(answer())
	require.Empty(t, failures(checks))
	require.Len(t, checks, 10)
}

// TestEveryWrongAnswerFails makes one thing wrong at a time.
func TestEveryWrongAnswerFails(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		spoil func(*Evidence)
		check string
		says  string
	}{
		"two incidents": {func(e *Evidence) {
			second, ok := proto.Clone(e.Incidents[0]).(*apiv1.Incident)
			require.True(t, ok)
			e.Incidents = append(e.Incidents, second)
		}, "one incident", "there are 2 incidents"},
		"no incident": {func(e *Evidence) { e.Incidents = nil }, "one incident", "there are 0 incidents"},
		"another device first": {func(e *Evidence) {
			e.Incidents[0].Candidates[0].Name = "CORE1"
		}, "right device first", "the first candidate is the device CORE1, not EDGE1"},
		"a link first": {func(e *Evidence) {
			e.Incidents[0].Candidates[0].Kind = "link"
		}, "right device first", "the first candidate is the link EDGE1, not EDGE1"},
		"another category": {func(e *Evidence) {
			e.ConfigChanges[0].Category = "firewall"
		}, "right category", "blamed is firewall of EDGE1, not bgp of EDGE1"},
		"no change blamed": {func(e *Evidence) {
			e.Incidents[0].Candidates[0].Evidence = nil
		}, "right category", "EDGE1 is not blamed for any config change"},
		"interval before the moment": {func(e *Evidence) {
			e.ConfigChanges[0].NotAfter = timestamppb.New(moment.Add(-time.Millisecond))
		}, "interval has the moment", "it happened at 12:00:00.000, the interval is 11:59:59.000 to 11:59:59.999"},
		"interval after the moment": {func(e *Evidence) {
			e.ConfigChanges[0].NotBefore = timestamppb.New(moment.Add(200 * time.Millisecond))
		}, "interval has the moment", "it happened at 12:00:00.000, the interval is 12:00:00.200 to 12:00:01.000"},
		"interval that says nothing": {func(e *Evidence) {
			e.ConfigChanges[0].NotBefore = timestamppb.New(moment.Add(-time.Hour))
		}, "interval has the moment", "the interval is 1h0m1s wide, more than the 6s of three readings"},
		"no label": {func(e *Evidence) { e.Incidents[0].Label = "" }, "labelled", "no incident is labelled"},
		"an explanation that names nobody": {func(e *Evidence) {
			e.Incidents[0].Explanation = "BGPSessionDown on EDGE1."
		}, "explanation names it", `the explanation is "BGPSessionDown on EDGE1."`},
		"planned work unknown": {func(e *Evidence) {
			e.ConfigChanges[1].PlannedChangeId = ""
		}, "planned work is known as planned", `the change of firewall on ACC1 belongs to "", not to plan`},
		"planned work not seen": {func(e *Evidence) {
			e.ConfigChanges = e.ConfigChanges[:1]
		}, "planned work is known as planned", "no change of firewall was detected on ACC1"},
		"planned work as evidence": {func(e *Evidence) {
			e.Incidents[0].Candidates[0].Evidence = append(e.Incidents[0].Candidates[0].Evidence, &apiv1.Evidence{ConfigChangeId: "c2", Text: "was changed"})
		}, "planned work is not blamed", "its change is evidence against EDGE1: was changed"},
		"planned device as a candidate": {func(e *Evidence) {
			e.Incidents[0].Candidates = append(e.Incidents[0].Candidates, &apiv1.Candidate{Name: "ACC1", Devices: []string{"ACC1"}})
		}, "planned work is not blamed", "ACC1 is a candidate"},
		"filed under the planned work": {func(e *Evidence) {
			e.Incidents[0].DuringChangeId = "plan"
		}, "planned work is not blamed", "the incident is filed under the planned change"},
		"a change that nobody made": {func(e *Evidence) {
			e.ConfigChanges = append(e.ConfigChanges, &apiv1.ConfigChange{Id: "c3", Device: "AGG1", Category: "system"})
			e.Annotations["config_change"] = append(e.Annotations["config_change"], "c3")
		}, "nothing else changed", "nobody changed system of AGG1"},
		"an annotation missing": {func(e *Evidence) {
			e.Annotations["incident"] = nil
		}, "annotations reach the plugin", "the incident i1 is missing"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := answer()
			test.spoil(&e)
			require.Contains(t, failures(truth().check(e))[test.check], test.says)
		})
	}
}

// control is: the cable between AGG1 and ACC1 failed, and the product blames the link.
func control() (Truth, Evidence) {
	t := truth()
	t.Fault = nil
	t.Planned.Device = "ACC2"
	t.Cut = &topology.Link{A: topology.End{Device: "AGG1", Interface: "ether3"}, B: topology.End{Device: "ACC1", Interface: "ether1"}}
	e := answer()
	e.Incidents[0].Label = ""
	e.Incidents[0].Candidates = []*apiv1.Candidate{{Kind: "link", Name: "AGG1:ether3<->ACC1:ether1", Devices: []string{"AGG1", "ACC1"}}}
	e.ConfigChanges = e.ConfigChanges[1:]
	e.ConfigChanges[0].Device = "ACC2"
	return t, e
}

func TestControl(t *testing.T) {
	t.Parallel()
	truth, e := control()
	checks := truth.check(e)
	require.Empty(t, failures(checks))
	require.Len(t, checks, 7)

	e.Incidents[0].Label = Label
	require.Contains(t, failures(truth.check(e))["not labelled"], "an incident is labelled")

	_, e = control()
	e.Incidents[0].Candidates[0].Devices = []string{"CORE1"}
	require.Contains(t, failures(truth.check(e))["first candidate is what failed"], "the cable is")
}

func TestUnfinished(t *testing.T) {
	t.Parallel()
	e := answer()
	e.firstLabel = moment
	require.NoError(t, e.unfinished(truth(), settled, nil))
	require.ErrorContains(t, e.unfinished(truth(), settled-1, nil), "still moves")
	require.ErrorContains(t, e.unfinished(truth(), settled, []string{"BGPSessionDown EDGE1"}), "BGPSessionDown EDGE1")
	e.firstLabel = time.Time{}
	require.ErrorContains(t, e.unfinished(truth(), settled, nil), "label")
	e.ConfigChanges = nil
	require.ErrorContains(t, e.unfinished(truth(), settled, nil), "planned work")
	e.Incidents = nil
	require.ErrorContains(t, e.unfinished(truth(), settled, nil), "no incident")
}

func TestReport(t *testing.T) {
	t.Parallel()
	good, bad := truth(), truth()
	wrong := answer()
	wrong.Incidents[0].Label = ""
	outcomes := []Outcome{
		{Seed: 1, Scenario: good.Scenario, Checks: good.check(answer()), Incident: 4 * time.Second, Label: 5 * time.Second, Took: time.Minute},
		{Seed: 2, Scenario: bad.Scenario, Checks: bad.check(wrong), Evidence: wrong},
		{Seed: 3, Err: errors.New("start the lab: no disk")},
	}
	var text strings.Builder
	require.Equal(t, 2, Report(&text, outcomes))
	require.Contains(t, text.String(), "10 of 10")
	require.Contains(t, text.String(), "9 of 10")
	require.Contains(t, text.String(), "FAILED  labelled: no incident is labelled")
	require.Contains(t, text.String(), `"incidents"`, "with the evidence")
	require.Contains(t, text.String(), "FAILED  the run: start the lab: no disk")
	require.True(t, strings.HasSuffix(text.String(), "\n19 passed, 2 failed\n"), text.String())
}
