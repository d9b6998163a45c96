package device

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/collector"
)

var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

// lookAt is a look at a history, second seconds after noon, of which the
// entries are those given by their seconds: the router's clock agrees.
func lookAt(second int, entries ...collector.HistoryEntry) collector.History {
	h := collector.History{Told: true, Orderly: true, ReadAt: noon.Add(time.Duration(second) * time.Second), Uncertainty: time.Second}
	h.Entries = append(h.Entries, entries...)
	return h
}

func made(second int, action string) collector.HistoryEntry {
	at := noon.Add(time.Duration(second) * time.Second)
	return collector.HistoryEntry{Action: action, By: "ann", Noted: at, At: at}
}

func TestEarliest(t *testing.T) {
	t.Parallel()
	const rule, route, what = "filter rule changed", "route added", "---"
	old := made(-600, rule)
	undone := lookAt(61, old, made(40, rule))
	undone.Undone = true
	disorderly := lookAt(61, old, made(40, rule))
	disorderly.Orderly = false
	moved := lookAt(61, old, made(40, rule))
	moved.Ahead = 10 * time.Second
	elsewhere := lookAt(61, old, made(40, rule))
	elsewhere.Offset = "+01:00"
	untold := lookAt(61)
	untold.Told = false
	for name, c := range map[string]struct {
		former, now collector.History
		second      int // of the interval's beginning; the category was read at 5 and at 60
		doubtful    bool
	}{
		"one entry":                         {lookAt(0, old), lookAt(61, old, made(40, rule)), 38, false},
		"two of the category":               {lookAt(0, old), lookAt(61, old, made(40, rule), made(50, rule)), 38, false},
		"a former one of something else":    {lookAt(0, old), lookAt(61, old, made(20, route), made(50, rule)), 18, false},
		"one of something unknown":          {lookAt(0, old), lookAt(61, old, made(40, what)), 38, false},
		"noted before the former look":      {lookAt(0, old, made(-10, rule)), lookAt(61, old, made(-10, rule), made(40, rule)), 38, false},
		"noted just before the former look": {lookAt(0, old, made(-1, rule)), lookAt(61, old, made(-1, rule), made(40, rule)), 5, false},
		"made between look and reading":     {lookAt(0, old), lookAt(61, old, made(1, rule), made(40, rule)), 38, false},
		"made as the category was read":     {lookAt(0, old), lookAt(61, old, made(4, rule), made(40, rule)), 5, false},
		"made just before it was read":      {lookAt(0, old), lookAt(61, old, made(60, rule)), 58, false},
		"nothing accounts for it":           {lookAt(0, old), lookAt(61, old), 5, true},
		"one of something else":             {lookAt(0, old), lookAt(61, old, made(40, route)), 38, false},
		"overflowed":                        {lookAt(0, old), lookAt(61, made(39, rule), made(40, rule)), 5, false},
		"it was empty":                      {lookAt(0), lookAt(61, made(40, rule)), 5, false},
		"something was undone":              {lookAt(0, old), undone, 5, false},
		"the newest was undone":             {lookAt(0, old, made(-5, rule)), lookAt(61, old, made(40, rule)), 5, false},
		"the clock was set":                 {lookAt(0, old), moved, 5, false},
		"it is summer time":                 {lookAt(0, old), elsewhere, 5, false},
		"in no order":                       {lookAt(0, old), disorderly, 5, false},
		"the clock was set back":            {lookAt(0, old), lookAt(61, made(-900, route), old), 5, false},
		"an entry of the future":            {lookAt(0, old), lookAt(61, old, made(40, rule), made(3600, rule)), 5, false},
		"the former look came too late":     {lookAt(6, old), lookAt(61, old, made(40, rule)), 5, false},
		"never told":                        {untold, lookAt(61, old, made(40, rule)), 5, false},
		"no longer told":                    {lookAt(0, old), untold, 5, false},
	} {
		b := basis{look{History: c.former}, look{History: c.former}}
		at, doubtful := b.earliest("firewall", c.now, c.now, noon.Add(5*time.Second), noon.Add(time.Minute))
		require.Equal(t, noon.Add(time.Duration(c.second)*time.Second), at, name)
		require.Equal(t, c.doubtful, doubtful, name)
	}
}

// Where rows come without an entry, none tells when, and only one that is
// about them tells by whom.
func TestEarliestOfWhatChangesByItself(t *testing.T) {
	t.Parallel()
	old := made(-600, "filter rule changed")
	for action, named := range map[string]bool{"filter rule changed": false, "---": false, "": false, "address list entry added": true} {
		now := lookAt(61, old)
		if action != "" {
			now = lookAt(61, old, made(40, action))
		}
		b := basis{look{History: lookAt(0, old)}, look{History: lookAt(0, old)}}
		at, doubtful := b.earliest("address_lists", now, now, noon.Add(5*time.Second), noon.Add(time.Minute))
		require.Equal(t, noon.Add(5*time.Second), at, action)
		require.False(t, doubtful, "the history need not know: %q", action)
		user, _ := actorOf(madeBetween(now.Entries, now, noon, noon.Add(time.Minute)), "address_lists")
		require.Equal(t, named, user == "ann", action)
	}
}

// Done just before the category was read, and undone after that: only the look
// after the reading knew of it.
func TestWhatWasUndoneSinceTheReadingIsMissed(t *testing.T) {
	t.Parallel()
	const rule = "filter rule changed"
	old, gone, next := made(-600, rule), made(4, rule), made(40, rule)
	b := basis{look{History: lookAt(0, old)}, look{History: lookAt(6, old, gone)}}
	after, until := noon.Add(5*time.Second), noon.Add(time.Minute)
	at, doubtful := b.earliest("firewall", lookAt(59, old, next), lookAt(61, old, next), after, until)
	require.Equal(t, after, at)
	require.False(t, doubtful)

	b = basis{look{History: lookAt(0, old)}, look{History: lookAt(6, gone)}}
	at, _ = b.earliest("firewall", lookAt(59, old, gone, next), lookAt(61, old, gone, next), after, until)
	require.Equal(t, after, at, "the looks do not agree")
}

// world is a router of which the truth is known: each state that its firewall
// was in, the history that it keeps of that, and its clock.
type world struct {
	t      *rapid.T
	now    time.Time
	ahead  time.Duration // of the router's clock, which shows whole seconds
	size   int           // of the history
	book   []collector.HistoryEntry
	marked bool // something is marked as undone
	past   []int
	states []moment
}

type moment struct {
	at    time.Time
	state int
}

var deeds = map[string]string{"filter rule changed": "firewall", "route added": "routing", "item changed": "firewall"}

func (w *world) pass(name string, mostMS int) {
	w.now = w.now.Add(time.Duration(rapid.IntRange(0, mostMS).Draw(w.t, name)) * time.Millisecond)
}

func (w *world) shown() time.Time { return w.now.Add(w.ahead).Truncate(time.Second) }

func (w *world) state() int { return w.states[len(w.states)-1].state }

// change does something, which forgets what was undone.
func (w *world) change() {
	action := rapid.SampledFrom([]string{"filter rule changed", "route added", "item changed"}).Draw(w.t, "action")
	w.past = append(w.past, w.state())
	if deeds[action] == "firewall" {
		w.states = append(w.states, moment{w.now, len(w.states)})
	}
	w.book = append(w.book, collector.HistoryEntry{Action: action, Noted: w.shown()})
	if extra := len(w.book) - w.size; extra > 0 {
		w.book, w.past = w.book[extra:], w.past[extra:]
	}
	w.marked = false
}

// undo takes the last deed back. Its entry is marked until the next deed, and
// gone then, as MikroTik documents it (flag R, redoable).
func (w *world) undo() {
	last := len(w.book) - 1
	if last < 0 {
		return
	}
	if w.past[last] != w.state() {
		w.states = append(w.states, moment{w.now, w.past[last]})
	}
	w.book, w.past, w.marked = w.book[:last], w.past[:last], true
}

func (w *world) look() look {
	h := collector.History{Told: true, ReadAt: w.now, Undone: w.marked}
	w.pass("way there", 400)
	book, present := slices.Clone(w.book), w.shown()
	w.pass("way back", 400)
	h.Ahead, h.Uncertainty = present.Sub(w.now), time.Second+w.now.Sub(h.ReadAt)
	for _, e := range book {
		e.At = e.Noted.Add(-h.Ahead)
		h.Entries = append(h.Entries, e)
	}
	byTime := func(a, b collector.HistoryEntry) int { return a.Noted.Compare(b.Noted) }
	h.Orderly = slices.IsSortedFunc(h.Entries, byTime)
	slices.SortStableFunc(h.Entries, byTime)
	return look{History: h}
}

// event is something that may happen at any time.
func (w *world) event(name string) {
	switch rapid.SampledFrom([]string{
		"nothing", "nothing", "nothing", "nothing", "nothing", "nothing", "nothing", "nothing",
		"change", "change", "change", "undo", "undo and change", "set clock",
	}).Draw(w.t, name) {
	case "change":
		w.change()
	case "undo":
		w.undo()
	case "undo and change":
		w.undo()
		w.pass("then", 1500)
		w.change()
	case "set clock": // by more than cannot be noticed
		w.ahead += time.Duration(rapid.SampledFrom([]int{-60, -10, 10, 60}).Draw(w.t, "by")) * time.Second
	}
}

// left returns the moment when the firewall was last in a state.
func (w *world) left(state int, until time.Time) time.Time {
	var at time.Time
	for i, m := range w.states {
		if m.state == state && i+1 < len(w.states) && !w.states[i+1].at.After(until) {
			at = w.states[i+1].at
		}
	}
	return at
}

// Whatever is changed, undone or lost from the history at whatever time, and
// however the clocks run: the interval of a change holds the moment when the
// former state was left, as far as RouterOS notes what is done to it.
func TestTheNarrowIntervalHoldsTheChange(t *testing.T) {
	t.Parallel()
	changes, narrowed := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		w := &world{
			t: t, now: noon.Add(time.Duration(rapid.IntRange(0, 999).Draw(t, "ms")) * time.Millisecond),
			ahead: time.Duration(rapid.IntRange(-5000, 5000).Draw(t, "ahead ms")) * time.Millisecond,
			size:  rapid.SampledFrom([]int{100, 100, 3}).Draw(t, "size"),
		}
		w.states = []moment{{w.now, 0}}
		w.change()
		w.pass("before all", 60_000)
		var known basis
		var before time.Time
		seen := -1
		for range rapid.IntRange(2, 8).Draw(t, "rounds") {
			for range rapid.IntRange(0, 3).Draw(t, "events") {
				w.pass("pause", 30_000)
				w.event("event")
			}
			w.pass("pause", 30_000)
			next := basis{before: w.look()}
			w.pass("until the reading", 200)
			w.event("in between")
			began := w.now
			w.pass("reading", 500)
			shows, ended := w.state(), w.now
			if shows != seen && !before.IsZero() {
				w.pass("until the look", 200)
				w.event("after it")
				at, _ := known.earliest("firewall", next.before.History, w.look().History, before, ended)
				require.False(t, at.Before(before))
				require.True(t, at.Before(ended))
				left := w.left(seen, ended)
				require.False(t, left.Before(at), "left at %v, the interval begins at %v", left.Sub(noon), at.Sub(noon))
				changes++
				if at.After(before) {
					narrowed++
				}
				before = ended
			} else {
				before = began
			}
			w.event("before the look")
			next.after = w.look()
			seen, known = shows, next
		}
	})
	t.Logf("%d of %d intervals narrowed", narrowed, changes)
}

func TestHiddenChangesAreCountedOnceAndOnlyIfNothingShowsThem(t *testing.T) {
	t.Parallel()
	const secret, rule, what = "ppp secret changed", "filter rule changed", "---"
	var h hidden
	h.add([]collector.HistoryEntry{made(10, secret), made(20, rule), made(30, what)})
	require.Empty(t, h.end(nil), "not before everything was read since")

	h.begin()
	h.add([]collector.HistoryEntry{made(61, rule)}) // while it was read
	h.shown(lookAt(62), "firewall", noon.Add(15*time.Second), noon.Add(25*time.Second))
	got := h.end([]string{"users"})
	require.Equal(t, []collector.HistoryEntry{made(10, secret)}, got, "users could not be read, and may show what is not known")

	h.begin()
	require.Equal(t, []collector.HistoryEntry{made(30, what), made(61, rule)}, h.end(nil))
	h.begin()
	require.Empty(t, h.end(nil))

	for i := range 3 * mostOpen {
		h.add([]collector.HistoryEntry{made(i, what)})
	}
	require.Len(t, h.open, mostOpen)
}
