package metro

import (
	"fmt"
	"slices"
	"time"

	"github.com/ispvisualmonitor/ispvisualmonitor/lab/corpus"
)

// soon is shortly after the time at which things break.
func (d *drawer) soon() time.Time {
	return d.start.Add(time.Duration(d.IntN(60000)) * time.Millisecond)
}

// lasting is how long something stays broken.
func (d *drawer) lasting() time.Duration { return time.Duration(12*60+d.IntN(50*60)) * time.Second }

func device(name string) string { return "device/" + name }

// breaks is a happening that nobody made.
func (d *drawer) breaks(name string, causes []string, at time.Time, what effect) happening {
	return happening{
		event:  corpus.Event{Name: name, Causes: causes},
		phases: []phase{{at, at.Add(d.lasting()), what}},
		alike:  true,
	}
}

// dies is a node that dies, and says so when it has booted again.
func (d *drawer) dies(name string, at time.Time) happening {
	h := d.breaks("power of "+name, []string{device(name)}, at, kill(name))
	back := h.phases[0].until
	h.phases = append(h.phases, phase{back, back.Add(5 * time.Minute), show(condition{kind: rebooted, node: name})})
	return h
}

// cuts is a cable that is cut. Where the inventory knows no links, its ends are all there is to name.
func (d *drawer) cuts(c cable, at time.Time) happening {
	return d.breaks("cut of "+c.name(), d.linkNames(c), at, cutting(c))
}

func (d *drawer) linkNames(c cable) []string {
	if d.records.noLinks {
		return []string{device(c.a.node), device(c.b.node)}
	}
	return []string{"link/" + c.name()}
}

// backbone are the cables outside of the data centre.
func (d *drawer) backbone() []cable {
	return slices.DeleteFunc(slices.Clone(d.plant.cables), func(c cable) bool { return d.plant.node(c.b.node).site == "dc" })
}

func fibreCut(d *drawer) []happening {
	return []happening{d.cuts(pick(d.Rand, d.backbone()), d.soon())}
}

// ringCut: a ring is cut, which hurts nobody, and is cut a second time before the first is mended.
func ringCut(d *drawer) []happening {
	region := fmt.Sprintf("r%d", 1+d.IntN(d.plant.regions))
	var round []cable
	for _, c := range d.plant.cables {
		if d.plant.node(c.b.node).role == ring && c.b.node[:2] == region && d.plant.node(c.a.node).role != radio || d.plant.node(c.a.node).role == ring && c.a.node[:2] == region && d.plant.node(c.b.node).role == edge {
			round = append(round, c)
		}
	}
	i := d.IntN(len(round) - 1)
	j := i + 1 + d.IntN(len(round)-i-1)
	first, second := d.cuts(round[i], d.start.Add(-time.Duration(10+d.IntN(120))*time.Minute)), d.cuts(round[j], d.soon())
	first.phases[0].until = second.until().Add(time.Duration(5+d.IntN(60)) * time.Minute)
	return []happening{first, second}
}

// radioFade: rain, or a crane; the link comes and goes.
func radioFade(d *drawer) []happening {
	hop := pick(d.Rand, d.plant.of(radio))
	c := d.plant.cabled[hop][0]
	h := d.cuts(c, d.soon())
	h.event.Name = "fading of " + c.name()
	at := h.at()
	h.phases = nil
	for range 3 + d.IntN(4) {
		long := time.Duration(100+d.IntN(200)) * time.Second
		h.phases = append(h.phases, phase{at, at.Add(long), cutting(c)})
		at = at.Add(long + time.Duration(60+d.IntN(240))*time.Second)
	}
	return []happening{h}
}

func nodeDies(d *drawer) []happening {
	return []happening{d.dies(pick(d.Rand, d.plant.of(core, edge, ring, radio, bng, access, reflector, border)), d.soon())}
}

// siteDark: a site loses its power. Not every box stops at the same second, and one may have a battery.
func siteDark(d *drawer) []happening {
	sites := slices.DeleteFunc(d.plant.sites(), func(s string) bool { return s == "dc" || len(d.plant.at(s)) < 2 && chance(d.Rand, 0.85) })
	site := pick(d.Rand, sites)
	boxes := d.plant.at(site)
	at := d.soon()
	until := at.Add(d.lasting())
	h := happening{event: corpus.Event{Name: "power of site " + site, Causes: []string{"site/" + site}}, alike: true}
	h.phases = append(h.phases, phase{at, until, show(condition{kind: mains, site: site})})
	battery := len(boxes) > 2 && chance(d.Rand, 0.4)
	for i, b := range boxes {
		from := at.Add(time.Duration(d.IntN(15)) * time.Second)
		if battery && i == 0 {
			from = at.Add(time.Duration(5+d.IntN(6)) * time.Minute)
		}
		h.phases = append(h.phases, phase{from, until.Add(time.Duration(i) * time.Second), kill(b)})
	}
	if len(boxes) == 1 {
		h.event.Causes = append(h.event.Causes, device(boxes[0]))
	}
	return []happening{h}
}

// transitLost: a provider drops the session, or its routes.
func transitLost(d *drawer) []happening {
	outside := slices.DeleteFunc(slices.Clone(d.plant.sessions), func(x session) bool { return !x.external })
	x := pick(d.Rand, outside)
	what := stop(x)
	if chance(d.Rand, 0.4) {
		what = show(condition{kind: prefixes, node: x.node, peer: x.peer})
	}
	h := d.breaks("provider "+x.peer, []string{device(x.node)}, d.soon(), what)
	h.alike = false
	return []happening{h}
}

// partFails: heat, interference, or too much traffic, on one box or one of its ports.
func partFails(d *drawer) []happening {
	name := pick(d.Rand, d.plant.of(core, edge, ring, radio, bng, border))
	c := pick(d.Rand, d.plant.cabled[name])
	at := c.a
	if c.b.node == name {
		at = c.b
	}
	sign := condition{kind: pick(d.Rand, []kind{heat, saturated, loss, latency}), node: name}
	causes := []string{device(name)}
	if sign.kind == saturated || sign.kind == loss && chance(d.Rand, 0.5) {
		sign.iface = at.name
		if !d.records.noLinks {
			causes = append(causes, "link/"+c.name())
		}
	}
	h := d.breaks(fmt.Sprintf("%s of %s", sign.kind, name), causes, d.soon(), show(sign))
	h.alike = false
	return []happening{h}
}

// switchDies: a switch, that often nobody watches.
func switchDies(d *drawer) []happening {
	return []happening{d.dies(pick(d.Rand, d.plant.of(fabric)), d.soon())}
}

// quorumLost: of three databases one is dead since long; the second one takes the provisioning along.
func quorumLost(d *drawer) []happening {
	dbs := []string{"db1", "db2", "db3"}
	d.Shuffle(3, func(i, j int) { dbs[i], dbs[j] = dbs[j], dbs[i] })
	return d.oneAfterTheOther(dbs[0], dbs[1])
}

// loginLost: the second of two servers dies, and no subscriber gets in.
func loginLost(d *drawer) []happening { return d.oneAfterTheOther("radius1", "radius2") }

func (d *drawer) oneAfterTheOther(a, b string) []happening {
	first, second := d.dies(a, d.start.Add(-time.Duration(20+d.IntN(200))*time.Minute)), d.dies(b, d.soon())
	shift := second.until().Add(20 * time.Minute).Sub(first.phases[0].until)
	first.phases[0].until = first.phases[0].until.Add(shift)
	first.phases[1].from, first.phases[1].until = first.phases[1].from.Add(shift), first.phases[1].until.Add(shift)
	return []happening{first, second}
}
