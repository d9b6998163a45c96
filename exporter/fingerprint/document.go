package fingerprint

import (
	"bufio"
	"crypto/sha256"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// Document is the canonical form of one category: [NewDocument] with the
// complete rows of each of its sections.
type Document struct{ sections []*Rows }

// NewDocument puts the sections of a category together. It must be given
// those that could be read and those that the router does not have, as empty:
// a document without a section that failed would be a hash of half a
// configuration.
func NewDocument(sections []*Rows) Document {
	bequeath(sections)
	for _, r := range sections {
		r.settle()
	}
	return Document{sections}
}

// WriteTo writes the canonical form.
func (d Document) WriteTo(w io.Writer) (int64, error) {
	counted := &counter{w: w}
	out := bufio.NewWriterSize(counted, 64<<10) // large enough for the hash to be fast
	before := "["
	for _, rows := range d.sections {
		if rows.Len() == 0 {
			continue
		}
		name, err := jsontext.AppendQuote(nil, rows.section.Name)
		if err != nil {
			return counted.n, fmt.Errorf("section %s: %w", rows.section.Name, err)
		}
		_, _ = out.WriteString(before + `{"rows":[`) // bufio keeps the error for Flush
		separator := ""
		for row := range rows.canonical() {
			_, _ = out.WriteString(separator)
			_, _ = out.Write(row)
			separator = ","
		}
		_, _ = out.WriteString(`],"section":` + string(name) + "}")
		before = ","
	}
	if before == "[" {
		_, _ = out.WriteString("[")
	}
	_, _ = out.WriteString("]")
	err := out.Flush()
	return counted.n, err
}

// Sections returns the same rows as an object of section to array of rows, in
// the serialisation of RFC 8785: what is kept and compared at level 2.
func (d Document) Sections() ([]byte, error) {
	byName := slices.Clone(d.sections)
	slices.SortFunc(byName, func(a, b *Rows) int { return strings.Compare(a.section.Name, b.section.Name) })
	out := []byte{'{'}
	for _, rows := range byName {
		if rows.Len() == 0 {
			continue
		}
		if len(out) > 1 {
			out = append(out, ',')
		}
		var err error
		if out, err = jsontext.AppendQuote(out, rows.section.Name); err != nil {
			return nil, fmt.Errorf("section %s: %w", rows.section.Name, err)
		}
		out = append(out, ":["...)
		separator := ""
		for row := range rows.canonical() {
			out = append(append(out, separator...), row...)
			separator = ","
		}
		out = append(out, ']')
	}
	return append(out, '}'), nil
}

// Fingerprint hashes the canonical form.
func (d Document) Fingerprint() (Fingerprint, error) {
	h := sha256.New()
	if _, err := d.WriteTo(h); err != nil {
		return Fingerprint{}, err
	}
	return Fingerprint(h.Sum(nil)), nil
}

// counter counts what passes through, as io.WriterTo wants to know.
type counter struct {
	w io.Writer
	n int64
}

func (c *counter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	return n, err
}
