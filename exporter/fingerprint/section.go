package fingerprint

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// Section is one menu of a router: where it is, what of it is read, and how
// its rows become canonical.
type Section struct {
	// Name identifies the section in the canonical form: "/ip/address".
	Name string

	menus    map[int]string // by major version of RouterOS
	single   bool
	where    []string
	proplist []string // what to ask for: properties, aliases, dynamic

	properties []property      // in the order of their names
	slots      map[string]slot // what an attribute is
	key        []int           // sort by these, then by the whole row; nil if ordered
	within     int             // order matters among rows equal in this one, -1 if not
	inherits   []inheritance
	held       bool       // rows wait for those of other sections
	builtin    [][][]byte // rows of RouterOS' own, by property, which count only where they say something else
}

// slot is what an attribute of that name is: a property, under its present
// name or an earlier one, or the flag of dynamic rows.
type slot struct {
	property int
	present  bool
	dynamic  bool
}

// dynamicProperty marks rows that no person configured.
const dynamicProperty = "dynamic"

// alwaysDefault holds what is the same everywhere: a row is enabled unless it
// says otherwise.
var alwaysDefault = map[string][]string{"disabled": {"false"}}

// Menu returns the section's menu in a major version of RouterOS, and false
// if that version has none.
func (s *Section) Menu(major int) (string, bool) {
	m, ok := s.menus[major]
	return m, ok
}

// Proplist returns the properties to ask for.
func (s *Section) Proplist() []string { return s.proplist }

// Query returns the query that leaves out, on the router already, the rows
// which are no configuration.
func (s *Section) Query() []string { return s.where }

// compile checks a section and prepares it for the rows to come.
func compile(spec sectionSpec, groups map[string][]string) (*Section, error) {
	s := &Section{Name: spec.Name, single: spec.Single, where: spec.Where, within: -1, slots: map[string]slot{}}
	var err error
	if s.menus, err = compileMenus(spec); err != nil {
		return nil, err
	}
	names := slices.Clone(spec.Properties)
	for _, g := range spec.Include {
		members, ok := groups[g]
		if !ok {
			return nil, fmt.Errorf("includes group %q, which is not defined", g)
		}
		names = append(names, members...)
	}
	slices.Sort(names)
	names = slices.Compact(names)
	if err := s.addProperties(spec, names); err != nil {
		return nil, err
	}
	if err := s.addOrder(spec); err != nil {
		return nil, err
	}
	if !s.single {
		s.slots[dynamicProperty] = slot{dynamic: true}
		s.proplist = append(s.proplist, dynamicProperty)
		if len(s.where) == 0 {
			s.where = []string{"?" + dynamicProperty + "=true", "?#!"}
		}
	}
	return s, nil
}

func compileMenus(spec sectionSpec) (map[int]string, error) {
	if !strings.HasPrefix(spec.Name, "/") {
		return nil, errors.New("its name must be a menu, beginning with /")
	}
	menus := map[int]string{}
	for version, menu := range spec.Menus {
		switch version {
		case "v6":
			menus[6] = menu
		case "v7":
			menus[7] = menu
		default:
			return nil, fmt.Errorf("menus has %q, only v6 and v7 are known", version)
		}
	}
	if len(menus) == 0 {
		menus[6], menus[7] = spec.Name, spec.Name
	}
	for _, menu := range menus {
		if looksSecretMenu(menu) {
			return nil, fmt.Errorf("menu %s holds secrets and is never read", menu)
		}
	}
	return menus, nil
}

// addProperties adds what is read, by name, and what is only inherited.
func (s *Section) addProperties(spec sectionSpec, read []string) error {
	if len(read) == 0 {
		return errors.New("has no properties")
	}
	names := slices.Concat(read, inheritedNames(spec.Inherits))
	slices.Sort(names)
	for i, name := range slices.Compact(names) {
		p, err := newProperty(name, spec)
		if err != nil {
			return err
		}
		s.properties = append(s.properties, p)
		if !slices.Contains(read, name) {
			continue
		}
		for _, n := range append([]string{name}, spec.Aliases[name]...) {
			if looksSecret(n) {
				return fmt.Errorf("property %q looks like a secret, a script or a comment and is never read", n)
			}
			if _, ok := s.slots[n]; ok {
				return fmt.Errorf("property %q is there twice", n)
			}
			s.slots[n] = slot{property: i, present: n == name}
			s.proplist = append(s.proplist, n)
		}
	}
	for _, n := range slices.Concat(spec.Sets, keysOf(spec.Defaults), keysOf(spec.Aliases), keysOf(spec.Words), keysOf(spec.Implied), keysOf(spec.Assigned), keysOf(spec.Denials)) {
		if !slices.Contains(read, n) {
			return fmt.Errorf("%q has a set, default, alias, word, implication, assignment or denial but is no property", n)
		}
	}
	for name, condition := range spec.Assigned {
		by, value, _ := strings.Cut(condition, "=")
		a := &assigned{by: s.index(by), value: value}
		if a.by < 0 {
			return fmt.Errorf("%q is assigned by %q, which is no property", name, by)
		}
		s.properties[s.index(name)].assigned = a
	}
	if err := s.addDenials(spec); err != nil {
		return err
	}
	return s.addBuiltin(spec)
}

// addBuiltin reads the rows that RouterOS has by itself as if it printed them.
func (s *Section) addBuiltin(spec sectionSpec) error {
	for _, r := range spec.Builtin {
		values := make([][]byte, len(s.properties))
		for name, value := range r {
			i := s.index(name)
			if i < 0 {
				return fmt.Errorf("a built-in row has %q, which is no property", name)
			}
			values[i] = []byte(value)
		}
		if s.normalise(values, new(scratch)) == 0 {
			return errors.New("a built-in row says nothing")
		}
		s.builtin = append(s.builtin, values)
	}
	return nil
}

// isBuiltin reports whether a row, normalised, is one that RouterOS has by
// itself, as it comes.
func (s *Section) isBuiltin(values [][]byte) bool {
	return slices.ContainsFunc(s.builtin, func(b [][]byte) bool { return slices.EqualFunc(values, b, bytes.Equal) })
}

func newProperty(name string, spec sectionSpec) (property, error) {
	label, err := jsontext.AppendQuote(nil, name)
	if err != nil {
		return property{}, fmt.Errorf("property %q: %w", name, err)
	}
	p := property{name: name, label: append(label, ':'), words: spec.Words[name], implied: spec.Implied[name], set: slices.Contains(spec.Sets, name)}
	if p.implied != nil && !p.set {
		return property{}, fmt.Errorf("property %q has implications and is no set", name)
	}
	for _, d := range append(slices.Clone(spec.Defaults[name]), alwaysDefault[name]...) {
		p.defaults = append(p.defaults, string(p.say(boolean([]byte(d)), new(scratch))))
	}
	return p, nil
}

func (s *Section) addDenials(spec sectionSpec) error {
	for name, rows := range spec.Denials {
		if len(rows) != 1 {
			return fmt.Errorf("denials of %q must name rows by exactly one property", name)
		}
		for by, who := range rows {
			d := &denials{by: s.index(by), who: who}
			if d.by < 0 {
				return fmt.Errorf("denials of %q are by %q, which is no property", name, by)
			}
			s.properties[s.index(name)].denials = d
		}
	}
	return nil
}

// index returns where a property is, -1 if it is none.
func (s *Section) index(name string) int {
	return slices.IndexFunc(s.properties, func(p property) bool { return p.name == name })
}

func (s *Section) addOrder(spec sectionSpec) error {
	given := 0
	for _, b := range []bool{spec.Single, len(spec.Key) > 0, spec.Ordered, spec.OrderedWithin != ""} {
		if b {
			given++
		}
	}
	if given != 1 {
		return errors.New("must have exactly one of single, key, ordered and ordered_within")
	}
	for _, k := range spec.Key {
		i := s.index(k)
		if i < 0 {
			return fmt.Errorf("key %q is no property", k)
		}
		s.key = append(s.key, i)
	}
	if spec.OrderedWithin != "" {
		s.within = s.index(spec.OrderedWithin)
		if s.within < 0 {
			return fmt.Errorf("ordered_within %q is no property", spec.OrderedWithin)
		}
	}
	return nil
}

func keysOf[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
