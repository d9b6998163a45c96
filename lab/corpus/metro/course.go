package metro

import (
	"slices"
	"time"

	"github.com/ispvisualmonitor/ispvisualmonitor/lab/corpus"
)

// happening is one thing that goes wrong.
type happening struct {
	event  corpus.Event
	phases []phase
	// edits made it happen.
	edits []edit
	// alike: nothing but one broken thing is behind it, so that others, broken, may look the same.
	alike bool
}

// phase is a stretch of time in which an effect is at work.
type phase struct {
	from, until time.Time
	effect      effect
}

func (h happening) at() time.Time { return h.phases[0].from }

func (h happening) until() time.Time {
	end := h.phases[0].until
	for _, p := range h.phases {
		if p.until.After(end) {
			end = p.until
		}
	}
	return end
}

func (h happening) effects(at time.Time) []effect {
	var out []effect
	for _, p := range h.phases {
		if !at.Before(p.from) && at.Before(p.until) {
			out = append(out, p.effect)
		}
	}
	return out
}

// spell is a condition for as long as it lasts, and whose it is.
type spell struct {
	condition
	from, until time.Time
	of          int // the happening, by number
}

// course is what happens to the plant over time.
type course struct {
	plant      *plant
	happenings []happening
}

func (c course) state(at time.Time, without int) *state {
	s := newState()
	for i, h := range c.happenings {
		if i != without {
			both(h.effects(at)...)(s)
		}
	}
	return s
}

// instants are when something begins or ends, in order.
func (c course) instants() []time.Time {
	var out []time.Time
	for _, h := range c.happenings {
		for _, p := range h.phases {
			out = append(out, p.from, p.until)
		}
	}
	slices.SortFunc(out, time.Time.Compare)
	return slices.CompactFunc(out, time.Time.Equal)
}

// spells are all conditions there ever are. One belongs to the happening without which it would not
// be there; where several had to come together it is the one that began last.
func (c course) spells() []spell {
	var out, open []spell
	for _, at := range c.instants() {
		now := c.plant.conditions(c.state(at, -1))
		var still []spell
		for _, s := range open {
			if slices.Contains(now, s.condition) {
				still = append(still, s)
				continue
			}
			s.until = at
			out = append(out, s)
		}
		known := make([]condition, 0, len(still))
		for _, s := range still {
			known = append(known, s.condition)
		}
		begun := missing(now, known)
		if len(begun) > 0 {
			owner := c.owners(at)
			for _, b := range begun {
				still = append(still, spell{condition: b, from: at, of: owner(b)})
			}
		}
		open = still
	}
	return append(out, open...)
}

// owners says of the conditions at an instant whose they are.
func (c course) owners(at time.Time) func(condition) int {
	if len(c.happenings) == 1 {
		return func(condition) int { return 0 }
	}
	without := make([][]condition, len(c.happenings))
	for i := range c.happenings {
		without[i] = c.plant.conditions(c.state(at, i))
	}
	return func(of condition) int {
		owner := -1
		for i, h := range c.happenings {
			active := len(h.effects(at)) > 0
			if active && !slices.Contains(without[i], of) && (owner < 0 || h.at().After(c.happenings[owner].at())) {
				owner = i
			}
		}
		if owner >= 0 {
			return owner
		}
		for i, h := range c.happenings { // several would each have been enough: the first of them
			alone := c.plant.conditions(with(h.effects(at)...))
			if slices.Contains(alone, of) && (owner < 0 || h.at().Before(c.happenings[owner].at())) {
				owner = i
			}
		}
		return max(owner, 0)
	}
}

// answering are the nodes whose configuration can be read at an instant.
func (c course) answering(at time.Time) map[string]bool {
	s := c.state(at, -1)
	out := c.plant.reached(s, c.plant.station)
	for _, name := range c.plant.of(core, gateway, border, reflector, edge, ring, radio, bng, fabric) {
		if s.deaf[name] || s.closed[name] {
			delete(out, name)
		}
	}
	return out
}
