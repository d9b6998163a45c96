// Package routerostest is a scripted router for tests: it answers from a
// table, and misbehaves where the table says so. What a whole router does is
// the simulator's business; this is for replies that no configuration leads to.
package routerostest

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-routeros/routeros/v3/proto"
	"github.com/stretchr/testify/require"
)

// Router is what a router answers.
type Router struct {
	// Menus has the rows of each menu ("/ip/address"), a row being its
	// attributes as "name=value". Others are answered with the trap for
	// menus that do not exist.
	Menus map[string][][]string
	// Traps has messages with which menus are refused.
	Traps map[string]string
	// Hang has menus that are answered only when the command is cancelled.
	Hang map[string]bool
	// Latency is how long after a command its answer comes; answers to many
	// commands are under way at once, as on a long line.
	Latency time.Duration
	// Drop has menus at which the connection is closed.
	Drop map[string]bool

	mu     sync.Mutex
	silent bool
	logins int
	asked  []string
}

// Asked returns the commands that came since it was last called, logins and
// cancellations apart.
func (r *Router) Asked() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	asked := r.asked
	r.asked = nil
	return asked
}

// Logins returns how many logins there were.
func (r *Router) Logins() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.logins
}

// Vanish leaves everything unanswered from now on, as a router that has no
// power any more: its connections stay half open.
func (r *Router) Vanish() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.silent = true
}

func (r *Router) vanished() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.silent
}

// Set replaces the rows of a menu while the router runs.
func (r *Router) Set(menu string, rows ...[]string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.Menus[menu] = rows
}

// Refuse sets, or with an empty message ends, the refusal of a menu.
func (r *Router) Refuse(menu, message string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.Traps == nil {
		r.Traps = map[string]string{}
	}
	delete(r.Traps, menu)
	if message != "" {
		r.Traps[menu] = message
	}
}

// Start serves the router on loopback until the test ends and returns its
// address.
func (r *Router) Start(t testing.TB) string {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	var sessions sync.WaitGroup
	var mu sync.Mutex
	var open []net.Conn
	sessions.Go(func() {
		for {
			nc, err := listener.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			open = append(open, nc)
			mu.Unlock()
			sessions.Go(func() {
				defer nc.Close()
				r.Serve(nc)
			})
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		mu.Lock()
		for _, nc := range open {
			_ = nc.Close()
		}
		mu.Unlock()
		sessions.Wait()
	})
	return listener.Addr().String()
}

// Serve answers on one connection until it ends.
func (r *Router) Serve(nc net.Conn) {
	var answers sync.WaitGroup
	defer answers.Wait()
	var mu sync.Mutex // one answer at a time
	later := func(answer func()) {
		answers.Go(func() {
			time.Sleep(r.Latency)
			mu.Lock()
			defer mu.Unlock()
			answer()
		})
	}
	if r.Latency == 0 {
		later = func(answer func()) { answer() }
	}
	in, out := bufio.NewReader(nc), proto.NewWriter(nc)
	hanging := map[string]bool{} // tags of commands that are not answered
	for {
		cmd, err := readSentence(in)
		if err != nil {
			return
		}
		tag := cmd.find(".tag=")
		switch {
		case r.vanished():
		case cmd[0] == "/login":
			r.mu.Lock()
			r.logins++
			r.mu.Unlock()
			later(func() { reply(out, "!done") })
		case cmd[0] == "/cancel":
			if of := ".tag=" + cmd.find("=tag="); hanging[of] {
				reply(out, "!trap", "=category=2", "=message=interrupted", of)
				reply(out, "!done", of)
			}
			reply(out, "!done", ".tag="+tag)
		case r.Drop[cmd.menu()]:
			return
		case r.hangs(cmd.menu()):
			hanging[".tag="+tag] = true
		default:
			r.mu.Lock()
			r.asked = append(r.asked, cmd[0])
			r.mu.Unlock()
			later(func() { r.print(out, cmd, ".tag="+tag) })
		}
	}
}

func (r *Router) hangs(menu string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.Hang[menu]
}

func (r *Router) print(out proto.Writer, cmd sentence, tag string) {
	r.mu.Lock()
	rows, known := r.Menus[cmd.menu()]
	message, refused := r.Traps[cmd.menu()]
	r.mu.Unlock()
	if !known && !refused {
		message, refused = "no such command prefix", true
	}
	if refused {
		reply(out, "!trap", "=message="+message, tag)
		reply(out, "!done", tag)
		return
	}
	rows = slices.DeleteFunc(slices.Clone(rows), func(row []string) bool { return !cmd.selects(row) })
	if slices.Contains(cmd, "=count-only=") {
		reply(out, "!done", fmt.Sprintf("=ret=%d", len(rows)), tag)
		return
	}
	wanted := strings.Split(cmd.find("=.proplist="), ",")
	for _, row := range rows {
		words := []string{"!re", tag}
		for _, attribute := range row {
			if name, _, _ := strings.Cut(attribute, "="); slices.Contains(wanted, name) {
				words = append(words, "="+attribute)
			}
		}
		reply(out, words...)
	}
	reply(out, "!done", tag)
}

// sentence is a command.
type sentence []string

func (s sentence) menu() string { return strings.TrimSuffix(s[0], "/print") }

func (s sentence) find(prefix string) string {
	for _, w := range s {
		if rest, ok := strings.CutPrefix(w, prefix); ok {
			return rest
		}
	}
	return ""
}

// selects understands "?name=value", negated by a "?#!" behind it.
func (s sentence) selects(row []string) bool {
	for i, w := range s {
		condition, ok := strings.CutPrefix(w, "?")
		if !ok || strings.HasPrefix(condition, "#") {
			continue
		}
		negated := i+1 < len(s) && s[i+1] == "?#!"
		if slices.Contains(row, condition) == negated {
			return false
		}
	}
	return true
}

func reply(out proto.Writer, words ...string) {
	out.BeginSentence()
	for _, w := range words {
		out.WriteWord(w)
	}
	_ = out.EndSentence() // the client may be gone, which reading shows
}

// readSentence reads a command, whose words have lengths of one to three
// bytes.
func readSentence(in *bufio.Reader) (sentence, error) {
	var s sentence
	for {
		first, err := in.ReadByte()
		if err != nil {
			return nil, err
		}
		n, more := int(first), 0
		switch {
		case first >= 0xE0:
			return nil, fmt.Errorf("a word that no command has")
		case first >= 0xC0:
			n, more = int(first&0x1F), 2
		case first >= 0x80:
			n, more = int(first&0x3F), 1
		}
		for range more {
			b, err := in.ReadByte()
			if err != nil {
				return nil, err
			}
			n = n<<8 | int(b)
		}
		if n == 0 {
			return s, nil
		}
		word := make([]byte, n)
		if _, err := io.ReadFull(in, word); err != nil {
			return nil, err
		}
		s = append(s, string(word))
	}
}
