package routeros

import (
	"context"
	"errors"
	"strings"
)

// Reason is the kind of a failure, a closed set fit for a metric label.
type Reason string

// The reasons for which reading a router fails.
const (
	ReasonDial      Reason = "dial"        // no TCP connection, or its TLS certificate is not the expected one
	ReasonTLSNoCert Reason = "tls_no_cert" // the router's api-ssl service has no certificate
	ReasonAuth      Reason = "auth"        // the router refused user name or password
	ReasonTimeout   Reason = "timeout"     // no answer in time
	ReasonTrap      Reason = "trap"        // the router refused a command
	ReasonFatal     Reason = "fatal"       // the router closed the connection or broke the protocol
)

// Reasons lists every reason, so that each can be a series from the start.
func Reasons() []Reason {
	return []Reason{ReasonDial, ReasonTLSNoCert, ReasonAuth, ReasonTimeout, ReasonTrap, ReasonFatal}
}

// Error is a failure of a router to do what was asked.
type Error struct {
	Reason  Reason
	Op      string // what was being done: "dial 192.0.2.1:8728", "/ip/route/print"
	Message string // what the router said, for ReasonTrap, ReasonAuth and ReasonFatal
	Hint    string // what the operator can do about it, may be empty
	Err     error  // the cause, may be nil
}

// Error gives operation, the router's words, cause and hint.
func (e *Error) Error() string {
	parts := []string{e.Op}
	if e.Message != "" {
		parts = append(parts, "router says "+quoteMessage(e.Message))
	}
	if e.Err != nil {
		parts = append(parts, e.Err.Error())
	}
	if e.Hint != "" {
		parts = append(parts, e.Hint)
	}
	return strings.Join(parts, ": ")
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// ReasonOf returns the reason of a failure: that of the [*Error] in its chain;
// without one, timeout for an expired context and fatal for the rest.
func ReasonOf(err error) Reason {
	var e *Error
	switch {
	case errors.As(err, &e):
		return e.Reason
	case errors.Is(err, context.DeadlineExceeded):
		return ReasonTimeout
	default:
		return ReasonFatal
	}
}

// IsMissing reports whether the router refused a command because it has no
// such menu: another RouterOS version, or a package that is not installed.
// The wording differs between versions ("no such command prefix", "no such
// command or directory (bgp)"), "no such item" is another matter.
func IsMissing(err error) bool {
	var e *Error
	if !errors.As(err, &e) || e.Reason != ReasonTrap {
		return false
	}
	return strings.HasPrefix(e.Message, "no such command") ||
		strings.HasPrefix(e.Message, "no such directory") ||
		strings.HasPrefix(e.Message, "bad command name")
}

// IsDenied reports whether the router refused a command because the user's
// group lacks a policy ("not enough permissions (9)").
func IsDenied(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Reason == ReasonTrap && strings.HasPrefix(e.Message, "not enough permissions")
}

// maxMessage bounds how much of a router's own words is repeated.
const maxMessage = 200

// quoteMessage makes a router's words safe for a log line.
func quoteMessage(m string) string {
	if len(m) > maxMessage {
		m = m[:maxMessage] + "…"
	}
	return `"` + strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7F || r == '\uFFFD' {
			return '?'
		}
		return r
	}, m) + `"`
}
