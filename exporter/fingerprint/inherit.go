package fingerprint

import (
	"bytes"
	"fmt"
	"slices"
)

// inheritSpec is an inheritance as it is written: rows of this section name
// rows of another one, and what they take over counts as if it were their own.
type inheritSpec struct {
	By         string            `yaml:"by"`
	From       string            `yaml:"from"`
	Properties []string          `yaml:"properties"`
	Names      map[string]string `yaml:"names"`
	Moved      bool              `yaml:"moved"`
	Dissolved  bool              `yaml:"dissolved"`
}

// inheritance is one that was checked.
type inheritance struct {
	by   int    // the property that names rows, separated by commas
	from string // the section that they are in
	key  int    // the property by which they are named there
	take []inherited
	// moved: what is inherited does not count where it is from, whether
	// anybody inherits it or not.
	moved bool
	// dissolved: a row that is named counts as part of those which name it,
	// and its name counts for nothing.
	dissolved bool
}

// inherited is one property: where it is from, where it goes, and where to
// what an heir says differently is noted, -1 if that counts for nothing.
type inherited struct{ from, to, differs int }

// heldRow is a row that waits until all sections are known.
type heldRow struct {
	values    [][]byte
	dissolved bool
}

// holdRow copies a row.
func holdRow(values [][]byte) *heldRow {
	h := &heldRow{values: make([][]byte, len(values))}
	for i, v := range values {
		h.values[i] = bytes.Clone(v)
	}
	return h
}

// toName is what an inherited property is called in the heir.
func (i inheritSpec) toName(property string) string {
	if name, ok := i.Names[property]; ok {
		return name
	}
	return property
}

// differsName is where to a value goes that an heir of a dissolved row has as
// well, but different: it must not be lost.
func (i inheritSpec) differsName(property string) string { return i.By + "." + property }

// inheritedNames returns the names under which a section writes properties
// that it inherits.
func inheritedNames(specs []inheritSpec) []string {
	var names []string
	for _, i := range specs {
		for _, p := range i.Properties {
			names = append(names, i.toName(p))
			if i.Dissolved {
				names = append(names, i.differsName(p))
			}
		}
	}
	return names
}

// link resolves what a section inherits from its siblings.
func (s *Section) link(specs []inheritSpec, siblings []*Section) error {
	for _, spec := range specs {
		at := slices.IndexFunc(siblings, func(o *Section) bool { return o.Name == spec.From })
		if at < 0 || siblings[at] == s {
			return fmt.Errorf("inherits from %q, which is no other section of the category", spec.From)
		}
		source := siblings[at]
		if len(source.key) != 1 {
			return fmt.Errorf("inherits from %s, whose rows have no single key to be named by", source.Name)
		}
		i := inheritance{by: s.index(spec.By), from: source.Name, key: source.key[0], moved: spec.Moved, dissolved: spec.Dissolved}
		if i.by < 0 {
			return fmt.Errorf("inherits by %q, which is no property", spec.By)
		}
		for _, p := range spec.Properties {
			t := inherited{from: source.index(p), to: s.index(spec.toName(p)), differs: -1}
			if t.from < 0 {
				return fmt.Errorf("inherits %q, which is no property of %s", p, source.Name)
			}
			if spec.Dissolved {
				t.differs = s.index(spec.differsName(p))
			}
			i.take = append(i.take, t)
		}
		s.inherits = append(s.inherits, i)
		s.held, source.held = true, true
	}
	return nil
}

// bequeath gives the rows of a category what they inherit, and then takes it
// from where it would count a second time.
func bequeath(sections []*Rows) {
	var given []func()
	for _, heirs := range sections {
		for _, i := range heirs.section.inherits {
			at := slices.IndexFunc(sections, func(r *Rows) bool { return r.section.Name == i.from })
			if at < 0 {
				continue // not part of this document
			}
			sources := sections[at].held
			named := i.give(heirs.held, sources)
			switch {
			case i.moved:
				given = append(given, func() { i.strip(sources) })
			case i.dissolved:
				given = append(given, func() { i.dissolve(named) })
			}
		}
	}
	for _, takeAway := range given {
		takeAway()
	}
}

// give hands down what heirs do not say themselves, and returns the rows that
// they name.
func (i inheritance) give(heirs, sources []*heldRow) (named []*heldRow) {
	byName := make(map[string]*heldRow, len(sources))
	for _, source := range sources {
		byName[string(source.values[i.key])] = source
	}
	for _, heir := range heirs {
		for name := range bytes.SplitSeq(heir.values[i.by], comma) {
			source, ok := byName[string(name)]
			if !ok || len(name) == 0 {
				continue
			}
			named = append(named, source)
			for _, p := range i.take {
				heir.inherit(p, source.values[p.from])
			}
			if i.dissolved {
				heir.values[i.by] = nil
			}
		}
	}
	return named
}

// inherit takes a value over, which counts for nothing where the row says the
// same itself.
func (h *heldRow) inherit(p inherited, value []byte) {
	switch own := h.values[p.to]; {
	case own == nil:
		h.values[p.to] = value
	case p.differs >= 0 && !bytes.Equal(own, value):
		h.values[p.differs] = value
	}
}

// strip takes what can be inherited from all rows.
func (i inheritance) strip(rows []*heldRow) {
	for _, row := range rows {
		for _, p := range i.take {
			row.values[p.from] = nil
		}
		row.dissolved = row.saysNothingBut(-1)
	}
}

// dissolve takes what was inherited from the rows that were named. One with
// nothing left but its name is no row.
func (i inheritance) dissolve(named []*heldRow) {
	i.strip(named)
	for _, row := range named {
		row.dissolved = row.saysNothingBut(i.key)
	}
}

func (h *heldRow) saysNothingBut(property int) bool {
	for i, v := range h.values {
		if v != nil && i != property {
			return false
		}
	}
	return true
}
