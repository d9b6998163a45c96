package fingerprint

import (
	"bytes"
	"cmp"
	"fmt"
	"iter"
	"slices"
	"strings"
)

// DefaultMaxRows bounds the rows of one section. A section with more is not
// read in part: its category fails.
const DefaultMaxRows = 1_000_000

// Rows collects the rows of one section. It is for one goroutine at a time.
//
// A row is written in canonical form as it comes, so that a section takes no
// more memory than that. Only the few sections that share configuration with
// another one keep their rows until all are known.
type Rows struct {
	section *Section
	maxRows int
	count   int

	// The row being added.
	values    [][]byte // by property
	dynamic   bool
	attribute func(name, value []byte) bool
	scratch   scratch

	rows   arena
	groups []group        // rows among which order means the same
	byName map[string]int // index in groups
	held   []*heldRow
}

// group is the rows that share the property within which order matters; a
// section without such a property has one group.
type group struct {
	name   string
	places []place
}

// scratch is memory that is used anew for each row.
type scratch struct {
	row, key, text []byte
	members        [][]byte
}

// NewRows begins a section without rows. maxRows 0 is [DefaultMaxRows].
func NewRows(s *Section, maxRows int) *Rows {
	r := &Rows{
		section: s, maxRows: cmp.Or(maxRows, DefaultMaxRows),
		values: make([][]byte, len(s.properties)), byName: map[string]int{},
	}
	r.attribute = r.takeAttribute // made once: a function for each row is memory for each row
	return r
}

// Len returns the number of rows that count as configuration.
func (r *Rows) Len() int { return r.count }

// Add takes one row, as names and values in any order, which it does not keep.
// A dynamic row, and every property that is not in the allowlist, is dropped.
func (r *Rows) Add(attributes iter.Seq2[[]byte, []byte]) error {
	clear(r.values)
	r.scratch.text = r.scratch.text[:0]
	r.dynamic = false
	attributes(r.attribute)
	if r.dynamic {
		return nil
	}
	if r.section.normalise(r.values, &r.scratch) == 0 || r.section.isBuiltin(r.values) {
		return nil // nothing of it is configuration
	}
	if r.count == r.maxRows {
		return fmt.Errorf("%s has more than %d rows", r.section.Name, r.maxRows)
	}
	r.count++
	if r.section.held {
		r.held = append(r.held, holdRow(r.values))
		return nil
	}
	r.write(r.values)
	return nil
}

// takeAttribute notes one attribute of the row being added, and reports whether
// the others are wanted.
func (r *Rows) takeAttribute(name, value []byte) bool {
	slot, ok := r.section.slots[string(name)]
	switch {
	case !ok:
	case slot.dynamic:
		r.dynamic = string(value) == "true" || string(value) == "yes"
	// Under two names at once, the present name wins over the earlier.
	case slot.present || r.values[slot.property] == nil:
		r.values[slot.property] = value
	}
	return !r.dynamic
}

// write appends a row to the group that it belongs to.
func (r *Rows) write(values [][]byte) {
	r.scratch.row = r.section.appendRow(r.scratch.row[:0], values)
	r.scratch.key = r.scratch.key[:0]
	for _, i := range r.section.key {
		r.scratch.key = append(append(r.scratch.key, values[i]...), 0)
	}
	var name []byte
	if i := r.section.within; i >= 0 {
		name = values[i]
	}
	at, ok := r.byName[string(name)]
	if !ok {
		at = len(r.groups)
		r.byName[string(name)] = at
		r.groups = append(r.groups, group{name: string(name)})
	}
	r.groups[at].places = append(r.groups[at].places, r.rows.keep(r.scratch.row, r.scratch.key))
}

// settle writes the rows that were held and puts all into canonical order.
// Where their order means nothing, rows with the same natural key are ordered
// by all that they say, so that the order in which the router printed them is
// of no account.
func (r *Rows) settle() {
	for _, h := range r.held {
		if h.dissolved {
			r.count--
			continue
		}
		r.write(h.values)
	}
	r.held = nil
	slices.SortFunc(r.groups, func(a, b group) int { return strings.Compare(a.name, b.name) })
	if len(r.section.key) == 0 {
		return
	}
	for _, g := range r.groups {
		slices.SortFunc(g.places, func(a, b place) int {
			return cmp.Or(
				bytes.Compare(r.rows.sortKey(a), r.rows.sortKey(b)),
				bytes.Compare(r.rows.row(a), r.rows.row(b)))
		})
	}
}

// canonical yields the JSON of each row, in canonical order.
func (r *Rows) canonical() iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for _, g := range r.groups {
			for _, p := range g.places {
				if !yield(r.rows.row(p)) {
					return
				}
			}
		}
	}
}
