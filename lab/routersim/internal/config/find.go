package config

import (
	"regexp"
	"strings"

	"github.com/ispvisualmonitor/ispvisualmonitor/lab/routersim/internal/rsc"
)

// match returns the rows for which all conditions of a find expression hold.
func (s *Store) match(t *Table, find *rsc.Find) []*Row {
	if find.Menu != "" {
		t = s.Table(find.Menu)
	}
	var rows []*Row
	for _, row := range t.Rows {
		if holds(t, row, find.Conditions) {
			rows = append(rows, row)
		}
	}
	return rows
}

func holds(t *Table, row *Row, conditions []rsc.Condition) bool {
	for _, c := range conditions {
		have, _ := t.Get(row, c.Name)
		want := t.Menu.Canonical(c.Name, c.Value)
		var ok bool
		switch c.Op {
		case "=":
			ok = have == want || want == "false" && have == ""
		case "!=":
			ok = have != want
		case "<":
			ok = have < want
		case ">":
			ok = have > want
		case "~":
			re, err := regexp.Compile(c.Value)
			ok = err == nil && re.MatchString(have)
		}
		if !ok {
			return false
		}
	}
	return true
}

// nameOf evaluates a find expression that stands as a property's value: the
// names of the rows found, among the interfaces where the command's own menu
// has none (people write `interface=[find default-name=ether1]` anywhere).
func (s *Store) nameOf(t *Table, find *rsc.Find) string {
	rows := s.match(t, find)
	if len(rows) == 0 && find.Menu == "" {
		for _, ports := range s.InterfaceTables() {
			rows = append(rows, s.match(ports, find)...)
		}
	}
	var names []string
	for _, row := range rows {
		if name := row.Props["name"]; name != "" {
			names = append(names, name)
		}
	}
	return strings.Join(names, ",")
}
