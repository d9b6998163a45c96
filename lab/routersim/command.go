package routersim

import (
	"context"
	"strings"
	"time"

	"github.com/ispvisualmonitor/ispvisualmonitor/lab/routersim/internal/schema"
)

// command is one sentence of a client.
type command struct {
	path    string // "/ip/address/print"
	menu    string // "/ip/address"
	verb    string // "print"
	tag     string
	args    map[string]string // =name=value words
	names   []string          // their names in the order sent
	queries []string          // ? words
}

func parseCommand(words []string) *command {
	cmd := &command{path: words[0], args: map[string]string{}}
	if !strings.HasPrefix(cmd.path, "/") {
		cmd.path = "/" + cmd.path
	}
	if i := strings.LastIndexByte(cmd.path, '/'); i >= 0 {
		cmd.menu, cmd.verb = cmd.path[:i], cmd.path[i+1:]
	}
	for _, word := range words[1:] {
		switch {
		case strings.HasPrefix(word, "="):
			name, value, _ := strings.Cut(word[1:], "=")
			cmd.args[name] = value
			cmd.names = append(cmd.names, name)
		case strings.HasPrefix(word, ".tag="):
			cmd.tag = word[len(".tag="):]
		case strings.HasPrefix(word, "?"):
			cmd.queries = append(cmd.queries, word)
		}
	}
	return cmd
}

// numbers is which rows a command speaks of.
func (c *command) numbers() (string, bool) {
	if v, ok := c.args["numbers"]; ok {
		return v, true
	}
	v, ok := c.args[".id"]
	return v, ok
}

// perform runs a command. The identity is that of the login: a later change of
// the user's group counts from the next one on, as on a router.
func (s *session) perform(ctx context.Context, cmd *command, reply *reply) error {
	who := s.who.Load()
	switch cmd.verb {
	case "print", "getall", "get", "listen", "monitor":
		if !who.policies["read"] {
			return errNotPermitted
		}
	case "add", "set", "remove", "enable", "disable", "move", "unset", "comment":
		return s.change(who, cmd, reply)
	default:
		return s.router.unknown(cmd)
	}
	if err := s.router.checkMenu(cmd.menu); err != nil {
		return err
	}
	switch cmd.verb {
	case "listen":
		return s.listen(ctx, who, cmd, reply)
	case "get":
		return s.get(who, cmd, reply)
	case "monitor":
		return s.monitor(ctx, who, cmd, reply)
	default:
		return s.print(ctx, who, cmd, reply)
	}
}

func (r *Router) checkMenu(menu string) error {
	r.net.mu.Lock()
	defer r.net.mu.Unlock()
	if !r.has(menu) {
		return errNoSuchPrefix
	}
	return nil
}

// unknown words the refusal of a command that a menu does not have.
func (r *Router) unknown(cmd *command) error {
	if cmd.menu != "" && r.checkMenu(cmd.menu) != nil {
		return errNoSuchPrefix
	}
	return errNoSuchCommand
}

func (r *Router) version() schema.Version {
	r.net.mu.Lock()
	defer r.net.mu.Unlock()
	return r.store.Schema.Version
}

func (r *Router) now() time.Time { return r.opts.Now() }
