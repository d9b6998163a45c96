package collector

import (
	"fmt"
	"strings"
	"time"
)

// units are those in which RouterOS writes durations, longest names first
// where one begins like another.
var units = []struct {
	name string
	size time.Duration
}{
	{"ms", time.Millisecond},
	{"us", time.Microsecond},
	{"ns", time.Nanosecond},
	{"w", 7 * 24 * time.Hour},
	{"d", 24 * time.Hour},
	{"h", time.Hour},
	{"m", time.Minute},
	{"s", time.Second},
}

// parseSigned reads a length of time that may be negative ("-29ms481us").
func parseSigned(s string) (time.Duration, error) {
	rest, negative := strings.CutPrefix(s, "-")
	d, err := parseDuration(rest)
	if negative {
		d = -d
	}
	return d, err
}

// maxDuration is beyond what any router has been up, and far from overflow.
const maxDuration = 200 * 365 * 24 * time.Hour

// parseDuration reads what RouterOS writes for a length of time: "1w2d3h4m5s",
// "10s500ms", and the clock forms "00:12:34" and "1d00:12:34".
func parseDuration(s string) (time.Duration, error) {
	if s == "" {
		return 0, fmt.Errorf("empty duration")
	}
	var total time.Duration
	for rest := s; rest != ""; {
		if isClock(rest) {
			clock, err := time.Parse("15:04:05", rest)
			if err != nil {
				return 0, fmt.Errorf("duration %q: %w", s, err)
			}
			midnight := time.Date(clock.Year(), clock.Month(), clock.Day(), 0, 0, 0, 0, time.UTC)
			total += clock.Sub(midnight)
			break
		}
		digits := 0
		var n time.Duration
		for digits < len(rest) && digits < 9 && rest[digits] >= '0' && rest[digits] <= '9' {
			n = n*10 + time.Duration(rest[digits]-'0')
			digits++
		}
		size, unit := unitOf(rest[digits:])
		if digits == 0 || unit == 0 || n > maxDuration/size || total+n*size > maxDuration {
			return 0, fmt.Errorf("duration %q is not in the form 1w2d3h4m5s", s)
		}
		total += n * size
		rest = rest[digits+unit:]
	}
	return total, nil
}

func isClock(s string) bool { return len(s) == len("00:00:00") && s[2] == ':' && s[5] == ':' }

func unitOf(s string) (time.Duration, int) {
	for _, u := range units {
		if strings.HasPrefix(s, u.name) {
			return u.size, len(u.name)
		}
	}
	return 0, 0
}

// dateLayouts are the forms of a date: RouterOS 7.10 and later, and before.
var dateLayouts = []string{"2006-01-02 15:04:05", "Jan/02/2006 15:04:05"}

// parseClock reads a router's date and time, which are local, with its offset
// from UTC ("+02:00", empty for UTC).
func parseClock(date, clock, offset string) (time.Time, error) {
	zone, err := parseOffset(offset)
	if err != nil {
		return time.Time{}, err
	}
	if t, err := parseTimestamp(date+" "+clock, zone); err == nil {
		return t, nil
	}
	return time.Time{}, fmt.Errorf("clock %q %q is in no form known", date, clock)
}

// parseTimestamp reads a date and time, as a router writes them in one.
func parseTimestamp(s string, zone *time.Location) (time.Time, error) {
	for _, layout := range dateLayouts {
		if t, err := time.ParseInLocation(layout, s, zone); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("timestamp %q is in no form known", s)
}

func parseOffset(s string) (*time.Location, error) {
	if s == "" {
		return time.UTC, nil
	}
	t, err := time.Parse("-07:00", s)
	if err != nil {
		return nil, fmt.Errorf("offset from UTC %q: %w", s, err)
	}
	_, seconds := t.Zone()
	return time.FixedZone("", seconds), nil
}
