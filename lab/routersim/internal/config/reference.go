package config

import "strings"

// references are the properties whose value is an interface or a list of them.
var references = []string{
	"interface", "interfaces", "bridge", "slaves", "in-interface", "out-interface", "tagged", "untagged",
	"update-source", "master-port", "primary", "vrf-interface", "gateway", "transport-interface",
}

// rename follows a renamed interface through everything that names it: on a
// router these are references, not text.
func (s *Store) rename(old, name string) {
	if old == "" || old == name {
		return
	}
	for _, t := range s.tables {
		for _, row := range t.Rows {
			for _, property := range references {
				if v, ok := row.Props[property]; ok && strings.Contains(v, old) {
					row.Props[property] = replaceMember(v, old, name)
				}
			}
		}
	}
}

func replaceMember(list, old, name string) string {
	members := strings.Split(list, ",")
	for i, member := range members {
		bare, negated := strings.CutPrefix(member, "!")
		gateway, scope, scoped := strings.Cut(bare, "%")
		switch {
		case bare == old:
			bare = name
		case scoped && scope == old:
			bare = gateway + "%" + name
		}
		if negated {
			bare = "!" + bare
		}
		members[i] = bare
	}
	return strings.Join(members, ",")
}
