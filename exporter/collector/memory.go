package collector

import (
	"context"
	"strings"
	"sync"
	"time"

	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/routeros"
)

// missingFor is how long a menu that the router does not have is not asked for
// again. A package that is installed in the meantime needs a reboot, which
// ends the connection and the memory with it.
const missingFor = time.Hour

// settledFor is how old the rows of settled menus may be.
const settledFor = 5 * time.Minute

// settled are menus that name and describe, and whose rows seldom change: no
// alert depends on them.
var settled = map[string]bool{
	"/system/identity/print":      true,
	"/system/routerboard/print":   true,
	"/routing/bgp/template/print": true,
	"/routing/bgp/instance/print": true,
	"/mpls/ldp/print":             true,
}

// sparse are menus in which many routers have nothing, and that nothing but
// somebody's work fills: what was empty is settled as well.
var sparse = map[string]bool{
	"/ip/firewall/filter/print": true, "/ip/firewall/nat/print": true, "/ip/firewall/mangle/print": true, "/ip/firewall/raw/print": true,
	"/ipv6/firewall/filter/print": true, "/ipv6/firewall/nat/print": true, "/ipv6/firewall/mangle/print": true, "/ipv6/firewall/raw/print": true,
	"/queue/simple/print": true, "/queue/tree/print": true, "/tool/netwatch/print": true,
}

// Memory is a connection that does not ask a router again for what cannot be
// news: menus that it does not have, settled ones, and empty ones that are
// sparse. It lives as long as the connection. Its methods may be called from
// many goroutines.
type Memory struct {
	router Router
	now    func() time.Time

	mu      sync.Mutex
	missing map[string]absence // by path of the command
	rows    map[string]recital // by the whole command
}

type absence struct {
	err  error
	seen time.Time
}

type recital struct {
	rows []routeros.Row
	read time.Time
}

// NewMemory returns a memory in front of a connection.
func NewMemory(r Router, now func() time.Time) *Memory {
	return &Memory{router: r, now: now, missing: map[string]absence{}, rows: map[string]recital{}}
}

// Run implements Router.
func (m *Memory) Run(ctx context.Context, cmd routeros.Command, each func(routeros.Row) error) error {
	if err := m.known(cmd[0]); err != nil {
		return err
	}
	if !settled[cmd[0]] && !sparse[cmd[0]] {
		return m.note(cmd[0], m.router.Run(ctx, cmd, each))
	}
	key := strings.Join(cmd, "\x00")
	m.mu.Lock()
	kept, ok := m.rows[key]
	m.mu.Unlock()
	if !ok || m.now().Sub(kept.read) >= settledFor {
		return m.read(ctx, cmd, key, each)
	}
	for _, row := range kept.rows {
		if err := each(row); err != nil {
			return err
		}
	}
	return nil
}

// read asks the router, and remembers its rows, or that there are none.
func (m *Memory) read(ctx context.Context, cmd routeros.Command, key string, each func(routeros.Row) error) error {
	fresh, found := recital{read: m.now()}, false
	err := m.router.Run(ctx, cmd, func(row routeros.Row) error {
		found = true
		if settled[cmd[0]] {
			fresh.rows = append(fresh.rows, row.Clone())
		}
		return each(row)
	})
	if err != nil {
		return m.note(cmd[0], err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if settled[cmd[0]] || !found {
		m.rows[key] = fresh
	} else {
		delete(m.rows, key)
	}
	return nil
}

// Count implements Router.
func (m *Memory) Count(ctx context.Context, menu string, query ...string) (int, error) {
	path := menu + "/print"
	if err := m.known(path); err != nil {
		return 0, err
	}
	n, err := m.router.Count(ctx, menu, query...)
	return n, m.note(path, err)
}

// known returns the router's own refusal of a command that it does not have,
// nil if that is not known or long ago.
func (m *Memory) known(path string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	a, ok := m.missing[path]
	if !ok || m.now().Sub(a.seen) >= missingFor {
		return nil
	}
	return a.err
}

func (m *Memory) note(path string, err error) error {
	if routeros.IsMissing(err) {
		m.mu.Lock()
		m.missing[path] = absence{err: err, seen: m.now()}
		m.mu.Unlock()
	}
	return err
}
