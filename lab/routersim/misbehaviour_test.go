package routersim_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ispvisualmonitor/ispvisualmonitor/lab/routersim"
	"github.com/ispvisualmonitor/ispvisualmonitor/lab/routersim/internal/wire"
)

func TestParseMisbehaviour(t *testing.T) {
	t.Parallel()
	m, err := routersim.ParseMisbehaviour(" latency=200ms; loss=0.05\nsilent;; cancel=ignore; /ip/route delay=5s; /ip/route hang-after=3; * refuse=not enough permissions (9)")
	require.NoError(t, err)
	require.Equal(t, routersim.Misbehaviour{
		Latency: 200 * time.Millisecond, Loss: 0.05, Silent: true, Cancel: routersim.Ignored,
		Menus: map[string]routersim.Trouble{
			"/ip/route":         {Delay: 5 * time.Second, HangAfter: 3},
			routersim.EveryMenu: {Refuse: "not enough permissions (9)"},
		},
	}, m)
	for text, want := range map[string]string{
		"latency":           `misbehaviour "latency": parse error`,
		"slow=1":            `misbehaviour "slow=1": no knob "slow", known are cancel, jitter, latency, loss, no-certificate, refuse-logins, retransmit, silent, vanished`,
		"/ip/route slow=1":  `no knob "slow", known are delay, fault, hang-after, per-row, refuse`,
		"cancel=later":      `want one of ["ignore" "refuse"]`,
		"loss=1.5":          "loss is a share from 0 to 1",
		"loss=NaN":          "loss is a share from 0 to 1",
		"latency=-1s":       "cannot be negative",
		"* hang-after=-1":   "cannot be negative",
		"/ip/route fault=x": "want one of",
	} {
		_, err := routersim.ParseMisbehaviour(text)
		require.ErrorContains(t, err, want, text)
	}
}

// TestMisbehaviourIsReadAsWritten: what String writes ParseMisbehaviour reads.
func TestMisbehaviourIsReadAsWritten(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		duration := rapid.Custom(func(t *rapid.T) time.Duration { return time.Duration(rapid.Int64Min(0).Draw(t, "duration")) })
		m := routersim.Misbehaviour{
			Latency: duration.Draw(t, "latency"), Jitter: duration.Draw(t, "jitter"), Retransmit: duration.Draw(t, "retransmit"),
			Loss: rapid.Float64Range(0, 1).Draw(t, "loss"), Silent: rapid.Bool().Draw(t, "silent"), Vanished: rapid.Bool().Draw(t, "vanished"),
			NoCertificate: rapid.Bool().Draw(t, "certificate"), RefuseLogins: rapid.Bool().Draw(t, "logins"),
			Cancel: rapid.SampledFrom([]routersim.Cancel{routersim.Obeyed, routersim.Ignored, routersim.Refused}).Draw(t, "cancel"),
		}
		for _, path := range rapid.SliceOfNDistinct(rapid.StringMatching(`/[a-z]+(/[a-z-]+)?`), 0, 3, rapid.ID).Draw(t, "menus") {
			trouble := routersim.Trouble{
				Delay: duration.Draw(t, "delay"), PerRow: duration.Draw(t, "per-row"), HangAfter: rapid.IntRange(0, 100).Draw(t, "hang"),
				Refuse: rapid.StringMatching(`([a-z()=]+( [a-z()=]+)*)?`).Draw(t, "refuse"),
				Fault:  rapid.SampledFrom([]routersim.Fault{routersim.NoFault, routersim.FaultGarbage, routersim.FaultHang}).Draw(t, "fault"),
			}
			if trouble == (routersim.Trouble{}) || trouble.Refuse == "true" || trouble.Refuse == "false" {
				continue
			}
			if m.Menus == nil {
				m.Menus = map[string]routersim.Trouble{}
			}
			m.Menus[path] = trouble
		}
		again, err := routersim.ParseMisbehaviour(m.String())
		require.NoError(t, err)
		require.Equal(t, m, again)
	})
}

func FuzzParseMisbehaviour(f *testing.F) {
	f.Add("latency=200ms; loss=0.05; silent; /ip/route delay=5s; * fault=garbage")
	f.Add("/a refuse=;/b per-row=1h\nretransmit=0")
	f.Fuzz(func(t *testing.T, text string) {
		m, err := routersim.ParseMisbehaviour(text)
		if err != nil {
			return
		}
		again, err := routersim.ParseMisbehaviour(m.String())
		require.NoError(t, err)
		require.Equal(t, m.String(), again.String())
	})
}

func misbehave(t *testing.T, r *routersim.Router, text string) {
	t.Helper()
	m, err := routersim.ParseMisbehaviour(text)
	require.NoError(t, err)
	require.NoError(t, r.Misbehave(m))
}

// rest reads what still comes until the connection ends.
func (c *raw) rest() (string, error) {
	c.t.Helper()
	require.NoError(c.t, c.conn.SetReadDeadline(time.Now().Add(10*time.Second)))
	b, err := io.ReadAll(c.in)
	return string(b), err
}

// TestFaultsInTheMiddle: after some rows, or half of one, comes what should
// not.
func TestFaultsInTheMiddle(t *testing.T) {
	t.Parallel()
	for fault, check := range map[routersim.Fault]func(t *testing.T, c *raw){
		routersim.FaultReset: func(t *testing.T, c *raw) {
			_, err := c.rest()
			require.Error(t, err)
		},
		routersim.FaultClose: func(t *testing.T, c *raw) {
			text, err := c.rest()
			require.NoError(t, err)
			require.NotContains(t, text, "!done")
			require.NotEqual(t, byte(0), text[len(text)-1], "the last sentence is not complete")
		},
		routersim.FaultFatal: func(t *testing.T, c *raw) {
			require.Equal(t, []string{"!re =name=lo", "!re =name=ether1", "!re =name=ether2", "!fatal internal error"}, c.until("!fatal"))
			_, err := c.in.ReadByte()
			require.ErrorIs(t, err, io.EOF)
		},
		routersim.FaultReserved: func(t *testing.T, c *raw) {
			require.Equal(t, "!re =name=lo", c.read())
			c.read()
			c.read()
			_, err := wire.ReadSentence(c.in, wire.Limits{Word: 1 << 24, Words: 100, Sentence: 1 << 24})
			require.ErrorIs(t, err, wire.ErrReserved)
		},
		routersim.FaultOversized: func(t *testing.T, c *raw) {
			c.read()
			c.read()
			c.read()
			_, err := wire.ReadSentence(c.in, wire.Limits{Word: 1 << 24, Words: 100, Sentence: 1 << 24})
			require.ErrorIs(t, err, wire.ErrTooLarge)
			require.ErrorContains(t, err, "200000000 bytes")
		},
	} {
		t.Run(string(fault), func(t *testing.T) {
			t.Parallel()
			r := newRouter(t, "", routersim.Options{})
			c := dialRaw(t, r)
			c.login("admin", "")
			misbehave(t, r, "/interface fault="+string(fault))
			require.Equal(t, "!done", c.ask("/ip/pool/print", ".tag=other")[0][:5], "other menus are well")
			c.write("/interface/print", "=.proplist=name")
			check(t, c)
		})
	}
}

func (c *raw) until(prefix string) []string {
	var out []string
	for {
		sentence := c.read()
		out = append(out, sentence)
		if strings.HasPrefix(sentence, prefix) {
			return out
		}
	}
}

// piped is a client in the same bubble of simulated time as its router.
func piped(t *testing.T, r *routersim.Router) *raw {
	t.Helper()
	ours, theirs := net.Pipe()
	ln := &oneConn{conns: make(chan net.Conn, 1), closed: make(chan struct{})}
	ln.conns <- theirs
	require.NoError(t, r.Serve(ln))
	return &raw{t, ours, bufio.NewReader(ours)}
}

// oneConn is a listener to which somebody hands connections.
type oneConn struct {
	conns  chan net.Conn
	closed chan struct{}
}

func (l *oneConn) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *oneConn) Close() error { close(l.closed); return nil }

func (l *oneConn) Addr() net.Addr { return &net.UnixAddr{Name: "pipe"} }

// TestSlowness: how long what takes, in simulated time.
func TestSlowness(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		wrong string
		took  time.Duration // for the five rows of /interface/ethernet
		exact bool
	}{
		{"", 0, true},
		{"latency=300ms", 300 * time.Millisecond, true},
		{"latency=300ms; jitter=100ms", 300 * time.Millisecond, false},
		{"/interface/ethernet delay=2s", 2 * time.Second, true},
		{"* delay=1s; /interface/ethernet per-row=3s", 12 * time.Second, true},
		{"loss=0.5; retransmit=1s", 0, false},
	} {
		synctest.Test(t, func(t *testing.T) {
			r, err := routersim.New(routersim.Options{})
			require.NoError(t, err)
			defer r.Close()
			c := piped(t, r)
			defer c.conn.Close()
			c.login("admin", "")
			misbehave(t, r, tc.wrong)
			began := time.Now()
			require.Len(t, c.ask("/interface/ethernet/print", "=.proplist=name"), 6)
			took := time.Since(began)
			if tc.exact {
				require.Equal(t, tc.took, took, tc.wrong)
			} else {
				require.GreaterOrEqual(t, took, tc.took, tc.wrong)
				require.Less(t, took, tc.took+time.Minute, tc.wrong)
			}
		})
	}
}

// TestHeldUntilWell: what waits goes on once nothing is wrong any more.
func TestHeldUntilWell(t *testing.T) {
	t.Parallel()
	for _, wrong := range []string{"silent", "/interface/ethernet fault=hang", "/interface/ethernet delay=100h", "/interface/ethernet hang-after=2", "loss=1"} {
		synctest.Test(t, func(t *testing.T) {
			r, err := routersim.New(routersim.Options{})
			require.NoError(t, err)
			defer r.Close()
			c := piped(t, r)
			defer c.conn.Close()
			c.login("admin", "")
			misbehave(t, r, wrong)
			time.AfterFunc(time.Hour, func() { _ = r.Misbehave(routersim.Misbehaviour{}) }) // cannot fail
			began := time.Now()
			require.Len(t, c.ask("/interface/ethernet/print"), 6, wrong)
			require.Equal(t, time.Hour, time.Since(began).Truncate(10*time.Minute), wrong)
		})
	}
}

// TestVanished: nothing comes and nothing is closed; the router that is back
// resets what it has not heard of, and takes new connections.
func TestVanished(t *testing.T) {
	t.Parallel()
	r := newRouter(t, "", routersim.Options{})
	c := dialRaw(t, r)
	c.login("admin", "")
	misbehave(t, r, "vanished")
	c.write("/system/identity/print")
	late := dialRaw(t, r)
	late.write("/login", "=name=admin", "=password=")
	for _, conn := range []*raw{c, late} {
		require.NoError(t, conn.conn.SetReadDeadline(time.Now().Add(50*time.Millisecond)))
		_, err := conn.in.ReadByte()
		var timeout net.Error
		require.ErrorAs(t, err, &timeout)
		require.True(t, timeout.Timeout(), "no FIN, no reset: %v", err)
	}
	misbehave(t, r, "")
	for _, conn := range []*raw{c, late} {
		require.NoError(t, conn.conn.SetReadDeadline(time.Now().Add(10*time.Second)))
		_, err := conn.in.ReadByte()
		require.ErrorContains(t, err, "reset")
	}
	dialRaw(t, r).login("admin", "")
	traffic := r.Traffic()
	require.Equal(t, uint64(3), traffic.Connections)
	require.Equal(t, uint64(2), traffic.Logins)
}

// TestCloseWhileHeld: whatever holds an answer back, the router can be closed,
// and a client that goes away leaves nothing behind.
func TestCloseWhileHeld(t *testing.T) {
	t.Parallel()
	for _, wrong := range []string{"silent", "vanished", "* fault=hang", "* delay=1h", "loss=1; retransmit=1h"} {
		for _, secure := range []bool{false, true} {
			for _, leaves := range []bool{false, true} {
				r, err := routersim.New(routersim.Options{})
				require.NoError(t, err)
				serve := r.Listen
				if secure {
					serve = func(ctx context.Context, addr string) (net.Addr, error) { return r.ListenTLS(ctx, addr, nil) }
				}
				addr, err := serve(context.Background(), "127.0.0.1:0")
				require.NoError(t, err)
				conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", addr.String())
				require.NoError(t, err)
				if secure {
					conn = tls.Client(conn, &tls.Config{InsecureSkipVerify: true}) //nolint:gosec // the certificate is the simulator's own
				}
				require.NoError(t, conn.SetDeadline(time.Now().Add(20*time.Second)))
				c := &raw{t, conn, bufio.NewReader(conn)}
				c.login("admin", "")
				misbehave(t, r, wrong)
				c.write("/interface/print", ".tag=a")
				c.write("/system/resource/print", ".tag=b")
				if leaves {
					require.NoError(t, conn.Close())
				}
				closed := make(chan struct{})
				go func() { r.Close(); close(closed) }()
				select {
				case <-closed:
				case <-time.After(20 * time.Second):
					t.Fatalf("does not close: %s, TLS %v, client gone %v", wrong, secure, leaves)
				}
				_ = conn.Close() // may be closed
			}
		}
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	r := newRouter(t, "", routersim.Options{})
	c := dialRaw(t, r)
	c.login("admin", "")
	misbehave(t, r, "refuse-logins; cancel=refuse; /ip/address refuse=not enough permissions (9)")
	require.Equal(t, []string{"!trap =message=not enough permissions (9)", "!done"}, c.ask("/ip/address/print"))
	require.Equal(t, []string{"!trap =message=invalid user name or password (6)", "!done"}, dialRaw(t, r).ask("/login", "=name=admin", "=password="))
	misbehave(t, r, "refuse-logins; cancel=refuse; /ip/address/listen refuse=no such command")
	require.Equal(t, []string{"!trap =message=no such command", "!done"}, c.ask("/ip/address/listen"))
	require.Equal(t, []string{"!done"}, c.ask("/ip/address/print"), "the other commands of the menu are well")
	c.write("/interface/listen", ".tag=l")
	require.Equal(t, []string{"!trap =category=0 =message=no such command .tag=c", "!done .tag=c"}, c.ask("/cancel", "=tag=l", ".tag=c"))
	misbehave(t, r, "cancel=ignore")
	c.write("/cancel", "=tag=l", ".tag=d")
	require.Equal(t, []string{"!re =name=MikroTik", "!done"}, c.ask("/system/identity/print"), "no answer to /cancel, and the connection goes on")
	misbehave(t, r, "")
	require.ElementsMatch(t, []string{"!trap =category=2 =message=interrupted .tag=l", "!done .tag=l", "!done .tag=e"}, []string{
		c.ask("/cancel", "=tag=l", ".tag=e")[0], c.read(), c.read(),
	})
	require.Equal(t, uint64(1), r.Traffic().RefusedLogins)
}

func TestNoCertificate(t *testing.T) {
	t.Parallel()
	r := newRouter(t, "", routersim.Options{})
	addr, err := r.ListenTLS(context.Background(), "127.0.0.1:0", nil)
	require.NoError(t, err)
	dial := func() error {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		conn, err := (&tls.Dialer{Config: &tls.Config{InsecureSkipVerify: true}}).DialContext(ctx, "tcp", addr.String()) //nolint:gosec // the certificate is the simulator's own
		if err == nil {
			_ = conn.Close()
		}
		return err
	}
	require.NoError(t, dial())
	misbehave(t, r, "no-certificate")
	require.EqualError(t, dial(), "remote error: tls: handshake failure")
}
