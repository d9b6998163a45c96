package incident

import "slices"

// confidence is the weights found over those that could be expected, read off the calibration.
//
//	found    = coverage × explained on balance ÷ what there was to explain, + state
//	expected = coverage + the state that could be expected + no_change + unexplained × the share left unexplained
//
// A change that counts adds its weight to what is found, and in place of no_change the weight that it could
// have had; where that would be less than without it (it weighs little, for its interval is wide), nothing
// is lost. What there was to explain is all of the incident for the first candidate, and for a contributing
// one what those before it left.
func (j Judge) confidence(s *scene, p pick) float64 {
	w := j.Weights.Confidence
	explained := min(1, s.amount(p.covers)/p.open)
	silent := 0.0
	if p.kind != KindDevice || !p.alerting { // who speaks of its own trouble is not doubted for those that stay silent
		silent = j.silence(p.suspect) / p.open
	}
	found := w.Coverage*max(0, explained-silent) + min(w.State, j.knownState(s, p.suspect))
	expected := w.Coverage + w.State + w.Unexplained*(1-explained)
	share := found / (expected + w.NoChange)
	if best := p.best(); best >= j.Weights.Counts() {
		share = max(share, (found+best)/(expected+j.Weights.Change.Base))
	}
	return min(w.Ceiling, calibrated(share, w.Calibration))
}

// knownState is the weight of the state evidence that speaks of the candidate itself. What a device
// tells of the other ends of its links says little about which of the two failed, unless it was changed, is
// down or has another trouble.
func (j Judge) knownState(s *scene, c suspect) float64 {
	total := 0.0
	witness := j.onlyWitness(s, c)
	for _, piece := range j.statePieces(s, c) {
		certain := c.own >= j.Weights.Counts() || c.kind != KindDevice || slices.ContainsFunc(piece.alerts, func(i int) bool {
			return s.alerts[i].Device != c.name || !witness && len(s.mute(i)) == 0
		})
		if certain {
			total += piece.weight
		}
	}
	return total
}

// hot says that a device is in trouble by its own word, and not down.
func (s *scene) hot(c suspect) bool {
	return c.kind == KindDevice && c.alerting && !s.down.Devices[c.name]
}

// calibrated reads a share off the line through the points; before the first and after the last it
// stays at their height.
func calibrated(share float64, points [][2]float64) float64 {
	if len(points) == 0 {
		return share
	}
	i := slices.IndexFunc(points, func(p [2]float64) bool { return share <= p[0] })
	switch {
	case i < 0:
		return points[len(points)-1][1]
	case i == 0:
		return points[0][1]
	}
	from, to := points[i-1], points[i]
	return from[1] + (to[1]-from[1])*(share-from[0])/(to[0]-from[0])
}
