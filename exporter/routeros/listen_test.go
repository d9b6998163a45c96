package routeros

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// heard runs a listener whose rows' names and whose end can be waited for.
func heard(ctx context.Context, c *Conn, menu string) (names chan string, end chan error) {
	names, end = make(chan string, 16), make(chan error, 1)
	go func() {
		end <- c.Listen(ctx, ListenTo(menu, []string{"name"}), func(r Row) error {
			names <- r.String("name") + r.String(".dead")
			return nil
		})
	}()
	return names, end
}

func TestListenOnTheWire(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		sent := make(chan []string, 4)
		c, err := dialPeer(t, Options{MaxInFlight: 1}, func(p *peer) {
			p.login()
			cmd, listener := p.expect()
			sent <- cmd
			p.reply("!re", listener, "=.id=*1", "=name=a")
			// A command in between has the connection's one place, and what
			// happens meanwhile comes between its rows.
			_, tag := p.expect()
			p.reply("!re", tag, "=name=row")
			p.reply("!re", listener, "=.id=*2", "=.dead=yes")
			p.reply("!done", tag)
			cmd, cancelTag := p.expect()
			sent <- append(cmd, listener)
			p.reply("!trap", listener, "=category=2", "=message=interrupted")
			p.reply("!done", listener)
			p.reply("!done", cancelTag)
			cmd, again := p.expect() // its place is free again
			sent <- cmd
			p.reply("!re", again, "=name=b")
			p.expect()
		})
		require.NoError(t, err)
		ctx, stop := context.WithCancel(t.Context())
		got, end := heard(ctx, c, "/a")
		require.Equal(t, []string{"/a/listen", "=.proplist=.id,.dead,name"}, <-sent)
		require.Equal(t, "a", <-got)
		rows, err := names(t.Context(), c, "/b")
		require.NoError(t, err)
		require.Equal(t, []string{"row"}, rows)
		require.Equal(t, "yes", <-got)

		stop()
		require.ErrorIs(t, <-end, context.Canceled)
		require.Equal(t, []string{"/cancel", "=tag=1", ".tag=1"}, <-sent)
		synctest.Wait()

		ctx, stop = context.WithCancel(t.Context())
		defer stop()
		got, _ = heard(ctx, c, "/a")
		require.Equal(t, "b", <-got)
		<-sent
	})
}

// A listener may be silent for a day; a router that is gone is noticed all
// the same, by the next command that it owes an answer.
func TestASilentListenerIsNoStall(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, err := dialPeer(t, Options{StallTimeout: 4 * time.Second}, vanishing)
		require.NoError(t, err)
		got, end := heard(t.Context(), c, "/a")
		<-time.After(24 * time.Hour)
		require.NoError(t, c.Err())
		_, err = names(t.Context(), c, "/b")
		require.NoError(t, err)
		<-time.After(24 * time.Hour)
		require.NoError(t, c.Err(), "an answered command leaves no stall behind")

		began := time.Now()
		_, err = names(t.Context(), c, "/b")
		require.Equal(t, ReasonTimeout, ReasonOf(err))
		require.Equal(t, 4*time.Second, time.Since(began))
		require.ErrorIs(t, <-end, c.Err())
		require.Empty(t, got)
	})
}

func TestListenEnds(t *testing.T) {
	t.Parallel()
	enough := errors.New("enough")
	c, err := dialPeer(t, Options{MaxListeners: 1}, func(p *peer) {
		p.login()
		_, tag := p.expect() // refused
		p.reply("!trap", tag, "=category=0", "=message=no such command")
		p.reply("!done", tag)
		_, tag = p.expect() // ended by the router
		p.reply("!done", tag)
		_, tag = p.expect() // ended by the caller
		p.reply("!re", tag, "=name=a")
		p.expect()
		p.reply("!done", tag)
		p.expect() // stands until the connection ends
		p.reply("!fatal", "router is rebooting")
	})
	require.NoError(t, err)
	listen := func(each func(Row) error) error { return c.Listen(t.Context(), ListenTo("/a", nil), each) }
	err = listen(ignore)
	require.True(t, IsMissing(err), "%v", err)
	require.EqualError(t, listen(ignore), "/a/listen: the router ended it")
	require.ErrorIs(t, listen(func(Row) error { return enough }), enough)
	require.Eventually(t, func() bool { return len(c.listeners) == 0 }, 5*time.Second, time.Millisecond, "the router has ended it")
	require.ErrorContains(t, listen(ignore), "router is rebooting")
	require.Equal(t, ReasonFatal, ReasonOf(listen(ignore)), "and no more on a connection that has ended")
}

func TestListenersAreBoundedByThemselves(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, err := dialPeer(t, Options{MaxInFlight: 1, MaxListeners: 2}, func(p *peer) {
			p.login()
			p.expect()
			p.expect()
			_, tag := p.expect()
			p.reply("!re", tag, "=name=row")
			p.reply("!done", tag)
			for cmd, _ := p.expect(); cmd != nil; cmd, _ = p.expect() {
			}
		})
		require.NoError(t, err)
		ctx, stop := context.WithCancel(t.Context())
		_, first := heard(ctx, c, "/a")
		_, second := heard(ctx, c, "/b")
		synctest.Wait()
		require.ErrorIs(t, c.Listen(ctx, ListenTo("/c", nil), ignore), ErrTooManyListeners)
		rows, err := names(ctx, c, "/d")
		require.NoError(t, err)
		require.Equal(t, []string{"row"}, rows)
		stop()
		require.ErrorIs(t, <-first, context.Canceled)
		require.ErrorIs(t, <-second, context.Canceled)
		// The peer never ends them: their places stay taken, then the
		// connection is left.
		require.ErrorIs(t, c.Listen(t.Context(), ListenTo("/c", nil), ignore), ErrTooManyListeners)
		<-c.Done()
		require.ErrorContains(t, c.Err(), "was cancelled and has not ended")
	})
}

// What fills a lane leaves the rest of the connection free, and the other way
// round.
func TestLanesDoNotWaitForEachOther(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, err := dialPeer(t, Options{MaxInFlight: 1}, func(p *peer) {
			p.login()
			p.expect() // the slow one, never answered
			_, tag := p.expect()
			p.reply("!re", tag, "=name=quick")
			p.reply("!done", tag)
			_, tag = p.expect()
			p.reply("!done", tag, "=ret=7")
			for cmd, _ := p.expect(); cmd != nil; cmd, _ = p.expect() {
			}
		})
		require.NoError(t, err)
		slow, other := c.Lane(1), c.Lane(1)
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- slow.Run(ctx, Print("/slow", nil), ignore) }()
		synctest.Wait()
		rows, err := names(t.Context(), c, "/quick")
		require.NoError(t, err)
		require.Equal(t, []string{"quick"}, rows)
		n, err := other.Count(t.Context(), "/a")
		require.NoError(t, err)
		require.Equal(t, 7, n)

		waiting, giveUp := context.WithTimeout(t.Context(), time.Second)
		defer giveUp()
		err = slow.Run(waiting, Print("/b", nil), ignore)
		require.ErrorContains(t, err, "waiting for other commands to end", "its own bound holds")
		stop()
		require.ErrorIs(t, <-ended, context.Canceled)
	})
}
