package routeros

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"net"
	"time"
)

// Options says how to reach a router and how much to ask of it.
type Options struct {
	// Address is host:port of the API service.
	Address string
	// Username is the router's user.
	Username string
	// Password is asked for at each login, so that a new password file
	// counts without a restart, and no copy lies around to be printed.
	Password func() (string, error)
	// TLS switches to api-ssl when it is not nil.
	TLS *tls.Config

	// Dial opens the TCP connection. Default: net.Dialer.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// MaxInFlight bounds the commands under way at once. Default: 8.
	MaxInFlight int
	// MaxListeners bounds the standing commands of [Conn.Listen]. Default: 8.
	MaxListeners int
	// WriteTimeout bounds sending one command. Default: 5 s.
	WriteTimeout time.Duration
	// StallTimeout ends a connection on which commands are under way, other
	// than standing ones, and not a byte has arrived for so long, not even the
	// answer to a probe that is sent after half of it: one command more than
	// MaxInFlight. Default: 15 s.
	StallTimeout time.Duration
	// DrainTimeout ends a connection on which a cancelled command has not
	// been ended by the router. Default: 10 s.
	DrainTimeout time.Duration
}

func (o Options) withDefaults() Options {
	o.MaxInFlight = cmp.Or(o.MaxInFlight, 8)
	o.MaxListeners = cmp.Or(o.MaxListeners, 8)
	o.WriteTimeout = cmp.Or(o.WriteTimeout, 5*time.Second)
	o.StallTimeout = cmp.Or(o.StallTimeout, 15*time.Second)
	o.DrainTimeout = cmp.Or(o.DrainTimeout, 10*time.Second)
	if o.Dial == nil {
		// Keep-alive probes notice a peer that vanished while nothing is asked.
		o.Dial = (&net.Dialer{KeepAliveConfig: net.KeepAliveConfig{
			Enable: true, Idle: 30 * time.Second, Interval: 10 * time.Second, Count: 3,
		}}).DialContext
	}
	return o
}

// Dial connects and logs in. The context bounds both, not the connection.
func Dial(ctx context.Context, o Options) (*Conn, error) {
	o = o.withDefaults()
	nc, err := connect(ctx, o)
	if err != nil {
		return nil, err
	}
	c := newConn(nc, o)
	// A deadline in the past wakes whatever the login is blocked in.
	stop := context.AfterFunc(ctx, func() { _ = nc.SetDeadline(time.Unix(1, 0)) })
	err = c.login()
	if !stop() && err == nil {
		err = ctx.Err()
	}
	if err != nil {
		_ = nc.Close()
		return nil, loginError(ctx, o, err)
	}
	c.logged.Store(true)
	_ = nc.SetDeadline(time.Time{})
	go c.readLoop()
	return c, nil
}

func connect(ctx context.Context, o Options) (net.Conn, error) {
	op := "dial " + o.Address
	nc, err := o.Dial(ctx, "tcp", o.Address)
	if err != nil {
		if isTimeout(ctx, err) {
			return nil, &Error{
				Reason: ReasonTimeout, Op: op, Err: err,
				Hint: "check that the router is up and its firewall lets this host reach the API port",
			}
		}
		return nil, &Error{
			Reason: ReasonDial, Op: op, Err: err,
			Hint: "check address and port, and that /ip/service has the API enabled",
		}
	}
	if o.TLS == nil {
		return nc, nil
	}
	tc := tls.Client(nc, o.TLS)
	if err := tc.HandshakeContext(ctx); err != nil {
		_ = nc.Close()
		return nil, tlsError(ctx, op, err)
	}
	return tc, nil
}

// sharesNoCipher reports whether a handshake failed with the TLS alert of a
// server that shares no cipher with the client (RFC 8446, section 6.2).
// RouterOS sends it when api-ssl has no certificate: it then offers anonymous
// Diffie-Hellman alone, which crypto/tls rightly does not have. crypto/tls
// keeps the type of alerts to itself, so the text has to do.
func sharesNoCipher(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "remote error" && op.Err.Error() == "tls: handshake failure"
}

func tlsError(ctx context.Context, op string, err error) error {
	var unverified *tls.CertificateVerificationError
	var notTLS tls.RecordHeaderError
	switch {
	case isTimeout(ctx, err):
		return &Error{Reason: ReasonTimeout, Op: op + ": TLS handshake", Err: err}
	case sharesNoCipher(err):
		return &Error{
			Reason: ReasonTLSNoCert, Op: op + ": TLS handshake", Err: err,
			Hint: "the router most likely has no certificate for this service: set one with /ip/service set api-ssl certificate=NAME",
		}
	case errors.As(err, &unverified):
		return &Error{
			Reason: ReasonDial, Op: op + ": TLS handshake", Err: err,
			Hint: "give the CA in tls.ca_file, the certificate's name in tls.server_name, or its hash in tls.pin_sha256",
		}
	case errors.As(err, &notTLS):
		return &Error{
			Reason: ReasonDial, Op: op + ": TLS handshake", Err: err,
			Hint: "the port does not speak TLS: use api-ssl (8729), or remove tls from the device",
		}
	default:
		return &Error{Reason: ReasonDial, Op: op + ": TLS handshake", Err: err}
	}
}

// loginError names the reason of a login that failed for other causes than
// the router's refusal.
func loginError(ctx context.Context, o Options, err error) error {
	var known *Error
	op := "log in to " + o.Address
	switch {
	case errors.As(err, &known):
		known.Op = op
		return known
	case isTimeout(ctx, err):
		return &Error{
			Reason: ReasonTimeout, Op: op, Err: err,
			Hint: "the port is open but nothing answers like a RouterOS API",
		}
	default:
		return &Error{
			Reason: ReasonFatal, Op: op, Err: err,
			Hint: "check the router's /ip/service: allowed addresses, max-sessions, and that this is the API port",
		}
	}
}

func isTimeout(ctx context.Context, err error) bool {
	var ne net.Error
	return errors.As(err, &ne) && ne.Timeout() ||
		errors.Is(err, context.DeadlineExceeded) || errors.Is(ctx.Err(), context.DeadlineExceeded)
}
