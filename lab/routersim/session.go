package routersim

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ispvisualmonitor/ispvisualmonitor/lab/routersim/internal/wire"
)

const (
	// maxInFlight bounds the commands that one connection runs at a time.
	maxInFlight = 256
	// writeTimeout ends a connection whose client does not read.
	writeTimeout = 30 * time.Second
)

// Before login little is accepted, so that a stranger cannot make the router
// hold much.
var (
	strangerLimits = wire.Limits{Word: 1 << 10, Words: 16, Sentence: 4 << 10}
	userLimits     = wire.Limits{Word: 16 << 20, Words: 4096, Sentence: 32 << 20}
)

// identity is who is logged in on a connection, and from where.
type identity struct {
	user, group        string
	policies           map[string]bool
	service            string
	local, localPort   string
	remote, remoteHost string
	since              time.Time
}

// session is one API connection.
type session struct {
	router   *Router
	conn     net.Conn
	endpoint *endpoint
	hang     bool
	who      atomic.Pointer[identity]

	challenge string // outstanding login challenge, hex

	out     sync.Mutex // one reply at a time on the connection
	buffer  []byte
	tasks   sync.WaitGroup
	slots   chan struct{}
	running taskTable
	queue   chan struct{} // done when the last untagged command is
}

func newSession(r *Router, e *endpoint, conn net.Conn) *session {
	free := make(chan struct{})
	close(free)
	return &session{
		router: r, conn: conn, endpoint: e, slots: make(chan struct{}, maxInFlight), queue: free,
		running: taskTable{tasks: map[string][]*task{}},
	}
}

// run serves the connection until either side ends it.
func (s *session) run() {
	defer reset(s.conn)
	if s.hang {
		_, _ = io.Copy(io.Discard, s.conn) // returns when the connection is closed
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer s.tasks.Wait()
	defer cancel()
	if s.endpoint.tls != nil {
		secure := tls.Server(s.conn, s.endpoint.tls)
		if err := secure.HandshakeContext(ctx); err != nil {
			s.router.log.Info("TLS handshake failed", "remote", s.conn.RemoteAddr(), "err", err)
			return
		}
		s.router.server.replace(s, secure)
	}
	s.loop(ctx)
	if id := s.who.Load(); id != nil {
		s.router.logUser("user " + id.user + " logged out from " + id.remoteHost + " via api")
	}
	graceful(s.conn)
}

func (s *session) loop(ctx context.Context) {
	r := bufio.NewReader(s.conn)
	for {
		limits := strangerLimits
		if s.who.Load() != nil {
			limits = userLimits
		}
		words, err := wire.ReadSentence(r, limits)
		if err != nil {
			if !errors.Is(err, io.EOF) && !errors.Is(err, net.ErrClosed) {
				s.router.log.Debug("connection ends", "remote", s.conn.RemoteAddr(), "err", err)
			}
			return
		}
		cmd := parseCommand(words)
		if s.who.Load() == nil {
			if !s.login(ctx, cmd) {
				return
			}
			continue
		}
		if !s.dispatch(ctx, cmd) {
			return
		}
	}
}

// dispatch starts a command. Those without a tag run one after the other, as
// their replies could not be told apart otherwise.
func (s *session) dispatch(ctx context.Context, cmd *command) (goOn bool) {
	switch cmd.path {
	case "/quit":
		s.send("!fatal", "session terminated on request")
		return false
	case "/cancel":
		s.tasks.Go(func() { s.cancel(cmd) })
		return true
	}
	select {
	case s.slots <- struct{}{}:
	case <-ctx.Done():
		return false
	}
	ctx, stop := context.WithCancel(ctx)
	task := s.running.add(cmd.tag, stop)
	before := s.queue
	done := make(chan struct{})
	if cmd.tag == "" {
		s.queue = done
	}
	s.tasks.Go(func() {
		defer func() { <-s.slots }()
		defer close(done)
		defer stop()
		if cmd.tag == "" {
			select {
			case <-before:
			case <-ctx.Done():
			}
		}
		s.execute(ctx, cmd)
		s.running.remove(cmd.tag, task)
	})
	return true
}

// execute runs one command after the way to the router, and answers.
func (s *session) execute(ctx context.Context, cmd *command) {
	reply := &reply{session: s, tag: cmd.tag}
	err := sleep(ctx, s.router.opts.Latency)
	if err == nil {
		err = s.perform(ctx, cmd, reply)
	}
	switch {
	case err == nil:
		reply.done()
	case errors.Is(err, context.Canceled):
		reply.trap(errInterrupted)
	default:
		reply.trap(err)
	}
}

func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// cancel ends the command with the given tag, or all of them, and answers when
// they have ended.
func (s *session) cancel(cmd *command) {
	reply := &reply{session: s, tag: cmd.tag}
	tag, one := cmd.args["tag"]
	s.running.stop(tag, one)
	reply.done()
}

// send writes one sentence.
func (s *session) send(words ...string) {
	s.out.Lock()
	defer s.out.Unlock()
	s.buffer = wire.AppendSentence(s.buffer[:0], words...)
	s.write(s.buffer)
}

// write sends bytes; a connection that does not take them ends. The caller
// holds s.out.
func (s *session) write(b []byte) {
	_ = s.conn.SetWriteDeadline(time.Now().Add(writeTimeout)) // a dead connection shows in Write
	if _, err := s.conn.Write(b); err != nil {
		_ = s.conn.Close() // the reader sees it and ends the session
	}
}

// graceful closes so that what was written still arrives.
func graceful(conn net.Conn) {
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.CloseWrite() // a connection that is gone needs no ending
	}
	_ = conn.Close() // as above
}
