package routersim

import (
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/ispvisualmonitor/ispvisualmonitor/lab/routersim/internal/config"
)

// record is one row as print shows it. What yields records may use one again
// for the next row: whoever keeps a record clones it.
type record struct {
	names  []string
	values []string
	alike  *alike
}

// alike makes a record speak for many rows that have all its properties, so
// that counting a million routes does not take a million records.
type alike struct {
	count  int
	differ []string // the properties in which they differ, or that not all have
	rows   rows     // they themselves
}

func (rec *record) get(name string) (string, bool) {
	if i := slices.Index(rec.names, name); i >= 0 {
		return rec.values[i], true
	}
	return "", false
}

// set gives a property a value, in place if it has one.
func (rec *record) set(name, value string) {
	if i := slices.Index(rec.names, name); i >= 0 {
		rec.values[i] = value
		return
	}
	rec.names = append(rec.names, name)
	rec.values = append(rec.values, value)
}

// setAll sets name, value, name, value, …
func (rec *record) setAll(pairs ...string) {
	for i := 0; i+1 < len(pairs); i += 2 {
		rec.set(pairs[i], pairs[i+1])
	}
}

// setBool sets a flag.
func (rec *record) setBool(name string, value bool) {
	if value {
		rec.set(name, "true")
	} else {
		rec.set(name, "false")
	}
}

// setIf sets a property that is shown only where there is something to show.
func (rec *record) setIf(name, value string) {
	if value != "" {
		rec.set(name, value)
	}
}

// add appends a property that the record is known not to have.
func (rec *record) add(name, value string) {
	rec.names, rec.values = append(rec.names, name), append(rec.values, value)
}

func (rec *record) clone() *record {
	return &record{names: slices.Clone(rec.names), values: slices.Clone(rec.values)}
}

// rows is what a menu prints, in order.
type rows = iter.Seq[*record]

func list(records ...*record) rows { return slices.Values(records) }

// ask is when somebody looks at a menu, and at what of it: a view need not
// make up what nobody looks at.
type ask struct {
	now      time.Time
	names    map[string]bool // nil: everything
	defaults []string        // those of names that have a default in the menu
}

// property says whether somebody looks at a property.
func (a ask) property(name string) bool { return a.names == nil || a.names[name] }

// stored returns a configuration row as print shows it.
func stored(t *config.Table, row *config.Row, want ask) *record {
	n := len(row.Props) + len(t.Menu.Defaults) + 6
	if want.names != nil {
		n = min(n, len(want.names)+2)
	}
	rec := &record{names: make([]string, 0, n), values: make([]string, 0, n)}
	rec.store(t, row, want)
	return rec
}

// store makes the record show a configuration row: what is set, the defaults
// of what is not, in the schema's order, unknown properties last. Of a row of
// which only some properties are wanted the order is left open.
func (rec *record) store(t *config.Table, row *config.Row, want ask) {
	rec.names, rec.values = rec.names[:0], rec.values[:0]
	if !t.Menu.Single && want.property(".id") {
		rec.add(".id", config.FormatID(row.ID))
	}
	if want.names == nil {
		rec.storeAll(t, row)
	} else {
		for name, v := range row.Props {
			if want.names[name] {
				rec.add(name, v)
			}
		}
		for _, name := range want.defaults {
			if _, set := row.Props[name]; !set {
				rec.add(name, t.Menu.Defaults[name])
			}
		}
	}
	for _, flag := range []string{"dynamic", "invalid"} {
		if t.Menu.ReadOnly[flag] && want.property(flag) {
			if _, ok := rec.get(flag); !ok {
				rec.add(flag, "false")
			}
		}
	}
}

func (rec *record) storeAll(t *config.Table, row *config.Row) {
	for _, name := range t.Menu.Names {
		if v, ok := t.Get(row, name); ok {
			rec.names, rec.values = append(rec.names, name), append(rec.values, v)
		}
	}
	if len(rec.names) < len(row.Props)+1 {
		for _, name := range slices.Sorted(maps.Keys(row.Props)) {
			if _, ok := rec.get(name); !ok {
				rec.set(name, row.Props[name])
			}
		}
	}
}

// duration prints a stretch of time as RouterOS does: 1w4d23h26m9s.
func duration(d time.Duration) string {
	seconds := int64(d / time.Second)
	if seconds <= 0 {
		return "0s"
	}
	var b strings.Builder
	for _, unit := range []struct {
		suffix  string
		seconds int64
	}{{"w", 7 * 24 * 3600}, {"d", 24 * 3600}, {"h", 3600}, {"m", 60}, {"s", 1}} {
		if n := seconds / unit.seconds; n > 0 {
			fmt.Fprintf(&b, "%d%s", n, unit.suffix)
			seconds %= unit.seconds
		}
	}
	return b.String()
}

// timestamp prints a moment by the router's clock, as its version does: since
// 7.10 as 2026-02-25 04:29:31, before as feb/25/2026 04:29:31.
func (r *Router) timestamp(t time.Time) string {
	t = t.Add(r.opts.ClockOffset).In(r.location())
	if r.store.Schema.Version.AtLeast(7, 10, 0) {
		return t.Format("2006-01-02 15:04:05")
	}
	return strings.ToLower(t.Format("Jan")) + t.Format("/02/2006 15:04:05")
}
