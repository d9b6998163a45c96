package routeros

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// Conn is a connection that is logged in. Its methods may be called from many
// goroutines at once: their commands share the connection.
type Conn struct {
	nc   net.Conn
	opts Options
	dec  *decoder

	slots     chan struct{} // one for each command under way
	listeners chan struct{} // one for each standing command
	probes    chan struct{} // one, for the probe under way

	writeMu sync.Mutex
	out     []byte // the sentence being sent

	mu      sync.Mutex
	calls   map[uint32]*call
	owed    int // how many of calls the router owes an answer: all but the standing
	lastTag uint32
	err     error // why the connection ended; set once

	done     chan struct{} // closed when the connection has ended
	loopDone chan struct{} // closed when the reading goroutine has ended

	// logged is set once the login is over: from then on deadlines are the
	// connection's own business, before they are the dialling context's.
	logged atomic.Bool

	commands, sent, received atomic.Uint64
}

// Traffic is what a connection has carried so far.
type Traffic struct {
	Commands, SentBytes, ReceivedBytes uint64
}

func newConn(nc net.Conn, o Options) *Conn {
	c := &Conn{
		nc: nc, opts: o,
		slots:     make(chan struct{}, o.MaxInFlight),
		listeners: make(chan struct{}, o.MaxListeners),
		probes:    make(chan struct{}, 1),
		calls:     make(map[uint32]*call),
		done:      make(chan struct{}),
		loopDone:  make(chan struct{}),
	}
	c.dec = newDecoder(connReader{c}, limits{DefaultMaxWord, DefaultMaxSentence, DefaultMaxWords})
	return c
}

// Close ends the connection and waits until nothing of it runs any more.
// Commands under way fail. It may be called more than once.
func (c *Conn) Close() error {
	c.fail(&Error{Reason: ReasonFatal, Op: "connection to " + c.opts.Address, Err: net.ErrClosed})
	<-c.loopDone
	return nil
}

// Done is closed when the connection has ended, for whatever cause.
func (c *Conn) Done() <-chan struct{} { return c.done }

// Err tells why the connection ended, nil while it stands.
func (c *Conn) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

// Traffic returns the load that this connection has put on router and line.
func (c *Conn) Traffic() Traffic {
	return Traffic{Commands: c.commands.Load(), SentBytes: c.sent.Load(), ReceivedBytes: c.received.Load()}
}

// fail ends the connection, once: the first cause counts.
func (c *Conn) fail(err error) {
	c.mu.Lock()
	if c.err != nil {
		c.mu.Unlock()
		return
	}
	c.err = err
	calls := c.calls
	c.calls = nil
	c.mu.Unlock()

	close(c.done)
	_ = c.nc.Close()
	for _, k := range calls {
		k.finish(err)
	}
}

// readLoop hands each reply to the call that it belongs to until the
// connection ends.
func (c *Conn) readLoop() {
	defer close(c.loopDone)
	for {
		s, err := c.dec.next()
		if err == nil {
			err = c.dispatch(s)
		}
		if err != nil {
			c.fail(c.readError(err))
			return
		}
	}
}

func (c *Conn) readError(err error) error {
	op := "connection to " + c.opts.Address
	var known *Error
	var ne net.Error
	switch {
	case errors.As(err, &known):
		known.Op = op
		return known
	case errors.As(err, &ne) && ne.Timeout():
		return &Error{
			Reason: ReasonTimeout, Op: op,
			Err: fmt.Errorf("commands are under way and nothing was received for %v", c.opts.StallTimeout),
		}
	case errors.Is(err, io.EOF):
		return &Error{Reason: ReasonFatal, Op: op, Err: errors.New("closed by the router")}
	default:
		return &Error{Reason: ReasonFatal, Op: op, Err: err}
	}
}

// dispatch takes one reply. An error ends the connection.
func (c *Conn) dispatch(s sentence) error {
	reply := string(s.word(0)) // does not escape: no allocation
	switch reply {
	case "!re", "!done", "!trap", "!empty":
	case "!fatal":
		return &Error{Reason: ReasonFatal, Message: fatalMessage(s)}
	default: // whatever it is, rows of an answer may have gone with it
		return fmt.Errorf("reply begins with %s", quoteMessage(reply))
	}
	tag, ok := s.tag()
	if !ok {
		return nil // the answer to a /cancel, which nobody waits for
	}
	c.mu.Lock()
	k := c.calls[tag]
	c.mu.Unlock()
	if k == nil {
		return nil
	}
	switch reply {
	case "!re":
		k.row(Row{s})
	case "!trap":
		k.trap(Row{s}.String("message"))
	case "!done":
		c.forget(tag)
		k.ret = Row{s}.String("ret")
		k.finish(nil)
	}
	return nil
}

// register gives a call its tag and starts the clock on the router's silence.
func (c *Conn) register(k *call) (uint32, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil {
		return 0, c.err
	}
	if !k.standing {
		if c.owed == 0 {
			_ = c.nc.SetReadDeadline(time.Now().Add(c.opts.StallTimeout / 2))
		}
		c.owed++
	}
	c.lastTag = c.lastTag%(1<<24) + 1
	c.calls[c.lastTag] = k
	return c.lastTag, nil
}

// forget ends what register began.
func (c *Conn) forget(tag uint32) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if k, ok := c.calls[tag]; ok && !k.standing {
		c.owed--
	}
	delete(c.calls, tag)
}

// write sends one sentence. An error leaves the stream in an unknown state.
func (c *Conn) write(words ...string) error {
	c.writeMu.Lock()
	defer c.writeMu.Unlock()
	c.out = appendSentence(c.out[:0], words...)
	if err := c.nc.SetWriteDeadline(time.Now().Add(c.opts.WriteTimeout)); err != nil {
		return err
	}
	n, err := c.nc.Write(c.out)
	clear(c.out) // may have held a password
	c.sent.Add(uint64(n))
	c.commands.Add(1)
	return err
}

// send sends a command, and ends the connection if that fails.
func (c *Conn) send(words ...string) {
	err := c.write(words...)
	if err == nil {
		return
	}
	reason := ReasonFatal
	if isTimeout(context.Background(), err) {
		reason = ReasonTimeout
	}
	c.fail(&Error{Reason: reason, Op: "connection to " + c.opts.Address, Err: fmt.Errorf("send a command: %w", err)})
}

// connReader is the connection as the decoder reads it: the router's silence
// has an end while an answer is owed, and none otherwise.
type connReader struct{ c *Conn }

func (r connReader) Read(p []byte) (int, error) {
	n, err := r.read(p)
	if n == 0 && isTimeout(context.Background(), err) && r.c.logged.Load() {
		r.c.probe()
		n, err = r.read(p)
	}
	return n, err
}

// read waits for half of what the router may be silent for.
func (r connReader) read(p []byte) (int, error) {
	c := r.c
	c.mu.Lock()
	if c.logged.Load() {
		deadline := time.Time{}
		if c.owed > 0 {
			deadline = time.Now().Add(c.opts.StallTimeout / 2)
		}
		_ = c.nc.SetReadDeadline(deadline)
	}
	c.mu.Unlock()
	n, err := c.nc.Read(p)
	c.received.Add(uint64(n))
	return n, err
}

// probe asks for what costs nothing. A router may take minutes to walk its
// routes before it sends the first byte, which looks the same as one that is
// gone, but for the answer to this. No more than one is under way, beside what
// the bounds allow.
func (c *Conn) probe() {
	select {
	case c.probes <- struct{}{}:
		cmd := ping()
		_, _ = c.begin(newCall(cmd, c.probes, nil), cmd) // a connection that has ended shows when it is read
	default:
	}
}

// tagWord is the word that marks a command with its tag.
func tagWord(tag uint32) string { return tagPrefix + strconv.FormatUint(uint64(tag), 10) }
