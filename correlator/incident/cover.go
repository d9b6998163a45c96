package incident

import (
	"cmp"
	"container/heap"
	"slices"
)

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
//
// A round must not look at every suspect: a storm of siblings has as many rounds as suspects. What a
// suspect explains of the rest only ever shrinks, so its place in the queue can only be too good; and
// whoever explains the same as the best explains each single alert of that.
type covering struct {
	judge    Judge
	scene    *scene
	suspects []suspect
	ranks    []int
	byAlert  [][]int // alert → suspects that explain it, ascending
	open     []bool  // alert → not yet covered
	count    []int   // suspect → how many alerts it explains of what is not yet covered
	left     []float64
	queue    queue
}

// queue is a heap of the suspects, best first by what each had left when it was last put in its place.
type queue struct {
	*covering
	order  []int     // suspects, as a heap
	placed []float64 // suspect → what it had left then
}

func (q *queue) Len() int { return len(q.order) }

func (q *queue) Less(i, k int) bool {
	a, b := q.order[i], q.order[k]
	return cmp.Or(q.compare(a, q.placed[a], b, q.placed[b]), cmp.Compare(a, b)) < 0
}

func (q *queue) Swap(i, k int) { q.order[i], q.order[k] = q.order[k], q.order[i] }

func (q *queue) Push(x any) { q.order = append(q.order, x.(int)) }

func (q *queue) Pop() any {
	last := q.order[len(q.order)-1]
	q.order = q.order[:len(q.order)-1]
	return last
}

// epsilon: sums of shares that differ by less are equal.
const epsilon = 1e-9

func newCovering(j Judge, s *scene, suspects []suspect) *covering {
	c := &covering{
		judge: j, scene: s, suspects: suspects, ranks: make([]int, len(suspects)),
		byAlert: make([][]int, len(s.alerts)), open: make([]bool, len(s.alerts)),
		count: make([]int, len(suspects)), left: make([]float64, len(suspects)),
	}
	for i := range c.open {
		c.open[i] = true
	}
	for i, sus := range suspects {
		c.ranks[i], c.count[i] = c.rank(sus), len(sus.explains)
		for _, a := range sus.explains {
			c.byAlert[a] = append(c.byAlert[a], i)
			c.left[i] += s.share[a]
		}
	}
	c.queue = queue{covering: c, order: make([]int, len(suspects)), placed: slices.Clone(c.left)}
	for i := range c.queue.order {
		c.queue.order[i] = i
	}
	heap.Init(&c.queue)
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
			if c.count[other]--; c.count[other] == 0 {
				c.left[other] = 0 // whatever thousands of roundings left over
			}
		}
	}
	return covered
}

// net is what a suspect explains of the rest, less what should have failed with it and is silent.
func (c *covering) net(i int, left float64) float64 {
	w := c.judge.Weights.Cover
	silent := w.Silent
	if c.changed(i) {
		silent = w.SilentChanged // changes break things partially
	}
	return w.Explained * (left - silent*float64(c.suspects[i].silent))
}

// next is the suspect to choose, -1 when none explains anything that is left.
func (c *covering) next() int {
	for q := &c.queue; q.Len() > 0; {
		switch best := q.order[0]; {
		case c.left[best] <= epsilon:
			heap.Pop(q)
		case c.left[best] != q.placed[best]:
			q.placed[best] = c.left[best]
			heap.Fix(q, 0)
		default:
			return c.contest(best)
		}
	}
	return -1
}

// compare orders suspects by how much they explain on balance; of equals the one with change evidence
// of its own comes first, then the one that explains more before it is weighed against silence, then
// by rank: a link before its ends, a device that says that it is down before one that only lost the
// link to it, one that alerts before its site, and whoever alerts before one that is silent.
func (c *covering) compare(a int, leftA float64, b int, leftB float64) int {
	if d := c.net(b, leftB) - c.net(a, leftA); d > epsilon || d < -epsilon {
		return cmp.Compare(d, 0)
	}
	sa, sb := &c.suspects[a], &c.suspects[b]
	if own := cmp.Compare(sb.own, sa.own); own != 0 {
		return own
	}
	if d := leftB - leftA; d > epsilon || d < -epsilon {
		return cmp.Compare(d, 0)
	}
	return cmp.Or(cmp.Compare(c.ranks[a], c.ranks[b]), cmp.Compare(sa.name, sb.name))
}

func (c *covering) rank(s suspect) int {
	switch {
	case s.kind == KindLink:
		return 0
	case s.kind == KindDevice && s.alerting && c.scene.down.Devices[s.name]:
		return 1
	case s.kind == KindDevice && s.alerting:
		return 2
	case s.kind == KindSite:
		return 3
	case s.kind == KindDevice:
		return 4
	default:
		return 5
	}
}

// contest lets another suspect that explains at least the same take the place of the one that
// explains most: what silence says against it is outweighed by what is known of it.
func (c *covering) contest(best int) int {
	needed := c.rest(best)
	winner, strength := best, c.strength(best)
	for _, i := range c.rivals(needed) {
		if i == best || c.left[i] < c.left[best]-epsilon || !includes(c.suspects[i].explains, needed) {
			continue
		}
		known, stronger := c.known(i, best, needed), c.strength(i) > strength+epsilon
		if known && winner == best || stronger && c.changed(i) && c.suspects[i].kind != KindRollout {
			winner, strength = i, c.strength(i)
		}
	}
	return winner
}

// rivals are suspects, ascending, among them all that explain these alerts.
func (c *covering) rivals(alerts []int) []int {
	fewest := c.byAlert[alerts[0]]
	for _, a := range alerts[1:] {
		if len(c.byAlert[a]) < len(fewest) {
			fewest = c.byAlert[a]
		}
	}
	return fewest
}

// known says whether a suspect is known to be in trouble where the best one, which has not changed,
// is only deduced or merely downstream:
//   - it was changed and alerts, and explains more: what went down below it only inherits its evidence;
//   - it is a roll-out, which beats an ancestor without evidence of its own;
//   - it says that it is down, and explains more: dependents that are still silent do not disprove it;
//   - it alerts, nobody but itself speaks of the best one, and that is silent: the far end of a link
//     is not to blame for what it does not say. Where others alert below the far end, it is.
func (c *covering) known(i, best int, needed []int) bool {
	s, b := c.suspects[i], c.suspects[best]
	more := c.left[i] > c.left[best]+epsilon
	switch {
	case c.changed(best):
		return false
	case c.changed(i):
		return s.kind == KindRollout || s.alerting && more
	case s.kind != KindDevice || !s.alerting:
		return false
	default:
		return c.scene.down.Devices[s.name] && more || !b.alerting && includes(c.scene.bySubject[s.name], needed)
	}
}

// changed says whether a suspect has change evidence of its own that counts.
func (c *covering) changed(i int) bool { return c.suspects[i].own >= c.judge.Weights.Counts() }

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
func (c *covering) strength(i int) float64 { return c.net(i, c.left[i]) + c.suspects[i].best() }
