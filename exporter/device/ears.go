package device

import (
	"context"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

const (
	// deaf is how long a menu is left alone that refused to be listened to, or
	// that had too much to say.
	deaf = time.Hour
	// A listener may be wrong five times, and once in ten minutes after that.
	noiseBurst = 5
	noiseEvery = 10 * time.Minute
)

// ears are the listeners on one connection. They end with it.
type ears struct {
	mu   sync.Mutex
	open map[string]*ear
	rest map[string]time.Time // until when a menu is left alone
	said bool                 // that something cannot be listened to
}

// ear is one listener.
type ear struct {
	menu  string
	close context.CancelFunc
	noise *rate.Limiter
}

func newEars() *ears { return &ears{open: map[string]*ear{}, rest: map[string]time.Time{}} }

// claim returns those menus that are neither listened to nor left alone, which
// the caller then has to listen to, as long as there are no more than limit.
func (s *ears) claim(menus []string, limit int, now time.Time) []*ear {
	s.mu.Lock()
	defer s.mu.Unlock()
	var claimed []*ear
	for _, menu := range menus {
		if s.open[menu] != nil || now.Before(s.rest[menu]) || len(s.open) >= limit {
			continue
		}
		e := &ear{menu: menu, noise: rate.NewLimiter(rate.Every(noiseEvery), noiseBurst)}
		s.open[menu] = e
		claimed = append(claimed, e)
	}
	return claimed
}

// ended notes that a menu is no longer listened to, and leaves it alone for a
// while. It reports whether that is worth a line in the log, as once in the
// life of a connection: when nothing is listened to any more, or when worse
// than a missing menu is the cause.
func (s *ears) ended(e *ear, missing bool, now time.Time) (tell bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.open, e.menu)
	s.rest[e.menu] = now.Add(deaf)
	if s.said || missing && len(s.open) > 0 {
		return false
	}
	s.said = true
	return true
}

func (s *ears) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.open)
}

// mistaken notes that what was heard was no change, and reports whether that
// has been so too often: some routers report each tick of a counter.
func (e *ear) mistaken(now time.Time) (tooOften bool) { return !e.noise.AllowN(now, 1) }
