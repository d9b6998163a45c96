package incident

import "slices"

// contest lets another suspect that explains at least the same take the place of the one that
// explains most: what silence says against it is outweighed by what is known of it. Of several that are
// known to be in trouble it is the one that explains most; and above all a change that makes it stronger.
func (c *covering) contest(best int) int {
	needed := c.rest(best)
	known, strongest := best, best
	for _, i := range c.rivals(needed) {
		if i == best || c.left[i] < c.left[best]-epsilon || !includes(c.suspects[i].explains, needed) {
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

// known says whether a suspect is known to be in trouble where the best one is only deduced or merely
// downstream:
//   - it says that it is down, and explains more: dependents that are still silent do not disprove it, and
//     what was changed below it only fell with it;
//
// and where the best one has not changed:
//   - it was changed and alerts, and explains more: what went down below it only inherits its evidence;
//   - it is a roll-out, which beats an ancestor without evidence of its own;
//   - it alerts, nobody but itself speaks of the best one, and that is silent: the far end of a link
//     is not to blame for what it does not say. Where others alert below the far end, it is.
func (c *covering) known(i, best int, needed []int) bool {
	s, b := c.suspects[i], c.suspects[best]
	more := c.left[i] > c.left[best]+epsilon
	switch {
	case s.kind == KindDevice && s.alerting && c.scene.down.Devices[s.name] && more:
		return true
	case c.changed(best):
		return false
	case c.changed(i):
		return s.kind == KindRollout || s.alerting && more
	default:
		return s.kind == KindDevice && s.alerting && !b.alerting && includes(c.scene.bySubject[s.name], needed)
	}
}

// exceptions are two cases in which what explains less is the cause.
func (c *covering) exceptions(best int) int {
	if !c.stands(best) {
		return best
	}
	return c.outdone(c.farEnd(best))
}

// stands says that nothing is known against a device or a site but what it explains: it does not say
// that it is down, and it was not changed.
func (c *covering) stands(i int) bool {
	s := c.suspects[i]
	return !c.changed(i) && (s.kind == KindSite || s.kind == KindDevice && !c.scene.down.Devices[s.name])
}

// farEnd lets another take the place of a device that is only a witness, where that explains all the same:
// the far end that it tells of, or the site. Where nobody but the witness speaks, a silent far end is not to
// blame, unless it was changed in a way that fits and is worth a word.
func (c *covering) farEnd(best int) int {
	b := c.suspects[best]
	if !c.judge.onlyWitness(c.scene, b) {
		return best
	}
	winner, needed := best, c.rest(best)
	alone := includes(c.scene.bySubject[b.name], needed)
	for _, i := range c.rivals(needed) {
		s := c.suspects[i]
		told := s.kind == KindSite || s.kind == KindDevice && c.names(b.name, s.name)
		if i == best || !told || alone && !c.fits(s) || !includes(s.explains, needed) || c.judge.onlyWitness(c.scene, s) {
			continue
		}
		if winner == best || c.strength(i) > c.strength(winner)+epsilon {
			winner = i
		}
	}
	return winner
}

// fits says whether a silent device was changed in a way that could have done it.
func (c *covering) fits(s suspect) bool {
	w := c.judge.Weights.Change
	return !s.alerting && slices.ContainsFunc(s.changes, func(change weighed) bool {
		return change.steps == 0 && change.terms.CategoryAffinity >= fitting && change.terms.Product() >= w.MentionShare*w.Base
	})
}

// names says whether an alert of the one device names the other as its far end.
func (c *covering) names(device, far string) bool {
	return slices.ContainsFunc(c.scene.bySubject[device], func(i int) bool { return slices.Contains(c.scene.farEndsOf[i], far) })
}

// outdone lets a device that alerts and was changed take the place of its site, and where it is down, that
// of a device which is not known to have failed (merely hot, or only deduced); unless that leaves another
// device unexplained that is down.
func (c *covering) outdone(best int) int {
	if len(c.accused) == 0 {
		return best
	}
	winner, needed, site := best, c.rest(best), c.suspects[best].kind == KindSite
	for _, a := range needed {
		device := c.scene.alerts[a].Device
		i, accused := c.accused[device]
		failed := site || c.scene.down.Devices[device]
		if !accused || !failed || i == winner || c.left[i] <= epsilon || c.leavesDown(needed, i) {
			continue
		}
		if winner == best || c.strength(i) > c.strength(winner)+epsilon {
			winner = i
		}
	}
	return winner
}

// leavesDown says whether a suspect leaves one of these alerts unexplained that says that a device is down.
func (c *covering) leavesDown(alerts []int, i int) bool {
	return slices.ContainsFunc(alerts, func(a int) bool {
		_, explained := slices.BinarySearch(c.suspects[i].explains, a)
		return !explained && saysDeviceDown(c.scene.alerts[a].Symptom)
	})
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
