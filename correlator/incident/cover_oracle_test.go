package incident

import (
	"cmp"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/topology"
)

// TestCoverIsTheNaiveOne: the queue chooses exactly what a look at every suspect in every round does.
func TestCoverIsTheNaiveOne(t *testing.T) {
	t.Parallel()
	weights, err := LoadWeights()
	require.NoError(t, err)
	j := Judge{Weights: weights}
	rapid.Check(t, func(t *rapid.T) {
		s, suspects := drawSuspects(t)
		require.Equal(t, naiveCover(j, s, suspects), j.cover(s, suspects))
	})
}

// drawSuspects draws suspects of all kinds that explain this and that, more freely than a topology does.
func drawSuspects(t *rapid.T) (*scene, []suspect) {
	s := &scene{bySubject: map[string][]int{}, down: topology.Down{Devices: map[string]bool{}}}
	names := rapid.IntRange(1, 8).Draw(t, "subjects")
	var of []string
	for i := range rapid.IntRange(1, 14).Draw(t, "alerts") {
		name := fmt.Sprint("R", rapid.IntRange(0, names-1).Draw(t, "subject"))
		of = append(of, name)
		s.alerts = append(s.alerts, Occurrence{Device: name, Symptom: SymptomOSPFDown})
		s.bySubject[name] = append(s.bySubject[name], i)
		s.down.Devices[name] = rapid.Bool().Draw(t, "down")
		s.farEndsOf = append(s.farEndsOf, rapid.SliceOfN(rapid.Just("FAR"), 0, 1).Draw(t, "far end"))
	}
	for _, name := range of {
		s.share = append(s.share, 1/float64(len(s.bySubject[name])))
	}
	var suspects []suspect
	for i := range rapid.IntRange(1, 14).Draw(t, "suspects") {
		c := suspect{
			kind:   rapid.SampledFrom([]Kind{KindDevice, KindDevice, KindDevice, KindLink, KindSite, KindRollout}).Draw(t, "kind"),
			name:   fmt.Sprint("R", rapid.IntRange(0, names+3).Draw(t, "name")),
			silent: rapid.IntRange(0, 4).Draw(t, "silent"), alerting: rapid.Bool().Draw(t, "alerting"),
		}
		if i > 0 && rapid.Bool().Draw(t, "as the one before") {
			c.explains = suspects[i-1].explains
		} else {
			explained := rapid.SliceOfN(rapid.Bool(), len(of), len(of)).Draw(t, "explains")
			for a := range of {
				if explained[a] {
					c.explains = append(c.explains, a)
				}
			}
		}
		if product := rapid.SampledFrom([]float64{0, 0, 0, 1, 2, 7.5}).Draw(t, "change"); product > 0 {
			c.changes = []weighed{{terms: Terms{product, 1, 1, 1, 1}}}
			c.own = rapid.SampledFrom([]float64{0, product}).Draw(t, "own")
		}
		suspects = append(suspects, c)
	}
	return s, suspects
}

func naiveCover(j Judge, s *scene, suspects []suspect) []pick {
	c := naive{newCovering(j, s, suspects)}
	var picks []pick
	for {
		i := c.next()
		if i < 0 {
			return picks
		}
		picks = append(picks, c.pick(i))
	}
}

// naive looks at every suspect in every round.
type naive struct{ *covering }

func (c naive) next() int {
	best := -1
	for i := range c.suspects {
		if c.left[i] > epsilon && (best < 0 || c.compare(i, best) < 0) {
			best = i
		}
	}
	if best < 0 {
		return -1
	}
	return c.exceptions(c.contest(best))
}

func (c naive) compare(a, b int) int {
	if d := c.net(b, c.left[b]) - c.net(a, c.left[a]); d > epsilon || d < -epsilon {
		return cmp.Compare(d, 0)
	}
	sa, sb := c.suspects[a], c.suspects[b]
	left := 0
	if d := c.left[b] - c.left[a]; d > epsilon || d < -epsilon {
		left = cmp.Compare(d, 0)
	}
	return cmp.Or(cmp.Compare(c.counting(sb.own), c.counting(sa.own)), left, cmp.Compare(c.rank(sa), c.rank(sb)), cmp.Compare(c.state(b), c.state(a)), cmp.Compare(sb.own, sa.own), cmp.Compare(sa.name, sb.name))
}

func (c naive) contest(best int) int {
	needed := c.rest(best)
	known, strongest := best, best
	for i := range c.suspects {
		if i == best || c.left[i] < c.left[best]-epsilon || !naiveIncludes(c.suspects[i].explains, needed) {
			continue
		}
		if c.known(i, best, needed) && (known == best || c.left[i] > c.left[known]+epsilon) {
			known = i
		}
		if c.changed(i) && c.suspects[i].kind != KindRollout && c.strength(i) > c.strength(strongest)+epsilon {
			strongest = i
		}
	}
	if strongest != best && c.strength(strongest) > c.strength(known)+epsilon {
		return strongest
	}
	return known
}

func naiveIncludes(whole, part []int) bool {
	has := map[int]bool{}
	for _, x := range whole {
		has[x] = true
	}
	for _, x := range part {
		if !has[x] {
			return false
		}
	}
	return true
}
