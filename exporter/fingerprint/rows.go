package fingerprint

import (
	"bytes"
	"cmp"
	"fmt"
	"iter"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// DefaultMaxRows bounds the rows of one section. A section with more is not
// read in part: its category fails.
const DefaultMaxRows = 1_000_000

// Rows collects the rows of one section in canonical form. It is for one
// goroutine at a time.
type Rows struct {
	section *Section
	maxRows int
	buf     []byte   // canonical rows and sort keys, one after the other
	spans   []span   // where in buf each row is
	values  [][]byte // the row being added, by property
}

// span is one row: buf[start:key] is its JSON, buf[key:end] its sort key.
type span struct{ start, key, end int }

// NewRows begins a section without rows. maxRows 0 is [DefaultMaxRows].
func NewRows(s *Section, maxRows int) *Rows {
	return &Rows{section: s, maxRows: cmp.Or(maxRows, DefaultMaxRows), values: make([][]byte, len(s.properties))}
}

// Len returns the number of rows that count as configuration.
func (r *Rows) Len() int { return len(r.spans) }

// Add takes one row, as names and values in any order, which it does not keep.
// A dynamic row, and every property that is not in the allowlist, is dropped.
func (r *Rows) Add(attributes iter.Seq2[[]byte, []byte]) error {
	clear(r.values)
	dynamic := false
	for name, value := range attributes {
		if i, ok := r.section.slots[string(name)]; ok {
			// Under two names at once, the present name wins over the earlier.
			if r.values[i] == nil || string(name) == r.section.properties[i].name {
				r.values[i] = value
			}
		} else if string(name) == dynamicProperty {
			dynamic = string(value) == "true" || string(value) == "yes"
		}
	}
	if dynamic && !r.section.single {
		return nil
	}
	return r.append()
}

// append writes the row that is in r.values.
func (r *Rows) append() error {
	start := len(r.buf)
	r.buf = append(r.buf, '{')
	var err error
	for i, p := range r.section.properties {
		v := p.normalise(r.values[i])
		r.values[i] = v
		if len(v) == 0 {
			continue
		}
		if len(r.buf) > start+1 {
			r.buf = append(r.buf, ',')
		}
		r.buf = append(r.buf, p.label...)
		if r.buf, err = appendString(r.buf, v); err != nil {
			return fmt.Errorf("%s: property %s: %w", r.section.Name, p.name, err)
		}
	}
	if len(r.buf) == start+1 {
		r.buf = r.buf[:start]
		return nil // nothing of it is configuration
	}
	if len(r.spans) == r.maxRows {
		return fmt.Errorf("%s has more than %d rows", r.section.Name, r.maxRows)
	}
	r.buf = append(r.buf, '}')
	key := len(r.buf)
	for _, i := range r.section.key {
		r.buf = append(append(r.buf, r.values[i]...), 0)
	}
	if i := r.section.within; i >= 0 {
		r.buf = append(r.buf, r.values[i]...)
	}
	r.spans = append(r.spans, span{start, key, len(r.buf)})
	return nil
}

// normalise returns what the value says, empty if that is the default. A
// router prints a property that is empty, or leaves it out, as it pleases.
func (p property) normalise(v []byte) []byte {
	if slices.ContainsFunc(p.defaults, func(d string) bool { return d == string(v) }) {
		return nil
	}
	if p.set && bytes.IndexByte(v, ',') >= 0 {
		parts := strings.Split(string(v), ",")
		slices.Sort(parts)
		return []byte(strings.Join(parts, ","))
	}
	return v
}

// appendString writes a value as a JSON string. Values of RouterOS are bytes,
// most often UTF-8; what is not, is taken as ISO 8859-1, under which different
// bytes stay different.
func appendString(dst, v []byte) ([]byte, error) {
	if utf8.Valid(v) {
		return jsontext.AppendQuote(dst, v)
	}
	runes := make([]rune, len(v))
	for i, b := range v {
		runes[i] = rune(b)
	}
	return jsontext.AppendQuote(dst, string(runes))
}

// sort puts the rows into canonical order. Where their order means nothing,
// rows with the same natural key are ordered by all that they say, so that
// the order in which the router printed them is of no account.
func (r *Rows) sort() {
	switch {
	case len(r.section.key) > 0:
		slices.SortFunc(r.spans, func(a, b span) int {
			return cmp.Or(
				bytes.Compare(r.buf[a.key:a.end], r.buf[b.key:b.end]),
				bytes.Compare(r.buf[a.start:a.key], r.buf[b.start:b.key]))
		})
	case r.section.within >= 0:
		slices.SortStableFunc(r.spans, func(a, b span) int {
			return bytes.Compare(r.buf[a.key:a.end], r.buf[b.key:b.end])
		})
	}
}
