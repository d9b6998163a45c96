package fingerprint

import (
	"bytes"
	"slices"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// property is how one property is read and written.
type property struct {
	name     string
	label    []byte // `"name":`
	words    map[string]string
	set      bool
	defaults []string
	denials  *denials
	assigned *assigned
}

// assigned says that a value is the router's own where another property is
// set: what it makes of that changes by itself.
type assigned struct{ by int }

// denials is how a value is read that names what is allowed and, with ! in
// front, what is denied. Something new is denied to everybody except in the
// rows that are named here; so what is allowed counts, and in those rows what
// is denied, and a version that brings something new changes nothing.
type denials struct {
	by  int // the property that names the rows
	who []string
}

// normalise replaces the values of a row, by property, with what they say,
// and returns how many say something else than the default. A router prints a
// property that is empty, or leaves it out, as it pleases.
func (s *Section) normalise(values [][]byte, use *scratch) (said int) {
	for i := range s.properties {
		p := &s.properties[i]
		if len(values[i]) == 0 || p.assigned != nil && len(values[p.assigned.by]) > 0 {
			values[i] = nil
			continue
		}
		v := values[i]
		if p.words != nil {
			if present, ok := p.words[string(v)]; ok {
				v = []byte(present)
			}
		}
		if p.denials != nil {
			v = p.denials.read(v, values[p.denials.by], use)
		}
		if p.set {
			v = use.sorted(v)
		}
		if isDefault(v, p.defaults) {
			v = nil
		}
		values[i] = v
		if v != nil {
			said++
		}
	}
	return said
}

func isDefault(v []byte, defaults []string) bool {
	for _, d := range defaults {
		if string(v) == d {
			return true
		}
	}
	return len(v) == 0
}

var comma = []byte{','}

// sorted puts the members of a set in order.
func (u *scratch) sorted(v []byte) []byte {
	if bytes.IndexByte(v, ',') < 0 {
		return v
	}
	u.split(v)
	if slices.IsSortedFunc(u.members, bytes.Compare) {
		return v
	}
	slices.SortFunc(u.members, bytes.Compare)
	return u.join()
}

// read returns what counts of a value in the row of this name.
func (d *denials) read(v, row []byte, use *scratch) []byte {
	denied := slices.Contains(d.who, string(row))
	use.split(v)
	use.members = slices.DeleteFunc(use.members, func(m []byte) bool { return bytes.HasPrefix(m, []byte("!")) != denied })
	return use.join()
}

func (u *scratch) split(v []byte) {
	u.members = u.members[:0]
	for more := true; more; {
		var member []byte
		member, v, more = bytes.Cut(v, comma)
		u.members = append(u.members, member)
	}
}

func (u *scratch) join() []byte {
	start := len(u.text)
	for i, member := range u.members {
		if i > 0 {
			u.text = append(u.text, ',')
		}
		u.text = append(u.text, member...)
	}
	return u.text[start:]
}

// appendRow writes a normalised row as a JSON object.
func (s *Section) appendRow(dst []byte, values [][]byte) []byte {
	dst = append(dst, '{')
	first := len(dst)
	for i, v := range values {
		if v == nil {
			continue
		}
		if len(dst) > first {
			dst = append(dst, ',')
		}
		dst = append(dst, s.properties[i].label...)
		dst = appendString(dst, v)
	}
	return append(dst, '}')
}

// appendString writes a value as a JSON string. Values of RouterOS are bytes,
// most often UTF-8; what is not, is taken as ISO 8859-1, under which different
// bytes stay different.
func appendString(dst, v []byte) []byte {
	if plain(v) {
		return append(append(append(dst, '"'), v...), '"')
	}
	if !utf8.Valid(v) {
		runes := make([]rune, len(v))
		for i, b := range v {
			runes[i] = rune(b)
		}
		v = []byte(string(runes))
	}
	dst, _ = jsontext.AppendQuote(dst, v) // fails on invalid UTF-8 alone
	return dst
}

// plain reports whether a value is the same with quotes around it.
func plain(v []byte) bool {
	for _, b := range v {
		if b < ' ' || b > '~' || b == '"' || b == '\\' {
			return false
		}
	}
	return true
}
