package configchange

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// MaxSummary bounds the lines of a summary: who wants the whole of a rewritten firewall reads the
// sections themselves.
const MaxSummary = 100

// Diff compares two canonical configurations of one category (objects of section → rows, or section
// → one object) and gives a line for each changed property, in the order of sections and rows:
//
//	/routing/bgp/connection upstream-a: input.filter "in-a" → "in-b"
//	/routing/bgp/connection upstream-b: added (remote.as "64501", templates "default")
//	/ip/dns: servers "192.0.2.1" → "192.0.2.2"
//
// Rows are matched by their name, else by what they have in common: nothing of a vendor's menus is
// known here. What is not valid JSON of that form gives no lines.
func Diff(before, after json.RawMessage) []string {
	old, okOld := parseSections(before)
	now, okNow := parseSections(after)
	if !okOld || !okNow {
		return nil
	}
	union := maps.Clone(old)
	maps.Copy(union, now)
	var lines []string
	for _, section := range slices.Sorted(maps.Keys(union)) {
		lines = append(lines, diffSection(section, old[section], now[section])...)
	}
	if extra := len(lines) - MaxSummary; extra > 0 {
		lines = append(lines[:MaxSummary], fmt.Sprintf("and %d more changed properties", extra))
	}
	return lines
}

type row map[string]string

// parseSections reads section → rows; a single object counts as one row.
func parseSections(raw json.RawMessage) (map[string][]row, bool) {
	var sections map[string]json.RawMessage
	if json.Unmarshal(raw, &sections) != nil {
		return nil, false
	}
	out := make(map[string][]row, len(sections))
	for name, body := range sections {
		var rows []map[string]any
		if bytes.HasPrefix(bytes.TrimSpace(body), []byte("{")) {
			body = slices.Concat([]byte("["), body, []byte("]"))
		}
		if decodeNumbersAsText(body, &rows) != nil {
			return nil, false
		}
		for _, r := range rows {
			out[name] = append(out[name], textOf(r))
		}
	}
	return out, true
}

func decodeNumbersAsText(raw []byte, into any) error {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	return dec.Decode(into)
}

func textOf(r map[string]any) row {
	out := make(row, len(r))
	for property, value := range r {
		switch v := value.(type) {
		case string:
			out[property] = v
		default:
			encoded, err := json.Marshal(v)
			if err != nil {
				continue // what was just decoded can be encoded
			}
			out[property] = string(encoded)
		}
	}
	return out
}

func diffSection(section string, before, after []row) []string {
	onlyBefore, onlyAfter := withoutCommon(before, after)
	if len(onlyBefore)+len(onlyAfter) == 0 {
		if !slices.EqualFunc(before, after, maps.Equal) {
			return []string{section + ": rows were reordered"}
		}
		return nil
	}
	var lines []string
	for _, p := range pair(onlyBefore, onlyAfter) {
		title := section
		if label := p.label(len(before) <= 1 && len(after) <= 1); label != "" {
			title += " " + label
		}
		switch {
		case p.before == nil:
			lines = append(lines, title+": added"+p.after.inBrackets())
		case p.after == nil:
			lines = append(lines, title+": removed"+p.before.inBrackets())
		default:
			lines = append(lines, p.changes(title)...)
		}
	}
	return lines
}

func (r row) inBrackets() string {
	var parts []string
	for _, property := range slices.Sorted(maps.Keys(r)) {
		if property != nameProperty {
			parts = append(parts, fmt.Sprintf("%s %q", property, r[property]))
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return " (" + strings.Join(parts, ", ") + ")"
}

func (p rowPair) changes(title string) []string {
	union := maps.Clone(p.before)
	maps.Copy(union, p.after)
	var lines []string
	for _, property := range slices.Sorted(maps.Keys(union)) {
		old, had := p.before[property]
		now, has := p.after[property]
		switch {
		case had && has && old != now:
			lines = append(lines, fmt.Sprintf("%s: %s %q → %q", title, property, old, now))
		case had && !has:
			lines = append(lines, fmt.Sprintf("%s: %s %q → unset", title, property, old))
		case !had && has:
			lines = append(lines, fmt.Sprintf("%s: %s unset → %q", title, property, now))
		}
	}
	return lines
}
