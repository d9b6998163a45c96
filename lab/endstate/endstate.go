// Package endstate compares what a timeline came to, wherever it ran: in memory, through a database, over
// HTTP, disturbed or not. Ids differ from run to run, so each is replaced by what it names, and rows are
// in an order that does not depend on them.
package endstate

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// Row is one config change, incident or notification as the replay prints it.
type Row = map[string]any

// State is what a timeline came to, without ids.
type State struct {
	ConfigChanges []Row
	Incidents     []Row
	// Notifications are "instant kind incident".
	Notifications []string
}

// Parse reads a document that the replay has printed.
func Parse(document []byte) (State, error) {
	var printed struct {
		ConfigChanges []Row `json:"config_changes"`
		Incidents     []Row `json:"incidents"`
		Notifications []Row `json:"notifications"`
	}
	if err := json.Unmarshal(document, &printed); err != nil {
		return State{}, fmt.Errorf("read the document of a replay: %w", err)
	}
	return Of(printed.ConfigChanges, printed.Incidents, printed.Notifications, nil), nil
}

// Of sums up rows as the replay prints them. The rows are the state's afterwards. names says what ids
// stand for that are in none of the rows, such as those of planned work.
func Of(changes, incidents, notifications []Row, names map[string]string) State {
	named := map[string]string{}
	for id, name := range names {
		named[id] = name
	}
	for _, c := range changes {
		named[c["id"].(string)] = fmt.Sprint(c["device"], "/", c["category"], "@", c["not_after"], "=", c["new_fingerprint"])
	}
	for _, i := range incidents {
		alerts := []string{fmt.Sprint(i["opened_at"])}
		for _, a := range i["alerts"].([]any) {
			alerts = append(alerts, fmt.Sprint(a.(Row)["fingerprint"], a.(Row)["starts_at"]))
		}
		slices.Sort(alerts)
		named[i["id"].(string)] = strings.Join(alerts, " ")
	}
	var out State
	for _, c := range changes {
		out.ConfigChanges = append(out.ConfigChanges, renamed(c, named).(Row))
	}
	for _, i := range incidents {
		slices.SortFunc(i["alerts"].([]any), byText) // ids break ties between equal starts
		for _, c := range i["candidates"].([]any) {
			delete(c.(Row), "cover") // what a score is made of, which no list of the API has
		}
		i["merged_from"] = len(i["merged_from"].([]any)) // what was merged is named nowhere else
		out.Incidents = append(out.Incidents, renamed(i, named).(Row))
	}
	for _, n := range notifications {
		// Of an incident that was merged away no row is left.
		out.Notifications = append(out.Notifications, fmt.Sprint(n["at"], " ", n["kind"], " ", cmp.Or(named[n["incident_id"].(string)], "merged")))
	}
	slices.SortFunc(out.ConfigChanges, byText)
	slices.SortFunc(out.Incidents, byText)
	slices.Sort(out.Notifications)
	return out
}

// Timeless is the state without what the clock of the receiver decides, for runs in which the same
// things arrived at other instants: when an incident was opened, closed and acknowledged, how many were
// merged on the way (two halves of a storm that arrive in either order are one incident in the end, but
// not by the same steps), when who was notified of which step, and how fresh the sightings were.
func (o State) Timeless() State {
	out := State{ConfigChanges: o.ConfigChanges}
	for _, i := range o.WithoutSightings().Incidents {
		row := maps.Clone(i)
		for _, field := range []string{"id", "opened_at", "closed_at", "merged_from"} {
			delete(row, field)
		}
		if a, ok := row["acknowledged"].(Row); ok {
			row["acknowledged"] = a["by"]
		}
		feedback, _ := row["feedback"].([]any)
		for _, f := range feedback {
			delete(f.(Row), "at")
		}
		out.Incidents = append(out.Incidents, row)
	}
	slices.SortFunc(out.Incidents, byText)
	return out
}

// WithoutSightings is the state without the unknowns that tell how fresh sightings are. They are as of the
// last judgement, since a sighting that changes nothing makes nobody judge again; a batch of them is judged
// after all of it, and when its lines come one by one, after the one that says something new.
func (o State) WithoutSightings() State {
	out := o
	out.Incidents = make([]Row, len(o.Incidents))
	for n, i := range o.Incidents {
		out.Incidents[n] = maps.Clone(i)
		out.Incidents[n]["unknowns"] = slices.DeleteFunc(slices.Clone(i["unknowns"].([]any)), func(u any) bool { return ofSightings.MatchString(u.(string)) })
		// The sentence ends with the first unknown.
		sentence, _, _ := strings.Cut(i["explanation"].(string), "; not known: ")
		out.Incidents[n]["explanation"] = strings.TrimSuffix(sentence, ".")
	}
	slices.SortFunc(out.Incidents, byText)
	return out
}

// ofSightings are the unknowns that tell how fresh sightings are.
var ofSightings = regexp.MustCompile(`^the sightings of | (not observed since|was never observed)|^the clock that times the sightings|too long to say whether|^and \d+ more$`)

func byText[T any](a, b T) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) }

// renamed replaces ids in a JSON value by names.
func renamed(v any, names map[string]string) any {
	switch v := v.(type) {
	case Row:
		out := Row{}
		for k, x := range v {
			out[k] = renamed(x, names)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, x := range v {
			out[i] = renamed(x, names)
		}
		return out
	case string:
		return cmp.Or(names[v], v)
	default:
		return v
	}
}
