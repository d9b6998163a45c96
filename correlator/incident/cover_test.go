package incident_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/configchange"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/incident"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/topology"
)

func TestCandidates(t *testing.T) {
	t.Parallel()
	tree := network("TOP@p0", "A@p1: all TOP", "B@p2: all TOP", "C@p3: all TOP", "D@p4: all TOP")
	pair := network("E1@p0", "E2@p1", "X@p2: any E1 E2", "Y@p3: all X")
	linked := network("CORE@p0", "AGG@p1: all CORE", "S1@p2: all AGG", "S2@p2: all AGG", "CORE:e1 - AGG:e1", "AGG:e2 - S1:e1")
	site := network("U1@p0", "U2@p0", "M1@pop: all U1", "M2@pop: all U2", "M3@pop: all U1", "N1@p1: all U1", "N2@p1: all U2")
	legs := network("L1@pop", "L2@pop", "W@away: any L1 L2")
	// A town whose routers hang on either of two others, or on both.
	town := network("U1@p0", "U2@p1", "T1@town: any U1", "T2@town: any U1 U2", "T3@town: any U2", "U1:e1 - T1:e1", "U1:e2 - T2:e1", "U2:e1 - T2:e2", "U2:e2 - T3:e1")
	chain := network("UP@p0", "MID@p1: all UP", "LOW@p2: all MID", "SIDE@p3: all UP", "UP:e1 - MID:e1", "MID:e2 - LOW:e1")
	for _, c := range []struct {
		name     string
		inv      topology.Inventory
		alerts   []incident.Occurrence
		changes  []configchange.Change
		want     []string
		explains []string
	}{
		{"one device alone is not its parent's fault", tree, alerts("device_unreachable A"), nil, []string{"device/A"}, []string{"A"}},
		{"two of four: 2 − 0.5·3 is less than 1 each", tree, alerts("device_unreachable A", "device_unreachable B"), nil, []string{"device/A", "device/B"}, []string{"A"}},
		{"three of four: 3 − 0.5·2", tree, alerts("device_unreachable A", "device_unreachable B", "device_unreachable C"), nil, []string{"device/TOP"}, []string{"A", "B", "C"}},
		{
			"two of four, and the parent was changed: 2 − 0.1·3", tree, alerts("device_unreachable A", "device_unreachable B"),
			[]configchange.Change{change("TOP interfaces", -60, -30)},
			[]string{"device/TOP"},
			[]string{"A", "B"},
		},
		{
			"one of four, and the parent was changed", tree, alerts("device_unreachable A"),
			[]configchange.Change{change("TOP interfaces", -60, -30)},
			[]string{"device/TOP"},
			[]string{"A"},
		},
		{
			"a change that cannot have done it blames nobody above", tree, alerts("interface_down A"),
			[]configchange.Change{change("TOP users", -60, -30)},
			[]string{"device/A"},
			[]string{"A"},
		},
		{"what is below is impacted, never a cause", tree, alerts("device_unreachable TOP", "device_unreachable A", "loss B"), nil, []string{"device/TOP"}, []string{"A", "B", "TOP"}},
		{"a device that says it is down, with silent dependents, and its child", tree, alerts("device_unreachable TOP", "loss A"), nil, []string{"device/TOP"}, []string{"A", "TOP"}},
		{
			"a coincident change below does not steal the cause", tree, alerts("device_unreachable TOP", "device_unreachable A", "device_unreachable B"),
			[]configchange.Change{change("A interfaces", -60, -30)},
			[]string{"device/TOP"},
			[]string{"A", "B", "TOP"},
		},
		{
			"a town without power: those above only tell of the far ends of their links",
			town,
			alerts("device_unreachable T1", "device_unreachable T2", "device_unreachable T3", "interface_down U1 e1", "interface_down U1 e2", "interface_down U2 e1", "interface_down U2 e2"),
			nil,
			[]string{"site/town"},
			[]string{"T1", "T2", "T3", "U1", "U2"},
		},
		{
			"the same town, when those above are down themselves",
			town,
			alerts("device_unreachable T1", "device_unreachable T2", "device_unreachable T3", "device_unreachable U1", "device_unreachable U2"),
			nil,
			[]string{"device/U1", "device/U2"},
			[]string{"T1", "T2", "U1"},
		},
		{"a router that is down comes before the one that lost the link to it", chain, alerts("device_unreachable LOW", "interface_down MID e2"), nil, []string{"device/LOW"}, []string{"LOW", "MID"}},
		{"a silent far end is to blame when what hangs on it alerts too", chain, alerts("interface_down UP e1", "device_unreachable LOW"), nil, []string{"device/MID"}, []string{"LOW", "UP"}},
		{"one leg explains only itself", pair, alerts("device_unreachable E1", "loss X"), nil, []string{"device/E1", "device/X"}, []string{"E1"}},
		{
			"both legs explain what is below", pair, alerts("device_unreachable E1", "device_unreachable E2", "device_unreachable X", "loss Y"), nil,
			[]string{"device/E1", "device/E2"},
			[]string{"E1", "X", "Y"},
		},
		{
			"both legs, one changed", pair, alerts("device_unreachable E1", "device_unreachable E2", "device_unreachable X"),
			[]configchange.Change{change("E2 system", -60, -30)},
			[]string{"device/E2", "device/E1"},
			[]string{"E2", "X"},
		},
		{"the last leg, hot, explains what stands on it alone", pair, alerts("device_unreachable E1", "congestion E2", "loss X"), nil, []string{"device/E2", "device/E1"}, []string{"E2", "X"}},
		{"a link named by both ends", linked, alerts("ospf_down CORE e1", "ospf_down AGG e1"), nil, []string{"link/AGG:e1<->CORE:e1"}, []string{"AGG", "CORE"}},
		{"not when one end is down", linked, alerts("interface_down CORE e1", "interface_down AGG e1", "device_unreachable AGG"), nil, []string{"device/AGG"}, []string{"AGG", "CORE"}},
		{
			"not when one end was changed", linked, alerts("ospf_down CORE e1", "ospf_down AGG e1"),
			[]configchange.Change{change("AGG ospf", -60, -30)},
			[]string{"device/AGG"},
			[]string{"AGG", "CORE"},
		},
		{
			"the far end was changed and says nothing", linked, alerts("interface_down CORE e1"),
			[]configchange.Change{change("AGG interfaces", -60, -30)},
			[]string{"device/AGG"},
			[]string{"CORE"},
		},
		{"a far end is not blamed for its silence", linked, alerts("congestion AGG e2"), nil, []string{"device/AGG"}, []string{"AGG"}},
		{"more than half of a site", site, alerts("device_unreachable M1", "device_unreachable M2"), nil, []string{"site/pop"}, []string{"M1", "M2"}},
		{"half of a site is not enough", site, alerts("device_unreachable N1"), nil, []string{"device/N1"}, []string{"N1"}},
		{
			"not when a device explains the same", network("U@p0", "M1@pop: all U", "M2@pop: all U"), alerts("device_unreachable M1", "device_unreachable M2"), nil,
			[]string{"device/U"},
			[]string{"M1", "M2"},
		},
		{
			"not when legs of one group fail together", legs, alerts("device_unreachable L1", "device_unreachable L2", "device_unreachable W"), nil,
			[]string{"device/L1", "device/L2"},
			[]string{"L1", "W"},
		},
		{
			"who is merely hot has not failed: the child that is down and was changed comes first",
			network("AGG@p0", "ACC@p1: all AGG"), alerts("congestion AGG", "device_unreachable ACC"),
			[]configchange.Change{change("ACC interfaces", -60, -30)},
			[]string{"device/ACC", "device/AGG"},
			[]string{"ACC"},
		},
		{
			"not when another child is down too, but it is a candidate with its evidence",
			network("AGG@p0", "A@p1: all AGG", "B@p2: all AGG"), alerts("loss AGG", "device_unreachable A", "device_unreachable B"),
			[]configchange.Change{change("A interfaces", -60, -30)},
			[]string{"device/AGG", "device/A"},
			[]string{"A", "AGG", "B"},
		},
		{
			"nor when the ancestor was changed as well",
			network("AGG@p0", "ACC@p1: all AGG"), alerts("congestion AGG", "device_unreachable ACC"),
			[]configchange.Change{change("ACC interfaces", -60, -30), change("AGG queues", -60, -30)},
			[]string{"device/AGG"},
			[]string{"ACC", "AGG"},
		},
		{
			"without a change, the hot ancestor explains the child",
			network("AGG@p0", "ACC@p1: all AGG"), alerts("congestion AGG", "device_unreachable ACC"), nil,
			[]string{"device/AGG"},
			[]string{"ACC", "AGG"},
		},
		{
			"a device that was changed comes before its site, whose other router is merely hot",
			network("M1@pop", "M2@pop", "M3@pop"), alerts("bgp_down M1", "dhcp_exhausted M2"),
			[]configchange.Change{change("M1 bgp", -60, -30)},
			[]string{"device/M1", "device/M2"},
			[]string{"M1"},
		},
		{
			"a change on one router of a site without power is no evidence", site, alerts("device_unreachable M1", "device_unreachable M2"),
			[]configchange.Change{change("M3 firewall", -60, -30)},
			[]string{"site/pop"},
			[]string{"M1", "M2"},
		},
		{
			"a silent far end, changed some time within an hour, comes before the one that tells of it", linked, alerts("ospf_down CORE e1"),
			[]configchange.Change{change("AGG ospf", -180, 3600)},
			[]string{"device/AGG"},
			[]string{"CORE"},
		},
		{
			"not for a change that cannot have done it", linked, alerts("ospf_down CORE e1"),
			[]configchange.Change{change("AGG users", -60, -30)},
			[]string{"device/CORE"},
			[]string{"CORE"},
		},
		{
			"nor for a day without sight", linked, alerts("ospf_down CORE e1"),
			[]configchange.Change{change("AGG ospf", -86400, 60)},
			[]string{"device/CORE"},
			[]string{"CORE"},
		},
		{
			"nor for one that is not the far end", network("U1", "U2", "X: any U1 U2", "X:e1 - U1:e1", "X:e2 - U2:e1"), alerts("interface_down X e2"),
			[]configchange.Change{change("U1 interfaces", -180, 3600)},
			[]string{"device/X"},
			[]string{"X"},
		},
		{
			"who is down and explains more comes before what is changed below it",
			network("RAD", "B1: all RAD", "B2: all RAD", "B3: all RAD", "B4: all RAD", "B5: all RAD", "B6: all RAD", "B7: all RAD"),
			alerts("device_unreachable RAD", "sessions_dropped B1", "sessions_dropped B2"),
			[]configchange.Change{change("B1 bgp", -60, -30)},
			[]string{"device/RAD"},
			[]string{"B1", "B2", "RAD"},
		},
		{
			"evidence that does not count tips no balance", network("RG", "MW: all RG", "R2: all MW", "RG:e1 - MW:e1"), alerts("interface_down RG e1", "device_unreachable MW", "device_unreachable R2"),
			[]configchange.Change{change("RG queues", -600, -540)},
			[]string{"device/MW"},
			[]string{"MW", "R2", "RG"},
		},
		{
			"but not before one in another trouble as well", linked, alerts("ospf_down CORE e1", "hardware CORE"),
			[]configchange.Change{change("AGG ospf", -180, 3600)},
			[]string{"device/CORE"},
			[]string{"CORE"},
		},
		{"of equals, a silent far end with what hangs on it comes before the one that only tells", network("UP@p0", "MID@p1: all UP", "LOW@p2: all MID", "UP:e1 - MID:e1"), alerts("interface_down UP e1", "device_unreachable LOW"), nil, []string{"device/MID"}, []string{"LOW", "UP"}},
		{
			"of those that say that they are down it is the one that explains most, whatever its name",
			network("CORE", "AGG: all CORE", "AHH: all CORE", "A1: all AGG", "A2: all AGG", "A3: all AGG", "A4: all AGG", "B1: all AHH", "B2: all AHH", "B3: all AHH", "B4: all AHH"),
			alerts("device_unreachable CORE", "device_unreachable AGG", "device_unreachable A1", "device_unreachable AHH", "device_unreachable B1"), nil,
			[]string{"device/CORE"},
			[]string{"A1", "AGG", "AHH", "B1", "CORE"},
		},
		{
			"of equal legs the one with more state evidence", network("E1@p0", "E2@p1", "X@p2: any E1 E2"), alerts("reboot E1", "device_unreachable E2", "device_unreachable X"), nil,
			[]string{"device/E2", "device/E1"},
			[]string{"E2", "X"},
		},
		{
			"a site below a busy silent router, which would not be blamed before one of its devices",
			network("UP", "A@pop: all UP", "B@pop: all UP", "C@pop: all UP", "D: all UP", "E: all UP", "F: all UP", "G: all UP"),
			alerts("device_unreachable A", "device_unreachable B", "device_unreachable C"), nil,
			[]string{"site/pop"},
			[]string{"A", "B", "C"},
		},
		{
			"an alert with interface and peer tells where another one with that interface leads, though no link is listed",
			network("AGG", "ACC: all AGG"),
			peers(alerts("ospf_down AGG e1"), "ACC", alerts("interface_down AGG e1", "device_unreachable ACC")...), nil,
			[]string{"device/ACC"},
			[]string{"ACC", "AGG"},
		},
		{
			"a port that lost a silent box, and all behind that box, tell of the box",
			network("BNG", "SW: all BNG", "O1: all SW", "O2: all SW", "BNG:e1 - SW:e1"), alerts("interface_down BNG e1", "device_unreachable O1", "device_unreachable O2"), nil,
			[]string{"device/SW"},
			[]string{"BNG", "O1", "O2"},
		},
		{
			"a cabinet without power: the one above only tells of its ports towards it",
			network("BNG@pop", "O1@cab: all BNG", "O2@cab: all BNG", "O3@other: all BNG", "BNG:e1 - O1:e1", "BNG:e2 - O2:e1"),
			alerts("interface_down BNG e1", "interface_down BNG e2", "device_unreachable O1", "device_unreachable O2"), nil,
			[]string{"site/cab"},
			[]string{"BNG", "O1", "O2"},
		},
		{"an uninventoried device is its own cause", tree, alerts("device_unreachable NEW"), nil, []string{"device/NEW"}, []string{"NEW"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			out := judge(t, c.inv).Judge(facts(c.alerts, c.changes...))
			require.Equal(t, c.want, names(out))
			require.Equal(t, c.explains, out.Candidates[0].Explains)
		})
	}
}

func TestLegsThatFallOneAfterTheOther(t *testing.T) {
	t.Parallel()
	j := judge(t, network("E1@p0", "E2@p1", "X@p2: any E1 E2"))
	at := func(spec string, from, to int) incident.Occurrence {
		o := alert(spec)
		o.StartsAt = after(from)
		if to > from {
			end := after(to)
			o.EndsAt = &end
		}
		return o
	}
	for _, c := range []struct {
		name   string
		alerts []incident.Occurrence
		want   []string
	}{
		{"both at once", []incident.Occurrence{at("device_unreachable E1", 0, 100), at("device_unreachable E2", 60, 0), at("loss X", 61, 0)}, []string{"device/E1", "device/E2"}},
		{"the first stood again before the second fell", []incident.Occurrence{at("device_unreachable E1", 0, 50), at("device_unreachable E2", 60, 0), at("loss X", 61, 0)}, []string{"device/E1", "device/E2", "device/X"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.want, names(j.Judge(facts(c.alerts))))
		})
	}
}

// TestALegLostInAnotherIncident: groups are evaluated against all that is down, whoever noticed it.
func TestALegLostInAnotherIncident(t *testing.T) {
	t.Parallel()
	j := judge(t, network("E1@p0", "E2@p1", "X@p2: any E1 E2", "Y@p3: all X", "E1:e1 - X:e1", "E2:e1 - X:e2"))
	f := facts(alerts("device_unreachable E2", "loss X", "loss Y"))
	require.Equal(t, []string{"device/X", "device/E2"}, names(j.Judge(f)), "the other leg stands")

	for _, down := range []string{"device_unreachable E1", "interface_down E1 e1"} {
		f.Elsewhere = alerts(down)
		require.Equal(t, []string{"device/E2"}, names(j.Judge(f)), down)
	}
	f.Elsewhere = alerts("loss E1")
	require.Equal(t, []string{"device/X", "device/E2"}, names(j.Judge(f)), "what is merely slow still stands")
}

func TestRollout(t *testing.T) {
	t.Parallel()
	inv := network("TOP@p0", "A@p1: all TOP", "B@p2: all TOP", "C@p3: all TOP")
	down := alerts("api_unreachable A", "api_unreachable B", "api_unreachable C")
	j := judge(t, inv)
	three := []configchange.Change{change("A firewall", -600, -540), change("B firewall", -300, -240), change("C firewall", -60, -10)}
	out := j.Judge(facts(down, three...))
	require.Equal(t, []string{"rollout/firewall@2026-03-10T11:50:00Z"}, names(out), "it beats an ancestor without evidence of its own")
	first := out.Candidates[0]
	require.Equal(t, []string{"A", "B", "C"}, first.Devices)
	require.Equal(t, "C firewall", first.Evidence[0].ConfigChangeID, "one piece, the best")
	for _, e := range first.Evidence[1:] {
		require.NotEqual(t, incident.EvidenceChange, e.Kind)
	}
	require.Equal(t, incident.Label, out.Label)

	out = j.Judge(facts(down, three[0], three[1]))
	require.Equal(t, []string{"device/TOP"}, names(out), "two are no roll-out")
	apart := change("C firewall", 3, 60)
	apart.NotBefore, apart.NotAfter = after(-1790), after(-1150) // 11:40:50, more than 10 min before B's end
	out = j.Judge(facts(down, three[0], three[1], apart))
	require.Equal(t, []string{"device/TOP"}, names(out), "the ends lie 15 min apart")
	after := []configchange.Change{change("A firewall", 60, 120), change("B firewall", 60, 120), change("C firewall", 60, 120)}
	out = j.Judge(facts(down, after...))
	require.Equal(t, []string{"device/TOP"}, names(out), "all of it came after the onset")
	out = judge(t, network("A@pop", "B@pop", "C@pop")).Judge(facts(down, three...))
	require.Equal(t, []string{"rollout/firewall@2026-03-10T11:50:00Z"}, names(out), "it beats the site as well")
	require.Equal(t, []string{"firewall"}, incident.Rollouts(three[:2]))
	require.Empty(t, incident.Rollouts(three[:1]))
}

func TestStateEvidence(t *testing.T) {
	t.Parallel()
	j := judge(t, network("EDGE@p0", "AGG@p1: all EDGE", "EDGE:e1 - AGG:e1", "EDGE:e2 - FAR:e1"))
	for _, c := range []struct {
		alerts []incident.Occurrence
		want   float64
	}{
		{alerts("interface_down AGG e1"), 10}, // on an uplink
		{alerts("interface_down EDGE e2"), 5},
		{alerts("ospf_down AGG"), 7},
		{alerts("reboot AGG"), 6},
		{alerts("loss AGG"), 3},
		{alerts("loss AGG a", "loss AGG b"), 6}, // from several probes
		{alerts("api_unreachable AGG"), 3},
		{alerts("nothing_we_know AGG"), 1},
		{peers(alerts("bgp_down EDGE"), "upstream-a"), 7},
		{peers(alerts("bgp_down EDGE"), "AGG"), 5},
	} {
		out := j.Judge(facts(c.alerts))
		e := out.Candidates[0].Evidence
		require.Len(t, e, 1, "%v", c.alerts[0].ID)
		require.InDelta(t, c.want, e[0].Weight, 0, "%v", c.alerts[0].ID)
		require.Equal(t, incident.EvidenceState, e[0].Kind)
	}
}

// peers gives these alerts a peer, and adds others that have none.
func peers(list []incident.Occurrence, peer string, others ...incident.Occurrence) []incident.Occurrence {
	for i := range list {
		list[i].Peer = peer
	}
	return append(list, others...)
}

// TestCoverHolds: whatever alerts, every candidate explains something, every alert of a device is
// explained, the order of the alerts does not matter, and judging again gives the same.
func TestCoverHolds(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 10).Draw(t, "devices")
		inv := topology.Inventory{}
		for i := range n {
			d := topology.Device{Name: fmt.Sprintf("R%d", i), Site: fmt.Sprintf("p%d", rapid.IntRange(0, 3).Draw(t, "site"))}
			if i > 0 {
				above := rapid.SliceOfNDistinct(rapid.IntRange(0, i-1), 0, min(2, i), rapid.ID).Draw(t, "above")
				var g topology.Group
				for _, a := range above {
					g.Any = append(g.Any, fmt.Sprintf("R%d", a))
					inv.Links = append(inv.Links, topology.Link{
						A: topology.End{Device: d.Name, Interface: fmt.Sprintf("up%d", a)}, B: topology.End{Device: fmt.Sprintf("R%d", a), Interface: "to" + d.Name},
					})
				}
				if len(above) > 0 {
					d.DependsOn = append(d.DependsOn, g)
				}
			}
			inv.Devices = append(inv.Devices, d)
		}
		var list []incident.Occurrence
		seen := map[string]bool{}
		for range rapid.IntRange(1, 8).Draw(t, "alerts") {
			spec := fmt.Sprintf("%s R%d up%d", rapid.SampledFrom([]string{"device_unreachable", "ospf_down", "loss"}).Draw(t, "symptom"),
				rapid.IntRange(0, n-1).Draw(t, "device"), rapid.IntRange(0, 2).Draw(t, "interface"))
			if !seen[spec] {
				seen[spec] = true
				list = append(list, alert(spec))
			}
		}
		var changes []configchange.Change
		for i := range rapid.IntRange(0, 4).Draw(t, "changes") {
			c := change(fmt.Sprintf("R%d bgp", rapid.IntRange(0, n-1).Draw(t, "changed")), -60*(i+1), -60*i)
			c.ID = fmt.Sprint("c", i)
			changes = append(changes, c)
		}
		weights, err := incident.LoadWeights()
		require.NoError(t, err)
		rules, err := incident.LoadRules()
		require.NoError(t, err)
		j := incident.Judge{Graph: topology.NewGraph(inv), Rules: rules, Weights: weights}
		out := j.Judge(facts(list, changes...))
		explained := map[string]bool{}
		for _, c := range out.Candidates {
			require.NotEmpty(t, c.Explains)
			for _, d := range c.Explains {
				explained[d] = true
			}
			for _, e := range c.Evidence {
				require.Positive(t, e.Weight)
			}
		}
		for _, o := range list {
			require.True(t, explained[o.Device], "%s is explained by nothing", o.Device)
		}
		require.Equal(t, out, j.Judge(facts(list, changes...)))
		shuffled := rapid.Permutation(list).Draw(t, "order")
		require.Equal(t, names(out), names(j.Judge(facts(shuffled, changes...))))
	})
}

func TestStanding(t *testing.T) {
	t.Parallel()
	inv := network("TOP@p0", "A@p1: all TOP", "B@p2: all TOP", "ELSE@p3", "TOP:e1 - A:e1", "TOP:e2 - B:e1")
	j := judge(t, inv)
	for _, c := range []struct {
		name  string
		going []incident.Occurrence
		late  string
		want  bool
	}{
		{"a consequence of what is down", alerts("device_unreachable TOP"), "loss A", true},
		{"another trouble of the cause itself", alerts("device_unreachable TOP"), "hardware TOP", false},
		{"something unrelated", alerts("device_unreachable TOP"), "loss ELSE", false},
		{"hot is not down", alerts("congestion TOP"), "loss A", false},
		{"a link down takes what hangs on it", alerts("interface_down TOP e1"), "device_unreachable A", true},
		{"and nothing else", alerts("interface_down TOP e1"), "device_unreachable B", false},
		{"deduced from what it took down", alerts("device_unreachable A", "device_unreachable B"), "loss B", true},
		{"over is over", resolved(alerts("device_unreachable TOP")), "loss A", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			onset, _ := incident.OnsetOf(c.going)
			late := alert(c.late)
			late.StartsAt = after(3 * 3600)
			standing, down := j.StandingOf(j.Judge(facts(c.going)), onset, c.going, j.DownIn(nil, c.going))
			require.Equal(t, c.want, down && standing.Takes(late, 2*time.Minute))
			late.StartsAt = after(-600)
			require.False(t, down && standing.Takes(late, 2*time.Minute), "what began long before is no consequence")
		})
	}
}

func resolved(list []incident.Occurrence) []incident.Occurrence {
	for i := range list {
		end := after(60)
		list[i].EndsAt = &end
	}
	return list
}

func TestGroup(t *testing.T) {
	t.Parallel()
	j := judge(t, network("TOP@p0", "A@p1: all TOP", "B@p2: all TOP", "C@p3: all TOP", "D@p5: all TOP", "ELSE@p4"))
	unit := func(second int, spec string) incident.Unit {
		o := alert(spec)
		o.StartsAt = after(second)
		return incident.Unit{Occurrences: []incident.Occurrence{o}, Span: o.Onset()}
	}
	window := 2 * time.Minute
	group := func(units ...incident.Unit) [][]int {
		return j.Group(units, incident.Facts{Lookback: 30 * time.Minute}, window)
	}
	require.Equal(t, [][]int{{0, 1, 2}, {3}}, group(unit(0, "device_unreachable A"), unit(110, "device_unreachable B"),
		unit(220, "device_unreachable C"), unit(0, "device_unreachable ELSE")), "one cause, each within two minutes of the one before")
	require.Equal(t, [][]int{{0, 1}, {2}}, group(unit(0, "device_unreachable A"), unit(0, "device_unreachable B"), unit(121, "device_unreachable C")),
		"a gap of more than the join window")
	require.Equal(t, [][]int{{0}, {1}}, group(unit(0, "device_unreachable A"), unit(0, "device_unreachable B")), "no cause explains both well")
}
