package device

import (
	"sync"
	"time"
)

// retry is how soon a collector that failed is tried again, if its results are
// good for longer.
const retry = time.Minute

// shelf keeps results of collectors that need not run at each scrape. It
// belongs to a connection: a router that comes back may have become another.
type shelf struct {
	mu      sync.Mutex
	results map[string]kept // by collector
}

type kept struct {
	result
	due time.Time // to be read again
}

func newShelf() *shelf { return &shelf{results: map[string]kept{}} }

// get returns a collector's last result.
func (s *shelf) get(name string) (kept, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	k, ok := s.results[name]
	return k, ok
}

// put keeps a result for as long as it is good.
func (s *shelf) put(r result, every time.Duration) {
	if r.err != nil {
		every = min(every, retry)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.results[r.name] = kept{result: r, due: r.read.Add(every)}
}

// postpone leaves a result for as long as a good one, although it is a failure.
func (s *shelf) postpone(name string, every time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	k := s.results[name]
	k.due = k.read.Add(every)
	s.results[name] = k
}

// claim reports whether a result is due to be read again, and leaves that to
// whoever asks first.
func (s *shelf) claim(name string, now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	k, ok := s.results[name]
	if !ok || now.Before(k.due) {
		return false
	}
	k.due = now.Add(retry)
	s.results[name] = k
	return true
}
