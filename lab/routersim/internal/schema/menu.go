package schema

import (
	"slices"
	"strings"
)

// Settable says whether set and add take the property. In a menu that the
// schema does not know, they take all.
func (m *Menu) Settable(name string) bool {
	return !m.Known || m.settable[name]
}

// Secret says whether a user without the policy `sensitive` sees the
// property's value masked. Dotted names are judged by their last part as well:
// `security.passphrase`.
func (m *Menu) Secret(name string) bool {
	if m.secret[name] || m.common.secret[name] {
		return true
	}
	dot := strings.LastIndexByte(name, '.')
	return dot >= 0 && m.common.secret[name[dot+1:]]
}

// Canonical returns a value as the API prints it: export text and people write
// booleans as yes and no, the API answers true and false. Values of which yes
// is one word among others stay as they are.
func (m *Menu) Canonical(name, value string) string {
	if value != "yes" && value != "no" && value != "true" && value != "false" {
		return value
	}
	if m.common.text[name] || m.Secret(name) {
		return value
	}
	word := m.common.words[name] && !m.boolean[name] && !m.common.boolean[name]
	switch {
	case word && value == "true":
		return "yes"
	case word && value == "false":
		return "no"
	case word:
		return value
	case value == "yes":
		return "true"
	case value == "no":
		return "false"
	}
	return value
}

func (m *Menu) settableNames(names []string) {
	for _, name := range names {
		m.addName(name)
		m.settable[name] = true
	}
}

func (m *Menu) addName(name string) {
	if !slices.Contains(m.Names, name) {
		m.Names = append(m.Names, name)
	}
}

// drop takes properties away.
func (m *Menu) drop(names map[string]bool) {
	m.Names = slices.DeleteFunc(m.Names, func(n string) bool { return names[n] })
	for name := range names {
		delete(m.settable, name)
		delete(m.Defaults, name)
	}
}

// rename gives a property its other name; where both are listed one stays.
func (m *Menu) rename(old, name string) {
	m.Names = slices.DeleteFunc(m.Names, func(n string) bool { return n == old })
	m.addName(name)
	m.settable[name] = true
	delete(m.settable, old)
}
