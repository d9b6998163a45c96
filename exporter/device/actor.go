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

// look is one look at a router's history.
type look struct {
	collector.History
	link *link // over which it was had, nil if it was not
}

// basis is what was known of the history before and after a reading.
type basis struct{ before, after look }

// over reports whether all of it was had over one connection.
func (b basis) over(l *link) bool { return b.before.link == l && b.after.link == l }

// lookAtHistory reads the history. A router that does not tell costs the
// answer, and nothing else.
func (d *Device) lookAtHistory() look {
	ctx, cancel := context.WithTimeout(d.life, d.opts.CategoryTimeout)
	defer cancel()
	l, err := d.session.get(ctx)
	if err != nil {
		return look{} // the session has said why
	}
	h, err := collector.ReadHistory(ctx, l.config, d.opts.Now)
	if err != nil {
		if d.life.Err() == nil {
			d.complainOf("history", err)
		}
		return look{}
	}
	fresh, _ := news(d.lastLook.History, h)
	if d.lastLook.link != nil { // of the first look, nobody knows what is new
		d.hidden.add(fresh)
	}
	d.lastLook = look{h, l}
	if n := len(h.Entries); n > 0 {
		d.ledger.noteHistory(h.Entries[n-1].Noted)
	}
	return d.lastLook
}

// account is what the router's history says of a change that was seen.
type account struct {
	earliest time.Time // before it, the change was not made
	actor    *Actor    // nil where that is not clear
}

// accountFor asks the router for the story of a change.
func (d *Device) accountFor(r shown) account {
	a := account{earliest: r.before}
	now := d.lookAtHistory()
	if now.link == nil {
		return a
	}
	d.hidden.shown(now.History, r.category.Name, r.before, r.since)
	if r.basis.over(now.link) && r.look.link == now.link && !now.link.doubted {
		a.earliest, now.link.doubted = r.basis.earliest(r.category.Name, r.look.History, now.History, r.before, r.since)
	}
	user, at := actorOf(madeBetween(now.Entries, now.History, r.before, r.since), r.category.Name)
	if user == "" {
		return a
	}
	// What is known better than the history's seconds: the interval.
	if at.Before(a.earliest) {
		at = a.earliest
	} else if at.After(r.since) {
		at = r.since
	}
	a.actor = &Actor{User: user, At: at}
	a.actor.Address, a.actor.Via = d.whence(now.link, user)
	return a
}

// actorOf names who made a change, and when it was last touched: the one user
// whom the history has in its interval, with what can account for it. Where it
// has several, those count whose entries can be about the category; where
// there are several still, it cannot be told which of them changed what, and
// nobody is named.
func actorOf(entries []collector.HistoryEntry, category string) (user string, at time.Time) {
	for _, counts := range []func(action, category string) bool{mayAccountFor, mayConcern} {
		user, at = "", time.Time{}
		several := false
		for _, e := range entries {
			if e.By == "" || !mayAccountFor(e.Action, category) || !counts(e.Action, category) {
				continue
			}
			several = several || user != "" && user != e.By
			user, at = e.By, e.At // in the order of their times
		}
		if !several {
			return user, at
		}
	}
	return "", time.Time{}
}

// whence says where a user is logged in from and by what, if all of that
// user's sessions say the same.
func (d *Device) whence(l *link, user string) (address, via string) {
	ctx, cancel := context.WithTimeout(d.life, d.opts.CategoryTimeout)
	defer cancel()
	sessions, err := collector.ReadSessions(ctx, l.config)
	if err != nil {
		if d.life.Err() == nil {
			d.complainOf("sessions", err)
		}
		return "", ""
	}
	return whenceOf(sessions, user)
}

func whenceOf(sessions []collector.UserSession, user string) (address, via string) {
	known := false
	for _, s := range sessions {
		switch {
		case s.User != user:
		case !known:
			address, via, known = s.Address, s.Via, true
		case s.Address != address || s.Via != via:
			return "", ""
		}
	}
	return address, via
}
