package config

import "fmt"

// checkTaken refuses properties that another row of the menu already has:
// names, and the combinations that the schema lists as unique.
func (s *Store) checkTaken(t *Table, self *Row, props map[string]string) error {
	if name := props["name"]; name != "" && s.nameTaken(t, self, name) {
		switch {
		case IsInterface(t.Menu):
			return &Trap{4, "failure: already have interface with such name"}
		case t.Menu.Path == "/user":
			return &Trap{4, "failure: user with the same name already exists"}
		default:
			return &Trap{4, fmt.Sprintf("failure: already have such %s", noun(t.Menu.Path))}
		}
	}
	if address := props["address"]; t.Menu.Path == "/ip/address" && address != "" {
		for _, r := range t.Rows {
			if r != self && r.Props["address"] == address && r.Props["interface"] == props["interface"] {
				return &Trap{4, "failure: already have such address"}
			}
		}
	}
	if len(t.Menu.Unique) == 0 || self != nil {
		return nil
	}
	for _, r := range t.Rows {
		same := true
		for _, name := range t.Menu.Unique {
			same = same && r.Props[name] == props[name]
		}
		if same {
			return &Trap{4, "failure: already have such entry"}
		}
	}
	return nil
}

// nameTaken: interfaces share one name space, every other menu with a natural
// key has its own.
func (s *Store) nameTaken(t *Table, self *Row, name string) bool {
	if IsInterface(t.Menu) {
		_, row := s.Interface(name)
		return row != nil && row != self
	}
	if t.Menu.Key != "name" {
		return false
	}
	for _, r := range t.Rows {
		if r != self && r.Props["name"] == name {
			return true
		}
	}
	return false
}

func noun(path string) string {
	switch path {
	case "/routing/bgp/peer":
		return "peer"
	case "/ppp/profile", "/ip/hotspot/profile":
		return "profile"
	case "/ip/pool":
		return "pool"
	default:
		return "name"
	}
}
