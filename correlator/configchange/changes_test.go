package configchange_test

import (
	"cmp"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/configchange"
)

var noon = time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)

// seen is one sighting: seconds after noon, one letter for the fingerprint.
type seen struct {
	second  int
	letter  string
	stream  string
	version int
	delay   int // seconds from the sighting to its arrival
}

// history places sightings in the order given and returns the runs of all streams.
func history(sightings []seen) []configchange.Run {
	byStream := map[string][]configchange.Run{}
	ids := 0
	for _, s := range sightings {
		o := configchange.Observation{
			Stream:     configchange.Stream{Device: "EDGE1", Category: "bgp", Source: s.stream},
			ObservedAt: noon.Add(time.Duration(s.second) * time.Second), Fingerprint: s.letter, AllowlistVersion: s.version,
			Delay: time.Duration(s.delay) * time.Second,
		}
		p := configchange.Place(byStream[s.stream], o, func() string { ids++; return fmt.Sprint("run-", ids) })
		byStream[s.stream] = p.Runs
	}
	var runs []configchange.Run
	for _, list := range byStream {
		runs = append(runs, list...)
	}
	slices.SortFunc(runs, func(a, b configchange.Run) int {
		return cmp.Or(configchange.CompareStreams(a.Stream, b.Stream), a.FirstSeen.Compare(b.FirstSeen))
	})
	return runs
}

// changes writes derived changes as "A→B (0,60]".
func changes(sightings []seen) []string {
	var out []string
	for _, c := range configchange.Derive(history(sightings)) {
		out = append(out, fmt.Sprintf("%s→%s (%d,%d]", c.OldFingerprint, c.NewFingerprint,
			int(c.NotBefore.Sub(noon).Seconds()), int(c.NotAfter.Sub(noon).Seconds())))
	}
	return out
}

func TestDerive(t *testing.T) {
	t.Parallel()
	one := func(letters string, seconds ...int) []seen {
		var out []seen
		for i, s := range seconds {
			out = append(out, seen{second: s, letter: string(letters[i])})
		}
		return out
	}
	on := func(stream string, list []seen) []seen {
		for i := range list {
			list[i].stream = stream
		}
		return list
	}
	versions := func(list []seen, v ...int) []seen {
		for i := range list {
			list[i].version = v[i]
		}
		return list
	}
	for _, c := range []struct {
		name string
		in   []seen
		want []string
	}{
		{"nothing changed", one("AAA", 0, 60, 120), nil},
		{"a first sighting is no change", one("A", 0), nil},
		{"one change", one("AABB", 0, 60, 120, 180), []string{"A→B (60,120]"}},
		{"there and back", one("ABA", 0, 60, 120), []string{"A→B (0,60]", "B→A (60,120]"}},
		{"late, and another story", one("ACB", 0, 120, 60), []string{"A→B (0,60]", "B→C (60,120]"}},
		{"late, and the interval narrows", one("ABA", 0, 120, 60), []string{"A→B (60,120]"}},
		{"early, and the interval narrows", one("ABB", 0, 120, 60), []string{"A→B (0,60]"}},
		{"an episode learnt of afterwards", one("AAAAB", 0, 60, 120, 180, 90), []string{"A→B (60,90]", "B→A (90,120]"}},
		{"before everything", one("BBA", 60, 120, 0), []string{"A→B (0,60]"}},
		{"twice the same instant: the first stands", one("AB", 0, 0), nil},
		{"two roads, the narrower interval", append(on("http", one("AB", 0, 60)), on("prometheus", one("AB", 40, 55))...), []string{"A→B (40,55]"}},
		{"two roads that miss each other by 2 min", append(on("http", one("AB", 0, 60)), on("prometheus", one("AB", 180, 200))...), []string{"A→B (180,200]"}},
		{"by more: two changes", append(on("http", one("AB", 0, 60)), on("prometheus", one("AB", 181, 200))...), []string{"A→B (0,60]", "A→B (181,200]"}},
		{
			"one road sees it twice: it happened twice", append(on("http", one("ABAB", 0, 20, 40, 60)), on("prometheus", one("AB", 0, 25))...),
			[]string{"A→B (0,20]", "B→A (20,40]", "A→B (40,60]"},
		},
		{
			"a slow look at two steps is no third one", append(on("http", one("ABC", 0, 60, 120)), on("prometheus", one("AC", 0, 300))...),
			[]string{"A→B (0,60]", "B→C (60,120]"},
		},
		{"a new allowlist is a new baseline", versions(one("AB", 0, 60), 1, 2), nil},
		{"an unsaid version is the one before", versions(one("ABC", 0, 60, 120), 1, 2, 0), []string{"B→C (60,120]"}},
		{"a baseline that one road knows of is one for all", append(on("http", versions(one("AB", 0, 60), 1, 2)), on("prometheus", one("AB", 0, 70))...), nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.want, changes(c.in))
		})
	}
}

// TestMeasuredSkew: the clocks of two exporters are held against ours, and so against each other.
func TestMeasuredSkew(t *testing.T) {
	t.Parallel()
	// polls sights a letter every 10 s from `from` on, told by a clock that is `ahead` s ahead and
	// arriving 1 s after.
	polls := func(stream string, ahead, from int, letters string) []seen {
		var out []seen
		for i, letter := range letters {
			out = append(out, seen{second: from + 10*i + ahead, letter: string(letter), stream: stream, delay: 1 - ahead})
		}
		return out
	}
	both := func(lists ...[]seen) []seen { return slices.Concat(lists...) }
	for _, c := range []struct {
		name string
		in   []seen
		want []string
	}{
		{
			"a clock that is 90 s ahead", both(polls("http", 0, 0, "AAAAAABBB"), polls("grpc", 90, 5, "AAAAAABBB")),
			[]string{"A→B (50,60]"},
		},
		{
			"clocks agree: what lies a minute apart is two changes", both(polls("http", 0, 0, "AAAAAABBB"), polls("grpc", 0, 60, "AAAAAABBB")),
			[]string{"A→B (50,60]", "A→B (110,120]"},
		},
		{
			"roads differ by some seconds", both(polls("http", 0, 0, "AAAAAABBB"), polls("grpc", 0, 25, "AAAAAABBB")),
			[]string{"A→B (50,60]"},
		},
		{
			"too few sightings to measure by: up to 2 min", both(polls("http", 0, 0, "AABBB"), polls("grpc", 0, 60, "AABBB")),
			[]string{"A→B (10,20]"},
		},
		{
			"more than 2 min of skew is nobody's clock", both(polls("http", 0, 0, "AAAAAABBB"), polls("grpc", 150, 0, "AAAAAABBB")),
			[]string{"A→B (50,60]", "A→B (200,210]"},
		},
		{
			"there, back and there again within 2 min, seen by both", both(polls("http", 0, 0, "AAAAAABBBAAABBB"), polls("grpc", 0, 5, "AAAAAABBBAAABBB")),
			[]string{"A→B (50,60]", "B→A (80,90]", "A→B (110,120]"},
		},
		{
			"the same, and one clock is 60 s ahead: one's first is the other's last",
			both(polls("http", 0, 0, "AAAAAABBBAAABBB"), polls("grpc", 60, 5, "AAAAAABBBAAABBB")),
			[]string{"A→B (50,60]", "B→A (80,90]", "A→B (110,120]"},
		},
		{
			"one eye missed the first of two steps", both(polls("http", 0, 0, "AAAAAABBBAAABBB"), polls("grpc", 0, 55, "AAAAAABBB")),
			[]string{"A→B (50,60]", "B→A (80,90]", "A→B (105,115]"},
		},
		{
			"an exporter stops, another begins: no change", both(polls("http", 0, 0, "AAAAAA"), polls("grpc", 0, 200, "AAAAAA")),
			nil,
		},
		{
			"and finds another state: its baseline", both(polls("http", 0, 0, "AAAAAA"), polls("grpc", 0, 200, "BBBBBB")),
			nil,
		},
		{
			"and the first comes back: the narrower interval, once",
			both(polls("http", 0, 0, "AAAAAA"), polls("grpc", 0, 200, "AAAAAABBB"), polls("http", 0, 400, "BBB")),
			[]string{"A→B (250,260]"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.want, changes(c.in))
			slices.Reverse(c.in)
			require.Equal(t, c.want, changes(c.in), "in the reverse order of arrival")
		})
	}
}

// TestTrailIsBounded: beyond the trail an interval comes out wider than it was, but holds the truth.
func TestTrailIsBounded(t *testing.T) {
	t.Parallel()
	var in []seen
	for i := range 200 {
		in = append(in, seen{second: 60 * i, letter: "A"})
	}
	runs := history(in)
	require.Len(t, runs, 1)
	require.Len(t, runs[0].Trail, configchange.MaxTrail)
	require.Equal(t, time.Minute, runs[0].Poll())

	recent := changes(append(slices.Clone(in), seen{second: 60*199 - 30, letter: "B"}))
	require.Equal(t, []string{"A→B (11880,11910]", "B→A (11910,11940]"}, recent)
	old := changes(append(slices.Clone(in), seen{second: 90, letter: "B"}))
	require.Equal(t, []string{"A→B (0,90]", "B→A (90,8100]"}, old)
}

// drawSightings draws sightings of up to three streams; a stream sees one thing at one instant.
func drawSightings(t *rapid.T) []seen {
	type key struct {
		stream string
		second int
	}
	taken := map[key]bool{}
	var out []seen
	for range rapid.IntRange(1, 40).Draw(t, "sightings") {
		s := seen{
			second: rapid.IntRange(0, 1200).Draw(t, "second"),
			letter: rapid.SampledFrom([]string{"A", "B", "C"}).Draw(t, "letter"),
			stream: rapid.SampledFrom([]string{"http", "grpc", "prometheus"}).Draw(t, "stream"),
		}
		if k := (key{s.stream, s.second}); !taken[k] {
			taken[k] = true
			out = append(out, s)
		}
	}
	return out
}

func TestOrderOfArrivalDoesNotMatter(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		in := drawSightings(t)
		require.Equal(t, changes(in), changes(rapid.Permutation(in).Draw(t, "arrival")))
	})
}

func TestDuplicatesChangeNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		in := drawSightings(t)
		again := append(slices.Clone(in), rapid.SliceOf(rapid.SampledFrom(in)).Draw(t, "again")...)
		require.Equal(t, history(in), history(again))
	})
}

// TestIntervalsHoldTheTruth: of one stream every change lies between two neighbouring sightings.
func TestIntervalsHoldTheTruth(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		in := drawSightings(t)
		for i := range in {
			in[i].stream = "http"
		}
		slices.SortStableFunc(in, func(a, b seen) int { return cmp.Compare(a.second, b.second) })
		in = slices.CompactFunc(in, func(a, b seen) bool { return a.second == b.second })
		var want []string
		for i := 1; i < len(in); i++ {
			if in[i].letter != in[i-1].letter {
				want = append(want, fmt.Sprintf("%s→%s (%d,%d]", in[i-1].letter, in[i].letter, in[i-1].second, in[i].second))
			}
		}
		require.Equal(t, want, changes(rapid.Permutation(in).Draw(t, "arrival")))
	})
}

func TestReconcileKeepsIDs(t *testing.T) {
	t.Parallel()
	minute := func(m int) time.Time { return noon.Add(time.Duration(m) * time.Minute) }
	stored := []configchange.Change{
		{ID: "c1", OldFingerprint: "A", NewFingerprint: "B", NotBefore: minute(0), NotAfter: minute(10), PlannedChangeID: "p", Revision: 1},
		{ID: "c2", OldFingerprint: "B", NewFingerprint: "C", NotBefore: minute(10), NotAfter: minute(20)},
		{ID: "far", OldFingerprint: "X", NewFingerprint: "Y", NotBefore: minute(90), NotAfter: minute(91)},
	}
	derived := []configchange.Change{
		{OldFingerprint: "A", NewFingerprint: "B", NotBefore: minute(5), NotAfter: minute(6)},
		{OldFingerprint: "B", NewFingerprint: "D", NotBefore: minute(10), NotAfter: minute(12)},
	}
	rec := configchange.Reconcile(stored, derived, minute(0), minute(30))
	require.Len(t, rec.Updated, 1)
	require.Equal(t, "c1", rec.Updated[0].ID)
	require.Equal(t, "p", rec.Updated[0].PlannedChangeID)
	require.Equal(t, minute(5), rec.Updated[0].NotBefore)
	require.Equal(t, int64(2), rec.Updated[0].Revision)
	require.Len(t, rec.New, 1)
	require.Equal(t, "D", rec.New[0].NewFingerprint)
	require.Len(t, rec.Gone, 1)
	require.Equal(t, "c2", rec.Gone[0].ID)

	settled := append(rec.New, rec.Updated...)
	require.Equal(t, configchange.Reconciliation{}, configchange.Reconcile(settled, derived, minute(0), minute(30)), "nothing new the second time")
}

func TestParseFingerprint(t *testing.T) {
	t.Parallel()
	full := "0123456789abcdef0123456789abcdef0123456789abcdef0123456789ABCDEF"
	short, whole, err := configchange.ParseFingerprint(full)
	require.NoError(t, err)
	require.Equal(t, "0123456789ab", short)
	require.Len(t, whole, 64)
	short, whole, err = configchange.ParseFingerprint("0123456789AB")
	require.NoError(t, err)
	require.Equal(t, "0123456789ab", short)
	require.Empty(t, whole)
	for bad, want := range map[string]string{
		"":             "a fingerprint has 12 or 64 hex digits, got 0",
		"0123":         "a fingerprint has 12 or 64 hex digits, got 4",
		"not-hex-12ab": `fingerprint "not-hex-12ab" is not hexadecimal`,
	} {
		_, _, err := configchange.ParseFingerprint(bad)
		require.EqualError(t, err, want)
	}
}
