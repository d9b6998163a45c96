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

// record is one row as print shows it.
type record struct {
	names  []string
	values []string
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

// rows is what a menu prints, in order.
type rows = iter.Seq[*record]

func list(records ...*record) rows { return slices.Values(records) }

// stored returns a configuration row as print shows it: what is set, the
// defaults of what is not, in the schema's order, unknown properties last.
func stored(t *config.Table, row *config.Row) *record {
	n := len(row.Props) + len(t.Menu.Defaults) + 6
	rec := &record{names: make([]string, 0, n), values: make([]string, 0, n)}
	if !t.Menu.Single {
		rec.set(".id", config.FormatID(row.ID))
	}
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
	for _, flag := range []string{"dynamic", "invalid"} {
		if t.Menu.ReadOnly[flag] {
			if _, ok := rec.get(flag); !ok {
				rec.set(flag, "false")
			}
		}
	}
	return rec
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

// timestamp prints a moment as the router's version does: since 7.10 as
// 2026-02-25 04:29:31, before as feb/25/2026 04:29:31.
func (r *Router) timestamp(t time.Time) string {
	t = t.Add(r.opts.ClockOffset).UTC()
	if r.store.Schema.Version.AtLeast(7, 10, 0) {
		return t.Format("2006-01-02 15:04:05")
	}
	return strings.ToLower(t.Format("Jan")) + t.Format("/02/2006 15:04:05")
}
