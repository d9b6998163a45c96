package incident_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/configchange"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/incident"
)

// TestChangeEvidenceTerms: the numbers are computed by hand from
//
//	weight = 8 × precedence × time_decay × category_affinity × topology_proximity
//
// with the onset in [12:00:00 − lag, 12:00:00] and a look-back of 30 min = 1800 s.
func TestChangeEvidenceTerms(t *testing.T) {
	t.Parallel()
	chain := network("TOP@a", "MID@b: all TOP", "LEAF@c: all MID", "ELSE@a")
	for _, c := range []struct {
		name      string
		symptom   string
		lag       time.Duration
		change    configchange.Change
		precede   float64
		decay     float64
		affinity  float64
		proximity float64
		none      bool
	}{
		{
			name: "wholly before, right before", symptom: "bgp_down", change: change("LEAF bgp", -60, 0),
			// p = 1 → 1; ages 60…0 s: mean of 1 − 0.8·60/1800 = 0.973333 and 1 → 0.986667
			precede: 1, decay: 0.986667, affinity: 1, proximity: 1,
		},
		{
			name: "half before the onset's end", symptom: "bgp_down", change: change("LEAF bgp", -60, 60),
			// p = 0.5 → 2.5 / (2.5 + 0.5) = 0.833333; the share is again 60…0 s
			precede: 0.833333, decay: 0.986667, affinity: 1, proximity: 1,
		},
		{
			name: "within the lag nothing decays", symptom: "bgp_down", lag: 2 * time.Minute, change: change("LEAF bgp", -100, -40),
			precede: 1, decay: 1, affinity: 1, proximity: 1,
		},
		{
			name: "partly within the lag", symptom: "bgp_down", lag: time.Minute, change: change("LEAF bgp", -120, 0),
			// 60 s of ages 60…0 with mean 0.986667, 60 s of 1 → 0.993333
			precede: 1, decay: 0.993333, affinity: 1, proximity: 1,
		},
		{
			name: "a day without sight", symptom: "bgp_down", change: change("LEAF bgp", -86400, 3600),
			// in the look-back: 1800 of 90000 s: p = 0.02 → 0.1 / (0.1 + 0.98) = 0.092593; mean of 1 and 0.2
			precede: 0.092593, decay: 0.6, affinity: 1, proximity: 1,
		},
		{
			name: "half an hour ago", symptom: "bgp_down", change: change("LEAF bgp", -1800, -1740),
			// ages 1800…1740: mean of 0.2 and 0.226667
			precede: 1, decay: 0.213333, affinity: 1, proximity: 1,
		},
		{
			name: "two steps up, and another kind of thing", symptom: "interface_down", change: change("TOP system", -60, 0),
			precede: 1, decay: 0.986667, affinity: 0.5, proximity: 0.49,
		},
		{name: "one step up", symptom: "other", change: change("MID bgp", -60, 0), precede: 1, decay: 0.986667, affinity: 0.5, proximity: 0.7},
		{name: "what cannot cause it still counts a little", symptom: "interface_down", change: change("LEAF users", -60, 0), precede: 1, decay: 0.986667, affinity: 0.1, proximity: 1},
		{name: "after the onset", symptom: "bgp_down", change: change("LEAF bgp", 0, 60), none: true},
		{name: "before the look-back", symptom: "bgp_down", change: change("LEAF bgp", -3600, -1801), none: true},
		{name: "an unrelated device", symptom: "bgp_down", change: change("ELSE bgp", -60, 0), none: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			o := alert(c.symptom + " LEAF")
			o.Lag = c.lag
			j := judge(t, chain)
			out := j.Judge(facts([]incident.Occurrence{o}, c.change))
			var found []incident.Evidence
			for _, e := range out.Candidates[0].Evidence {
				if e.Kind == incident.EvidenceChange {
					found = append(found, e)
				}
			}
			if c.none {
				require.Empty(t, found)
				require.Empty(t, out.Label)
				return
			}
			if out.Candidates[0].Name != "LEAF" { // the changed device above won: the proximity is its own
				require.Equal(t, c.change.Device, out.Candidates[0].Name)
				c.proximity = 1
			}
			require.Len(t, found, 1)
			got := found[0]
			require.InDelta(t, 8, got.Terms.Base, 0)
			require.InDelta(t, c.precede, got.Terms.Precedence, 1e-6)
			require.InDelta(t, c.decay, got.Terms.TimeDecay, 1e-6)
			require.InDelta(t, c.affinity, got.Terms.CategoryAffinity, 1e-9)
			require.InDelta(t, c.proximity, got.Terms.TopologyProximity, 1e-9)
			require.InDelta(t, got.Weight, got.Terms.Product(), 1e-12)
			require.Equal(t, got.Weight >= 2, out.Label == incident.Label)
			require.Equal(t, c.change.ID, got.ConfigChangeID)
		})
	}
}

// TestPrecedenceIsMonotone: the more of an interval lies before the onset, the more it weighs.
func TestPrecedenceIsMonotone(t *testing.T) {
	t.Parallel()
	j := judge(t, network("EDGE1"))
	precedence := func(from, to int) float64 {
		out := j.Judge(facts(alerts("bgp_down EDGE1"), change("EDGE1 bgp", from, to)))
		if e := out.Candidates[0].Evidence[0]; e.Kind == incident.EvidenceChange {
			return e.Terms.Precedence
		}
		return 0
	}
	rapid.Check(t, func(t *rapid.T) {
		from := rapid.IntRange(-1700, 600).Draw(t, "from")
		width := rapid.IntRange(1, 1200).Draw(t, "width")
		earlier := rapid.IntRange(0, 100).Draw(t, "earlier")
		later, sooner := precedence(from, from+width), precedence(max(-1800, from-earlier), max(-1800, from-earlier)+width)
		require.GreaterOrEqual(t, sooner, later-1e-12)
		require.LessOrEqual(t, sooner, 1.0)
	})
}

func TestTextNamesWhatIsKnown(t *testing.T) {
	t.Parallel()
	c := change("EDGE1 bgp", -90, -60)
	c.Actor = &configchange.Actor{User: "ops1", Address: "192.0.2.7", Via: "ssh"}
	for i := range 5 {
		c.Summary = append(c.Summary, fmt.Sprintf("line %d", i))
	}
	out := judge(t, network("EDGE1")).Judge(facts(alerts("bgp_down EDGE1"), c))
	require.Equal(t, "BGP configuration of EDGE1 was changed by ops1 from 192.0.2.7 via ssh between 11:58:30 and 11:59:00, "+
		"at most 1 min 30 s before the first alert: line 0; line 1; line 2; and 2 more", out.Candidates[0].Evidence[0].Text)
	require.Contains(t, out.Explanation, "the most likely cause is EDGE1, because the BGP configuration of EDGE1 was changed by ops1")
}

func TestOnset(t *testing.T) {
	t.Parallel()
	first, second := alert("loss A"), alert("loss B")
	first.StartsAt, first.Lag = after(0), 10*time.Second
	second.StartsAt, second.Lag = after(60), 5*time.Minute
	onset, last := incident.OnsetOf([]incident.Occurrence{first, second})
	require.Equal(t, incident.Interval{NotBefore: after(-240), NotAfter: after(0)}, onset, "earliest start of an onset, earliest end of one")
	require.Equal(t, after(60), last)
}

func TestUnknowns(t *testing.T) {
	t.Parallel()
	j := judge(t, network("TOP", "LEAF: all TOP", "ELSE"))
	f := facts(alerts("bgp_down LEAF"), change("LEAF bgp", -600, 60))
	f.Truncated = 7
	out := j.Judge(f)
	watched := j.Watched(f, out)
	require.Equal(t, []string{"LEAF", "TOP"}, watched)
	require.Equal(t, []string{
		"LEAF not observed since 11:30:00 (timeout)",
		"the sightings of LEAF come 3 min late, or the clock that times them is behind",
		"the BGP change of LEAF happened somewhere in 11 min (between 11:50:00 and 12:01:00), too long to say whether it came before the first alert",
		"the clock that times the sightings of TOP is at least 45 s ahead",
		"Alertmanager left 7 alerts out of its notification",
	}, j.Unknowns(f, out, watched, map[string]incident.Sighting{
		"LEAF": {LastSeen: after(-1800), Poll: time.Minute, Delay: 3 * time.Minute, Failed: "timeout"},
		"TOP":  {LastSeen: after(30), Delay: -45 * time.Second},
		"ELSE": {LastSeen: after(-9000)},
	}))
	require.Equal(t, []string{"LEAF was never observed (dial)"},
		j.Unknowns(facts(alerts("bgp_down LEAF")), out, watched, map[string]incident.Sighting{"LEAF": {Failed: "dial"}}))
}
