package routeros

import (
	"context"
	"net"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// peer is the router's end of a connection, driven by a test step by step.
type peer struct {
	t   testing.TB
	nc  net.Conn
	dec *decoder
}

// dialPeer connects over a pipe to a peer that runs router, and logs in.
func dialPeer(t testing.TB, o Options, router func(*peer)) (*Conn, error) {
	t.Helper()
	return dialPeerContext(t.Context(), t, o, router)
}

func dialPeerContext(ctx context.Context, t testing.TB, o Options, router func(*peer)) (*Conn, error) {
	t.Helper()
	ours, theirs := net.Pipe()
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer theirs.Close()
		router(&peer{t, theirs, newDecoder(theirs, testLimits)})
	}()
	o.Dial = func(context.Context, string, string) (net.Conn, error) { return ours, nil }
	o.Address, o.Username = "router:8728", "monitor"
	if o.Password == nil {
		o.Password = func() (string, error) { return "pass", nil }
	}
	c, err := Dial(ctx, o)
	t.Cleanup(func() {
		if c != nil {
			require.NoError(t, c.Close())
		}
		_ = ours.Close()
		<-done
	})
	return c, err
}

// expect reads one command and returns it without its tag, and the tag.
func (p *peer) expect() (cmd []string, tag string) {
	s, err := p.dec.next()
	if err != nil {
		return nil, ""
	}
	for _, w := range words(s) {
		if strings.HasPrefix(w, ".tag=") {
			tag = w
		} else {
			cmd = append(cmd, w)
		}
	}
	return cmd, tag
}

func (p *peer) reply(w ...string) {
	_, _ = p.nc.Write(appendSentence(nil, w...)) // the other end may be gone, which the test sees there
}

// login answers the first command with success.
func (p *peer) login() {
	p.expect()
	p.reply("!done")
}

// vanishing is a router that answers the second command after the login, and
// then nothing any more.
func vanishing(p *peer) {
	p.login()
	p.expect()
	_, tag := p.expect()
	p.reply("!done", tag)
	for cmd, _ := p.expect(); cmd != nil; cmd, _ = p.expect() {
	}
}
