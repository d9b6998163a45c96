package routeros

import (
	"context"
	"errors"
	"fmt"
)

// ErrTooManyListeners says that as many commands stand on a connection as
// [Options.MaxListeners] allows.
var ErrTooManyListeners = errors.New("as many listeners as the connection may have")

// Listen sends a standing command (see [ListenTo]) and calls each for every
// row that the router reports, on the connection's own goroutine, until the
// context ends; then the command is cancelled on the router.
//
// It never takes a place among the commands that Run bounds, and its silence
// is no stall: a router on which nothing changes has nothing to report. That
// it vanished shows by TCP's keep-alive and when the next command is run.
//
// The result is never nil before the context has ended: it is the context's
// error, what each returned, the router's refusal (see [IsMissing] for one
// that has no such menu, or no listen there), or the end of the connection.
// MikroTik does not promise that every menu reports every change: whoever
// listens has to look for himself now and then.
func (c *Conn) Listen(ctx context.Context, cmd Command, each func(Row) error) error {
	select {
	case c.listeners <- struct{}{}:
	default:
		return fmt.Errorf("%s: %w", cmd.path(), ErrTooManyListeners)
	}
	k := newCall(cmd, c.listeners, each)
	k.standing = true
	tag, err := c.begin(k, cmd)
	if err != nil {
		return err
	}
	select {
	case <-k.finished:
		if err := k.result(); err != nil {
			return err
		}
		return &Error{Reason: ReasonTrap, Op: k.path, Err: errors.New("the router ended it")}
	case <-k.stop:
		c.abandon(tag, k)
		return k.eachErr
	case <-ctx.Done():
		c.abandon(tag, k)
		return fmt.Errorf("%s: %w", k.path, context.Cause(ctx))
	}
}
