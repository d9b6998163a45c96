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

	"github.com/ispvisualmonitor/ispvisualmonitor/lab/routersim/internal/config"
	"github.com/ispvisualmonitor/ispvisualmonitor/lab/routersim/internal/wire"
)

// maxInFlight bounds the commands that one connection runs at a time.
const maxInFlight = 256

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
	line     *line
	conn     net.Conn // the line, or TLS over it
	endpoint *endpoint
	hang     bool
	who      atomic.Pointer[identity]

	challenge string // outstanding login challenge, hex

	out     chan struct{} // taken while a reply is being written
	buffer  []byte
	tasks   sync.WaitGroup
	slots   chan struct{}
	running taskTable
	queue   chan struct{} // done when the last untagged command is
}

func newSession(r *Router, e *endpoint, l *line) *session {
	free := make(chan struct{})
	close(free)
	return &session{
		router: r, line: l, conn: l, endpoint: e, slots: make(chan struct{}, maxInFlight), queue: free, out: make(chan struct{}, 1),
		running: taskTable{tasks: map[string][]*task{}},
	}
}

// run serves the connection until either side ends it.
func (s *session) run() {
	defer s.line.reset()
	if s.hang {
		_, _ = io.Copy(io.Discard, s.conn) // returns when the connection is closed
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer s.tasks.Wait()
	defer cancel()
	if wrong, _ := s.router.wrongs.now(); wrong.NoCertificate && s.endpoint.tls != nil {
		s.line.refuseHandshake()
		return
	}
	if s.endpoint.tls != nil {
		secure := tls.Server(s.conn, s.endpoint.tls)
		if err := secure.HandshakeContext(ctx); err != nil {
			s.router.log.Info("TLS handshake failed", "remote", s.conn.RemoteAddr(), "err", err)
			return
		}
		s.conn = secure
	}
	s.loop(ctx)
	s.line.giveUp()
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
		s.router.traffic.commands.Add(1)
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
		if wrong, _ := s.router.wrongs.now(); wrong.Cancel != Ignored {
			s.tasks.Go(func() { s.cancel(cmd, wrong.Cancel == Refused) })
		}
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
	reply := &reply{session: s, tag: cmd.tag, trouble: s.router.wrongs.trouble(cmd)}
	err := s.reach(ctx)
	if err == nil {
		err = s.router.wrongs.sleep(ctx, reply.trouble.Delay)
	}
	if err == nil && reply.trouble.Refuse != "" {
		err = &config.Trap{Category: -1, Message: reply.trouble.Refuse}
	}
	if err == nil {
		err = s.perform(ctx, cmd, reply)
	}
	if err == nil {
		err = reply.pace(ctx)
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

// reach waits for as long as it takes to the router and back.
func (s *session) reach(ctx context.Context) error {
	if err := sleep(ctx, s.router.opts.Latency); err != nil {
		return err
	}
	return s.router.wrongs.sleep(ctx, s.router.wrongs.latency())
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
func (s *session) cancel(cmd *command, refuse bool) {
	reply := &reply{session: s, tag: cmd.tag}
	if refuse {
		reply.trap(errNoSuchCommand)
		return
	}
	tag, one := cmd.args["tag"]
	s.running.stop(tag, one)
	reply.done()
}

// send writes one sentence.
func (s *session) send(words ...string) {
	s.out <- struct{}{}
	defer func() { <-s.out }()
	s.buffer = wire.AppendSentence(s.buffer[:0], words...)
	s.write(s.buffer)
}

// write sends bytes; a connection that does not take them ends. The caller
// holds s.out.
func (s *session) write(b []byte) {
	if _, err := s.conn.Write(b); err != nil {
		_ = s.line.Close() // the reader sees it and ends the session
	}
}

// graceful closes so that what was written still arrives.
func graceful(conn net.Conn) {
	if half, ok := conn.(interface{ CloseWrite() error }); ok {
		_ = half.CloseWrite() // a connection that is gone needs no ending
	}
	_ = conn.Close() // as above
}
