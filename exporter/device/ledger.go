package device

import (
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/fingerprint"
)

// allCategories is the label of the fingerprint over all categories.
const allCategories = "all"

// ledger notes what the configuration of a router was seen to be.
type ledger struct {
	allowlist *fingerprint.Allowlist

	mu      sync.Mutex
	entries []entry // in the order of the allowlist's categories
	overall entry
	history time.Time
	early   int
	hidden  int
}

// entry is what is known of one category. The zero value: nothing yet.
type entry struct {
	known      bool
	hash       fingerprint.Fingerprint
	observed   time.Time // of the last complete reading
	changes    int
	lastChange time.Time

	tried    bool // since when succeeded and duration mean something
	success  bool
	duration time.Duration
}

func newLedger(a *fingerprint.Allowlist) *ledger {
	return &ledger{allowlist: a, entries: make([]entry, len(a.Categories))}
}

// observe notes a complete reading of category i and reports whether it is a
// change.
//
// A reading takes time, and which instant it speaks for depends on what it
// shows: what is unchanged was so when the reading began, and what changed had
// changed when it ended. So the interval between two instants noted always
// holds the change.
func (l *ledger) observe(i int, hash fingerprint.Fingerprint, began, ended time.Time) (changed bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	e := &l.entries[i]
	e.tried, e.success, e.duration = true, true, ended.Sub(began)
	return e.note(hash, began, ended)
}

// last returns what category i was last noted to be, and the instant for which
// that speaks; zero if it never was.
func (l *ledger) last(i int) (fingerprint.Fingerprint, time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.entries[i].hash, l.entries[i].observed
}

func (e *entry) note(hash fingerprint.Fingerprint, began, ended time.Time) (changed bool) {
	switch {
	case !e.known:
		e.known, e.hash, e.observed = true, hash, began
	case e.hash == hash:
		e.observed = began
	default:
		e.hash, e.observed, e.lastChange = hash, ended, ended
		e.changes++
		return true
	}
	return false
}

// fail notes that category i could not be read: what is known of it stays as
// old as it is.
func (l *ledger) fail(i int, took time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	e := &l.entries[i]
	e.tried, e.success, e.duration = true, false, took
}

// complete brings the overall fingerprint up to date, once every category is
// known. It is as old as the oldest of them.
func (l *ledger) complete() {
	l.mu.Lock()
	defer l.mu.Unlock()
	hashes := make([]fingerprint.Fingerprint, 0, len(l.entries))
	for _, e := range l.entries {
		if !e.known {
			return
		}
		hashes = append(hashes, e.hash)
	}
	byTime := func(a, b entry) int { return a.observed.Compare(b.observed) }
	oldest := slices.MinFunc(l.entries, byTime).observed
	newest := slices.MaxFunc(l.entries, byTime).observed
	if l.overall.note(fingerprint.Overall(hashes), oldest, newest) {
		l.overall.observed = oldest
	}
}

func (l *ledger) noteHistory(t time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.history = t
}

// noteEarly counts a reading before its turn.
func (l *ledger) noteEarly() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.early++
}

// noteHidden counts changes that no fingerprint shows.
func (l *ledger) noteHidden(n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.hidden += n
}

// metrics returns the ledger as series.
func (l *ledger) metrics() []prometheus.Metric {
	l.mu.Lock()
	defer l.mu.Unlock()
	ms := []prometheus.Metric{
		gauge(descAllowlist, float64(l.allowlist.Version)),
		counter(descEarly, float64(l.early)), counter(descHidden, float64(l.hidden)),
	}
	for i, e := range l.entries {
		name := l.allowlist.Categories[i].Name
		ms = append(ms, e.metrics(name)...)
		if e.tried {
			success := 0.0
			if e.success {
				success = 1
			}
			ms = append(ms, gauge(descSuccess, success, "config_"+name), gauge(descDuration, e.duration.Seconds(), "config_"+name))
		}
	}
	ms = append(ms, l.overall.metrics(allCategories)...)
	if !l.history.IsZero() {
		ms = append(ms, gauge(descHistory, seconds(l.history)))
	}
	return ms
}

func (e entry) metrics(category string) []prometheus.Metric {
	if !e.known {
		return nil
	}
	ms := []prometheus.Metric{
		gauge(descFingerprint, float64(e.hash.Uint48()), category),
		gauge(descObserved, seconds(e.observed), category),
		counter(descChanges, float64(e.changes), category),
	}
	if e.changes > 0 {
		ms = append(ms, gauge(descLastChange, seconds(e.lastChange), category))
	}
	return ms
}

// seconds is a time as Prometheus has it, exact to the millisecond.
func seconds(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }
