package routersim

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/ispvisualmonitor/ispvisualmonitor/lab/routersim/internal/config"
)

// lapse names an entry of an address list that goes by itself.
type lapse struct {
	menu string
	id   uint32
}

// isAddressList says whether a menu is one of those whose rows may go by
// themselves.
func isAddressList(menu string) bool { return strings.HasSuffix(menu, "/firewall/address-list") }

// noteLapses remembers when entries go that a command gave a timeout.
func (r *Router) noteLapses(cmd *command, made string, now time.Time) {
	text, given := cmd.args["timeout"]
	if !isAddressList(cmd.menu) || !given {
		return
	}
	numbers := made
	if numbers == "" {
		numbers, _ = cmd.numbers()
	}
	rows, err := r.store.Table(cmd.menu).Select(numbers)
	if err != nil {
		return // the command has been refused
	}
	for _, row := range rows {
		key := lapse{cmd.menu, row.ID}
		delete(r.live.lapses, key)
		if d, ok := parseTimeout(text); ok {
			r.live.lapses[key] = now.Add(d)
		}
	}
}

// expire takes away what has had its time, or, after a restart, all that
// would have gone. The lock is held.
func (r *Router) expire(now time.Time, restarted bool) {
	gone := false
	for key, at := range r.live.lapses {
		if now.Before(at) && !restarted {
			continue
		}
		delete(r.live.lapses, key)
		_, err := r.store.Remove(key.menu, config.FormatID(key.id))
		gone = gone || err == nil // somebody may have removed it before
	}
	if gone {
		r.cached = nil
		r.net.update(r)
	}
}

// addressListRows shows address lists. What has a timeout is dynamic: it is in
// no export, and its time ticks.
func addressListRows(r *Router, t *config.Table, want ask) rows {
	return func(yield func(*record) bool) {
		rec := &record{}
		for _, row := range t.Rows {
			rec.store(t, row, want)
			if at, ok := r.live.lapses[lapse{t.Menu.Path, row.ID}]; ok {
				rec.set("timeout", duration(at.Sub(want.now)))
				rec.set("dynamic", "true")
			}
			if !yield(rec) {
				return
			}
		}
	}
}

var timeoutForm = regexp.MustCompile(`^(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s?)?$`)

// parseTimeout reads a stretch of time as people write it, 1d2h or 00:10:00.
func parseTimeout(text string) (time.Duration, bool) {
	var h, m, s int
	if n, err := fmt.Sscanf(text, "%d:%d:%d", &h, &m, &s); err == nil && n == 3 {
		return time.Duration(h)*time.Hour + time.Duration(m)*time.Minute + time.Duration(s)*time.Second, true
	}
	parts := timeoutForm.FindStringSubmatch(text)
	if parts == nil || text == "" {
		return 0, false
	}
	var d time.Duration
	for i, unit := range []time.Duration{7 * 24 * time.Hour, 24 * time.Hour, time.Hour, time.Minute, time.Second} {
		if n, err := strconv.Atoi(parts[i+1]); err == nil {
			d += time.Duration(n) * unit
		}
	}
	return d, true
}
