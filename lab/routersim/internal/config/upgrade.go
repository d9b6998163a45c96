package config

import (
	"cmp"
	"fmt"
	"strings"
)

// Where BGP keeps its configuration in version 7.
const (
	bgpInstances   = "/routing/bgp/instance"
	bgpConnections = "/routing/bgp/connection"
	bgpTemplates   = "/routing/bgp/template"
)

// instanceOf maps what 7.20 took out of connections and templates to what it
// is called in /routing/bgp/instance.
var instanceOf = map[string]string{
	"router-id": "router-id", "cluster-id": "cluster-id", "input.ignore-as-path-len": "ignore-as-path-len",
}

// convert does to loaded rows what a router does that starts with another
// version than the one that wrote them: configuration goes where this version
// keeps it, and what it does not have any more is forgotten.
func (s *Store) convert() {
	switch v := s.Schema.Version; {
	case v.Major < 7:
	case v.AtLeast(7, 20, 0):
		s.gatherInstances()
	default:
		s.spreadInstances()
	}
	for path, t := range s.tables {
		for _, row := range t.Rows {
			for name := range row.Props {
				if s.Schema.Gone(path, name) {
					delete(row.Props, name)
				}
			}
		}
	}
}

// gatherInstances makes an instance for each combination of AS and ids that
// connections had, by themselves or from their templates.
func (s *Store) gatherInstances() {
	connections := s.Table(bgpConnections)
	for _, row := range connections.Rows {
		if row.Props["instance"] != "" {
			continue
		}
		want := map[string]string{}
		if as := s.inherited(row, "as"); as != "" {
			want["as"] = as
		}
		for old, name := range instanceOf {
			if v := s.inherited(row, old); v != "" {
				want[name] = v
			}
		}
		row.Props["instance"] = s.instanceWith(want)
	}
}

// inherited is a connection's property, or that of the first of its templates
// that has it.
func (s *Store) inherited(row *Row, name string) string {
	value := row.Props[name]
	for _, template := range strings.Split(row.Props["templates"], ",") {
		if t := s.Table(bgpTemplates).named(template); t != nil {
			value = cmp.Or(value, t.Props[name])
		}
	}
	return value
}

// instanceWith returns the name of the instance that has these properties,
// which is made if there is none.
func (s *Store) instanceWith(want map[string]string) string {
	t := s.Table(bgpInstances)
	for _, row := range t.Rows {
		same := true
		for _, name := range []string{"as", "router-id", "cluster-id", "ignore-as-path-len"} {
			same = same && row.Props[name] == want[name]
		}
		if same {
			return row.Props["name"]
		}
	}
	for n := 1; want["name"] == "" || t.named(want["name"]) != nil; n++ {
		want["name"] = fmt.Sprintf("bgp-instance-%d", n)
	}
	s.insert(t, want)
	return want["name"]
}

// spreadInstances gives connections what a later version had put into
// instances.
func (s *Store) spreadInstances() {
	t := s.Table(bgpInstances)
	for _, row := range s.Table(bgpConnections).Rows {
		instance := t.named(row.Props["instance"])
		if instance == nil {
			continue
		}
		if as := instance.Props["as"]; as != "" && s.inherited(row, "as") == "" {
			row.Props["as"] = as
		}
		for old, name := range instanceOf {
			if v, ok := instance.Props[name]; ok {
				row.Props[old] = v
			}
		}
		delete(row.Props, "instance")
	}
	delete(s.tables, bgpInstances)
}

// named returns the row of that name, nil if there is none.
func (t *Table) named(name string) *Row {
	for _, row := range t.Rows {
		if name != "" && row.Props["name"] == name {
			return row
		}
	}
	return nil
}
