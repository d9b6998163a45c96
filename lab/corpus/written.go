package corpus

import (
	"bytes"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
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
	About string `yaml:"about"` // what happened
	// Verdict is what an engineer would say of it.
	Verdict string `yaml:"verdict"`
	// Also is laid over scenarios/network.txt: routers and links that only this scenario has.
	Also []string `yaml:"also"`
	// Story has one thing a line, in order of arrival; see storyteller.line.
	Story []string `yaml:"story"`
	Truth []struct {
		Name     string   `yaml:"name"`
		Causes   []string `yaml:"causes"`
		Changes  []string `yaml:"changes"`
		Alerts   []string `yaml:"alerts"` // "ALERT DEVICE", all of that name on that device
		Arguable bool     `yaml:"arguable"`
		Began    string   `yaml:"began"`
		Unseen   []string `yaml:"unseen"`
	} `yaml:"truth"`
	Loose []string `yaml:"loose"` // as alerts of a truth
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
	teller := storyteller{alerts: map[string]alert{}, silent: map[string]bool{}, inventory: inventory}
	teller.lines = []Line{{At: day.Add(6 * time.Hour), Kind: "inventory", Fields: inventory}}
	for _, text := range w.Story {
		if err := teller.line(text); err != nil {
			return Scenario{}, fmt.Errorf("%q: %w", text, err)
		}
	}
	teller.flush()
	out := Scenario{Name: name, About: w.About, lines: teller.lines}
	for _, t := range w.Truth {
		e := Event{Name: t.Name, Causes: t.Causes, Changes: t.Changes, Arguable: t.Arguable, Unseen: t.Unseen}
		if t.Began != "" {
			if e.Began, err = clock(t.Began); err != nil {
				return Scenario{}, err
			}
		}
		if e.Alerts, err = teller.all(t.Alerts); err != nil {
			return Scenario{}, err
		}
		out.Truth.Events = append(out.Truth.Events, e)
	}
	out.Truth.Loose, err = teller.all(w.Loose)
	return out, err
}

// parseNetwork reads lines such as "ACC1 pop4 any AGG1 AGG2; all POWER1", "RING1 hub1 2of CORE1 CORE2
// CORE3" and "CORE1:e1 - AGG1:e1". A router that comes again is meant to be as it says then.
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
			members := strings.Fields(group)
			if len(members) < 2 {
				continue
			}
			if k, isQuorum := strings.CutSuffix(members[0], "of"); isQuorum {
				groups = append(groups, map[string]any{"k": json.Number(k), "of": members[1:]})
			} else {
				groups = append(groups, map[string]any{members[0]: members[1:]})
			}
		}
		if groups != nil {
			d["depends_on"] = groups
		}
		devices = slices.DeleteFunc(devices, func(known any) bool { return known.(map[string]any)["name"] == d["name"] })
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
	inventory map[string]any
	lines     []Line
	alerts    map[string]alert // by fingerprint
	silent    map[string]bool  // those of them that no webhook ever brings
	batch     []alert
	at        time.Time
}

func (s *storyteller) flush() {
	if len(s.batch) > 0 {
		s.lines = append(s.lines, webhook(s.at, s.batch))
	}
	s.batch = nil
}

// line reads one line of a story, "TIME VERB WORDS… KEY=VALUE…":
//
//	observe DEVICE CATEGORY STATE [at=TIME] [source=ROAD] [exporter=NAME] [by=USER] [allowlist=VERSION]
//	failed DEVICE CATEGORY REASON
//	fire ALERT DEVICE [interface=] [peer=] [site=] [symptom=] [severity=] [starts=TIME] [lag=DURATION]
//	silent ALERT DEVICE …     it fires and is silenced: only lists bring it
//	resolve ALERT DEVICE …    [ends=TIME]
//	gone ALERT DEVICE …       it ends, and nobody says so
//	list [started=TIME]       what Alertmanager answers to who asks for all alerts
//	planned|maintenance|blackout ID FROM TO [devices=A,B] [sites=A,B]
//	complete|cancel ID        of a planned change
//	renamed OLD NEW           in the inventory
//	tick
//
// The device "-" is none. From Prometheus come the first 12 digits of a fingerprint, from elsewhere all.
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
	needed := map[string]int{
		"observe": 3, "failed": 3, "fire": 2, "silent": 2, "resolve": 2, "gone": 2, "list": 0,
		"planned": 3, "maintenance": 3, "blackout": 3, "complete": 1, "cancel": 1, "renamed": 2, "tick": 0,
	}
	if n, known := needed[verb]; !known || len(words) != n {
		return fmt.Errorf("%s takes %d words", verb, n)
	}
	alerts := verb == "fire" || verb == "resolve"
	if !alerts || !at.Equal(s.at) {
		s.flush()
	}
	s.at = at
	switch verb {
	case "fire", "silent", "resolve", "gone":
		return s.alert(verb, words[0], words[1], options)
	case "list":
		return s.list(options)
	case "observe":
		return s.observe(words, options)
	case "failed":
		s.lines = append(s.lines, Line{At: at, Kind: "observation_failed", Fields: map[string]any{
			"device": words[0], "category": words[1], "observed_at": at, "reason": words[2],
		}})
	case "planned", "maintenance", "blackout":
		return s.window(verb, words, options)
	case "complete", "cancel":
		s.lines = append(s.lines, Line{At: at, Kind: "change", Fields: map[string]any{"op": verb, "change": map[string]any{"id": words[0]}}})
	case "renamed":
		return s.rename(words[0], words[1])
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

func (s *storyteller) observe(words []string, options map[string]string) error {
	observed, err := s.instant(options["at"])
	if err != nil {
		return err
	}
	o := observation(s.at, observed, words[0], words[1], words[2])
	o.Fields["source"] = or(options["source"], "prometheus")
	if o.Fields["source"] == "prometheus" {
		o.Fields["fingerprint"] = o.Fields["sha256"].(string)[:12]
		delete(o.Fields, "sha256")
	}
	if options["exporter"] != "" {
		o.Fields["exporter"] = options["exporter"]
	}
	if options["allowlist"] != "" {
		o.Fields["allowlist_version"] = json.Number(options["allowlist"])
	}
	if options["by"] != "" {
		o.Fields["actor"] = map[string]any{"user": options["by"], "address": "192.0.2.10", "via": "ssh"}
	}
	s.lines = append(s.lines, o)
	return nil
}

// rename sends the inventory again, with another name for a device.
func (s *storyteller) rename(old, name string) error {
	text, err := json.Marshal(s.inventory)
	if err != nil {
		return err
	}
	renamed := bytes.ReplaceAll(text, []byte(`"`+old+`"`), []byte(`"`+name+`"`))
	if bytes.Equal(text, renamed) {
		return fmt.Errorf("there is no %s", old)
	}
	s.inventory = nil
	if err := json.Unmarshal(renamed, &s.inventory); err != nil {
		return err
	}
	s.lines = append(s.lines, Line{At: s.at, Kind: "inventory", Fields: s.inventory})
	return nil
}

func (s *storyteller) list(options map[string]string) error {
	started, err := clock(or(options["started"], "00:00:00"))
	if err != nil {
		return err
	}
	body := []any{}
	for _, fingerprint := range slices.Sorted(maps.Keys(s.alerts)) {
		a := s.alerts[fingerprint]
		if !a.ends.IsZero() {
			continue
		}
		status := map[string]any{"state": "active", "silencedBy": []string{}, "inhibitedBy": []string{}}
		if s.silent[fingerprint] {
			status["state"], status["silencedBy"] = "suppressed", []string{"planned work"}
		}
		p := a.payload(s.at)
		delete(p, "status")
		p["status"], p["endsAt"], p["updatedAt"] = status, s.at.Add(4*time.Minute), s.at
		p["receivers"] = []any{map[string]string{"name": "correlator"}}
		body = append(body, p)
	}
	s.lines = append(s.lines, Line{At: s.at, Kind: "alerts", Fields: map[string]any{"body": body, "am_started_at": started}})
	return nil
}

func (s *storyteller) alert(verb, name, device string, options map[string]string) error {
	fires := verb == "fire" || verb == "silent"
	a := newAlert(name, strings.Trim(device, "-"), options["interface"], options["peer"])
	for _, label := range []string{"site", "symptom", "severity"} {
		if options[label] != "" {
			a.labels[label] = options[label]
		}
	}
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
	if verb == "silent" {
		s.silent[a.fingerprint()] = true
	}
	if verb == "fire" || verb == "resolve" {
		s.batch = append(s.batch, a)
	}
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
	kind := map[string]string{"planned": "change"}[verb]
	if kind == "" {
		kind = verb
	}
	record := map[string]any{"id": words[0], "title": words[0], "starts_at": from, "ends_at": to, "scope": scope}
	s.lines = append(s.lines, Line{At: s.at, Kind: kind, Fields: map[string]any{"op": "create", kind: record}})
	return nil
}

// all are the fingerprints of the alerts that some texts mean.
func (s *storyteller) all(texts []string) ([]string, error) {
	var out []string
	for _, text := range texts {
		found := s.named(text)
		if len(found) == 0 {
			return nil, fmt.Errorf("the truth speaks of %q, which never fires", text)
		}
		out = append(out, found...)
	}
	return out, nil
}

// named are the fingerprints of the alerts that "ALERT DEVICE" means.
func (s *storyteller) named(text string) []string {
	name, device, _ := strings.Cut(text, " ")
	var out []string
	for fingerprint, a := range s.alerts {
		if a.labels["alertname"] == name && a.labels["device"] == strings.Trim(device, "-") {
			out = append(out, fingerprint)
		}
	}
	slices.Sort(out)
	return out
}
