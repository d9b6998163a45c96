package config

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/ispvisualmonitor/ispvisualmonitor/lab/routersim/internal/rsc"
)

// Load runs the commands of a script. What a router printed is taken as it is:
// unknown menus and properties are kept, rows that the router has by nature
// (ports, default profiles) appear when a command speaks of them. Commands
// that change nothing come back as warnings.
func (s *Store) Load(script rsc.Script) []rsc.Warning {
	var warnings []rsc.Warning
	for _, cmd := range script.Commands {
		if err := s.loadCommand(cmd); err != nil {
			warnings = append(warnings, rsc.Warning{Line: cmd.Line, Text: fmt.Sprintf("%s %s: %v", cmd.Menu, cmd.Verb, err)})
		}
	}
	s.convert()
	return warnings
}

func (s *Store) loadCommand(cmd rsc.Command) error {
	t := s.Table(cmd.Menu)
	target, props, unset := s.split(t, cmd)
	if cmd.Verb == "add" {
		s.loadAdd(t, props, unset)
		return nil
	}
	rows, err := s.loadTarget(t, cmd.Verb, target)
	if err != nil {
		return err
	}
	for _, row := range rows {
		switch cmd.Verb {
		case "set", "unset":
			s.update(t, row, props)
			for _, name := range unset {
				delete(row.Props, name)
			}
		case "enable":
			row.Props["disabled"] = "false"
		case "disable":
			row.Props["disabled"] = "true"
		case "remove":
			if !row.Builtin {
				s.drop(t, row)
			}
		case "move":
			if t.Menu.Ordered {
				t.moveBefore(row, t.find(props["destination"]))
			}
		}
	}
	return nil
}

// split takes a command's arguments apart: which rows, which properties, and
// which properties to forget.
func (s *Store) split(t *Table, cmd rsc.Command) (target *rsc.Arg, props map[string]string, unset []string) {
	props = map[string]string{}
	for i, arg := range cmd.Args {
		switch {
		case cmd.Verb != "add" && target == nil && !t.Menu.Single && (arg.Name == "numbers" || i == 0 && arg.Kind == rsc.Flag):
			target = &cmd.Args[i]
		case arg.Kind == rsc.Unset:
			unset = append(unset, arg.Name)
		case arg.Kind == rsc.Flag && arg.Text != "":
			props[s.Schema.Name(t.Menu.Path, arg.Text)] = "true"
		case arg.Find != nil:
			props[s.Schema.Name(t.Menu.Path, arg.Name)] = s.nameOf(t, arg.Find)
		case arg.Kind == rsc.Value:
			name := s.Schema.Name(t.Menu.Path, arg.Name)
			props[name] = t.Menu.Canonical(name, arg.Text)
		}
	}
	return target, props, unset
}

func (s *Store) loadAdd(t *Table, props map[string]string, unset []string) {
	before := props["place-before"]
	delete(props, "place-before")
	delete(props, "copy-from")
	for _, name := range unset {
		delete(props, name)
	}
	if t.Menu.Single {
		s.update(t, t.Rows[0], props)
		return
	}
	if key := t.Menu.Key; key != "" && props[key] != "" {
		for _, row := range t.Rows {
			if row.Builtin && row.Props[key] == props[key] {
				s.update(t, row, props)
				return
			}
		}
	}
	s.ensurePorts(props)
	s.place(t, props, before)
}

// loadTarget finds the rows that set, remove and their like speak of, and
// makes those that a router of that kind would have by nature.
func (s *Store) loadTarget(t *Table, verb string, target *rsc.Arg) ([]*Row, error) {
	switch {
	case t.Menu.Single:
		return t.Rows, nil
	case target == nil && !t.Menu.Known:
		t.Menu.Single = true // a menu of one item that the schema has not heard of
		if len(t.Rows) == 0 {
			s.insert(t, map[string]string{}).Builtin = true
		}
		return t.Rows[:1], nil
	case target == nil:
		return nil, fmt.Errorf("names no row")
	case target.Find != nil:
		rows := s.match(t, target.Find)
		if len(rows) == 0 && verb == "set" {
			if row := s.natural(t, target.Find); row != nil {
				return []*Row{row}, nil
			}
		}
		return rows, nil
	}
	if rows, err := t.Select(target.Text); err == nil {
		return rows, nil
	}
	if verb != "set" {
		return nil, ErrNoSuchItem
	}
	var rows []*Row
	for _, number := range strings.Split(target.Text, ",") {
		rows = append(rows, s.naturalNamed(t, number))
	}
	return rows, nil
}

// natural makes the row that a find expression for a default item expects.
func (s *Store) natural(t *Table, find *rsc.Find) *Row {
	props := map[string]string{}
	for _, c := range find.Conditions {
		if c.Op != "=" || c.Name != "default-name" && c.Name != "default" && c.Name != "name" {
			return nil
		}
		props[c.Name] = t.Menu.Canonical(c.Name, c.Value)
	}
	if name := props["default-name"]; name != "" {
		if port := s.EnsurePort(t, name); port != nil {
			return port
		}
	}
	if len(props) == 0 {
		return nil
	}
	if props["default"] == "true" && props["name"] == "" {
		props["name"] = "default"
	}
	row := s.insert(t, props)
	row.Builtin = true
	return row
}

// naturalNamed makes the row that `set NAME`, `set *ID` or `set 3` expects.
func (s *Store) naturalNamed(t *Table, number string) *Row {
	if id, ok := parseID(number); ok {
		row := s.insert(t, map[string]string{})
		row.ID, row.Builtin = id, true
		return row
	}
	if n := len(number); n > 0 && n < 4 && strings.Trim(number, "0123456789") == "" {
		var row *Row
		for row == nil {
			s.insert(t, map[string]string{}).Builtin = true
			row = t.find(number)
		}
		return row
	}
	key := t.Menu.Key
	if key == "" {
		key = "name"
	}
	row := s.insert(t, map[string]string{key: number})
	row.Builtin = true
	return row
}

var portName = regexp.MustCompile(`^(ether|sfp|sfp-sfpplus|sfp28-|qsfpplus|qsfp28-|qsfp56-dd-|combo|wlan|wifi|lte)(\d[\d-]*)$`)

// EnsurePort makes a physical port with the given factory name if the router
// has none, in the menu that the name belongs to; t may say which, or be nil.
func (s *Store) EnsurePort(t *Table, name string) *Row {
	m := portName.FindStringSubmatch(name)
	if m == nil {
		return nil
	}
	if t == nil || !IsInterface(t.Menu) {
		path := map[string]string{"wlan": "/interface/wireless", "wifi": "/interface/wifi", "lte": "/interface/lte"}[m[1]]
		if path == "" {
			path = "/interface/ethernet"
		}
		t = s.Table(path)
	}
	for _, row := range t.Rows {
		if row.Props["default-name"] == name {
			return row
		}
	}
	row := s.insert(t, map[string]string{"default-name": name, "name": name})
	row.Builtin = true
	return row
}

// ensurePorts makes the physical ports that a new row refers to.
func (s *Store) ensurePorts(props map[string]string) {
	for _, property := range references {
		for name := range strings.SplitSeq(props[property], ",") {
			if portName.MatchString(name) {
				if _, row := s.Interface(name); row == nil {
					s.EnsurePort(nil, name)
				}
			}
		}
	}
}

// PortsInUse returns the names of the physical ports that the configuration
// speaks of: somebody set something on them, or refers to them.
func (s *Store) PortsInUse() []string {
	referred := map[string]bool{}
	for _, t := range s.tables {
		for _, row := range t.Rows {
			for _, property := range references {
				for name := range strings.SplitSeq(row.Props[property], ",") {
					referred[strings.TrimPrefix(name, "!")] = true
				}
			}
		}
	}
	var out []string
	for _, row := range s.Table("/interface/ethernet").Rows {
		touched := len(row.Props) > 2 || row.Props["name"] != row.Props["default-name"]
		if touched || referred[row.Props["name"]] {
			out = append(out, row.Props["default-name"])
		}
	}
	return out
}
