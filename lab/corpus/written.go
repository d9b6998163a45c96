package corpus

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"gopkg.in/yaml.v3"
)

//go:embed scenarios
var files embed.FS

// written is a scenario as a person writes it down: scenarios/*.yaml.
type written struct {
	About string `yaml:"about"`
	// Also is laid over scenarios/network.txt: routers and links that only this scenario has.
	Also []string `yaml:"also"`
	// Story has one thing a line, in order of arrival; see storyteller.line.
	Story []string `yaml:"story"`
	Truth []struct {
		Name    string   `yaml:"name"`
		Causes  []string `yaml:"causes"`
		Changes []string `yaml:"changes"`
		Alerts  []string `yaml:"alerts"` // "ALERT DEVICE", all of that name on that device
	} `yaml:"truth"`
}

// Written are the scenarios that were thought out by hand, by name.
func Written() ([]Scenario, error) {
	network, err := files.ReadFile("scenarios/network.txt")
	if err != nil {
		return nil, err
	}
	entries, err := files.ReadDir("scenarios")
	if err != nil {
		return nil, err
	}
	var out []Scenario
	for _, e := range entries {
		name, isScenario := strings.CutSuffix(e.Name(), ".yaml")
		if !isScenario {
			continue
		}
		doc, err := files.ReadFile(path.Join("scenarios", e.Name()))
		if err != nil {
			return nil, err
		}
		s, err := parseWritten(name, string(network), doc)
		if err != nil {
			return nil, fmt.Errorf("scenario %s: %w", name, err)
		}
		out = append(out, s)
	}
	return out, nil
}

func parseWritten(name, network string, doc []byte) (Scenario, error) {
	var w written
	dec := yaml.NewDecoder(bytes.NewReader(doc))
	dec.KnownFields(true)
	if err := dec.Decode(&w); err != nil {
		return Scenario{}, err
	}
	inventory, err := parseNetwork(append(strings.Split(network, "\n"), w.Also...))
	if err != nil {
		return Scenario{}, err
	}
	teller := storyteller{alerts: map[string]alert{}}
	teller.lines = []Line{{At: day.Add(6 * time.Hour), Kind: "inventory", Fields: inventory}}
	for _, text := range w.Story {
		if err := teller.line(text); err != nil {
			return Scenario{}, fmt.Errorf("%q: %w", text, err)
		}
	}
	teller.flush()
	out := Scenario{Name: name, About: w.About, lines: teller.lines}
	for _, t := range w.Truth {
		e := Event{Name: t.Name, Causes: t.Causes, Changes: t.Changes}
		for _, a := range t.Alerts {
			found := teller.named(a)
			if len(found) == 0 {
				return Scenario{}, fmt.Errorf("the truth speaks of %q, which never fires", a)
			}
			e.Alerts = append(e.Alerts, found...)
		}
		out.Truth.Events = append(out.Truth.Events, e)
	}
	return out, nil
}

// parseNetwork reads lines such as "ACC1 pop4 any AGG1 AGG2; all POWER1" and "CORE1:e1 - AGG1:e1".
func parseNetwork(lines []string) (map[string]any, error) {
	var devices, links []any
	for _, text := range lines {
		text, _, _ = strings.Cut(text, "#")
		if a, b, isLink := strings.Cut(text, " - "); isLink {
			links = append(links, map[string]any{"a": linkEnd(a), "b": linkEnd(b)})
			continue
		}
		words := strings.Fields(text)
		if len(words) == 0 {
			continue
		}
		if len(words) < 2 {
			return nil, fmt.Errorf("network: %q names no site", text)
		}
		d := map[string]any{"name": words[0], "site": words[1]}
		var groups []any
		for group := range strings.SplitSeq(strings.Join(words[2:], " "), ";") {
			if members := strings.Fields(group); len(members) > 1 {
				groups = append(groups, map[string]any{members[0]: members[1:]})
			}
		}
		if groups != nil {
			d["depends_on"] = groups
		}
		devices = append(devices, d)
	}
	return map[string]any{"devices": devices, "links": links}, nil
}

func linkEnd(s string) map[string]any {
	device, iface, _ := strings.Cut(strings.TrimSpace(s), ":")
	return map[string]any{"device": device, "interface": iface}
}

// day is the day of all written scenarios.
var day = time.Date(2026, 3, 10, 0, 0, 0, 0, time.UTC)

func clock(s string) (time.Time, error) {
	t, err := time.Parse(time.TimeOnly, s)
	return day.Add(t.Sub(t.Truncate(24 * time.Hour))), err
}

// storyteller turns the lines of a story into those of a timeline. Alerts of one instant come in one
// webhook.
type storyteller struct {
	lines  []Line
	alerts map[string]alert // by fingerprint
	batch  []alert
	at     time.Time
}

func (s *storyteller) flush() {
	if len(s.batch) > 0 {
		s.lines = append(s.lines, webhook(s.at, s.batch))
	}
	s.batch = nil
}

// line reads one line of a story, "TIME VERB WORDS… KEY=VALUE…":
//
//	observe DEVICE CATEGORY STATE [at=TIME] [source=ROAD]
//	failed DEVICE CATEGORY REASON
//	fire ALERT DEVICE [interface=] [peer=] [starts=TIME] [lag=DURATION]
//	resolve ALERT DEVICE [interface=] [peer=] [ends=TIME]
//	planned|maintenance ID FROM TO [devices=A,B] [sites=A,B]
//	tick
func (s *storyteller) line(text string) error {
	words, options := split(text)
	if len(words) < 2 {
		return errors.New("no time or no verb")
	}
	at, err := clock(words[0])
	if err != nil {
		return err
	}
	verb, words := words[1], words[2:]
	needed := map[string]int{"observe": 3, "failed": 3, "fire": 2, "resolve": 2, "planned": 3, "maintenance": 3, "tick": 0}
	if n, known := needed[verb]; !known || len(words) != n {
		return fmt.Errorf("%s takes %d words", verb, n)
	}
	alerts := verb == "fire" || verb == "resolve"
	if !alerts || !at.Equal(s.at) {
		s.flush()
	}
	s.at = at
	switch verb {
	case "fire", "resolve":
		return s.alert(verb == "fire", words[0], words[1], options)
	case "observe":
		observed, err := clock(or(options["at"], text[:8]))
		if err != nil {
			return err
		}
		o := observation(at, observed, words[0], words[1], words[2])
		o.Fields["source"] = or(options["source"], "prometheus")
		s.lines = append(s.lines, o)
	case "failed":
		s.lines = append(s.lines, Line{At: at, Kind: "observation_failed", Fields: map[string]any{
			"device": words[0], "category": words[1], "observed_at": at, "reason": words[2],
		}})
	case "planned", "maintenance":
		return s.window(verb, words, options)
	case "tick":
		s.lines = append(s.lines, Line{At: at, Kind: "tick"})
	}
	return nil
}

func split(text string) (words []string, options map[string]string) {
	options = map[string]string{}
	for _, w := range strings.Fields(text) {
		if key, value, isOption := strings.Cut(w, "="); isOption {
			options[key] = value
		} else {
			words = append(words, w)
		}
	}
	return words, options
}

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

func (s *storyteller) alert(fires bool, name, device string, options map[string]string) error {
	a := newAlert(name, device, options["interface"], options["peer"])
	if known, ok := s.alerts[a.fingerprint()]; ok {
		a = known
	}
	var err error
	if fires && (a.starts.IsZero() || !a.ends.IsZero() || options["starts"] != "") {
		a.ends = time.Time{}
		a.starts, err = s.instant(options["starts"])
	} else if !fires {
		a.ends, err = s.instant(options["ends"])
	}
	if err != nil {
		return err
	}
	if options["lag"] != "" {
		if a.lag, err = time.ParseDuration(options["lag"]); err != nil {
			return err
		}
	}
	s.alerts[a.fingerprint()] = a
	s.batch = append(s.batch, a)
	return nil
}

// instant is a time of the story, by default the line's own.
func (s *storyteller) instant(text string) (time.Time, error) {
	if text == "" {
		return s.at, nil
	}
	return clock(text)
}

func (s *storyteller) window(verb string, words []string, options map[string]string) error {
	from, err := clock(words[1])
	if err != nil {
		return err
	}
	to, err := clock(words[2])
	if err != nil {
		return err
	}
	scope := map[string]any{}
	for _, key := range []string{"devices", "sites"} {
		if options[key] != "" {
			scope[key] = strings.Split(options[key], ",")
		}
	}
	kind := map[string]string{"planned": "change", "maintenance": "maintenance"}[verb]
	record := map[string]any{"id": words[0], "title": words[0], "starts_at": from, "ends_at": to, "scope": scope}
	s.lines = append(s.lines, Line{At: s.at, Kind: kind, Fields: map[string]any{"op": "create", kind: record}})
	return nil
}

// named are the fingerprints of the alerts that "ALERT DEVICE" means.
func (s *storyteller) named(text string) []string {
	name, device, _ := strings.Cut(text, " ")
	var out []string
	for fingerprint, a := range s.alerts {
		if a.labels["alertname"] == name && a.labels["device"] == device {
			out = append(out, fingerprint)
		}
	}
	slices.Sort(out)
	return out
}
