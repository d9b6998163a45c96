package device

import (
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// How soon and how often a part of the configuration is read before its turn.
const (
	// settle is how long after the first sign of a change it is read: one
	// command of an engineer is often the first of several, and a script's
	// always.
	settle = 500 * time.Millisecond
	// Three readings at once and one in thirty seconds after that. With one
	// reading of everything more in an interval (see followUp), whatever a
	// script does to a router costs it, at the usual interval of a minute, no
	// more than four times what polling does.
	earlyBurst = 3
	earlyEvery = 30 * time.Second
	// together is how far apart readings may be due to be made in one go.
	together = 100 * time.Millisecond
)

// alarm notes which parts of the configuration may have changed, and when
// each is to be read. A part that is read too often waits for its turn, or for
// the poll, whichever comes first.
type alarm struct {
	raised chan struct{} // receives when a part is raised

	mu    sync.Mutex
	parts []part
}

// part is one category, or the router's history.
type part struct {
	limiter *rate.Limiter
	turn    *rate.Reservation // nil while the part is quiet
	due     time.Time
	by      map[*ear]bool // who heard something
}

func newAlarm(parts int) *alarm {
	a := &alarm{raised: make(chan struct{}, 1), parts: make([]part, parts)}
	for i := range a.parts {
		a.parts[i].limiter = rate.NewLimiter(rate.Every(earlyEvery), earlyBurst)
	}
	return a
}

// raise asks for a part to be read, since by (which may be nil) has heard of
// a change.
func (a *alarm) raise(i int, by *ear, now time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	p := &a.parts[i]
	if p.turn == nil {
		at := now.Add(settle)
		p.turn = p.limiter.ReserveN(at, 1)
		p.due = at.Add(p.turn.DelayFrom(at))
		p.by = map[*ear]bool{}
	}
	if by != nil {
		p.by[by] = true
	}
	select {
	case a.raised <- struct{}{}:
	default:
	}
}

// calm takes back what was asked for a part, since it is read anyway.
func (a *alarm) calm(i int, now time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if p := &a.parts[i]; p.turn != nil {
		p.turn.CancelAt(now)
		p.turn, p.by = nil, nil
	}
}

// wait returns how long it is until a part is due; false if none is raised.
func (a *alarm) wait(now time.Time) (time.Duration, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	var first time.Time
	for _, p := range a.parts {
		if p.turn != nil && (first.IsZero() || p.due.Before(first)) {
			first = p.due
		}
	}
	return max(0, first.Sub(now)), !first.IsZero()
}

// take returns the parts that are due, with who heard of them, and makes them
// quiet again.
func (a *alarm) take(now time.Time) map[int][]*ear {
	a.mu.Lock()
	defer a.mu.Unlock()
	due := map[int][]*ear{}
	for i := range a.parts {
		p := &a.parts[i]
		if p.turn == nil || p.due.After(now.Add(together)) {
			continue
		}
		due[i] = nil
		for e := range p.by {
			due[i] = append(due[i], e)
		}
		p.turn, p.by = nil, nil
	}
	return due
}
