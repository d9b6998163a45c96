package routersim

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"net"
	"strconv"
)

// login handles a sentence of a connection on which nobody is logged in yet,
// and says whether the connection goes on.
//
// Since 6.43 name and password come in one sentence; before, and until 6.45.1
// beside it, /login alone asks for a challenge that the second one answers.
func (s *session) login(ctx context.Context, cmd *command) (goOn bool) {
	reply := &reply{session: s, tag: cmd.tag}
	if cmd.path != "/login" {
		s.send("!fatal", "not logged in")
		return false
	}
	if s.reach(ctx) != nil {
		return false
	}
	name, password := cmd.args["name"], cmd.args["password"]
	response, answered := cmd.args["response"]
	_, plain := cmd.args["password"]
	version := s.router.version()
	plainKnown := version.AtLeast(6, 43, 0) || plain && s.router.opts.Version == ""
	challengeKnown := !version.AtLeast(6, 45, 1)
	refusal := errBadLogin
	if !version.AtLeast(6, 43, 0) {
		refusal = errOldBadLogin
	}
	var ok bool
	switch {
	case answered && challengeKnown:
		ok = s.challenge != "" && s.router.checkUser(name, func(u *users) bool { return u.answers(name, s.challenge, response) })
		s.challenge = ""
	case plainKnown && (plain || !challengeKnown):
		ok = s.router.checkUser(name, func(u *users) bool { return u.knows(name, password) })
	default:
		s.challenge = newChallenge()
		reply.ret = s.challenge
		reply.done()
		return true
	}
	wrong, _ := s.router.wrongs.now()
	if !ok || wrong.RefuseLogins || !s.enter(name) {
		s.router.traffic.refusedLogins.Add(1)
		s.router.logUser("login failure for user " + name + " from " + host(s.conn.RemoteAddr()) + " via api")
		reply.trap(refusal)
		return true
	}
	s.router.traffic.logins.Add(1)
	reply.done()
	return true
}

func newChallenge() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

// enter makes the connection a user's: one who has the policy api, while the
// service has sessions left.
func (s *session) enter(name string) bool {
	r := s.router
	limit := r.maxSessions(s.endpoint.service)
	if len(r.server.loggedIn()) >= limit {
		r.log.Warn("too many sessions", "service", s.endpoint.service, "max_sessions", limit)
		return false
	}
	r.net.mu.Lock()
	group, policies, ok := r.users.policies(r.store, name)
	r.users.lastLogin[name] = r.opts.Now()
	r.net.mu.Unlock()
	if !ok || !policies["api"] {
		return false
	}
	_, port, _ := net.SplitHostPort(s.conn.LocalAddr().String())
	s.who.Store(&identity{
		user: name, group: group, policies: policies, service: s.endpoint.service,
		local: s.conn.LocalAddr().String(), localPort: port,
		remote: s.conn.RemoteAddr().String(), remoteHost: host(s.conn.RemoteAddr()), since: r.opts.Now(),
	})
	r.logUser("user " + name + " logged in from " + host(s.conn.RemoteAddr()) + " via api")
	return true
}

func host(addr net.Addr) string {
	h, _, err := net.SplitHostPort(addr.String())
	if err != nil {
		return addr.String()
	}
	return h
}

// checkUser asks about a user who exists and is not disabled.
func (r *Router) checkUser(name string, check func(*users) bool) bool {
	r.net.mu.Lock()
	defer r.net.mu.Unlock()
	_, _, ok := r.users.policies(r.store, name)
	return ok && check(r.users)
}

func (r *Router) maxSessions(service string) int {
	r.net.mu.Lock()
	defer r.net.mu.Unlock()
	t := r.store.Table("/ip/service")
	if row := find(t, "name", service); row != nil {
		if n, err := strconv.Atoi(t.Value(row, "max-sessions")); err == nil {
			return n
		}
	}
	return 20
}

// logUser writes a line about a login to the router's own log.
func (r *Router) logUser(message string) {
	r.net.mu.Lock()
	defer r.net.mu.Unlock()
	r.journal.add(r.opts.Now(), "system,info,account", message)
}
