package device

import (
	"slices"
	"time"

	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/collector"
)

// # How narrow is the interval of a change
//
// A change is seen at once where the router reports it, but it may have been
// made at any time since the category was last read: a listener that was
// silent proves nothing. MikroTik does not promise that it reports everything,
// and some menus are known to be silent about removals; a listener that was
// right before may be wrong now.
//
// The router's history is the better witness, since it can be asked after the
// fact: it has to account for the change that was seen. It is looked at before
// and after each reading. The interval begins shortly before the first entry
// that came between the look before the last reading and that before this one,
// which showed the change (or with that one, if there was no entry yet), if all
// of this holds:
//
//   - all looks were over one connection: a reboot forgets the history;
//   - what the former looks had newest is still there: else the list has
//     overflowed, or what was noted has been undone;
//   - nothing is marked as undone: undoing is a change without an entry (the
//     mark stands until the next command, which has one);
//   - nothing was done while the category was last read: what was done and
//     undone just then is in the reading, but in none of the looks;
//   - the newest entry was not so fresh that another like it, in the same
//     second, would not be told from it;
//   - the clocks did not move against each other in between, and the router's
//     list is in the order of its times;
//   - the category does not change by itself, see changesByItself;
//   - there is an entry at all, of whatever it speaks: a port that is renamed
//     changes all rows that name it. If there is none, the history of this
//     router does not tell everything, and it is not asked again on this
//     connection.
//
// What is left is trust in RouterOS to note what persons and scripts do, as it
// must to be able to undo it. Where any of this fails, the interval is what it
// was: as wide as the time between two readings.

// news returns the entries that a look at the history has and a former one had
// not, and whether they are known to be all that was changed in between, each
// no earlier than margin before its time.
func news(former, now collector.History) (entries []collector.HistoryEntry, complete bool) {
	if !former.Told || !now.Told {
		return nil, false
	}
	if former.Offset != now.Offset {
		// Another time zone, or summer time: whether the old entries are now
		// printed in the new one, nobody says.
		return nil, false
	}
	had := map[collector.HistoryEntry]int{}
	for _, e := range former.Entries {
		had[noted(e)]++
	}
	for _, e := range now.Entries {
		if n := noted(e); had[n] > 0 {
			had[n]--
		} else {
			entries = append(entries, e)
		}
	}
	if len(former.Entries) == 0 {
		return entries, false // what of an overflow could be seen is not there
	}
	if !retains(now, former) {
		return nil, false
	}
	newest := former.Entries[len(former.Entries)-1]
	if newest.At.After(former.ReadAt.Add(-margin(former))) {
		return entries, false
	}
	moved := now.Ahead - former.Ahead
	if now.Undone || !now.Orderly || !former.Orderly || moved.Abs() > former.Uncertainty+now.Uncertainty {
		return entries, false
	}
	for _, e := range entries {
		if e.Noted.Before(newest.Noted) || e.At.After(now.ReadAt.Add(margin(now))) {
			return entries, false
		}
	}
	return entries, true
}

// retains reports whether a look at the history still has all that a former
// one had newest.
func retains(now, former collector.History) bool {
	if len(former.Entries) == 0 {
		return true
	}
	newest := noted(former.Entries[len(former.Entries)-1])
	count := func(h collector.History) (n int) {
		for _, e := range h.Entries {
			if noted(e) == newest {
				n++
			}
		}
		return n
	}
	return count(now) >= count(former)
}

// noted is what tells entries apart: not the time by our clock, which is
// measured anew at each look.
func noted(e collector.HistoryEntry) collector.HistoryEntry {
	return collector.HistoryEntry{Action: e.Action, By: e.By, Noted: e.Noted.UTC()}
}

// margin is how far the time of an entry may be off: as far as the clocks
// could be compared, and a second for what they drift or are put right
// meanwhile.
func margin(h collector.History) time.Duration { return h.Uncertainty + time.Second }

// madeBetween returns the entries that were made in a stretch of time, as far as
// the clocks tell.
func madeBetween(entries []collector.HistoryEntry, h collector.History, after, until time.Time) []collector.HistoryEntry {
	var in []collector.HistoryEntry
	for _, e := range entries {
		if !e.At.Before(after.Add(-margin(h))) && !e.At.After(until.Add(margin(h))) {
			in = append(in, e)
		}
	}
	return in
}

// earliest returns the instant before which a change of a category, made
// between after and until, was not made: after itself where the history does
// not know better. It was looked at before the reading that showed the change,
// and after it. doubtful says that the history should have known and did not.
func (b basis) earliest(category string, before, now collector.History, after, until time.Time) (at time.Time, doubtful bool) {
	if changesByItself(category) {
		return after, false // what it accounts for may not be all that is shown
	}
	meanwhile, steady := news(b.before.History, b.after.History)
	entries, complete := news(b.before.History, before)
	all, completeNow := news(b.before.History, now)
	if !steady || !complete || !completeNow || !retains(before, b.after.History) || b.before.ReadAt.After(after) {
		return after, false
	}
	if len(madeBetween(meanwhile, b.after.History, after, b.after.ReadAt)) > 0 {
		return after, false
	}
	entries, all = madeBetween(entries, before, after, until), madeBetween(all, now, after, until)
	if len(all)+len(entries) == 0 {
		return after, true
	}
	// If there was none when the reading began, the change was made after that.
	// The last look does not count for more: what was done could be undone
	// since, and something else be done.
	at = before.ReadAt
	if len(entries) > 0 {
		at = entries[0].At.Add(-margin(before))
	}
	if at.Before(after) || !at.Before(until) {
		return after, false
	}
	return at, false
}

// hidden follows the entries of the history until a change of a fingerprint
// accounts for them, or is known not to: those are changes of secrets, of what
// is not read, and such as were undone before they were read.
type hidden struct {
	open []entryOpen
}

type entryOpen struct {
	collector.HistoryEntry
	due bool // it is older than the reading that is under way
}

// mostOpen is as many entries as a history has.
const mostOpen = 100

// add takes the entries that a look has brought.
func (h *hidden) add(entries []collector.HistoryEntry) {
	for _, e := range entries {
		h.open = append(h.open, entryOpen{HistoryEntry: e})
	}
	h.open = h.open[max(0, len(h.open)-mostOpen):]
}

// begin says that everything is read now.
func (h *hidden) begin() {
	for i := range h.open {
		h.open[i].due = true
	}
}

// shown says that a change of a category was seen, which accounts for its
// entries.
func (h *hidden) shown(look collector.History, category string, after, until time.Time) {
	h.open = slices.DeleteFunc(h.open, func(e entryOpen) bool {
		one := []collector.HistoryEntry{e.HistoryEntry}
		return mayConcern(e.Action, category) && len(madeBetween(one, look, after, until)) > 0
	})
}

// end says that everything was read, save for the categories named, and
// returns the entries that nothing accounts for.
func (h *hidden) end(failed []string) []collector.HistoryEntry {
	var nothing []collector.HistoryEntry
	h.open = slices.DeleteFunc(h.open, func(e entryOpen) bool {
		mayYetShow := slices.ContainsFunc(failed, func(c string) bool { return mayConcern(e.Action, c) })
		if !e.due || mayYetShow {
			return false
		}
		nothing = append(nothing, e.HistoryEntry)
		return true
	})

	return nothing
}
