package routeros

import (
	"context"
	"crypto/md5" //nolint:gosec // what old routers want
	"encoding/hex"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func TestLoginPlain(t *testing.T) {
	t.Parallel()
	got := make(chan []string, 1)
	_, err := dialPeer(t, Options{}, func(p *peer) {
		cmd, _ := p.expect()
		got <- cmd
		p.reply("!done")
		p.expect()
	})
	require.NoError(t, err)
	require.Equal(t, []string{"/login", "=name=monitor", "=password=pass"}, <-got)
}

func TestLoginChallenge(t *testing.T) {
	t.Parallel()
	const challenge = "0123456789abcdef0123456789abcdef"
	got := make(chan []string, 1)
	_, err := dialPeer(t, Options{}, func(p *peer) {
		p.expect()
		p.reply("!done", "=ret="+challenge)
		cmd, _ := p.expect()
		got <- cmd
		p.reply("!done")
		p.expect()
	})
	require.NoError(t, err)
	raw, err := hex.DecodeString(challenge)
	require.NoError(t, err)
	sum := md5.Sum([]byte("\x00pass" + string(raw))) //nolint:gosec // as above
	require.Equal(t, []string{"/login", "=name=monitor", "=response=00" + hex.EncodeToString(sum[:])}, <-got)
}

func TestLoginFailures(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		router  func(*peer)
		options Options
		reason  Reason
		message string
	}{
		"wrong password": {
			router: func(p *peer) {
				p.expect()
				p.reply("!trap", "=message=invalid user name or password (6)")
				p.reply("!done")
			},
			reason: ReasonAuth,
			message: `log in to router:8728: router says "invalid user name or password (6)": ` +
				`check username and password, and that the user's group has the policies api and read`,
		},
		"no api policy": {
			router: func(p *peer) {
				p.expect()
				p.reply("!trap", "=message=not permitted")
				p.reply("!done")
			},
			reason: ReasonAuth,
			message: `log in to router:8728: router says "not permitted": ` +
				`check username and password, and that the user's group has the policies api and read`,
		},
		"too many sessions": {
			router: func(p *peer) {
				p.expect()
				p.reply("!fatal", "too many sessions")
			},
			reason:  ReasonFatal,
			message: `log in to router:8728: router says "too many sessions": check the router's log and the max-sessions of /ip/service`,
		},
		"closed": {
			router: func(p *peer) { p.expect() },
			reason: ReasonFatal,
			message: `log in to router:8728: read answer to login: EOF: ` +
				`check the router's /ip/service: allowed addresses, max-sessions, and that this is the API port`,
		},
		"another protocol": {
			router: func(p *peer) {
				p.expect()
				_, _ = p.nc.Write([]byte("HTTP/1.1 400 Bad Request\r\n\r\n"))
			},
			reason: ReasonFatal,
			message: `log in to router:8728: read answer to login: unexpected EOF: ` +
				`check the router's /ip/service: allowed addresses, max-sessions, and that this is the API port`,
		},
		"no password file": {
			router:  func(p *peer) { p.expect() },
			options: Options{Password: func() (string, error) { return "", errors.New("no such file") }},
			reason:  ReasonAuth,
			message: `log in to router:8728: get the password: no such file`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := dialPeer(t, c.options, c.router)
			require.EqualError(t, err, c.message)
			require.Equal(t, c.reason, ReasonOf(err))
		})
	}
}

func TestLoginEndsWithItsContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		// The pipe is there at once, so the deadline falls into the login.
		_, err := dialPeerContext(ctx, t, Options{}, func(p *peer) {
			p.expect()
			p.expect()
		})
		require.Equal(t, ReasonTimeout, ReasonOf(err))
		require.ErrorContains(t, err, "the port is open but nothing answers like a RouterOS API")
	})
}
