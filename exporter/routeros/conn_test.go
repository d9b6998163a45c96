package routeros

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func ignore(Row) error { return nil }

func names(ctx context.Context, c *Conn, menu string) ([]string, error) {
	var out []string
	err := c.Run(ctx, Print(menu, []string{"name"}), func(r Row) error {
		out = append(out, r.String("name"))
		return nil
	})
	return out, err
}

func TestRunGivesRowsToTheirCommand(t *testing.T) {
	t.Parallel()
	c, err := dialPeer(t, Options{}, func(p *peer) {
		p.login()
		// Two commands are awaited before either is answered, and the
		// answers are interleaved.
		cmd1, tag1 := p.expect()
		_, tag2 := p.expect()
		first, second := tag1, tag2
		if cmd1[0] == "/b/print" {
			first, second = tag2, tag1
		}
		p.reply("!re", first, "=name=a1")
		p.reply("!re", "=name=b1", second)
		p.reply("!empty", second)
		p.reply("!done", second)
		p.reply("!re", "=name=a2", first)
		p.reply("!done", first)
		p.expect()
	})
	require.NoError(t, err)
	var wg sync.WaitGroup
	for menu, want := range map[string][]string{"/a": {"a1", "a2"}, "/b": {"b1"}} {
		wg.Go(func() {
			got, err := names(t.Context(), c, menu)
			if err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("%s: %v, %v", menu, got, err)
			}
		})
	}
	wg.Wait()
	require.Equal(t, uint64(3), c.Traffic().Commands, "login and two commands")
}

func TestCommandOnTheWire(t *testing.T) {
	t.Parallel()
	got := make(chan []string, 2)
	c, err := dialPeer(t, Options{}, func(p *peer) {
		p.login()
		for range 2 {
			cmd, tag := p.expect()
			got <- cmd
			p.reply("!done", tag, "=ret=42")
		}
		p.expect()
	})
	require.NoError(t, err)
	require.NoError(t, c.Run(t.Context(), Print("/ip/address", []string{"address", "interface"}, NotDynamic()...), ignore))
	require.Equal(t, []string{"/ip/address/print", "=.proplist=address,interface", "?dynamic=true", "?#!"}, <-got)
	n, err := c.Count(t.Context(), "/ppp/active", "?service=pppoe")
	require.NoError(t, err)
	require.Equal(t, 42, n)
	require.Equal(t, []string{"/ppp/active/print", "=count-only=", "?service=pppoe"}, <-got)
}

func TestTrap(t *testing.T) {
	t.Parallel()
	c, err := dialPeer(t, Options{}, func(p *peer) {
		p.login()
		for _, message := range []string{"no such command prefix", "not enough permissions (9)"} {
			_, tag := p.expect()
			p.reply("!trap", tag, "=category=0", "=message="+message)
			p.reply("!done", tag)
		}
		p.expect()
	})
	require.NoError(t, err)
	err = c.Run(t.Context(), Print("/none", []string{"x"}), ignore)
	require.EqualError(t, err, `/none/print: router says "no such command prefix"`)
	require.True(t, IsMissing(err))
	require.Equal(t, ReasonTrap, ReasonOf(err))
	err = c.Run(t.Context(), Print("/user", []string{"x"}), ignore)
	require.False(t, IsMissing(err))
	require.NoError(t, c.Err(), "a refusal does not end the connection")
}

func TestFatalEndsEveryCommand(t *testing.T) {
	t.Parallel()
	c, err := dialPeer(t, Options{}, func(p *peer) {
		p.login()
		p.expect()
		p.expect()
		p.reply("!fatal", "session terminated")
	})
	require.NoError(t, err)
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			if _, err := names(t.Context(), c, "/a"); ReasonOf(err) != ReasonFatal {
				t.Errorf("got %v", err)
			}
		})
	}
	wg.Wait()
	require.EqualError(t, c.Err(), `connection to router:8728: router says "session terminated"`)
	_, err = names(t.Context(), c, "/a")
	require.ErrorIs(t, err, c.Err())
}

func TestCommandsInFlightAreBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		seen, release := make(chan string), make(chan struct{})
		c, err := dialPeer(t, Options{MaxInFlight: 2}, func(p *peer) {
			p.login()
			_, first := p.expect()
			_, second := p.expect()
			seen <- first
			seen <- second
			<-release
			p.reply("!done", first)
			_, third := p.expect()
			p.reply("!done", third)
			p.reply("!done", second)
			p.expect()
		})
		require.NoError(t, err)
		var wg sync.WaitGroup
		for range 3 {
			wg.Go(func() {
				if _, err := names(t.Context(), c, "/a"); err != nil {
					t.Error(err)
				}
			})
		}
		<-seen
		<-seen
		synctest.Wait() // the third waits for a slot, not on the wire
		require.Equal(t, uint64(3), c.Traffic().Commands, "login and two")
		close(release)
		wg.Wait()
	})
}

func TestTimeoutCancelsOnTheRouterAndKeepsTheConnection(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cancelled := make(chan []string, 1)
		c, err := dialPeer(t, Options{}, func(p *peer) {
			p.login()
			_, slow := p.expect()
			p.reply("!re", slow, "=name=early")
			cancel, cancelTag := p.expect()
			cancelled <- append(cancel, slow)
			p.reply("!re", slow, "=name=late")
			p.reply("!trap", slow, "=category=2", "=message=interrupted")
			p.reply("!done", slow)
			p.reply("!done", cancelTag)
			_, next := p.expect()
			p.reply("!re", next, "=name=next")
			p.reply("!done", next)
			p.expect()
		})
		require.NoError(t, err)
		ctx, stop := context.WithTimeout(t.Context(), time.Second)
		defer stop()
		got, err := names(ctx, c, "/slow")
		require.Equal(t, ReasonTimeout, ReasonOf(err))
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Equal(t, []string{"early"}, got)
		require.Equal(t, []string{"/cancel", "=tag=1", ".tag=1"}, <-cancelled)

		got, err = names(t.Context(), c, "/next")
		require.NoError(t, err)
		require.Equal(t, []string{"next"}, got)
	})
}

func TestRouterThatDoesNotEndACancelledCommandIsLeft(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, err := dialPeer(t, Options{DrainTimeout: 3 * time.Second}, func(p *peer) {
			p.login()
			for cmd, _ := p.expect(); cmd != nil; cmd, _ = p.expect() {
				p.reply("!re", ".tag=99", "=name=noise") // never silent, never done
			}
		})
		require.NoError(t, err)
		ctx, stop := context.WithTimeout(t.Context(), time.Second)
		defer stop()
		_, err = names(ctx, c, "/hang")
		require.Equal(t, ReasonTimeout, ReasonOf(err))
		<-c.Done()
		require.ErrorContains(t, c.Err(), "/hang/print was cancelled and has not ended after 3s")
	})
}

func TestSilentRouterIsLeft(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, err := dialPeer(t, Options{StallTimeout: 4 * time.Second}, func(p *peer) {
			p.login()
			for cmd, _ := p.expect(); cmd != nil; cmd, _ = p.expect() {
			}
		})
		require.NoError(t, err)
		<-time.After(time.Hour) // of virtual time: a connection that owes nothing is not dead
		require.NoError(t, c.Err())
		start := time.Now()
		_, err = names(t.Context(), c, "/a")
		require.Equal(t, ReasonTimeout, ReasonOf(err))
		require.Equal(t, 4*time.Second, time.Since(start))
	})
}

// A command may take as long as its context allows before the first byte of
// its answer, as long as the router answers something. It is asked no more
// than one thing to that end, even if it never answers that.
func TestARouterThatIsBusyIsNotLeft(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		alive  func(p *peer, tag string)
		probes int
	}{
		{name: "answers the probe", probes: 60/2 - 1, alive: func(p *peer, tag string) {
			p.reply("!re", tag, "=name=R")
			p.reply("!done", tag)
		}},
		{name: "refuses the probe", probes: 60/2 - 1, alive: func(p *peer, tag string) {
			p.reply("!trap", tag, "=message=not enough permissions (9)")
			p.reply("!done", tag)
		}},
		{name: "says something else", probes: 1, alive: func(p *peer, _ string) {
			for range 57 {
				time.Sleep(time.Second)
				p.reply("!re", ".tag=999", "=name=noise")
			}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				probes := 0
				conn, err := dialPeer(t, Options{StallTimeout: 4 * time.Second, MaxInFlight: 1}, func(p *peer) {
					p.login()
					_, slow := p.expect()
					begun := time.Now()
					for time.Since(begun) < 58*time.Second {
						cmd, tag := p.expect()
						if cmd == nil {
							return
						}
						require.Equal(t, []string{"/system/identity/print", "=.proplist=name"}, cmd)
						probes++
						c.alive(p, tag)
					}
					time.Sleep(time.Until(begun.Add(time.Minute - time.Millisecond)))
					p.reply("!re", slow, "=name=at last")
					p.reply("!done", slow)
					for cmd, _ := p.expect(); cmd != nil; cmd, _ = p.expect() {
					}
				})
				require.NoError(t, err)
				got, err := names(t.Context(), conn, "/slow")
				require.NoError(t, err)
				require.Equal(t, []string{"at last"}, got)
				require.Equal(t, c.probes, probes)
			})
		})
	}
}

// The same over TLS, which can be read on after a deadline, other than written.
func TestABusyRouterIsProbedOverTLS(t *testing.T) {
	t.Parallel()
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.StartTLS()
	server.Close()
	synctest.Test(t, func(t *testing.T) {
		ours, theirs := net.Pipe()
		go func() {
			nc := tls.Server(theirs, server.TLS)
			defer nc.Close()
			p := &peer{t, nc, newDecoder(nc, testLimits)}
			p.login()
			_, slow := p.expect()
			for range 14 {
				_, tag := p.expect()
				p.reply("!done", tag)
			}
			p.reply("!re", slow, "=name=at last")
			p.reply("!done", slow)
			p.expect()
		}()
		c, err := Dial(t.Context(), Options{
			Address: "router:8729", Username: "monitor", Password: func() (string, error) { return "pass", nil },
			TLS:  &tls.Config{InsecureSkipVerify: true}, //nolint:gosec // a test of what comes after
			Dial: func(context.Context, string, string) (net.Conn, error) { return ours, nil },
		})
		require.NoError(t, err)
		defer c.Close()
		begun := time.Now()
		got, err := names(t.Context(), c, "/slow")
		require.NoError(t, err)
		require.Equal(t, []string{"at last"}, got)
		require.Equal(t, 14*15*time.Second/2, time.Since(begun))
	})
}

// A router that vanishes after it has answered a probe is noticed as soon as
// any other.
func TestARouterThatVanishesAfterAProbeIsLeft(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, err := dialPeer(t, Options{StallTimeout: 4 * time.Second}, vanishing)
		require.NoError(t, err)
		began := time.Now()
		_, err = names(t.Context(), c, "/a")
		require.Equal(t, ReasonTimeout, ReasonOf(err))
		require.Equal(t, 2*time.Second+4*time.Second, time.Since(began), "the probe is answered after two, and then no other")
	})
}

func TestPing(t *testing.T) {
	t.Parallel()
	c, err := dialPeer(t, Options{}, func(p *peer) {
		p.login()
		_, tag := p.expect()
		p.reply("!re", tag, "=name=R")
		p.reply("!done", tag)
		_, tag = p.expect()
		p.reply("!trap", tag, "=message=not enough permissions (9)")
		p.reply("!done", tag)
		p.expect()
	})
	require.NoError(t, err)
	require.NoError(t, c.Ping(t.Context()))
	require.NoError(t, c.Ping(t.Context()))
	require.ErrorIs(t, c.Ping(t.Context()), c.Err(), "the router has closed the connection")
}

func TestErrorOfTheCallerEndsTheCommand(t *testing.T) {
	t.Parallel()
	enough := errors.New("enough")
	c, err := dialPeer(t, Options{}, func(p *peer) {
		p.login()
		_, tag := p.expect()
		p.reply("!re", tag, "=name=one")
		p.expect() // the cancel
		p.reply("!done", tag)
		_, tag = p.expect()
		p.reply("!done", tag)
		p.expect()
	})
	require.NoError(t, err)
	require.ErrorIs(t, c.Run(t.Context(), Print("/a", nil), func(Row) error { return enough }), enough)
	_, err = names(t.Context(), c, "/b")
	require.NoError(t, err)
}

func TestGarbageEndsTheConnection(t *testing.T) {
	t.Parallel()
	for name, garbage := range map[string][]byte{
		"reserved length": {0xFF, 0xFF},
		"no reply at all": append(appendSentence(nil, "ab="), appendSentence(nil, "!done", ".tag=1")...),
		"unknown reply":   appendSentence(nil, "!what", ".tag=1"),
		"huge word":       {0xEF, 0xFF, 0xFF, 0xFF},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, err := dialPeer(t, Options{}, func(p *peer) {
				p.login()
				p.expect()
				_, _ = p.nc.Write(garbage)
			})
			require.NoError(t, err)
			_, err = names(t.Context(), c, "/a")
			require.Error(t, err)
			require.Equal(t, ReasonFatal, ReasonOf(err))
		})
	}
}
