package routeros

import (
	"bytes"
	"iter"
	"slices"
)

// sentence is a list of words in a buffer that belongs to the decoder.
type sentence struct {
	buf  []byte
	ends []int
}

func (s sentence) len() int { return len(s.ends) }

func (s sentence) word(i int) []byte {
	start := 0
	if i > 0 {
		start = s.ends[i-1]
	}
	return s.buf[start:s.ends[i]]
}

// tagPrefix begins the word that says which command a reply belongs to.
const tagPrefix = ".tag="

// tag returns the number in the sentence's tag. The second value is false if
// there is no tag or it is not one of ours.
func (s sentence) tag() (uint32, bool) {
	for i := s.len() - 1; i > 0; i-- {
		digits, ok := bytes.CutPrefix(s.word(i), []byte(tagPrefix))
		if !ok {
			continue
		}
		var n uint32
		for _, c := range digits {
			if c < '0' || c > '9' || n > 1<<28 {
				return 0, false
			}
			n = n*10 + uint32(c-'0')
		}
		return n, len(digits) > 0
	}
	return 0, false
}

// Row gives access to the attributes of one reply without copying them.
//
// A Row, and every byte slice got from it, is valid only until the function
// that it was passed to returns.
type Row struct{ s sentence }

// All yields the attributes in the order in which they came, which RouterOS
// does not promise to keep from one reply to the next.
func (r Row) All() iter.Seq2[[]byte, []byte] {
	return func(yield func(name, value []byte) bool) {
		for i := 1; i < r.s.len(); i++ {
			name, value, ok := attribute(r.s.word(i))
			if ok && !yield(name, value) {
				return
			}
		}
	}
}

// Clone returns a copy that stays valid.
func (r Row) Clone() Row {
	return Row{sentence{buf: bytes.Clone(r.s.buf), ends: slices.Clone(r.s.ends)}}
}

// Get returns the value of an attribute, and whether the reply has it: a
// router leaves out properties that are not set.
func (r Row) Get(name string) ([]byte, bool) {
	for i := 1; i < r.s.len(); i++ {
		w := r.s.word(i)
		// "=name=value": compared in place, since a row is searched once
		// for each property that its reader wants.
		if len(w) < len(name)+2 || w[0] != '=' || w[len(name)+1] != '=' {
			continue
		}
		if string(w[1:len(name)+1]) == name {
			return w[len(name)+2:], true
		}
	}
	return nil, false
}

// String returns a copy of an attribute's value, empty if the reply has none.
func (r Row) String(name string) string {
	v, _ := r.Get(name)
	return string(v)
}

// Bool reports whether an attribute is there and true. RouterOS writes flags
// as "true" and "false", older menus as "yes" and "no".
func (r Row) Bool(name string) bool {
	v, _ := r.Get(name)
	return string(v) == "true" || string(v) == "yes"
}

// attribute splits "=name=value". A name never holds a "=", a value may.
func attribute(word []byte) (name, value []byte, ok bool) {
	if len(word) == 0 || word[0] != '=' {
		return nil, nil, false
	}
	return bytes.Cut(word[1:], []byte{'='})
}
