package replay_test

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The timelines in testdata/letter try one sentence each of what correlation promises. What must come
// out was computed by hand from the sentence, not taken from a run: see the formulas at the end.

// fact is what stands at a path into the document that replay prints. A path goes through objects by
// key and through lists by index; `#` is a list's length, and `key=value` keeps a list's objects that
// have it.
type fact struct {
	path string
	want any
}

// says is a text of which a fact wants a part.
type says string

const (
	label    = "Possible change-related outage"
	first    = "incidents.0.candidates.0."
	suspects = first + "evidence.kind=config_change."
	suspect  = suspects + "0."
)

var letter = []struct {
	timeline string
	sentence string
	facts    []fact
}{
	// Change evidence.
	{"change-before-onset", "a change that lies before the onset has precedence 1 and decays by its mean distance", []fact{
		{suspect + "terms.base", 8.0},
		{suspect + "terms.precedence", 1.0},
		{suspect + "terms.time_decay", decay(1.5, 30)}, // 11:57:30 on average, onset from 11:59
		{suspect + "terms.category_affinity", 1.0},
		{suspect + "terms.topology_proximity", 1.0},
		{suspect + "weight", 8 * decay(1.5, 30)},
		{"incidents.0.label", label},
		{"incidents.0.onset_not_before", "2026-03-10T11:59:00Z"},
		{"incidents.0.onset_not_after", "2026-03-10T12:00:00Z"},
	}},
	{"change-straddles-onset-end", "p is the share that lies before the onset's end; within the onset nothing decays", []fact{
		{suspect + "terms.precedence", precedence(0.5)},
		{suspect + "terms.time_decay", 1.0},
		{suspect + "weight", 8 * precedence(0.5)},
		{"incidents.0.label", label},
	}},
	{"change-straddles-look-back", "p leaves out what lies more than the look-back before the onset's start", []fact{
		{suspect + "terms.precedence", precedence(11.5 / 20)},          // 11:28:30 to 11:40 of 11:20 to 11:40
		{suspect + "terms.time_decay", (0.2 + decay(18.5, 30)) / 2},    // from the end of the look-back to 11:40
		{suspect + "weight", 8 * precedence(0.575) * decay(24.25, 30)}, // the mean of a line is its middle
	}},
	{"look-back-of-the-tenant", "the look-back is the tenant's", []fact{
		{suspect + "terms.precedence", precedence(4.0 / 12)}, // 11:48 to 11:52 of 11:40 to 11:52
		{suspect + "terms.time_decay", decay(8, 10)},
	}},
	{"change-after-onset", "all of it after the onset is never a suspect", []fact{
		{"config_changes.#", 1},
		{suspects + "#", 0},
		{"incidents.0.label", nil},
	}},
	{"day-without-sight", "a day without sight weighs little", []fact{
		{suspect + "terms.precedence", precedence(32.0 / 1442)},
		{suspect + "terms.time_decay", (30*0.6 + 2*1) / 32},
		{suspect + "weight", 8 * precedence(32.0/1442) * 20 / 32},
		{"incidents.0.label", nil},
		{"incidents.0.unknowns.#", atLeast(1)},
	}},
	{"wide-interval-is-told", "an interval that overlaps the onset and is wider than two polls is told", []fact{
		{suspect + "terms.precedence", precedence(31.0 / 34)}, // 11:29 to 12:00 of 11:29 to 12:03
		{suspect + "terms.time_decay", (29*(1+decay(29, 30))/2 + 2*1) / 31},
		{"incidents.0.unknowns.#", 1},
		{"incidents.0.unknowns.0", says("between 11:29:00 and 12:03:00")},
	}},
	{"skew-is-told", "clock skew is told", []fact{
		{"incidents.0.unknowns.#", 1},
		{"incidents.0.unknowns.0", says("clock")},
		{"incidents.0.unknowns.0", says("3 min ahead")},
	}},
	{"change-that-repaired", "a change that follows the onset and precedes the recovery may be a fix, never a cause", []fact{
		{"config_changes.#", 1},
		{suspects + "#", 0},
		{"incidents.0.label", nil},
	}},
	{"affinity-best-of-several", "of several alerts the best affinity counts", []fact{
		{suspect + "terms.category_affinity", 1.0}, // services for the API, 0.1 for BGP
	}},
	{"affinity-of-other", "the affinity of what no table knows is 0.5 throughout", []fact{
		{suspect + "terms.category_affinity", 0.5},
		{suspect + "weight", 8 * 0.5 * decay(1.5, 30)},
	}},
	{"proximity", "0.7 for each dependency step, 0 for an unrelated device", []fact{
		{first + "name", "A"}, // one leg of two explains only itself
		{suspects + "#", 2},
		{suspects + "0.terms.topology_proximity", 0.7},
		{suspects + "1.terms.topology_proximity", 0.49},
	}},
	{"planned-and-told", "that a change was planned never lowers its weight; the text names category, device, interval, actor and properties", []fact{
		{"config_changes.0.planned_change_id", "CHG-1"},
		{"config_changes.0.actor.user", "ops1"},
		{"config_changes.0.summary", []string{`/routing/bgp/connection upstream-a: input.filter "in-a" → "in-b"`}},
		{suspect + "weight", 8 * decay(1.5, 30)},
		{suspect + "text", says("BGP")},
		{suspect + "text", says("of A")},
		{suspect + "text", says("between 11:57:00 and 11:58:00")},
		{suspect + "text", says("by ops1")},
		{suspect + "text", says(`input.filter "in-a" → "in-b"`)},
		{"incidents.0.explanation", says("ops1")},
		{"notifications.0.kind", "opened"}, // the window was over
	}},
	{"label-at-a-quarter", "the label wants one piece of 0.25 N", []fact{
		{suspect + "weight", 8 * 0.4 * decay(13.5, 30)}, // 2.048
		{"incidents.0.label", label},
		{"incidents.1.candidates.0.evidence.kind=config_change.0.weight", 8 * 0.4 * decay(15, 30)}, // 1.92
		{"incidents.1.label", nil},
	}},
	{"several-changes-ranked", "several changes in the look-back are ranked by weight", []fact{
		{suspects + "#", 3},
		{suspects + "0.weight", 8 * 0.7 * decay(8.5, 30)}, // firewall at 11:50
		{suspects + "1.weight", 8 * decay(18.5, 30)},      // bgp at 11:40
		{suspects + "2.weight", 8 * 0.1 * decay(2.5, 30)}, // users at 11:56
	}},

	// Candidates.
	{"one-leg-of-any", "one leg of an any group explains only itself while the other stands", []fact{
		{"incidents.#", 2},
		{"incidents.0.candidates.0.explains", []string{"E1"}},
		{"incidents.1.candidates.0.explains", []string{"CORE"}},
	}},
	{"both-legs-of-any", "both legs down together explain what is below, which is then impacted, not a cause", []fact{
		{"incidents.#", 1},
		{"incidents.0.candidates.#", 2},
		{"incidents.0.candidates.0.name", "E1"},
		{"incidents.0.candidates.0.role", "primary"},
		{"incidents.0.candidates.0.explains", []string{"ACC", "CORE", "E1"}},
		{"incidents.0.candidates.1.name", "E2"},
		{"incidents.0.candidates.1.role", "contributing"},
		{"incidents.0.candidates.1.explains", []string{"ACC", "CORE", "E2"}},
	}},
	{"legs-in-any-order", "and in whatever order they are heard", []fact{
		{"incidents.#", 1},
		{"incidents.0.opened_at", "2026-03-10T12:01:00Z"},
		{first + "name", "E1"}, // E1 and E2 explain as much; E1 was changed
		{first + "explains", []string{"CORE", "E1"}},
		{suspect + "weight", 8.0}, // 11:58 to 11:59 lies within the onset
		{"incidents.0.label", label},
	}},
	{"downstream-is-no-cause", "a device that is merely downstream is impacted, never a cause", []fact{
		{"incidents.#", 1},
		{"incidents.0.candidates.#", 1},
		{first + "name", "CORE"},
		{first + "explains", []string{"ACC1", "AGG", "CORE"}},
	}},
	{"k-of-n", "of a k-of-n group k must stand", []fact{
		{"incidents.#", 1},
		{"incidents.0.candidates.#", 2},
		{"incidents.0.candidates.0.explains", []string{"C1", "R"}},
		{"incidents.0.candidates.1.explains", []string{"C3", "R"}},
	}},
	{"all-of", "of an all group one is enough", []fact{
		{"incidents.#", 1},
		{"incidents.0.candidates.#", 1},
		{first + "name", "C1"},
		{first + "explains", []string{"C1", "R"}},
	}},
	{"hot-is-not-down", "only who is unreachable or rebooted is down where dependency groups ask", []fact{
		{"incidents.#", 3},
		{"incidents.2.candidates.0.name", "CORE"},
	}},
	{"silence-costs-half", "each silent device of the impact takes 0.5 of an explained one", []fact{
		{"incidents.#", 2}, // 2 − 0.5·8 is less than 1
		{first + "name", "L1"},
	}},
	{"silence-of-a-changed-one", "only 0.1 where the candidate has change evidence of its own", []fact{
		{"incidents.#", 1}, // 2 − 0.1·8 is more than 1
		{first + "name", "UP"},
		{first + "explains", []string{"L1", "L2"}},
		{suspect + "terms.topology_proximity", 1.0},
		{"incidents.0.label", label},
	}},
	{"link-named-by-both-ends", "a link is a candidate when alerts of both its ends name it", []fact{
		{"incidents.#", 1},
		{"incidents.0.candidates.#", 1},
		{first + "kind", "link"},
		{first + "devices", []string{"A", "B"}},
		{first + "explains", []string{"A", "B"}},
	}},
	{"link-with-a-changed-end", "and neither end is changed", []fact{
		{"incidents.#", 1},
		{first + "kind", "device"},
		{first + "name", "A"},
		{first + "explains", []string{"A", "B"}}, // the far end's alert as well
	}},
	{"link-with-an-end-down", "and neither end is down", []fact{
		{"incidents.#", 1},
		{first + "kind", "device"},
		{first + "name", "B"},
		{first + "explains", []string{"A", "B"}},
	}},
	{"far-end-by-peer", "an alert whose peer names another device is explained by that one as well", []fact{
		{first + "name", "B"},
		{first + "explains", []string{"A"}},
		{suspect + "terms.topology_proximity", 1.0},
		{"incidents.0.label", label},
	}},
	{"change-that-cannot-cause-it", "the candidate that explains most comes first, whoever was changed in a way that cannot cause it", []fact{
		{"incidents.0.candidates.#", 1},
		{first + "name", "X"}, // 1; its uplinks 1 − 0.5, since they say nothing
		{suspects + "#", 1},
		{suspect + "weight", 8 * 0.1 * 0.7 * decay(1.5, 30)},
		{"incidents.0.label", nil},
	}},
	{"site-by-more-than-half", "a site is a candidate only when more than half of its devices alert", []fact{
		{"incidents.#", 3}, // three of POP1's four; two of POP2's four
		{first + "kind", "site"},
		{first + "name", "POP1"},
		{first + "explains", []string{"A", "B", "C"}},
		{"incidents.1.candidates.0.kind", "device"},
		{"incidents.2.candidates.0.kind", "device"},
	}},
	{"site-explained-by-a-device", "and no device explains the same set", []fact{
		{"incidents.#", 1},
		{"incidents.0.candidates.#", 1},
		{first + "kind", "device"},
		{first + "name", "A"},
	}},
	{"roll-out", "a roll-out has one piece of change evidence, the best, and the name category@earliest not_before", []fact{
		{"incidents.#", 1},
		{first + "kind", "rollout"},
		{first + "name", "bgp@2026-03-10T11:50:00Z"},
		{first + "devices", []string{"A", "B", "C"}},
		{suspects + "#", 1},
		{suspect + "weight", 8 * decay(3.5, 30)}, // C's, at 11:54:30 on average
	}},
	{"no-roll-out-beyond-ten-minutes", "the intervals' ends lie within 10 min", []fact{
		{"incidents.#", 3},
		{first + "kind", "device"},
	}},

	// Incidents.
	{"join-window", "an alert joins when the gap to the span of onsets is at most the join window", []fact{
		{"incidents.#", 3}, // a gap of 120 s, and one of 121 s
		{"incidents.0.alerts.device=A1.#", 1},
		{"incidents.0.alerts.#", 2},
	}},
	{"late-consequence-of-what-is-down", "while the first candidate is down, not merely hot, what it takes with it joins however late", []fact{
		{"incidents.#", 3},
		{"incidents.0.alerts.#", 2},
		{"incidents.1.alerts.#", 1},
		{"incidents.2.alerts.0.device", "Z1"},
	}},
	{"late-consequence-of-a-link", "so does what a link takes with it that is still down", []fact{
		{"incidents.#", 1},
		{first + "kind", "link"},
		{first + "explains", []string{"A", "B", "C"}},
	}},
	{"chronic-alert", "a chronic alert of a device does not swallow its next outage", []fact{
		{"incidents.#", 2},
		{"incidents.0.alerts.#", 1},
		{"incidents.1.alerts.#", 2},
		{"incidents.1.candidates.0.name", "A"},
		{"incidents.1.label", label},
	}},
	{"merged-into-the-older", "two incidents that prove to be one are merged, the older surviving", []fact{
		{"incidents.#", 1},
		{"incidents.0.opened_at", "2026-03-10T12:00:05Z"},
		{"incidents.0.merged_from.#", 1},
		{"incidents.0.alerts.#", 3},
		{first + "name", "UP"},
		{"notifications.#", 2}, // one each, before UP was heard
	}},
	{"cool-down-and-reopening", "an incident closes 5 min after endsAt, and the same alert within 30 min reopens it", []fact{
		{"incidents.#", 1},
		{"incidents.0.state", "open"},
		{"incidents.0.reopened", 1},
		{"incidents.0.closed_at", nil},
		{"incidents.0.alerts.#", 2},
		{"notifications.#", 3},
		{"notifications.1.kind", "closed"},
		{"notifications.1.at", "2026-03-10T12:10:00Z"},
		{"notifications.2.kind", "opened"},
		{"notifications.2.at", "2026-03-10T12:39:55Z"},
	}},
	{"no-reopening-after-thirty-minutes", "after that it opens its own", []fact{
		{"incidents.#", 2},
		{"incidents.0.state", "closed"},
		{"incidents.0.closed_at", "2026-03-10T12:10:00Z"},
		{"incidents.0.reopened", 0},
		{"incidents.1.opened_at", "2026-03-10T12:41:00Z"},
	}},
	{"over-when-first-heard", "an occurrence that was over when first heard of is recorded, not paged", []fact{
		{"incidents.#", 1},
		{"incidents.0.state", "closed"},
		{"incidents.0.alerts.0.ends_at", "2026-03-10T12:05:00Z"},
		{"notifications.#", 0},
	}},
	{"pairs-retries-repeats", "Alertmanager pairs, retries and repeats change nothing", []fact{
		{"incidents.#", 1},
		{"incidents.0.alerts.#", 1},
		{"incidents.0.state", "closed"},
		{"incidents.0.reopened", 0},
		{"notifications.#", 2},
		{"notifications.1.at", "2026-03-10T12:10:00Z"},
	}},
	{"split-is-respected", "later correlation respects what an operator split", []fact{
		{"incidents.#", 2},
		{"incidents.0.alerts.#", 2},
		{"incidents.0.acknowledged.by", "ana"},
		{"incidents.0.acknowledged.at", "2026-03-10T12:02:00Z"},
		{"incidents.0.acknowledged.until", "2026-03-10T16:00:00Z"},
		{"incidents.1.alerts.0.device", "C1"},
		{"incidents.1.acknowledged", nil},
	}},

	// Config changes.
	{"several-eyes", "what several eyes see is one change with the narrower interval", []fact{
		{"config_changes.#", 1},
		{"config_changes.0.not_before", "2026-03-10T12:00:20Z"},
		{"config_changes.0.not_after", "2026-03-10T12:00:50Z"},
		{"config_changes.0.old_fingerprint", "aaaaaaaaaaaa"},
		{"config_changes.0.new_fingerprint", "bbbbbbbbbbbb"},
	}},
	{"there-and-back", "a change and its return are two; a failed reading, 12 digits, upper case and the category all are none", []fact{
		{"config_changes.#", 2},
		{"config_changes.0.not_after", "2026-03-10T12:01:00Z"},
		{"config_changes.1.not_before", "2026-03-10T12:01:00Z"},
		{"config_changes.1.not_after", "2026-03-10T12:03:00Z"},
		{"config_changes.1.new_fingerprint", "aaaaaaaaaaaa"},
	}},
	{"allowlist-baseline", "a new version of the allowlist is a baseline on either road, and no change", []fact{
		{"config_changes.#", 1},
		{"config_changes.0.not_before", "2026-03-10T12:02:05Z"},
		{"config_changes.0.not_after", "2026-03-10T12:02:45Z"},
		{"config_changes.0.old_fingerprint", "bbbbbbbbbbbb"},
	}},
	{"planned-by-overlap", "a config change is planned when its interval overlaps a change in scope, the earliest-starting of several", []fact{
		{"config_changes.0.planned_change_id", "CHG-EARLY"},
		{"config_changes.0.in_blackout_id", "FREEZE"},
		{"config_changes.0.actor", map[string]any{}},
		{"config_changes.0.summary", []string{}},
	}},

	// Windows and notifications.
	{"window-overrun", "instead of opened when a window ends and an incident of it still fires", []fact{
		{"incidents.0.during_maintenance_id", "MW"},
		{"incidents.0.alerts.0.suppressed", true},
		{"notifications.#", 2},
		{"notifications.0.kind", "window_overrun"},
		{"notifications.0.at", "2026-03-10T13:00:00Z"},
		{"notifications.1.kind", "closed"},
		{"notifications.1.at", "2026-03-10T13:06:00Z"},
	}},
	{"change-completed-early", "a change is active to its completion", []fact{
		{"incidents.0.during_change_id", "CHG"},
		{"notifications.#", 1},
		{"notifications.0.kind", "window_overrun"},
		{"notifications.0.at", "2026-03-10T12:30:00Z"},
	}},
	{"began-in-the-window", "during is told by startsAt, suppression by the arrival", []fact{
		{"incidents.0.during_maintenance_id", "MW"},
		{"incidents.0.alerts.0.suppressed", false},
		{"notifications.#", 1},
		{"notifications.0.kind", "opened"},
	}},
	{"start-before-line", "timers fire before a line of the same instant", []fact{
		{"incidents.0.alerts.0.suppressed", true},
		{"notifications.#", 0},
	}},
	{"end-before-closing", "a window that ends when its incident closes has nothing to tell", []fact{
		{"incidents.0.closed_at", "2026-03-10T13:00:00Z"},
		{"notifications.#", 0},
	}},
	{"critical-passes-after-the-delay", "opened comes notify_delay after the first unsuppressed alert, even where the incident is older", []fact{
		{"incidents.#", 1},
		{"incidents.0.alerts.alertname=PacketLoss.0.suppressed", true},
		{"incidents.0.alerts.alertname=BGPSessionDown.0.suppressed", false},
		{"notifications.#", 1},
		{"notifications.0.kind", "opened"},
		{"notifications.0.at", "2026-03-10T12:02:00Z"},
	}},
	{"silenced-until-repeated", "what Alertmanager says is silenced is suppressed, and an unsuppressed repeat clears that", []fact{
		{"incidents.0.opened_at", "2026-03-10T12:00:10Z"},
		{"incidents.0.alerts.0.suppressed", false},
		{"notifications.#", 1},
		{"notifications.0.at", "2026-03-10T12:01:10Z"},
	}},
	{"absent-from-a-running-one", "absence is a resolution when that Alertmanager has been up since before the last sight", []fact{
		{"incidents.0.state", "closed"},
		{"incidents.0.alerts.0.ends_at", "2026-03-10T12:03:00Z"},
		{"incidents.0.closed_at", "2026-03-10T12:08:00Z"},
	}},
	{"absent-after-a-restart", "and is none after a restart", []fact{
		{"incidents.#", 2},
		{"incidents.0.state", "open"},
		{"incidents.1.state", "open"},
	}},
	{"evidence-after-opened", "evidence when the label first appears after opened", []fact{
		{"incidents.0.label", label},
		{"notifications.#", 2},
		{"notifications.1.kind", "evidence"},
		{"notifications.1.at", "2026-03-10T12:02:00Z"},
	}},
	{"tenants-apart", "everything belongs to exactly one tenant", []fact{
		{"config_changes.#", 2},
		{"incidents.#", 2},
		{"incidents.0.tenant", "alpha"},
		{"incidents.0.during_maintenance_id", "MW"},
		{"incidents.1.tenant", "beta"},
		{"incidents.1.during_maintenance_id", nil},
		{"incidents.1.candidates.0.evidence.kind=config_change.0.terms.base", 4.0},
		{"notifications.#", 1},
	}},
}

func TestLetter(t *testing.T) {
	t.Parallel()
	named := map[string]bool{}
	for _, c := range letter {
		named[c.timeline] = true
		t.Run(c.timeline, func(t *testing.T) {
			t.Parallel()
			timeline, err := os.ReadFile(filepath.Join("testdata", "letter", c.timeline+".jsonl"))
			require.NoError(t, err)
			raw := run(t, timeline)
			require.Equal(t, raw, run(t, timeline), "the same input must give the same output, byte for byte")
			checkEvidence(t, decode(t, raw))

			var document any
			require.NoError(t, json.Unmarshal(raw, &document))
			for _, f := range c.facts {
				f.check(t, document, c.sentence)
			}
		})
	}
	files, err := filepath.Glob("testdata/letter/*.jsonl")
	require.NoError(t, err)
	for _, path := range files {
		require.True(t, named[strings.TrimSuffix(filepath.Base(path), ".jsonl")], "%s states no facts", path)
	}
}

// atLeast is a number that a fact wants or a greater one.
type atLeast float64

func (f fact) check(t *testing.T, document any, sentence string) {
	t.Helper()
	got, found := lookUp(document, strings.Split(f.path, "."))
	require.True(t, found, "%s: nothing at %s", sentence, f.path)
	switch want := f.want.(type) {
	case int:
		require.EqualValues(t, want, got, "%s: %s", sentence, f.path)
	case float64:
		require.IsType(t, want, got, "%s: %s", sentence, f.path)
		require.LessOrEqual(t, math.Abs(want-got.(float64)), 5e-4, "%s: %s is %v, want %v", sentence, f.path, got, want)
	case atLeast:
		require.GreaterOrEqual(t, got, float64(want), "%s: %s", sentence, f.path)
	case says:
		require.Contains(t, got, string(want), "%s: %s", sentence, f.path)
	case []string:
		list := []string{}
		for _, item := range got.([]any) {
			list = append(list, item.(string))
		}
		require.Equal(t, want, list, "%s: %s", sentence, f.path)
	default:
		require.Equal(t, want, got, "%s: %s", sentence, f.path)
	}
}

func lookUp(at any, path []string) (any, bool) {
	if len(path) == 0 {
		return at, true
	}
	step, rest := path[0], path[1:]
	switch node := at.(type) {
	case map[string]any:
		next, found := node[step]
		if !found {
			return nil, false
		}
		return lookUp(next, rest)
	case []any:
		if step == "#" {
			return float64(len(node)), true
		}
		if key, value, filters := strings.Cut(step, "="); filters {
			return lookUp(slices.DeleteFunc(slices.Clone(node), func(item any) bool {
				return item.(map[string]any)[key] != value
			}), rest)
		}
		i, err := strconv.Atoi(step)
		if err != nil || i >= len(node) {
			return nil, false
		}
		return lookUp(node[i], rest)
	default:
		return nil, false
	}
}

// precedence of a change of whose interval the share p can have come before.
func precedence(p float64) float64 { return 5 * p / (5*p + 1 - p) }

// decay so many minutes before the onset, of a look-back of so many minutes: from 1 to 0.2.
func decay(before, lookback float64) float64 { return 1 - 0.8*before/lookback }
