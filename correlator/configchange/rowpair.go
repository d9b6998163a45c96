package configchange

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// withoutCommon takes away the rows that both sides have, as often as both have them.
func withoutCommon(before, after []row) (onlyBefore, onlyAfter []row) {
	count := map[string]int{}
	for _, r := range after {
		count[r.identity()]++
	}
	for _, r := range before {
		if count[r.identity()] > 0 {
			count[r.identity()]--
		} else {
			onlyBefore = append(onlyBefore, r)
		}
	}
	for _, r := range slices.Backward(after) {
		if count[r.identity()] > 0 {
			count[r.identity()]--
			onlyAfter = append(onlyAfter, r)
		}
	}
	slices.Reverse(onlyAfter)
	return onlyBefore, onlyAfter
}

func (r row) identity() string {
	var b strings.Builder
	for _, property := range slices.Sorted(maps.Keys(r)) {
		fmt.Fprintf(&b, "%q=%q;", property, r[property])
	}
	return b.String()
}

type rowPair struct{ before, after row }

// maxLikened bounds the rows that are compared each with each; beyond it unnamed rows are shown as
// removed and added.
const maxLikened = 1000

// pair matches rows that changed: by name first, then greedily by the number of properties that
// they share. A row without a partner was added or removed.
func pair(before, after []row) []rowPair {
	partner := make([]int, len(before))
	used := make([]bool, len(after))
	byName := map[string]int{}
	for i, a := range slices.Backward(after) {
		if name := a[nameProperty]; name != "" {
			byName[name] = i
		}
	}
	for i, b := range before {
		partner[i] = -1
		if at, ok := byName[b[nameProperty]]; ok && !used[at] {
			partner[i], used[at] = at, true
		}
	}
	for i, b := range before {
		if partner[i] < 0 && len(before) <= maxLikened && len(after) <= maxLikened {
			partner[i] = mostAlike(b, after, used)
		}
	}
	var pairs []rowPair
	for i, b := range before {
		p := rowPair{before: b}
		if partner[i] >= 0 {
			p.after = after[partner[i]]
		}
		pairs = append(pairs, p)
	}
	for i, a := range after {
		if !used[i] {
			pairs = append(pairs, rowPair{after: a})
		}
	}
	return pairs
}

// mostAlike takes the free row that shares most with b; -1 when none could be the same one.
func mostAlike(b row, after []row, used []bool) int {
	best, most := -1, 0
	for i, a := range after {
		if !used[i] && b.likeness(a) > most {
			best, most = i, b.likeness(a)
		}
	}
	if best >= 0 {
		used[best] = true
	}
	return best
}

// likeness is the number of properties that two rows share; 0 when they share less than half, and
// cannot be the same one. Two rows of one property each are always the same setting.
func (r row) likeness(other row) int {
	shared := 0
	for property, value := range r {
		if v, ok := other[property]; ok && v == value {
			shared++
		}
	}
	switch {
	case len(r) == 1 && len(other) == 1 && r[nameProperty] == "" && other[nameProperty] == "":
		return 1
	case 2*shared < min(len(r), len(other)):
		return 0
	default:
		return shared
	}
}

// nameProperty is what a row is called by, wherever it has one.
const nameProperty = "name"

// label is the row's name, or else a property that did not change and reads like an identity: the
// first in order whose value is not a mere switch. The only row of a section needs none.
func (p rowPair) label(only bool) string {
	for _, r := range []row{p.after, p.before} {
		if name := r[nameProperty]; name != "" {
			return name
		}
	}
	r := p.after
	if only || r == nil || p.before == nil {
		return ""
	}
	for _, property := range slices.Sorted(maps.Keys(r)) {
		value := r[property]
		if value == p.before[property] && len(value) > 1 && value != "true" && value != "false" && value != "yes" && value != "no" {
			return property + "=" + value
		}
	}
	return ""
}
