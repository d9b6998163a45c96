package main

import (
	"cmp"
	"math"
)

// figures sum up one answerer (the correlator or the baseline) over many events.
type figures struct {
	truePositives, falsePositives, falseNegatives int // of the label
	events, first, third                          int
	byChange, rightChange                         int
	arguable, arguableLabelled                    int // where a label is neither right nor wrong
}

// sum counts over all events. An excess incident that is labelled is a false positive of whoever
// made it.
func sum(results []result, of func(verdict) finding) figures {
	var f figures
	for _, r := range results {
		for _, v := range r.verdicts {
			found := of(v)
			f.events++
			f.first += count(found.first)
			f.third += count(found.third)
			if v.event.Arguable {
				f.arguable++
				f.arguableLabelled += count(found.labelled)
				continue
			}
			f.byChange += count(v.event.ByChange())
			f.rightChange += count(v.event.ByChange() && found.labelled && found.change)
			f.truePositives += count(v.event.ByChange() && found.labelled)
			f.falseNegatives += count(v.event.ByChange() && !found.labelled)
			f.falsePositives += count(!v.event.ByChange() && found.labelled)
		}
	}
	return f
}

func byCorrelator(v verdict) finding { return v.finding }
func byBaseline(v verdict) finding   { return v.baseline }

func count(is bool) int {
	if is {
		return 1
	}
	return 0
}

func share(part, whole int) float64 { return float64(part) / float64(max(1, whole)) }

func (f figures) precision() float64 {
	return share(f.truePositives, f.truePositives+f.falsePositives)
}

func (f figures) recall() float64 { return share(f.truePositives, f.truePositives+f.falseNegatives) }

// bin is one row of the reliability table: findings whose confidence lies in the same tenth.
type bin struct {
	n, right   int
	confidence float64 // sum
}

// reliability sorts the findings into tenths of confidence.
func reliability(results []result) [10]bin {
	var bins [10]bin
	for _, r := range results {
		for _, v := range r.verdicts {
			b := &bins[min(9, int(v.confidence*10))]
			b.n++
			b.right += count(v.first)
			b.confidence += v.confidence
		}
	}
	return bins
}

// calibrationError is the expected calibration error: the mean gap between confidence and accuracy,
// weighted by how many findings lie in a bin.
func calibrationError(bins [10]bin) float64 {
	total, gap := 0, 0.0
	for _, b := range bins {
		total += b.n
		gap += math.Abs(b.confidence - float64(b.right))
	}
	return gap / float64(cmp.Or(total, 1))
}

// grouping counts how incidents stand to events.
type grouping struct{ events, incidents, split, swallowed, excess int }

func groupingOf(results []result) grouping {
	var g grouping
	for _, r := range results {
		g.incidents += r.incidents
		g.excess += len(r.excess)
		for _, v := range r.verdicts {
			g.events++
			g.split += count(v.pieces > 1)
			g.swallowed += count(v.swallows)
		}
	}
	return g
}

// said counts what incidents say of when they began and of what was not seen, where the truth knows.
type said struct{ onsets, onsetRight, unseen, unseenSaid int }

func saidOf(results []result) said {
	var out said
	for _, r := range results {
		for _, v := range r.verdicts {
			out.onsets += count(v.onset != unasked)
			out.onsetRight += count(v.onset == yes)
			out.unseen += count(v.unseen != unasked)
			out.unseenSaid += count(v.unseen == yes)
		}
	}
	return out
}
