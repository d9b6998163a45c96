package routeros

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"
)

// call is one command under way.
type call struct {
	path     string
	standing bool          // answered whenever there is news: silence is no stall
	release  func()        // gives the slot back
	stop     chan struct{} // closed when each has returned an error
	finished chan struct{} // closed when the router, or the connection, has ended the call

	mu      sync.Mutex      // held while each runs
	each    func(Row) error // nil once nobody listens any more
	eachErr error           // what each returned, written before stop is closed
	trapErr *Error          // the router's first refusal
	drain   *time.Timer     // runs once the call has been given up
	ended   bool            // set by finish, so that no timer outlives the call

	// Written before finished is closed, read after.
	ret string // "=ret=" of !done
	err error  // of the connection
}

// newCall returns a call that has a place among slots.
func newCall(cmd Command, slots chan struct{}, each func(Row) error) *call {
	return &call{
		release:  func() { <-slots },
		each:     each,
		path:     cmd.path(),
		stop:     make(chan struct{}),
		finished: make(chan struct{}),
	}
}

// row hands a row to the caller. The lock makes sure that the caller's
// function is never running once Run has returned.
func (k *call) row(r Row) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.each == nil {
		return
	}
	if err := k.each(r); err != nil {
		k.each, k.eachErr = nil, err
		close(k.stop)
	}
}

func (k *call) trap(message string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.trapErr == nil {
		k.trapErr = &Error{Reason: ReasonTrap, Op: k.path, Message: message}
	}
}

// finish ends the call, with the connection's error if that is the cause. It
// is called once: by whoever took the call out of the connection's table.
func (k *call) finish(err error) {
	k.mu.Lock()
	k.ended = true
	if k.drain != nil {
		k.drain.Stop()
	}
	k.mu.Unlock()
	k.err = err
	k.release()
	close(k.finished)
}

func (k *call) result() error {
	switch {
	case k.eachErr != nil:
		return k.eachErr
	case k.err != nil:
		return k.err
	case k.trapErr != nil:
		return k.trapErr
	default:
		return nil
	}
}

// Run sends a command and calls each for every row of the answer, in order,
// on the connection's own goroutine: each must not block and must not keep
// the row. It is never called after Run has returned. An error from each ends
// the command and is returned; so does the end of the context.
func (c *Conn) Run(ctx context.Context, cmd Command, each func(Row) error) error {
	_, err := c.run(ctx, c.slots, cmd, each)
	return err
}

// Ping asks for what costs nothing, to see that the router answers. A refusal
// is an answer.
func (c *Conn) Ping(ctx context.Context) error {
	err := c.Run(ctx, ping(), func(Row) error { return nil })
	if ReasonOf(err) == ReasonTrap {
		return nil
	}
	return err
}

// Count returns how many rows of a menu a query matches, without reading them.
func (c *Conn) Count(ctx context.Context, menu string, query ...string) (int, error) {
	return c.count(ctx, c.slots, menu, query)
}

func (c *Conn) count(ctx context.Context, slots chan struct{}, menu string, query []string) (int, error) {
	cmd := countOf(menu, query...)
	ret, err := c.run(ctx, slots, cmd, func(Row) error { return nil })
	if err != nil {
		return 0, err
	}
	n, err := strconv.Atoi(ret)
	if err != nil {
		return 0, &Error{Reason: ReasonFatal, Op: cmd.path(), Err: errors.New("the router did not answer with a count")}
	}
	return n, nil
}

func (c *Conn) run(ctx context.Context, slots chan struct{}, cmd Command, each func(Row) error) (string, error) {
	select {
	case slots <- struct{}{}:
	case <-c.done:
		return "", c.Err()
	case <-ctx.Done():
		return "", contextError(ctx, cmd, "waiting for other commands to end")
	}
	k := newCall(cmd, slots, each)
	tag, err := c.begin(k, cmd)
	if err != nil {
		return "", err
	}
	select {
	case <-k.finished:
		return k.ret, k.result()
	case <-k.stop:
		c.abandon(tag, k)
		return "", k.eachErr
	case <-ctx.Done():
		c.abandon(tag, k)
		return "", contextError(ctx, cmd, "the answer is not complete")
	}
}

// begin sends a call's command under a tag of its own.
func (c *Conn) begin(k *call, cmd Command) (tag uint32, err error) {
	if tag, err = c.register(k); err != nil {
		k.release()
		return 0, err
	}
	c.send(append(cmd[:len(cmd):len(cmd)], tagWord(tag))...)
	return tag, nil
}

// abandon stops listening to a call and asks the router to end it. Its slot
// stays taken until the router has: a slow router must not be given ever
// more to do. If it does not end it, the connection is of no more use.
func (c *Conn) abandon(tag uint32, k *call) {
	k.mu.Lock()
	k.each = nil
	ended := k.ended
	if !ended {
		k.drain = time.AfterFunc(c.opts.DrainTimeout, func() {
			c.fail(&Error{
				Reason: ReasonTimeout, Op: "connection to " + c.opts.Address,
				Err: fmt.Errorf("%s was cancelled and has not ended after %v", k.path, c.opts.DrainTimeout),
			})
		})
	}
	k.mu.Unlock()
	if !ended {
		number := strconv.FormatUint(uint64(tag), 10)
		c.send("/cancel", "=tag="+number, tagPrefix+"cancel-"+number)
	}
}

// contextError says what a context's end interrupted.
func contextError(ctx context.Context, cmd Command, state string) error {
	cause := context.Cause(ctx)
	err := fmt.Errorf("%s: %w", state, cause)
	if errors.Is(cause, context.DeadlineExceeded) {
		return &Error{Reason: ReasonTimeout, Op: cmd.path(), Err: err}
	}
	return fmt.Errorf("%s: %w", cmd.path(), err)
}
