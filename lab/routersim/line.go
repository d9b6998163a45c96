package routersim

import (
	"context"
	"io"
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// segmentSize is what TCP sends at once on an ethernet: 1500 less headers
	// and the timestamp option.
	segmentSize = 1448
	// retransmitTimeout is the shortest time after which Linux sends again.
	retransmitTimeout = 200 * time.Millisecond
	// writeTimeout ends a connection whose client does not read.
	writeTimeout = 30 * time.Second
)

// wrongs is what is wrong with a router now.
type wrongs struct {
	mu      sync.Mutex
	what    Misbehaviour
	changed chan struct{} // closed and replaced with what
	chance  *rand.Rand
}

func newWrongs(seed uint32) *wrongs {
	return &wrongs{changed: make(chan struct{}), chance: rand.New(rand.NewPCG(uint64(seed), 0))} //nolint:gosec // faults that come again in each run
}

// now returns what is wrong, and a channel that is closed when that changes.
func (w *wrongs) now() (Misbehaviour, <-chan struct{}) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.what, w.changed
}

func (w *wrongs) replace(m Misbehaviour) (before Misbehaviour) {
	w.mu.Lock()
	defer w.mu.Unlock()
	before, w.what = w.what, m
	close(w.changed)
	w.changed = make(chan struct{})
	return before
}

// latency is what is added to the round trip of a command.
func (w *wrongs) latency() time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	d := w.what.Latency
	if w.what.Jitter > 0 {
		d += time.Duration(w.chance.Int64N(int64(w.what.Jitter)))
	}
	return d
}

// trouble is what is wrong with a command: what is said of itself, of its
// menu, or of all of them.
func (w *wrongs) trouble(cmd *command) Trouble {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, path := range []string{cmd.path, cmd.menu} {
		if t, ok := w.what.Menus[path]; ok {
			return t
		}
	}
	return w.what.Menus[EveryMenu]
}

// lost says whether the next segment is.
func (w *wrongs) lost() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.chance.Float64() < w.what.Loss
}

// garbage makes up bytes.
func (w *wrongs) garbage(n int) []byte {
	w.mu.Lock()
	defer w.mu.Unlock()
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(w.chance.Uint32())
	}
	return b
}

// sleep waits, but not beyond the moment at which what is wrong changes.
func (w *wrongs) sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	_, changed := w.now()
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-changed:
		return ctx.Err()
	case <-ctx.Done():
		return ctx.Err()
	}
}

// line is a connection to a client, with what is wrong on the way applied.
type line struct {
	net.Conn
	wrongs  *wrongs
	traffic *traffic

	end     chan struct{} // closed when nothing more is to be sent
	endOnce sync.Once
}

func newLine(conn net.Conn, r *Router) *line {
	return &line{Conn: conn, wrongs: r.wrongs, traffic: &r.traffic, end: make(chan struct{})}
}

// Read reads what the client sent. Of what is sent to a router that is gone
// nothing arrives; it is taken off the wire all the same, as the buffers of
// the client's own machine would, so that it cannot be told from a sent one.
func (l *line) Read(p []byte) (int, error) {
	for {
		n, err := l.Conn.Read(p)
		l.traffic.received.Add(uint64(n))
		if m, _ := l.wrongs.now(); !m.Vanished || err != nil {
			return n, err
		}
	}
}

// Write sends, as slowly as what is wrong has it.
func (l *line) Write(p []byte) (int, error) {
	sent := 0
	for sent < len(p) {
		m, changed := l.wrongs.now()
		if m.Silent || m.Vanished {
			if !l.wait(changed, 0) {
				return sent, net.ErrClosed
			}
			continue
		}
		next := len(p)
		if m.Loss > 0 {
			next = min(next, sent+segmentSize)
			if !l.resend(m, changed) {
				return sent, net.ErrClosed
			}
		}
		_ = l.SetWriteDeadline(time.Now().Add(writeTimeout)) // a dead connection shows in Write
		n, err := l.Conn.Write(p[sent:next])
		l.traffic.sent.Add(uint64(n))
		if sent += n; err != nil {
			return sent, err
		}
	}
	return sent, nil
}

// resend waits until a segment gets through.
func (l *line) resend(m Misbehaviour, changed <-chan struct{}) (goOn bool) {
	again := m.Retransmit
	if again == 0 {
		again = retransmitTimeout
	}
	for ; l.wrongs.lost(); again *= 2 {
		if !l.wait(changed, min(again, time.Minute)) {
			return false
		}
	}
	return true
}

// wait waits for a time, without one for a change of what is wrong, and says
// whether there is still somebody to send to.
func (l *line) wait(changed <-chan struct{}, d time.Duration) (goOn bool) {
	var elapsed <-chan time.Time
	if d > 0 {
		timer := time.NewTimer(d)
		defer timer.Stop()
		elapsed = timer.C
	}
	select {
	case <-elapsed:
		return true
	case <-changed:
		return true
	case <-l.end:
		return false
	}
}

// giveUp lets go of what is waiting to be sent: the client is gone.
func (l *line) giveUp() { l.endOnce.Do(func() { close(l.end) }) }

// Close implements net.Conn.
func (l *line) Close() error {
	l.giveUp()
	return l.Conn.Close()
}

// CloseWrite says that nothing more comes, where the connection can.
func (l *line) CloseWrite() error {
	if half, ok := l.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}

// reset ends the connection as a machine does that knows nothing of it.
func (l *line) reset() {
	l.giveUp()
	reset(l.Conn)
}

// handshakeFailure is the fatal TLS alert with which a server answers that
// shares no cipher with the client (RFC 8446, section 6.2).
var handshakeFailure = []byte{0x15, 0x03, 0x03, 0x00, 0x02, 0x02, 0x28}

// refuseHandshake answers a client's first TLS record like a service without
// a certificate: it has ciphers of its own that nobody else wants.
func (l *line) refuseHandshake() {
	var header [5]byte
	if _, err := io.ReadFull(l, header[:]); err != nil {
		return
	}
	hello := int64(header[3])<<8 | int64(header[4])
	if _, err := io.CopyN(io.Discard, l, hello); err != nil {
		return
	}
	if _, err := l.Write(handshakeFailure); err == nil {
		graceful(l)
	}
}

// traffic counts what a router has to do with clients.
type traffic struct {
	connections, logins, refusedLogins, commands, received, sent atomic.Uint64
}

// Traffic is what a router has had to do with clients since it was made.
type Traffic struct {
	Connections   uint64 `json:"connections"`
	Logins        uint64 `json:"logins"`
	RefusedLogins uint64 `json:"refused_logins"`
	Commands      uint64 `json:"commands"`
	ReceivedBytes uint64 `json:"received_bytes"`
	SentBytes     uint64 `json:"sent_bytes"`
}

// Traffic returns the counts so far.
func (r *Router) Traffic() Traffic {
	t := &r.traffic
	return Traffic{
		Connections: t.connections.Load(), Logins: t.logins.Load(), RefusedLogins: t.refusedLogins.Load(),
		Commands: t.commands.Load(), ReceivedBytes: t.received.Load(), SentBytes: t.sent.Load(),
	}
}
