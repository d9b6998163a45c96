// Package engineer changes routers as a person does: under a name, over the RouterOS API, one command
// after the other. It knows nothing of the simulator, so what it does also works on a real router.
package engineer

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"time"

	"github.com/go-routeros/routeros/v3"
)

// Account is how an engineer logs in.
type Account struct {
	Name, Password string
}

// visitTimeout bounds one visit where the context does not.
const visitTimeout = 30 * time.Second

// Visit logs in to the router at address and hands the session to f.
//
// go-routeros does not heed a context while it waits, so the connection itself carries the deadline.
func Visit(ctx context.Context, address string, as Account, f func(*Session) error) (err error) {
	ctx, cancel := context.WithTimeout(ctx, visitTimeout)
	defer cancel()
	connection, err := new(net.Dialer).DialContext(ctx, "tcp", address)
	if err != nil {
		return fmt.Errorf("visit the router: %w", err)
	}
	deadline, _ := ctx.Deadline()
	if err := connection.SetDeadline(deadline); err != nil {
		return errors.Join(err, connection.Close())
	}
	client, err := routeros.NewClient(connection)
	if err != nil {
		return errors.Join(err, connection.Close())
	}
	defer func() { err = errors.Join(err, client.Close()) }()
	client.SetLogHandler(slog.DiscardHandler)
	if err := client.LoginContext(ctx, as.Name, as.Password); err != nil {
		return fmt.Errorf("log in as %s: %w", as.Name, err)
	}
	return f(&Session{client: client, ctx: ctx})
}

// Session is one visit to one router.
type Session struct {
	client *routeros.Client
	// ctx lives as long as the visit, which is one call.
	ctx context.Context
}

// Command is what an engineer types: a menu with its verb, and attribute words.
type Command []string

// String shows it as it goes over the wire.
func (c Command) String() string { return strings.Join(c, " ") }

// Run runs a command and answers its rows.
func (s *Session) Run(command Command) ([]map[string]string, error) {
	reply, err := s.client.RunContext(s.ctx, command...)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", command, err)
	}
	rows := make([]map[string]string, len(reply.Re))
	for i, sentence := range reply.Re {
		rows[i] = sentence.Map
	}
	return rows, nil
}

// Print reads a menu. A menu that the router does not have is empty.
func (s *Session) Print(menu string, properties ...string) ([]map[string]string, error) {
	rows, err := s.Run(Command{menu + "/print", "=.proplist=.id," + strings.Join(properties, ",")})
	if device := new(routeros.DeviceError); errors.As(err, &device) && strings.HasPrefix(device.Sentence.Map["message"], "no such command") {
		return nil, nil
	}
	return rows, err
}
