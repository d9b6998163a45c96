package plane

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestFilterVerdicts(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name  string
		rules map[string][]string // chain "in" is asked
		want  verdict
	}{
		{"no rules", nil, undecided},
		{"accept", map[string][]string{"in": {"accept"}}, passes},
		{"reject", map[string][]string{"in": {"reject;"}}, rejects},
		{"reject before accept", map[string][]string{"in": {"reject", "accept"}}, rejects},
		{"accept some, then reject", map[string][]string{"in": {"if (dst in 10.0.0.0/8) { accept; }", "reject"}}, mayPass},
		{"reject some, then accept", map[string][]string{"in": {"if (dst-len > 24) { reject; }", "accept"}}, passes},
		{"reject some, say nothing of the rest", map[string][]string{"in": {"if (dst-len > 24) { reject; }"}}, undecided},
		{"either way", map[string][]string{"in": {"if (dst-len > 24) { reject } else { set bgp-local-pref 200; accept }"}}, mayPass},
		{"a condition that holds for every route", map[string][]string{"in": {"if (dst in 0.0.0.0/0) { reject }", "accept"}}, rejects},
		{"and for every length", map[string][]string{"in": {"if (dst in 0.0.0.0/0 && dst-len in 0-32) {reject}", "accept"}}, rejects},
		{"the default route alone", map[string][]string{"in": {"if (dst == 0.0.0.0/0) { reject }", "accept"}}, passes},
		{"sets and goes on", map[string][]string{"in": {"set bgp-med 5;", "accept"}}, passes},
		{"jump that accepts", map[string][]string{"in": {"jump other", "reject"}, "other": {"accept"}}, passes},
		{"jump that rejects", map[string][]string{"in": {"jump other", "accept"}, "other": {"reject"}}, rejects},
		{"jump that returns", map[string][]string{"in": {"jump other", "accept"}, "other": {"return", "reject"}}, passes},
		{"jump to nowhere", map[string][]string{"in": {"jump nowhere", "reject"}}, rejects},
		{"jump in a circle", map[string][]string{"in": {"jump in", "accept"}}, passes},
	} {
		chains := map[string][]rule{}
		for chain, texts := range tc.rules {
			for _, text := range texts {
				chains[chain] = append(chains[chain], parseRule(text))
			}
		}
		require.Equal(t, tc.want, evaluate(chains, "in", 0), tc.name)
	}
}

func TestAnnouncedPrefixesAreDistinct(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for i := range 70000 {
		for _, v4 := range []bool{true, false} {
			p := announcedPrefix(i, v4)
			require.Equal(t, p.Masked(), p)
			require.False(t, seen[p.String()], p)
			seen[p.String()] = true
		}
	}
}
