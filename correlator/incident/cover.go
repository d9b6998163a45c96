package incident

import "cmp"

// pick is a candidate that the cover chose.
type pick struct {
	suspect
	covers []int // the alerts that it covers first
}

// cover chooses greedily: what explains most comes first, then what explains most of the rest. What
// explains nothing that is left is never chosen.
func (j Judge) cover(s *scene, suspects []suspect) []pick {
	c := newCovering(j, s, suspects)
	var picks []pick
	for {
		i := c.next()
		if i < 0 {
			return picks
		}
		picks = append(picks, pick{suspect: suspects[i], covers: c.take(i)})
	}
}

// covering keeps, for each suspect, how much it explains of what is not yet covered.
type covering struct {
	judge    Judge
	scene    *scene
	suspects []suspect
	byAlert  [][]int // alert → suspects that explain it
	open     []bool  // alert → not yet covered
	left     []float64
}

// epsilon: sums of shares that differ by less are equal.
const epsilon = 1e-9

func newCovering(j Judge, s *scene, suspects []suspect) *covering {
	c := &covering{
		judge: j, scene: s, suspects: suspects,
		byAlert: make([][]int, len(s.alerts)), open: make([]bool, len(s.alerts)), left: make([]float64, len(suspects)),
	}
	for i := range c.open {
		c.open[i] = true
	}
	for i, sus := range suspects {
		for _, a := range sus.explains {
			c.byAlert[a] = append(c.byAlert[a], i)
			c.left[i] += s.share[a]
		}
	}
	return c
}

// take covers what the suspect explains and returns it.
func (c *covering) take(i int) []int {
	var covered []int
	for _, a := range c.suspects[i].explains {
		if !c.open[a] {
			continue
		}
		c.open[a] = false
		covered = append(covered, a)
		for _, other := range c.byAlert[a] {
			c.left[other] -= c.scene.share[a]
		}
	}
	return covered
}

// net is what a suspect explains of the rest, less what should have failed with it and is silent.
func (c *covering) net(i int) float64 {
	w := c.judge.Weights.Cover
	silent := w.Silent
	if c.suspects[i].own >= c.judge.Weights.Counts() {
		silent = w.SilentChanged // changes break things partially
	}
	return w.Explained * (c.left[i] - silent*float64(c.suspects[i].silent))
}

// next is the suspect to choose, -1 when none explains anything that is left.
func (c *covering) next() int {
	best := -1
	for i := range c.suspects {
		if c.left[i] > epsilon && (best < 0 || c.compare(i, best) < 0) {
			best = i
		}
	}
	if best < 0 {
		return -1
	}
	return c.contest(best)
}

// compare orders suspects by how much they explain; of equals the one with change evidence of its
// own comes first, then a link before its ends, then one that alerts before one that is silent.
func (c *covering) compare(a, b int) int {
	if d := c.net(b) - c.net(a); d > epsilon || d < -epsilon {
		return cmp.Compare(d, 0)
	}
	sa, sb := c.suspects[a], c.suspects[b]
	return cmp.Or(cmp.Compare(sb.own, sa.own), cmp.Compare(rank(sa), rank(sb)), cmp.Compare(sa.name, sb.name))
}

func rank(s suspect) int {
	switch {
	case s.kind == KindLink:
		return 0
	case s.kind == KindSite:
		return 1
	case s.kind == KindDevice && s.alerting:
		return 2
	case s.kind == KindDevice:
		return 3
	default:
		return 4
	}
}

// contest lets a changed suspect take the place of the one that explains most, when it explains at
// least the same: a device that went down because the one above it was reconfigured has only
// inherited its evidence, and is impacted, not a cause.
func (c *covering) contest(best int) int {
	counts := c.judge.Weights.Counts()
	needed := c.rest(best)
	winner, strength := best, c.strength(best)
	for i, s := range c.suspects {
		if i == best || s.own < counts || c.left[i] < c.left[best]-epsilon || !includes(s.explains, needed) {
			continue
		}
		unchanged := c.suspects[best].own < counts
		beats := unchanged && s.kind == KindRollout ||
			unchanged && s.alerting && c.left[i] > c.left[best]+epsilon
		if s.kind == KindRollout && !beats {
			continue
		}
		strong := c.strength(i)
		if beats && winner == best || strong > strength+epsilon {
			winner, strength = i, strong
		}
	}
	return winner
}

// rest are the alerts that a suspect explains and nobody covers yet.
func (c *covering) rest(i int) []int {
	var out []int
	for _, a := range c.suspects[i].explains {
		if c.open[a] {
			out = append(out, a)
		}
	}
	return out
}

// strength weighs what a suspect explains together with its best change evidence.
func (c *covering) strength(i int) float64 { return c.net(i) + c.suspects[i].best() }
