// Package roads delivers a recorded timeline to a running correlator, each line on the road on which such
// things come in life: observations as an exporter pushes them, alerts as Alertmanager posts them, planned
// work and acknowledgements as people use the API.
package roads

import (
	"encoding/json"
	"fmt"
	"maps"
	"time"
)

// Line is one line of a recorded timeline.
type Line struct {
	At     time.Time `json:"at"`
	Type   string    `json:"type"`
	Tenant string    `json:"tenant"`
	// Op is what to do with planned work or an incident.
	Op string `json:"op"`

	fields map[string]json.RawMessage
}

// ParseLine reads one line.
func ParseLine(raw []byte) (Line, error) {
	var l Line
	if err := json.Unmarshal(raw, &l); err != nil {
		return Line{}, fmt.Errorf("read a line of a timeline: %w", err)
	}
	if err := json.Unmarshal(raw, &l.fields); err != nil {
		return Line{}, fmt.Errorf("read a line of a timeline: %w", err)
	}
	return l, nil
}

// Field reads one field into a value, which stays as it is where the line does not have the field.
func (l Line) Field(name string, into any) error {
	raw, given := l.fields[name]
	if !given {
		return nil
	}
	if err := json.Unmarshal(raw, into); err != nil {
		return fmt.Errorf("field %q: %w", name, err)
	}
	return nil
}

// only are those of the line's fields that have one of the names.
func (l Line) only(names ...string) map[string]any {
	out := map[string]any{}
	for _, name := range names {
		if raw, given := l.fields[name]; given {
			out[name] = raw
		}
	}
	return out
}

// With is the line with another field.
func (l Line) With(name string, value any) Line {
	raw, err := json.Marshal(value)
	if err != nil {
		panic(err) // the caller's own value
	}
	l.fields = maps.Clone(l.fields)
	l.fields[name] = raw
	return l
}

// Text is the line as one line of a timeline in which it arrives at another instant.
func (l Line) Text(at time.Time) ([]byte, error) {
	object := map[string]any{}
	for name, raw := range l.fields {
		object[name] = raw
	}
	object["at"] = at
	return json.Marshal(object)
}
