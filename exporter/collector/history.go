package collector

import (
	"context"
	"fmt"
	"time"

	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/routeros"
)

// LastHistory returns when the router last noted a change of its
// configuration by a person or a script, in /system/history; false if it
// notes none, or does not let this user see it. A change of nothing but a
// secret shows here alone.
//
// Only the time is read: the entries carry the commands themselves.
func LastHistory(ctx context.Context, r Router) (time.Time, bool, error) {
	var date, offset string
	var times []string
	err := readAll(ctx, r,
		read{"/system/clock", []string{"date", "gmt-offset"}, nil, func(row routeros.Row) {
			date, offset = row.String("date"), row.String("gmt-offset")
		}},
		read{"/system/history", []string{"time"}, nil, func(row routeros.Row) {
			times = append(times, row.String("time"))
		}},
	)
	switch {
	case err == nil:
	case routeros.ReasonOf(err) == routeros.ReasonTrap: // this user may not see it
		return time.Time{}, false, nil
	default:
		return time.Time{}, false, err
	}
	var last time.Time
	for _, s := range times {
		t, err := parseHistoryTime(s, date, offset)
		if err != nil {
			return time.Time{}, false, fmt.Errorf("/system/history: %w", err)
		}
		if t.After(last) {
			last = t
		}
	}
	return last, len(times) > 0, nil
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
