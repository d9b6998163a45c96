package routersim

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"slices"
	"sync"
)

// powerState is what a listener does with connections.
type powerState int

const (
	powered  powerState = iota
	refusing            // the port is closed
	hanging             // connections are accepted and never answered
)

// server is the part of a router that listens.
type server struct {
	mu        sync.Mutex
	endpoints []*endpoint
	sessions  map[*session]struct{}
	state     powerState
	closed    bool
	wg        sync.WaitGroup
}

// endpoint is one address that a router listens on.
type endpoint struct {
	listener net.Listener
	addr     string // set when the router opened the port itself
	service  string // api or api-ssl
	tls      *tls.Config
	unwatch  func() bool // stops waiting for the end of the context
}

// Listen serves the API, unencrypted, on an address such as "127.0.0.1:0",
// until the context ends or the router is closed. It returns the address bound.
func (r *Router) Listen(ctx context.Context, addr string) (net.Addr, error) {
	return r.listen(ctx, addr, "api", nil)
}

// ListenTLS serves the API over TLS. A nil configuration makes a self-signed
// certificate.
func (r *Router) ListenTLS(ctx context.Context, addr string, config *tls.Config) (net.Addr, error) {
	if config == nil {
		var err error
		if config, err = r.makeCertificate(); err != nil {
			return nil, fmt.Errorf("router %s: %w", r.opts.Name, err)
		}
	}
	return r.listen(ctx, addr, "api-ssl", config)
}

func (r *Router) listen(ctx context.Context, addr, service string, config *tls.Config) (net.Addr, error) {
	ln, err := (&net.ListenConfig{}).Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("router %s: listen on %s: %w", r.opts.Name, addr, err)
	}
	e := &endpoint{listener: ln, addr: ln.Addr().String(), service: service, tls: config}
	e.unwatch = context.AfterFunc(ctx, r.Close)
	if err := r.server.start(r, e); err != nil {
		_ = ln.Close() // nothing was accepted on it
		return nil, err
	}
	return ln.Addr(), nil
}

// Serve serves the API on connections from a listener, which Close closes. It
// returns at once.
func (r *Router) Serve(ln net.Listener) error {
	return r.server.start(r, &endpoint{listener: ln, service: "api"})
}

// Close stops listening, ends every connection and waits until nothing of the
// router runs any more. It may be called more than once.
func (r *Router) Close() { r.server.close() }

func (s *server) init() { s.sessions = map[*session]struct{}{} }

func (s *server) start(r *Router, e *endpoint) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return fmt.Errorf("router %s is closed", r.opts.Name)
	}
	s.endpoints = append(s.endpoints, e)
	s.accept(r, e)
	return nil
}

// accept runs an endpoint's loop in the background.
func (s *server) accept(r *Router, e *endpoint) {
	ln := e.listener
	s.wg.Go(func() {
		for {
			conn, err := ln.Accept()
			if errors.Is(err, net.ErrClosed) {
				return
			}
			if err != nil {
				r.log.Warn("cannot accept a connection", "err", err)
				continue
			}
			s.serve(r, e, conn)
		}
	})
}

func (s *server) serve(r *Router, e *endpoint, conn net.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || s.state == refusing {
		reset(conn)
		return
	}
	r.traffic.connections.Add(1)
	sess := newSession(r, e, newLine(conn, r))
	sess.hang = s.state == hanging
	s.sessions[sess] = struct{}{}
	s.wg.Go(func() {
		sess.run()
		s.mu.Lock()
		delete(s.sessions, sess)
		s.mu.Unlock()
	})
}

// reset ends a connection as a machine does that knows nothing of it.
func reset(conn net.Conn) {
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // only decides how the close below looks
	}
	_ = conn.Close() // whatever was underway is meant to be lost
}

func (s *server) powerOff(hang bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.state = refusing
	if hang {
		s.state = hanging
	}
	for sess := range s.sessions {
		sess.line.reset()
	}
	for _, e := range s.endpoints {
		if e.addr != "" && !hang {
			_ = e.listener.Close() // a closed port is what is wanted
		}
	}
}

func (s *server) powerOn(r *Router) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	was := s.state
	s.state = powered
	for sess := range s.sessions {
		sess.line.reset() // connections accepted while it hung
	}
	if was != refusing || s.closed {
		return nil
	}
	var errs []error
	for _, e := range s.endpoints {
		if e.addr == "" {
			continue
		}
		ln, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", e.addr)
		if err != nil {
			errs = append(errs, fmt.Errorf("router %s: listen again on %s: %w", r.opts.Name, e.addr, err))
			continue
		}
		e.listener = ln
		s.accept(r, e)
	}
	return errors.Join(errs...)
}

func (s *server) close() {
	s.mu.Lock()
	s.closed = true
	for _, e := range s.endpoints {
		_ = e.listener.Close() // closing twice is harmless
		if e.unwatch != nil {
			e.unwatch()
		}
	}
	for sess := range s.sessions {
		sess.line.reset()
	}
	s.mu.Unlock()
	s.wg.Wait()
}

// resetAll ends every connection that there is now.
func (s *server) resetAll() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for sess := range s.sessions {
		sess.line.reset()
	}
}

// loggedIn returns the sessions with a user, oldest first.
func (s *server) loggedIn() []identity {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []identity
	for sess := range s.sessions {
		if id := sess.who.Load(); id != nil {
			out = append(out, *id)
		}
	}
	slices.SortFunc(out, func(a, b identity) int { return a.since.Compare(b.since) })
	return out
}
