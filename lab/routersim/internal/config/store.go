// Package config is a router's configuration: the rows of its menus and the
// commands that change them, with RouterOS's rules for ids, names, order,
// defaults and references between rows. It does no I/O and has no clock.
package config

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/ispvisualmonitor/ispvisualmonitor/lab/routersim/internal/schema"
)

// Row is one item of a menu. Props hold what somebody set, in the form in
// which the API prints it; defaults are not in there.
type Row struct {
	ID      uint32
	Props   map[string]string
	Builtin bool // there before configuration, cannot be removed
}

// Is says whether a boolean property is true.
func (r *Row) Is(name string) bool { return r.Props[name] == "true" }

// Table is one menu's rows in their order.
type Table struct {
	Menu *schema.Menu
	Rows []*Row

	lastID uint32
}

// Get returns the value of a property of a row, its default where nobody set
// it, and whether it has one.
func (t *Table) Get(r *Row, name string) (string, bool) {
	if v, ok := r.Props[name]; ok {
		return v, true
	}
	v, ok := t.Menu.Defaults[name]
	return v, ok
}

// Value is Get without the question whether there is a value.
func (t *Table) Value(r *Row, name string) string {
	v, _ := t.Get(r, name)
	return v
}

// Disabled says whether a row is switched off.
func (t *Table) Disabled(r *Row) bool { return t.Value(r, "disabled") == "true" }

// Store is all of a router's configuration.
type Store struct {
	Schema *schema.Schema

	tables     map[string]*Table
	lastPortID uint32 // interfaces share one sequence of ids over all types
}

// New returns the configuration of a router that nobody has configured yet.
func New(s *schema.Schema) *Store {
	st := &Store{Schema: s, tables: map[string]*Table{}}
	if s.Version.AtLeast(7, 14, 0) {
		st.addLoopback()
	}
	menus := slices.SortedFunc(s.Paths, func(a, b *schema.Menu) int { return strings.Compare(a.Path, b.Path) })
	for _, m := range menus {
		for _, props := range m.Rows {
			row := st.insert(st.Table(m.Path), maps.Clone(props))
			row.Builtin = true
		}
	}
	return st
}

// loopbackPath is where the interface `lo` is kept, which no menu of its own
// shows: only /interface does. Routers have it since 7.14.
const loopbackPath = "/interface/(lo)"

// PoEPorts is a second menu of the ethernet ports: those that can power what
// is connected, which a router has or has not by its hardware.
const PoEPorts = "/interface/ethernet/poe"

func (s *Store) addLoopback() {
	menu := *s.Schema.Menu("/interface/bridge")
	menu.Path, menu.Type, menu.CanAdd, menu.Rows = loopbackPath, "loopback", false, nil
	menu.Defaults = map[string]string{"mtu": "65536", "disabled": "false"}
	s.tables[loopbackPath] = &Table{Menu: &menu}
	s.insert(s.tables[loopbackPath], map[string]string{"name": "lo"}).Builtin = true
}

// Table returns a menu's table, an empty one if nothing is in it. A menu of
// one item always has its row.
func (s *Store) Table(path string) *Table {
	if path == PoEPorts {
		path = "/interface/ethernet"
	}
	t, ok := s.tables[path]
	if !ok {
		t = &Table{Menu: s.Schema.Menu(path)}
		if t.Menu.Single {
			t.Rows = []*Row{{Props: map[string]string{}, Builtin: true}}
		}
		s.tables[path] = t
	}
	return t
}

// Exists says whether a router answers the menu: its version has it, or a
// loaded file put rows there.
func (s *Store) Exists(path string) bool {
	if t, ok := s.tables[path]; ok && (t.Menu.Known || len(t.Rows) > 0) {
		return true
	}
	return s.Schema.Has(path)
}

// InterfaceTables returns the tables whose rows are interfaces, in the order
// of their paths.
func (s *Store) InterfaceTables() []*Table {
	var out []*Table
	for _, path := range slices.Sorted(maps.Keys(s.tables)) {
		if t := s.tables[path]; IsInterface(t.Menu) && len(t.Rows) > 0 {
			out = append(out, t)
		}
	}
	return out
}

// IsInterface says whether the rows of a menu are interfaces.
func IsInterface(m *schema.Menu) bool { return m.Type != "" }

// Interface finds an interface by name.
func (s *Store) Interface(name string) (*Table, *Row) {
	for _, t := range s.InterfaceTables() {
		for _, r := range t.Rows {
			if r.Props["name"] == name {
				return t, r
			}
		}
	}
	return nil, nil
}

// insert appends a row and gives it an id.
func (s *Store) insert(t *Table, props map[string]string) *Row {
	row := &Row{Props: props}
	switch {
	case IsInterface(t.Menu):
		s.lastPortID++
		row.ID = s.lastPortID
	default:
		t.lastID++
		row.ID = t.lastID
	}
	t.Rows = append(t.Rows, row)
	return row
}

// FormatID prints a row's id as the API does.
func FormatID(id uint32) string {
	return "*" + strings.ToUpper(strconv.FormatUint(uint64(id), 16))
}

// parseID reads an id such as *1A.
func parseID(text string) (uint32, bool) {
	if !strings.HasPrefix(text, "*") {
		return 0, false
	}
	id, err := strconv.ParseUint(text[1:], 16, 32)
	return uint32(id), err == nil
}
