package collector

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/routeros"
)

// History is what a router tells of the changes of its configuration: in
// /system/history it notes what persons and scripts did, the last hundred
// changes. It keeps them in memory, so that a reboot forgets them.
type History struct {
	// Told is false where this user may not see it, or the router has none.
	Told bool
	// Entries are in the order of their times.
	Entries []HistoryEntry
	// Orderly says that the router listed them in that order as well, one way
	// or the other: it does not if its clock was set back in between.
	Orderly bool
	// Undone says that something was undone (by /undo, or by a session in safe
	// mode that broke off): a change as well, but one that has no entry.
	Undone bool
	// ReadAt is when the reading began, by the exporter's clock.
	ReadAt time.Time
	// Ahead is how far the router's clock is ahead of the exporter's, and
	// Uncertainty by how much that, and so each At, may be wrong: both clocks
	// are read in whole seconds, and the answer was on its way.
	Ahead, Uncertainty time.Duration
	// Offset is how far the router's local time is ahead of UTC, as it says
	// it. All times are printed in local time.
	Offset string
}

// HistoryEntry is one change.
type HistoryEntry struct {
	// Action is what was done, in RouterOS' words ("filter rule changed"). It
	// may name what it was done to, so it is for matching, not for showing.
	Action string
	// By is the user, empty where the router does not say.
	By string
	// Noted is when, by the router's clock, in whole seconds.
	Noted time.Time
	// At is the same by the exporter's clock.
	At time.Time
}

// historyProperties are all that is read of an entry: undo and redo carry the
// commands themselves, with whatever secret they set.
var historyProperties = []string{"action", "by", "redoable", "time"}

// ReadHistory reads /system/history and measures the difference of the clocks.
func ReadHistory(ctx context.Context, r Router, now func() time.Time) (History, error) {
	h := History{ReadAt: now()}
	var date, clock, offset string
	var seen time.Time
	type line struct{ action, by, time string }
	var lines []line
	err := readAll(ctx, r,
		read{"/system/clock", []string{"date", "time", "gmt-offset"}, nil, func(row routeros.Row) {
			date, clock, offset = row.String("date"), row.String("time"), row.String("gmt-offset")
			seen = now()
		}},
		read{"/system/history", historyProperties, nil, func(row routeros.Row) {
			h.Undone = h.Undone || row.Bool("redoable")
			lines = append(lines, line{row.String("action"), row.String("by"), row.String("time")})
		}},
	)
	if refused(err) {
		return History{ReadAt: h.ReadAt}, nil
	}
	if err != nil {
		return History{}, err
	}
	present, err := parseClock(date, clock, offset)
	if err != nil {
		if len(lines) == 0 { // no times to be compared with it
			return h, nil
		}
		return History{}, fmt.Errorf("/system/clock: %w", err)
	}
	undated := slices.ContainsFunc(lines, func(l line) bool { return isClock(l.time) })
	if sinceMidnight := sinceMidnight(clock); undated && (sinceMidnight < aroundMidnight || sinceMidnight > 24*time.Hour-aroundMidnight) {
		return History{ReadAt: h.ReadAt}, nil
	}
	h.Told, h.Ahead, h.Uncertainty, h.Offset = true, present.Sub(seen), time.Second+seen.Sub(h.ReadAt), offset
	for _, l := range lines {
		noted, err := parseHistoryTime(l.time, date, offset)
		if err != nil {
			return History{}, fmt.Errorf("/system/history: %w", err)
		}
		h.Entries = append(h.Entries, HistoryEntry{Action: l.action, By: l.by, Noted: noted, At: seen.Add(noted.Sub(present))})
	}
	byTime := func(a, b HistoryEntry) int { return a.Noted.Compare(b.Noted) }
	h.Orderly = slices.IsSortedFunc(h.Entries, byTime) ||
		slices.IsSortedFunc(h.Entries, func(a, b HistoryEntry) int { return byTime(b, a) })
	slices.SortStableFunc(h.Entries, func(a, b HistoryEntry) int {
		return cmp.Or(a.Noted.Compare(b.Noted), cmp.Compare(a.By, b.By), cmp.Compare(a.Action, b.Action))
	})
	return h, nil
}

// aroundMidnight is how close to midnight the history is not read where it
// leaves out today's date: clock and history may be of different days.
const aroundMidnight = 5 * time.Second

// sinceMidnight is the time of day that a clock shows.
func sinceMidnight(clock string) time.Duration {
	t, err := time.Parse(time.TimeOnly, clock)
	if err != nil {
		return aroundMidnight // it has been read before: see parseClock
	}
	return t.Sub(t.Truncate(24 * time.Hour))
}

// parseHistoryTime reads the time of an entry, which lacks the date if that
// is today's.
func parseHistoryTime(s, today, offset string) (time.Time, error) {
	if isClock(s) {
		return parseClock(today, s, offset)
	}
	if len(s) < len("00:00:00")+1 {
		return time.Time{}, fmt.Errorf("time %q is in no form known", s)
	}
	cut := len(s) - len("00:00:00")
	return parseClock(s[:cut-1], s[cut:], offset)
}

// UserSession is one login.
type UserSession struct {
	// User came from Address by Via: "winbox", "ssh", "api".
	User, Address, Via string
}

// ReadSessions reads who is logged in. Where this user may not see that,
// nobody is.
func ReadSessions(ctx context.Context, r Router) ([]UserSession, error) {
	var sessions []UserSession
	err := readAll(ctx, r, read{"/user/active", []string{"name", "address", "via"}, nil, func(row routeros.Row) {
		sessions = append(sessions, UserSession{row.String("name"), row.String("address"), row.String("via")})
	}})
	if refused(err) {
		return nil, nil
	}
	return sessions, err
}

// refused reports whether the router does not let this user see something.
func refused(err error) bool {
	return err != nil && routeros.ReasonOf(err) == routeros.ReasonTrap
}
