package metro

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ispvisualmonitor/ispvisualmonitor/lab/corpus"
)

// drawn are one scenario of every kind, as it was drawn.
func drawn(t *testing.T, seed uint64) []*drawer {
	t.Helper()
	var out []*drawer
	for _, s := range scripts {
		for try := 0; ; try++ {
			d := draw(stream(seed, fmt.Sprint(s.name, try)), s)
			if d.fair() {
				out = append(out, d)
				break
			}
			require.Less(t, try, 50, "%s is hardly ever fair", s.name)
		}
	}
	return out
}

// TestAlertsTellTheTruth: whatever fires speaks of something that really is so for as long as the rule
// waits, of a node that is in the plant, and leads back to the beginning by its own lag.
func TestAlertsTellTheTruth(t *testing.T) {
	t.Parallel()
	for _, d := range drawn(t, 7) {
		for which, sent := range d.sent {
			require.True(t, which == 0 || d.pair || len(sent) == 0, d.script.name)
			for _, o := range sent {
				require.Less(t, o.of, len(d.course.happenings), d.script.name)
				i := slices.IndexFunc(d.spells, func(s spell) bool {
					return s.of == o.of && s.kind == o.on && s.node == o.labels["device"] && s.from.Equal(o.began) &&
						slices.ContainsFunc(d.rules, func(x rule) bool { return fingerprintOf(x.labels(s.condition)) == fingerprintOf(o.labels) })
				})
				require.GreaterOrEqual(t, i, 0, "%s: %v is about nothing", d.script.name, o.labels)
				s := d.spells[i]
				require.True(t, o.fired.After(s.from), "%s: %v", d.script.name, o.labels)
				require.True(t, o.ended.After(s.until), "%s: %v", d.script.name, o.labels)
				x := d.rules[slices.IndexFunc(d.rules, func(x rule) bool { return x.name == o.labels["alertname"] })]
				lag := prometheus{scrape: d.scrape}.lagOf(x)
				require.LessOrEqual(t, o.fired.Sub(s.from), lag, "%s: %v", d.script.name, o.labels)
				require.GreaterOrEqual(t, o.fired.Sub(s.from), x.wait, "%s: %v", d.script.name, o.labels)
			}
		}
	}
}

// TestSilentNodesAreSilent: nothing fires for a node that nobody watches, and a node that cannot be
// reached says nothing of itself.
func TestSilentNodesAreSilent(t *testing.T) {
	t.Parallel()
	for _, d := range drawn(t, 8) {
		for _, s := range d.spells {
			if s.node == "" {
				continue
			}
			require.True(t, d.plant.node(s.node).watched, "%s: %v", d.script.name, s)
			reach := d.plant.reached(d.course.state(s.from, -1), d.plant.station)
			if s.kind != unreachable {
				require.True(t, reach[s.node], "%s: %v is told from out of reach", d.script.name, s)
			} else if d.plant.node(s.node).role != server {
				require.True(t, !reach[s.node] || d.course.state(s.from, -1).deaf[s.node], "%s: %v answers", d.script.name, s)
			}
		}
	}
}

// TestTruthNamesTheCause: the thing that was broken is among the answers, and everything that is named
// is in the inventory.
func TestTruthNamesTheCause(t *testing.T) {
	t.Parallel()
	for _, s := range scripts {
		d := draw(stream(9, s.name), s)
		for i := range d.course.happenings {
			h := d.course.happenings[i]
			if len(d.own(i)) == 0 || !h.alike {
				continue
			}
			alike := d.alike(i)
			for _, name := range slices.Concat(h.event.Causes, alike) {
				kind, name, _ := strings.Cut(name, "/")
				switch kind {
				case "device":
					require.Contains(t, d.plant.number, name)
				case "site":
					require.Contains(t, d.plant.sites(), name)
				case "link":
					require.True(t, slices.ContainsFunc(d.plant.cables, func(c cable) bool { return c.name() == name }), name)
				default:
					t.Errorf("%s: %s is nothing", s.name, kind)
				}
			}
		}
	}
}

// TestEveryNodeIsReachedWhenNothingIsBroken, and every node but the station's gateway can be lost.
func TestEveryNodeIsReachedWhenNothingIsBroken(t *testing.T) {
	t.Parallel()
	for seed := range uint64(20) {
		p := drawPlant(stream(seed, "plant"))
		require.Empty(t, p.conditions(newState()))
		reach := p.reached(newState(), p.station)
		for _, n := range p.nodes {
			require.True(t, reach[n.name], n.name)
			require.NotEmpty(t, p.cabled[n.name], n.name)
			for _, group := range n.hangsOn {
				for _, above := range group.of {
					require.Contains(t, p.number, above)
				}
			}
		}
	}
}

// TestCorpusIsVaried keeps the draw from degenerating.
func TestCorpusIsVaried(t *testing.T) {
	t.Parallel()
	var events, byChange, arguable, severalCauses, alone, loose, dated int
	scenarios := Generated(corpus.Seed, 2)
	for _, s := range scenarios {
		loose += len(s.Truth.Loose)
		for _, e := range s.Truth.Events {
			events++
			byChange += count(e.ByChange() && !e.Arguable)
			arguable += count(e.Arguable)
			severalCauses += count(len(e.Causes) > 1)
			alone += count(len(e.Alerts) == 1)
			dated += count(!e.Began.IsZero())
			require.Less(t, len(e.Causes), 8, "%s: %s: a truth that accepts everything", s.Name, e.Name)
		}
	}
	require.Greater(t, events, len(scenarios))
	require.Greater(t, byChange, events/4)
	require.Less(t, arguable, events/4)
	require.Less(t, severalCauses, events/2)
	require.Less(t, alone, events*2/3)
	require.Positive(t, loose)
	require.Greater(t, dated, events/2)
}

func count(is bool) int {
	if is {
		return 1
	}
	return 0
}

// TestControlsKeepTheOutage: in a control the same alerts come at the same times, and no change is
// behind them.
func TestControlsKeepTheOutage(t *testing.T) {
	t.Parallel()
	one, other := Generated(3, 1), Controls(3, 1)
	for i := range one {
		require.Equal(t, one[i].Name, other[i].Name)
		require.Len(t, other[i].Truth.Events, len(one[i].Truth.Events))
		for j, e := range other[i].Truth.Events {
			require.Equal(t, one[i].Truth.Events[j].Alerts, e.Alerts)
			require.Equal(t, one[i].Truth.Events[j].Began, e.Began)
			require.Empty(t, e.Changes)
			require.False(t, e.Arguable)
		}
		require.Equal(t, webhooks(t, one[i]), webhooks(t, other[i]), one[i].Name)
	}
}

func webhooks(t *testing.T, s corpus.Scenario) []string {
	t.Helper()
	timeline, err := s.Timeline()
	require.NoError(t, err)
	return slices.DeleteFunc(strings.Split(string(timeline), "\n"), func(l string) bool { return !strings.Contains(l, `"type":"webhook"`) })
}

// chain is station – a – b – c, with a second way from a to c if it is a ring.
func chain(closed bool) *plant {
	p := &plant{number: map[string]int{}, cabled: map[string][]cable{}, station: "s"}
	p.add("s", "dc", gateway)
	p.hung("a", "x", ring, "s")
	p.hung("b", "y", ring, "a")
	p.hung("c", "z", ring, "b")
	if closed {
		p.join("a", "c")
	}
	return p
}

func told(cs []condition) []string {
	var out []string
	for _, c := range cs {
		out = append(out, strings.TrimSuffix(fmt.Sprintf("%s %s %s", c.kind, c.node, c.peer), " "))
	}
	slices.Sort(out)
	return out
}

func TestConditions(t *testing.T) {
	t.Parallel()
	open, closedRing := chain(false), chain(true)
	for _, c := range []struct {
		name  string
		plant *plant
		what  effect
		want  []string
	}{
		{"a dead node", open, kill("b"), []string{"adjacency a b", "carrier a b", "unreachable b", "unreachable c"}},
		{"a dead node of a ring", closedRing, kill("b"), []string{"adjacency a b", "adjacency c b", "carrier a b", "carrier c b", "unreachable b"}},
		{"a cut in a chain", open, cutting(open.between("b", "c")), []string{"adjacency b c", "carrier b c", "unreachable c"}},
		{"a cut in a ring", closedRing, cutting(closedRing.between("b", "c")), []string{"adjacency b c", "adjacency c b", "carrier b c", "carrier c b"}},
		{"a ring cut twice", closedRing, both(cutting(closedRing.between("b", "c")), cutting(closedRing.between("a", "c"))), []string{"adjacency a c", "adjacency b c", "carrier a c", "carrier b c", "unreachable c"}},
		{"no routes", closedRing, unroute(closedRing.between("b", "c")), []string{"adjacency b c", "adjacency c b"}},
		{"a port that is shut tells nothing itself", closedRing, shutting(closedRing.between("b", "c").a), []string{"adjacency b c", "adjacency c b", "carrier c b"}},
		{"a node that forwards nothing", open, idle("b"), []string{"unreachable c"}},
		{"a node that answers nobody", open, deafen("b"), []string{"unreachable b"}},
		{"a node without management", open, closeUp("b"), []string{"closed b"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.want, told(c.plant.conditions(with(c.what))))
		})
	}
}

// TestQuorum: an application server needs two of three others, whichever they are.
func TestQuorum(t *testing.T) {
	t.Parallel()
	p := drawPlant(stream(1, "quorum"))
	require.Equal(t, []string{"unreachable db1"}, serversOf(p, kill("db1")))
	require.Equal(t, []string{"unreachable db1", "unreachable db3", "unreachable prov1"}, serversOf(p, kill("db1", "db3")))
	one := told(p.conditions(with(kill("radius1"))))
	require.NotContains(t, strings.Join(one, "\n"), "subscribers")
	both := told(p.conditions(with(kill("radius1", "radius2"))))
	require.Contains(t, both, "subscribers r1-bng1")
}

func serversOf(p *plant, what effect) []string {
	return slices.DeleteFunc(told(p.conditions(with(what))), func(s string) bool {
		return !strings.HasPrefix(s, "unreachable db") && !strings.HasPrefix(s, "unreachable prov")
	})
}

// TestCourse: what needs two failures belongs to the later one, and outlives neither.
func TestCourse(t *testing.T) {
	t.Parallel()
	p := chain(true)
	at := time.Date(2026, 11, 17, 12, 0, 0, 0, time.UTC)
	during := func(from, until int, what effect) happening {
		return happening{phases: []phase{{at.Add(time.Duration(from) * time.Minute), at.Add(time.Duration(until) * time.Minute), what}}}
	}
	c := course{plant: p, happenings: []happening{during(0, 60, cutting(p.between("b", "c"))), during(30, 40, cutting(p.between("a", "c")))}}
	var got []string
	for _, s := range c.spells() {
		got = append(got, fmt.Sprintf("%d %s %s %d-%d", s.of, s.kind, s.node, int(s.from.Sub(at).Minutes()), int(s.until.Sub(at).Minutes())))
	}
	slices.Sort(got)
	require.Equal(t, []string{
		"0 adjacency b 0-60", "0 adjacency c 0-30", "0 adjacency c 40-60", "0 carrier b 0-60", "0 carrier c 0-30", "0 carrier c 40-60",
		"1 adjacency a 30-40", "1 carrier a 30-40", "1 unreachable c 30-40",
	}, got)
}

func TestStates(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 17, 12, 0, 0, 0, time.UTC)
	edits := []edit{{node: "a", category: "bgp", at: at}, {node: "a", category: "bgp", at: at.Add(time.Hour), back: true}, {node: "b", category: "bgp", at: at}}
	state := states(edits, "a", "bgp")
	for after, want := range map[time.Duration]int{-time.Second: 0, 0: 1, time.Minute: 1, time.Hour: 0} {
		got, _ := state(at.Add(after))
		require.Equal(t, want, got, after)
	}
}
