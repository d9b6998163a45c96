package metro

import (
	"slices"
	"time"
)

// broken is something that could be broken, and what it would be called.
type broken struct {
	names  []string
	effect effect
}

// suspects are all single things that could break, among some nodes.
func (d *drawer) suspects(among map[string]bool) []broken {
	var out []broken
	for _, n := range d.plant.nodes {
		if among[n.name] && n.name != d.plant.station {
			out = append(out, broken{[]string{device(n.name)}, kill(n.name)})
		}
	}
	for _, c := range d.plant.cables {
		if among[c.a.node] && among[c.b.node] {
			out = append(out, broken{d.linkNames(c), cutting(c)}, broken{d.linkNames(c), unroute(c)})
			for _, e := range c.ends() {
				out = append(out, broken{append(d.linkNames(c), device(e[0].node)), shutting(e[0])})
			}
		}
	}
	for _, s := range d.plant.sites() {
		boxes := d.plant.at(s)
		if s != "dc" && slices.ContainsFunc(boxes, func(b string) bool { return among[b] }) {
			out = append(out, broken{[]string{"site/" + s}, kill(boxes...)})
		}
	}
	return out
}

// alike names what else would have looked the same as a happening: it explains every alert that fired,
// and leaves no more of them unexplained that should have fired and did not.
func (d *drawer) alike(number int) []string {
	h := d.course.happenings[number]
	at := d.settled(number)
	others := d.course.state(at, number)
	calm := d.plant.conditions(others)
	predicted := func(e ...effect) []condition {
		s := d.course.state(at, number)
		both(e...)(s)
		return slices.DeleteFunc(missing(d.plant.conditions(s), calm), func(c condition) bool { return !d.ruled(c) })
	}
	expected := predicted(h.effects(at)...)
	fired := d.firedOf(number, expected)
	if len(fired) == 0 {
		return nil
	}
	unfired := len(missing(expected, fired))
	var out []string
	for _, b := range d.suspects(d.upwards(d.touched(number))) {
		p := predicted(b.effect)
		if len(missing(fired, p)) == 0 && len(missing(p, fired)) <= unfired {
			out = append(out, b.names...)
		}
	}
	return out
}

// settled is when everything that a happening breaks is broken.
func (d *drawer) settled(number int) time.Time {
	h := d.course.happenings[number]
	best, most := h.at(), 0
	for _, p := range h.phases {
		if n := len(h.effects(p.from)); n > most {
			best, most = p.from, n
		}
	}
	return best
}

// ruled says whether any rule would speak of a condition.
func (d *drawer) ruled(c condition) bool {
	return slices.ContainsFunc(d.rules, func(x rule) bool { return x.on == c.kind && !d.without[x.name+" "+c.node] })
}

// firedOf are those of the conditions of which an alert of the happening fired.
func (d *drawer) firedOf(number int, of []condition) []condition {
	ids := map[string]bool{}
	for _, id := range d.own(number) {
		ids[id] = true
	}
	return slices.DeleteFunc(slices.Clone(of), func(c condition) bool {
		return !slices.ContainsFunc(d.rules, func(x rule) bool { return x.on == c.kind && ids[fingerprintOf(x.labels(c))] })
	})
}
