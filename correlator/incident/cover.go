package incident

import (
	"cmp"
	"container/heap"
	"slices"
)

// pick is a candidate that the cover chose.
type pick struct {
	suspect
	covers []int   // the alerts that it covers first
	open   float64 // how much was not covered when it was chosen
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
		picks = append(picks, c.pick(i))
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
	states   []float64 // suspect → its state evidence; -1: not yet weighed
	byAlert  [][]int   // alert → suspects that explain it, ascending
	open     []bool    // alert → not yet covered
	count    []int     // suspect → how many alerts it explains of what is not yet covered
	left     []float64
	total    float64 // of all that is not yet covered
	queue    queue
	accused  map[string]int // device that alerts and was changed itself → its suspect
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
		states:  slices.Repeat([]float64{-1}, len(suspects)),
		byAlert: make([][]int, len(s.alerts)), open: make([]bool, len(s.alerts)),
		count: make([]int, len(suspects)), left: make([]float64, len(suspects)),
		accused: map[string]int{}, total: float64(len(s.bySubject)),
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
		if sus.kind == KindDevice && sus.alerting && c.changed(i) {
			c.accused[sus.name] = i
		}
	}
	c.queue = queue{covering: c, order: make([]int, len(suspects)), placed: slices.Clone(c.left)}
	for i := range c.queue.order {
		c.queue.order[i] = i
	}
	heap.Init(&c.queue)
	return c
}

func (c *covering) pick(i int) pick {
	p := pick{suspect: c.suspects[i], open: c.total}
	p.covers = c.take(i)
	c.total -= c.scene.amount(p.covers)
	return p
}

// take covers what the suspect explains and returns it. Who is merely hot has not failed: it leaves open
// what is down below it and was changed itself. Nobody is taken twice.
func (c *covering) take(i int) []int {
	hot := c.scene.hot(c.suspects[i]) && !c.changed(i)
	var covered []int
	for _, a := range c.suspects[i].explains {
		if !c.open[a] {
			continue
		}
		below := c.scene.alerts[a].Device
		if _, accused := c.accused[below]; hot && accused && c.scene.down.Devices[below] {
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
	c.left[i] = 0
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
			return c.exceptions(c.contest(best))
		}
	}
	return -1
}

// compare orders suspects by how much they explain on balance; of equals the one with change evidence
// of its own that counts comes first, then the one that explains more before it is weighed against
// silence, then by rank: a link before its ends, a device that says that it is down before one in another
// trouble, that before its site, before one that is silent, and last one that only tells of the far ends
// of its links; then by what evidence there is.
func (c *covering) compare(a int, leftA float64, b int, leftB float64) int {
	if d := c.net(b, leftB) - c.net(a, leftA); d > epsilon || d < -epsilon {
		return cmp.Compare(d, 0)
	}
	sa, sb := &c.suspects[a], &c.suspects[b]
	if own := cmp.Compare(c.counting(sb.own), c.counting(sa.own)); own != 0 {
		return own
	}
	if d := leftB - leftA; d > epsilon || d < -epsilon {
		return cmp.Compare(d, 0)
	}
	if rank := cmp.Compare(c.ranks[a], c.ranks[b]); rank != 0 {
		return rank
	}
	return cmp.Or(cmp.Compare(c.state(b), c.state(a)), cmp.Compare(sb.own, sa.own), cmp.Compare(sa.name, sb.name))
}

// counting is change evidence, where it counts.
func (c *covering) counting(own float64) float64 {
	if own < c.judge.Weights.Counts() {
		return 0
	}
	return own
}

// state is the state evidence of a suspect, weighed once: few are ever that close.
func (c *covering) state(i int) float64 {
	if c.states[i] < 0 {
		c.states[i] = 0
		for _, piece := range c.judge.statePieces(c.scene, c.suspects[i]) {
			c.states[i] += piece.weight
		}
	}
	return c.states[i]
}

func (c *covering) rank(s suspect) int {
	switch {
	case s.kind == KindLink:
		return 0
	case s.kind == KindDevice && s.alerting && c.scene.down.Devices[s.name]:
		return 1
	case s.kind == KindDevice && s.alerting && !c.scene.onlyTells(s.name):
		return 2
	case s.kind == KindSite:
		return 3
	case s.kind == KindDevice && !s.alerting:
		return 4
	default:
		return 5
	}
}
