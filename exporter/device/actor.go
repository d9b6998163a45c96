package device

import (
	"context"
	"time"

	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/collector"
)

// Actor is who changed a configuration, from where and by what.
type Actor struct {
	// User is the router's user; Address and Via ("winbox", "ssh") are empty
	// where the router does not tell clearly.
	User, Address, Via string
	// At is when, by the exporter's clock.
	At time.Time
}

// clockSlack is how far a history's times may be off: they are whole seconds,
// and so is the clock that they are compared with.
const clockSlack = 2 * time.Second

// readActor asks the router who made a change between two instants. A router
// that does not tell costs the answer, and nothing else.
func (d *Device) readActor(after, until time.Time) *Actor {
	ctx, cancel := context.WithTimeout(d.life, d.opts.CategoryTimeout)
	defer cancel()
	l, err := d.session.get(ctx)
	if err != nil {
		return nil // the session has said why
	}
	journal, err := collector.ReadJournal(ctx, l, d.opts.Now)
	if err != nil {
		if d.life.Err() == nil {
			d.complainOf("history", err)
		}
		return nil
	}
	return actorOf(journal, after, until)
}

// actorOf names who made a change between two instants: the one user whom the
// history has in that time. Where it has several, it cannot be told which of
// them changed what, and nobody is named. Where from is told if all sessions
// of that user say the same.
func actorOf(j collector.Journal, after, until time.Time) *Actor {
	var found *Actor
	for _, e := range j.Entries {
		if e.By == "" || e.At.Before(after.Add(-clockSlack)) || e.At.After(until.Add(clockSlack)) {
			continue
		}
		switch {
		case found == nil:
			found = &Actor{User: e.By, At: e.At}
		case found.User != e.By:
			return nil
		case e.At.After(found.At):
			found.At = e.At
		}
	}
	if found == nil {
		return nil
	}
	// What is known better than the history's seconds: the interval.
	if found.At.Before(after) {
		found.At = after
	} else if found.At.After(until) {
		found.At = until
	}
	var from []collector.UserSession
	for _, s := range j.Sessions {
		if s.User == found.User && (len(from) == 0 || from[0] != s) {
			from = append(from, s)
		}
	}
	if len(from) == 1 {
		found.Address, found.Via = from[0].Address, from[0].Via
	}
	return found
}
