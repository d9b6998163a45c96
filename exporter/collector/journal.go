package collector

import (
	"context"
	"fmt"
	"time"

	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/routeros"
)

// Journal is what a router tells of who worked on it.
type Journal struct {
	// Entries are the lines of its history, the last hundred at most.
	Entries []JournalEntry
	// Sessions are the users who are logged in.
	Sessions []UserSession
}

// JournalEntry is one change of the configuration.
type JournalEntry struct {
	// By is the user, At when, by the exporter's clock, give or take a second.
	By string
	At time.Time
}

// UserSession is one login.
type UserSession struct {
	// User came from Address by Via: "winbox", "ssh", "api".
	User, Address, Via string
}

// ReadJournal reads /system/history and /user/active. What this user may not
// see, or this router does not have, is empty. The difference of the clocks,
// which now measures, is taken out of the times.
//
// Of the history only time and user are read: the entries carry the commands
// themselves.
func ReadJournal(ctx context.Context, r Router, now func() time.Time) (Journal, error) {
	var j Journal
	var date, clock, offset string
	var seen time.Time
	type line struct{ by, time string }
	var lines []line
	err := readAll(ctx, r,
		read{"/system/clock", []string{"date", "time", "gmt-offset"}, nil, func(row routeros.Row) {
			date, clock, offset = row.String("date"), row.String("time"), row.String("gmt-offset")
			seen = now()
		}},
		read{"/system/history", []string{"by", "time"}, nil, func(row routeros.Row) {
			lines = append(lines, line{row.String("by"), row.String("time")})
		}},
	)
	if refused(err) {
		return Journal{}, nil
	}
	if err != nil {
		return Journal{}, err
	}
	present, err := parseClock(date, clock, offset)
	if err != nil && len(lines) > 0 {
		return Journal{}, fmt.Errorf("/system/clock: %w", err)
	}
	for _, l := range lines {
		at, err := parseHistoryTime(l.time, date, offset)
		if err != nil {
			return Journal{}, fmt.Errorf("/system/history: %w", err)
		}
		j.Entries = append(j.Entries, JournalEntry{By: l.by, At: seen.Add(at.Sub(present))})
	}
	err = readAll(ctx, r, read{"/user/active", []string{"name", "address", "via"}, nil, func(row routeros.Row) {
		j.Sessions = append(j.Sessions, UserSession{row.String("name"), row.String("address"), row.String("via")})
	}})
	if err != nil && !refused(err) {
		return Journal{}, err
	}
	return j, nil
}

// refused reports whether the router does not let this user see something.
func refused(err error) bool {
	return err != nil && routeros.ReasonOf(err) == routeros.ReasonTrap
}
