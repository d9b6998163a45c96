package device

import (
	"context"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/collector"
	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/routeros"
)

// link is a connection to a router whose version is known.
type link struct {
	*routeros.Conn
	config *routeros.Lane    // for reading the configuration, which scrapes must not wait for
	ears   *ears             // what is listened to
	memory *collector.Memory // of what need not be asked for again
	shelf  *shelf            // of results that are good for some time
	major  int
	since  time.Time

	// doubted says that the router's history did not know of a change. It is
	// of the goroutine that reads the configuration.
	doubted bool
}

// settled is how long a connection has to last to count as a success. A router
// that takes logins and then drops them is not to be flooded with them.
const settled = time.Minute

// session keeps the one connection to a router: it is opened when it is first
// wanted, shared by all, and opened anew, in time, when it is lost.
type session struct {
	opts Options
	life context.Context // ends with the device
	wg   *sync.WaitGroup // of the device

	mu         sync.Mutex
	current    *link
	opening    *attempt
	breaker    *breaker
	logins     uint64
	failures   map[routeros.Reason]uint64
	carried    routeros.Traffic // by connections that are no more
	complaints complaints       // keep a dead router from filling the log
	told       bool             // of trouble, but not yet of its end
}

// attempt is a connection being opened, for which many may wait.
type attempt struct {
	done chan struct{}
	link *link
	err  error
}

func newSession(life context.Context, wg *sync.WaitGroup, o Options) *session {
	return &session{
		opts: o, life: life, wg: wg, breaker: newBreaker(),
		failures: map[routeros.Reason]uint64{}, complaints: complaints{},
	}
}

// get returns the connection, opening it if need be. It waits no longer than
// the context allows; an attempt that was begun goes on for those who come
// later.
func (s *session) get(ctx context.Context) (*link, error) {
	s.mu.Lock()
	if s.current != nil && s.current.Err() == nil {
		defer s.mu.Unlock()
		return s.current, nil
	}
	s.lost()
	if s.opening == nil {
		if err := s.breaker.check(s.opts.Now()); err != nil {
			s.mu.Unlock()
			return nil, err
		}
		if s.life.Err() != nil {
			s.mu.Unlock()
			return nil, fmt.Errorf("device %s is closed", s.opts.Name)
		}
		s.opening = &attempt{done: make(chan struct{})}
		s.wg.Go(func() { s.open() })
	}
	a := s.opening
	s.mu.Unlock()

	select {
	case <-a.done:
		return a.link, a.err
	case <-ctx.Done():
		return nil, &routeros.Error{Reason: routeros.ReasonTimeout, Op: "connect to " + s.opts.Address, Err: context.Cause(ctx)}
	}
}

// lost takes note of a connection that has ended. s.mu is held.
func (s *session) lost() {
	if s.current == nil {
		return
	}
	err := s.current.Err()
	s.carried = add(s.carried, s.current.Traffic())
	since := s.current.since
	s.current = nil
	if s.life.Err() != nil {
		return // it was our doing
	}
	if now := s.opts.Now(); now.Sub(since) < settled {
		s.breaker.failed(now, err)
	} else {
		s.breaker.succeeded()
	}
	reason := routeros.ReasonOf(err)
	s.failures[reason]++
	s.complain("lost", reason, func(log *slog.Logger) {
		log.Warn("connection to the router lost", slog.Any("err", err))
	})
}

// open makes one attempt and tells all who wait for it.
func (s *session) open() {
	ctx, cancel := context.WithTimeout(s.life, s.opts.ConnectTimeout)
	defer cancel()
	l, err := s.dial(ctx)

	s.mu.Lock()
	a := s.opening
	s.opening = nil
	a.link, a.err = l, err
	switch {
	case err == nil:
		if s.told {
			s.told = false
			s.opts.Logger.Info("router answers again", slog.String("device", s.opts.Name))
		}
		l.since = s.opts.Now()
		s.current = l
	case s.life.Err() == nil:
		reason := routeros.ReasonOf(err)
		s.failures[reason]++
		s.breaker.failed(s.opts.Now(), err)
		s.complain("connect", reason, func(log *slog.Logger) {
			log.Warn("cannot read the router", slog.Any("err", err))
		})
	}
	s.mu.Unlock()
	close(a.done)
}

// complain logs a kind of trouble if the last time is long ago. s.mu is held.
func (s *session) complain(kind string, reason routeros.Reason, log func(*slog.Logger)) {
	s.complaints.of(kind + ": " + string(reason)).Do(func() {
		s.told = true
		log(s.opts.Logger.With(slog.String("device", s.opts.Name), slog.String("reason", string(reason))))
	})
}

// complaints bounds how often the log has each kind of trouble of a device:
// once, and then once in ten minutes.
type complaints map[string]*rate.Sometimes

func (c complaints) of(kind string) *rate.Sometimes {
	s, ok := c[kind]
	if !ok {
		s = &rate.Sometimes{First: 1, Interval: 10 * time.Minute}
		c[kind] = s
	}
	return s
}

// dial opens a connection and learns the version of RouterOS, on which it
// depends where things are.
func (s *session) dial(ctx context.Context) (*link, error) {
	o := s.opts
	conn, err := routeros.Dial(ctx, routeros.Options{
		Address: o.Address, Username: o.Username, Password: o.Password,
		TLS: o.TLS, Dial: o.Dial, MaxInFlight: o.MaxInFlight, MaxListeners: o.listeners(),
	})
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	s.logins++
	s.mu.Unlock()
	var version string
	err = conn.Run(ctx, routeros.Print("/system/resource", []string{"version"}), func(row routeros.Row) error {
		version = row.String("version")
		return nil
	})
	if err == nil {
		var major int
		if major, err = majorOf(version); err == nil {
			return &link{
				Conn: conn, config: conn.Lane(o.lane()), ears: newEars(),
				memory: collector.NewMemory(conn, o.Now), shelf: newShelf(), major: major,
			}, nil
		}
	}
	err = fmt.Errorf("learn the version of RouterOS: %w", err)
	if routeros.IsDenied(err) { // trying again will not help, as with a wrong password
		err = &routeros.Error{
			Reason: routeros.ReasonAuth, Op: "log in to " + o.Address, Err: err,
			Hint: "the user may log in but not read: give its group the policy read",
		}
	}
	_ = conn.Close() // always nil: there is nothing to be flushed
	s.mu.Lock()
	s.carried = add(s.carried, conn.Traffic())
	s.mu.Unlock()
	return nil, err
}

// majorOf returns 6 of "6.49.7 (long-term)", and 7 of all that come after.
func majorOf(version string) (int, error) {
	first, _, _ := strings.Cut(version, ".")
	major, err := strconv.Atoi(first)
	if err != nil || major < 6 {
		return 0, fmt.Errorf("version %q is not supported: RouterOS 6 or later is needed", version)
	}
	return min(major, 7), nil
}

// close ends the connection.
func (s *session) close() {
	s.mu.Lock()
	l := s.current
	s.mu.Unlock()
	if l != nil {
		_ = l.Close() // always nil: there is nothing to be flushed
	}
}

// stats returns counts for the metrics, the reasons complete.
func (s *session) stats() (logins uint64, failures map[routeros.Reason]uint64, traffic routeros.Traffic) {
	s.mu.Lock()
	defer s.mu.Unlock()
	failures = make(map[routeros.Reason]uint64)
	for _, r := range routeros.Reasons() {
		failures[r] = s.failures[r]
	}
	traffic = s.carried
	if s.current != nil {
		traffic = add(traffic, s.current.Traffic())
	}
	return s.logins, failures, traffic
}

// listeners returns how many menus the router is listened to.
func (s *session) listeners() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.current == nil || s.current.Err() != nil {
		return 0
	}
	return s.current.ears.count()
}

func add(a, b routeros.Traffic) routeros.Traffic {
	return routeros.Traffic{
		Commands:      a.Commands + b.Commands,
		SentBytes:     a.SentBytes + b.SentBytes,
		ReceivedBytes: a.ReceivedBytes + b.ReceivedBytes,
	}
}
