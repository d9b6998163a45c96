package incident_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/configchange"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/incident"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/topology"
)

// drawn is an incident in a network, both drawn.
type drawn struct {
	inv     topology.Inventory
	alerts  []incident.Occurrence
	changes []configchange.Change
}

func draw(t *rapid.T) drawn {
	var d drawn
	n := rapid.IntRange(1, 9).Draw(t, "devices")
	name := func(i int) string { return fmt.Sprintf("R%d", i) }
	for i := range n {
		device := topology.Device{Name: name(i), Site: fmt.Sprintf("p%d", rapid.IntRange(0, 3).Draw(t, "site"))}
		if i > 0 {
			above := rapid.SliceOfNDistinct(rapid.IntRange(0, i-1), 0, min(3, i), rapid.ID).Draw(t, "above")
			var of []string
			for _, a := range above {
				of = append(of, name(a))
				if rapid.Bool().Draw(t, "listed") {
					d.inv.Links = append(d.inv.Links, topology.Link{
						A: topology.End{Device: device.Name, Interface: fmt.Sprint("up", a)}, B: topology.End{Device: name(a), Interface: "to" + device.Name},
					})
				}
			}
			if len(of) > 0 {
				device.DependsOn = []topology.Group{rapid.SampledFrom([]topology.Group{{Any: of}, {All: of}, {K: (len(of) + 1) / 2, Of: of}}).Draw(t, "group")}
			}
		}
		d.inv.Devices = append(d.inv.Devices, device)
	}
	seen := map[string]bool{}
	for range rapid.IntRange(1, 8).Draw(t, "alerts") {
		spec := rapid.SampledFrom([]string{"device_unreachable", "ospf_down", "interface_down", "loss", "congestion"}).Draw(t, "symptom") + " " +
			name(rapid.IntRange(0, n-1).Draw(t, "device"))
		if rapid.Bool().Draw(t, "names its interface") {
			spec += fmt.Sprint(" up", rapid.IntRange(0, 2).Draw(t, "interface"))
		}
		if !seen[spec] {
			seen[spec] = true
			o := alert(spec)
			o.StartsAt = after(rapid.IntRange(0, 60).Draw(t, "seconds"))
			o.Lag = time.Duration(rapid.IntRange(0, 120).Draw(t, "lag")) * time.Second
			d.alerts = append(d.alerts, o)
		}
	}
	for i := range rapid.IntRange(0, 5).Draw(t, "changes") {
		from := rapid.IntRange(-2400, 200).Draw(t, "from")
		c := change(fmt.Sprintf("R%d %s", rapid.IntRange(0, n-1).Draw(t, "changed"), rapid.SampledFrom([]string{"bgp", "interfaces", "users"}).Draw(t, "category")),
			from, from+rapid.IntRange(1, 1200).Draw(t, "width"))
		c.ID = fmt.Sprint("c", i)
		d.changes = append(d.changes, c)
	}
	return d
}

func TestTheOrderOfListingDecidesNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		d := draw(rt)
		want := judge(t, d.inv).Judge(facts(d.alerts, d.changes...))
		inv := topology.Inventory{Devices: rapid.Permutation(d.inv.Devices).Draw(rt, "devices"), Links: rapid.Permutation(d.inv.Links).Draw(rt, "links")}
		got := judge(t, inv).Judge(facts(rapid.Permutation(d.alerts).Draw(rt, "alerts"), rapid.Permutation(d.changes).Draw(rt, "changes")...))
		require.Equal(rt, want, got)
	})
}

func TestWhatIsUnrelatedDecidesNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		d := draw(rt)
		want := judge(t, d.inv).Judge(facts(d.alerts, d.changes...))
		inv := d.inv
		inv.Devices = append(slices.Clone(inv.Devices), topology.Device{Name: "FAR", Site: "elsewhere"}, topology.Device{Name: "FARTHER", DependsOn: []topology.Group{{All: []string{"FAR"}}}})
		far := change("FAR access", -60, -30)
		j := judge(t, inv)
		require.Equal(rt, want, j.Judge(facts(d.alerts, append(slices.Clone(d.changes), far)...)))

		units := []incident.Unit{{Occurrences: alerts("device_unreachable FAR")}}
		for _, o := range d.alerts {
			units = append(units, incident.Unit{Occurrences: []incident.Occurrence{o}, Span: o.Onset()})
		}
		units[0].Span = units[0].Occurrences[0].Onset()
		all := facts(append(slices.Clone(d.alerts), units[0].Occurrences...), append(slices.Clone(d.changes), far)...)
		require.Equal(rt, []int{0}, j.Group(units, all, 2*time.Minute)[0], "what has nothing to do with the others is an event of its own")
	})
}

// TestAJudgementIsReproducible: the score is the sum of what is shown, each piece the product of its terms,
// no change after the onset is among them, and the confidence is a share that falls with the evidence.
func TestAJudgementIsReproducible(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		d := draw(rt)
		j := judge(t, d.inv)
		f := facts(d.alerts, d.changes...)
		out := j.Judge(f)
		require.NotEmpty(rt, out.Candidates)
		for i, c := range out.Candidates {
			score := c.Cover.Weight
			for _, e := range c.Evidence {
				require.InDelta(rt, e.Terms.Product(), e.Weight, 1e-12)
				score += e.Weight
				if k := slices.IndexFunc(d.changes, func(change configchange.Change) bool { return change.ID == e.ConfigChangeID }); k >= 0 {
					require.True(rt, d.changes[k].NotBefore.Before(f.Onset.NotAfter), "a change after the onset is never a suspect")
				}
			}
			require.InDelta(rt, c.Score, score, 2e-6)
			require.Equal(rt, i == 0, c.Role == incident.Primary)
			require.GreaterOrEqual(rt, c.Confidence, 0.0)
			require.LessOrEqual(rt, c.Confidence, out.Candidates[0].Confidence, "none is surer than the first")
		}
		require.LessOrEqual(rt, out.Candidates[0].Confidence, 1.0)
		require.Equal(rt, out.Label != "", slices.ContainsFunc(out.Candidates[0].Evidence, func(e incident.Evidence) bool {
			return e.Kind == incident.EvidenceChange && e.Weight >= 2
		}))

		first := out.Candidates[0]
		for _, e := range first.Evidence {
			if e.Kind != incident.EvidenceChange {
				continue
			}
			fewer := slices.DeleteFunc(slices.Clone(d.changes), func(c configchange.Change) bool { return c.ID == e.ConfigChangeID })
			less := j.Judge(facts(d.alerts, fewer...)).Candidates[0]
			if less.Kind == first.Kind && less.Name == first.Name {
				require.LessOrEqual(rt, less.Confidence, first.Confidence+1e-9, "without %s", e.ConfigChangeID)
			}
		}
	})
}
