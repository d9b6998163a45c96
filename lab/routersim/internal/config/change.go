package config

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/ispvisualmonitor/ispvisualmonitor/lab/routersim/internal/schema"
)

// Add makes a row in a menu, before the row `before` names ("" appends), and
// returns it. It refuses what the router refuses: unknown properties, missing
// ones, names that are taken, interfaces that do not exist.
func (s *Store) Add(path string, props map[string]string, before string) (*Row, error) {
	t := s.Table(path)
	if t.Menu.Single || !t.Menu.CanAdd {
		return nil, &Trap{0, "no such command"}
	}
	props, err := s.check(t, props)
	if err != nil {
		return nil, err
	}
	for _, name := range t.Menu.Required {
		if props[name] == "" {
			return nil, &Trap{1, fmt.Sprintf("missing value(s) of argument(s) %s", name)}
		}
	}
	if err := s.checkTaken(t, nil, props); err != nil {
		return nil, err
	}
	if before != "" && t.find(before) == nil {
		return nil, ErrNoSuchItem
	}
	return s.place(t, props, before), nil
}

// place inserts a row that is known to be fine.
func (s *Store) place(t *Table, props map[string]string, before string) *Row {
	if t.Menu.AutoName != "" && props["name"] == "" {
		for n := 1; props["name"] == "" || s.nameTaken(t, nil, props["name"]); n++ {
			props["name"] = fmt.Sprintf("%s%d", t.Menu.AutoName, n)
		}
	}
	row := s.insert(t, props)
	if before != "" {
		if other := t.find(before); other != nil {
			t.moveBefore(row, other)
		}
	}
	return row
}

// Set changes properties of the rows that numbers name.
func (s *Store) Set(path, numbers string, props map[string]string) ([]*Row, error) {
	t := s.Table(path)
	rows, err := t.Select(numbers)
	if err != nil {
		return nil, err
	}
	props, err = s.check(t, props)
	if err != nil {
		return nil, err
	}
	for _, row := range rows {
		if err := s.checkTaken(t, row, props); err != nil {
			return nil, err
		}
	}
	for _, row := range rows {
		s.update(t, row, props)
	}
	return rows, nil
}

// update writes properties into a row; a renamed interface takes its
// references along.
func (s *Store) update(t *Table, row *Row, props map[string]string) {
	if name, ok := props["name"]; ok && IsInterface(t.Menu) && row.Props["name"] != "" {
		s.rename(row.Props["name"], name)
	}
	maps.Copy(row.Props, props)
}

// Unset forgets properties, so that their defaults hold again.
func (s *Store) Unset(path, numbers string, names []string) ([]*Row, error) {
	t := s.Table(path)
	rows, err := t.Select(numbers)
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		if !t.Menu.Settable(name) {
			return nil, ErrUnknownParameter
		}
	}
	for _, row := range rows {
		for _, name := range names {
			delete(row.Props, name)
		}
	}
	return rows, nil
}

// Remove takes rows away. References to a removed interface stay behind as its
// id, as they do on a router.
func (s *Store) Remove(path, numbers string) ([]*Row, error) {
	t := s.Table(path)
	if !t.Menu.CanAdd {
		return nil, &Trap{0, "no such command"}
	}
	rows, err := t.Select(numbers)
	if err != nil {
		return nil, err
	}
	for _, row := range rows {
		if row.Builtin {
			return nil, &Trap{4, "failure: can not remove default item"}
		}
	}
	for _, row := range rows {
		s.drop(t, row)
	}
	return rows, nil
}

func (s *Store) drop(t *Table, row *Row) {
	t.Rows = slices.DeleteFunc(t.Rows, func(r *Row) bool { return r == row })
	if IsInterface(t.Menu) {
		s.rename(row.Props["name"], FormatID(row.ID))
	}
}

// Move puts rows before another one; "" moves them to the end.
func (s *Store) Move(path, numbers, destination string) ([]*Row, error) {
	t := s.Table(path)
	if !t.Menu.Ordered {
		return nil, &Trap{0, "no such command"}
	}
	rows, err := t.Select(numbers)
	if err != nil {
		return nil, err
	}
	var before *Row
	if destination != "" {
		if before = t.find(destination); before == nil {
			return nil, ErrNoSuchItem
		}
	}
	for _, row := range rows {
		t.moveBefore(row, before)
	}
	return rows, nil
}

func (t *Table) moveBefore(row, before *Row) {
	if row == before {
		return
	}
	t.Rows = slices.DeleteFunc(t.Rows, func(r *Row) bool { return r == row })
	at := len(t.Rows)
	if before != nil {
		at = slices.Index(t.Rows, before)
	}
	t.Rows = slices.Insert(t.Rows, at, row)
}

// Select finds the rows that a comma-separated list of ids, names or positions
// speaks of.
func (t *Table) Select(numbers string) ([]*Row, error) {
	if t.Menu.Single {
		return t.Rows, nil
	}
	if row := t.find(numbers); row != nil { // a name may hold a comma
		return []*Row{row}, nil
	}
	var rows []*Row
	for _, number := range strings.Split(numbers, ",") {
		row := t.find(number)
		if row == nil {
			return nil, ErrNoSuchItem
		}
		rows = append(rows, row)
	}
	return rows, nil
}

func (t *Table) find(number string) *Row {
	if id, ok := parseID(number); ok {
		for _, r := range t.Rows {
			if r.ID == id {
				return r
			}
		}
		return nil
	}
	for _, key := range []string{t.Menu.Key, "name", "default-name"} {
		for _, r := range t.Rows {
			if key != "" && number != "" && r.Props[key] == number {
				return r
			}
		}
	}
	var index int
	if _, err := fmt.Sscanf(number, "%d", &index); err == nil && fmt.Sprint(index) == number && index >= 0 && index < len(t.Rows) {
		return t.Rows[index]
	}
	return nil
}

// check refuses unknown properties and interfaces and returns the properties
// in the API's form and under this version's names.
func (s *Store) check(t *Table, props map[string]string) (map[string]string, error) {
	out := make(map[string]string, len(props))
	for name, value := range props {
		name = s.Schema.Name(t.Menu.Path, name)
		if !t.Menu.Settable(name) {
			return nil, ErrUnknownParameter
		}
		out[name] = t.Menu.Canonical(name, value)
		switch name {
		case "disabled":
			if v := out[name]; v != "true" && v != "false" {
				return nil, &Trap{1, "input does not match any value of disabled"}
			}
		case "interface":
			if t.Menu.Known && !s.takesInterface(t.Menu, value) {
				return nil, &Trap{1, "input does not match any value of interface"}
			}
		}
	}
	return out, nil
}

// takesInterface says whether a value may stand where an interface is asked
// for: an interface, an interface list, or a word such as all.
func (s *Store) takesInterface(m *schema.Menu, value string) bool {
	if _, row := s.Interface(value); row != nil {
		return true
	}
	if value == "all" || value == "any" || value == "none" || value == "" || strings.HasPrefix(value, "*") {
		return true
	}
	for _, r := range s.Table("/interface/list").Rows {
		if r.Props["name"] == value {
			return m.Path != "/ip/address" && m.Path != "/interface/vlan"
		}
	}
	return false
}

// Place appends a row without asking, for rows that a router has by itself.
func (s *Store) Place(path string, props map[string]string) *Row {
	return s.place(s.Table(path), props, "")
}
