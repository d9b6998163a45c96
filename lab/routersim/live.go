package routersim

import (
	"hash/fnv"
	"time"

	"github.com/ispvisualmonitor/ispvisualmonitor/lab/routersim/internal/plane"
)

// live is what a router remembers of its own running: since when things are as
// they are, and what has been counted until then. The clock and the state give
// the rest, so counters move without anybody moving them.
type live struct {
	madeAt     time.Time // when the simulation of this run began
	bootedAt   time.Time
	powered    bool
	interfaces map[string]*port
	neighbors  map[string]*episode
	sessions   map[string]*episode
	servers    map[string]*episode
	hosts      map[string]*episode
	ids        map[string]uint32
	lapses     map[lapse]time.Time // when entries of address lists go
}

// port is an interface's memory.
type port struct {
	known    bool
	running  bool
	changed  time.Time // when it last went up or down
	lastUp   time.Time
	lastDown time.Time
	downs    int
	rx, tx   float64   // bytes counted before `base`
	base     time.Time // since when the rates have counted
	rxRate   float64   // bytes a second while running
	txRate   float64
}

// episode is one stretch of something being up.
type episode struct {
	up      bool
	since   time.Time
	changes int
}

func newLive(now time.Time, uptime time.Duration) *live {
	l := &live{ids: map[string]uint32{}, powered: true, lapses: map[lapse]time.Time{}}
	l.boot(now.Add(-uptime))
	l.madeAt = now
	return l
}

// boot forgets everything that a router forgets when it restarts.
func (l *live) boot(at time.Time) {
	l.madeAt, l.bootedAt = at, at
	l.interfaces, l.neighbors = map[string]*port{}, map[string]*episode{}
	l.sessions, l.servers = map[string]*episode{}, map[string]*episode{}
	l.hosts = map[string]*episode{}
}

// observe compares a new state with what is remembered. What is up when the
// router is first looked at has been up since shortly after its start.
func (l *live) observe(now time.Time, r *Router, state *plane.State) {
	for name, running := range state.Running {
		p, ok := l.interfaces[name]
		if !ok {
			p = &port{changed: l.upSince(now), base: l.upSince(now)}
			p.rxRate, p.txRate = r.rates(name)
			l.interfaces[name] = p
		}
		if rx, tx := r.rates(name); rx != p.rxRate || tx != p.txRate { // it got a cable
			p.rx, p.tx = p.counted(now)
			p.base, p.rxRate, p.txRate = now, rx, tx
		}
		if !p.known || p.running != running {
			l.flip(p, now, running)
			if ok && p.known {
				r.logLink(now, name, running)
			}
			p.known = true
		}
	}
	up := map[string]bool{}
	for _, n := range state.Neighbors {
		up[neighborKey(n)] = true
	}
	l.episodes(l.neighbors, up, now)
	up = map[string]bool{}
	for _, s := range state.Sessions {
		up[s.Peer.Name] = true
	}
	l.episodes(l.sessions, up, now)
	l.episodes(l.servers, state.Servers, now)
	l.episodes(l.hosts, state.Hosts, now)
}

func (l *live) flip(p *port, now time.Time, running bool) {
	if !p.known {
		p.running = running
		if running {
			p.lastUp = p.changed
		}
		return
	}
	if p.running {
		p.rx, p.tx = p.counted(now)
		p.downs++
		p.lastDown = now
	} else {
		p.lastUp = now
	}
	p.running, p.changed, p.base = running, now, now
}

// counted returns the bytes received and sent until now.
func (p *port) counted(now time.Time) (rx, tx float64) {
	if !p.running || now.Before(p.base) {
		return p.rx, p.tx
	}
	seconds := now.Sub(p.base).Seconds()
	return p.rx + p.rxRate*seconds, p.tx + p.txRate*seconds
}

func (l *live) episodes(known map[string]*episode, up map[string]bool, now time.Time) {
	for key, isUp := range up {
		e, ok := known[key]
		if !ok {
			e = &episode{}
			known[key] = e
			e.up, e.since = isUp, l.upSince(now)
			if isUp {
				e.changes = 5
			}
			continue
		}
		if isUp && !e.up {
			e.up, e.since = true, now
			e.changes += 5
		}
	}
	for key, e := range known {
		if e.up && !up[key] {
			e.up, e.since = false, now
			e.changes++
		}
	}
}

// upSince says since when something has been up that is seen for the first
// time: while the router is being set up, since shortly after its start; later,
// since now.
func (l *live) upSince(now time.Time) time.Time {
	soon := l.bootedAt.Add(time.Minute)
	if soon.After(now) || now.Sub(l.madeAt) > time.Minute {
		return now
	}
	return soon
}

// id gives something that appears by itself an id that it keeps.
func (l *live) id(key string, first uint32) uint32 {
	if id, ok := l.ids[key]; ok {
		return id
	}
	id := first + uint32(len(l.ids))
	l.ids[key] = id
	return id
}

func neighborKey(n plane.Neighbor) string {
	return n.Speaker.Instance + "\x00" + n.Speaker.Interface + "\x00" + n.Address.String()
}

// hash gives a number that depends on the text alone.
func hash(text string) uint32 {
	h := fnv.New32a()
	_, _ = h.Write([]byte(text)) // never fails
	return h.Sum32()
}
