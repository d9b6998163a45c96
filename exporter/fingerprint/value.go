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
	implied  map[string]string // members of a set that say nothing beside another one
	defaults []string
	denials  *denials
	assigned *assigned
}

// assigned says that a value is the router's own where another property is
// set, to anything or to one value: what it makes of that changes by itself.
type assigned struct {
	by    int
	value string // "" is anything
}

// holds reports whether the other property is set so.
func (a *assigned) holds(values [][]byte) bool {
	v := values[a.by]
	return len(v) > 0 && (a.value == "" || a.value == string(v))
}

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
	for i, v := range values {
		values[i] = boolean(v)
	}
	for i := range s.properties {
		if a := s.properties[i].assigned; a != nil && a.holds(values) {
			values[i] = nil
		}
	}
	for i := range s.properties {
		p := &s.properties[i]
		v := values[i]
		if p.denials != nil && len(v) > 0 {
			v = p.denials.read(v, values[p.denials.by], use)
		}
		if v = p.say(v, use); isDefault(v, p.defaults) {
			v = nil
		}
		values[i] = v
		if v != nil {
			said++
		}
	}
	return said
}

// say puts a value into present words, and the members of a set in order.
func (p *property) say(v []byte, use *scratch) []byte {
	switch {
	case len(v) == 0:
	case p.set:
		return use.sorted(v, p.words, p.implied)
	default:
		if present, ok := p.words[string(v)]; ok {
			return []byte(present)
		}
	}
	return v
}

var yes, no = []byte("true"), []byte("false") // as the API has them

// boolean takes the words that people and exports use for those of the API,
// since which of them a router prints differs from menu to menu.
func boolean(v []byte) []byte {
	switch string(v) {
	case "yes":
		return yes
	case "no":
		return no
	}
	return v
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

// sorted puts the members of a set in order, in present words, each once and
// without those that others imply.
func (u *scratch) sorted(v []byte, words, implied map[string]string) []byte {
	if words == nil && bytes.IndexByte(v, ',') < 0 {
		return v
	}
	u.split(v)
	same := true
	for i, member := range u.members {
		if present, ok := words[string(member)]; ok {
			u.members[i], same = []byte(present), false
		}
	}
	if !slices.IsSortedFunc(u.members, bytes.Compare) {
		slices.SortFunc(u.members, bytes.Compare)
		same = false
	}
	all := len(u.members)
	u.members = slices.CompactFunc(u.members, bytes.Equal)
	if implied != nil {
		u.members = slices.DeleteFunc(u.members, func(member []byte) bool {
			by, ok := implied[string(member)]
			return ok && slices.ContainsFunc(u.members, func(other []byte) bool { return string(other) == by })
		})
	}
	if same && len(u.members) == all {
		return v
	}
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
// most often UTF-8; what is not, is taken as ISO 8859-1 and marked. No two
// values are written the same: WinBox and WebFig encode one letter differently.
func appendString(dst, v []byte) []byte {
	if plain(v) {
		return append(append(append(dst, '"'), v...), '"')
	}
	if !utf8.Valid(v) {
		v = []byte(latin1(v) + notUTF8)
	} else if bytes.HasSuffix(v, []byte(notUTF8)) { // as somebody may have written
		v = append(bytes.Clone(v), notUTF8...)
	}
	dst, _ = jsontext.AppendQuote(dst, v) // fails on invalid UTF-8 alone
	return dst
}

// notUTF8 marks the end of a value that was not UTF-8.
const notUTF8 = "\uFFFD"

func latin1(v []byte) string {
	runes := make([]rune, len(v))
	for i, b := range v {
		runes[i] = rune(b)
	}
	return string(runes)
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
