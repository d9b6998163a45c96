package config

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/common/model"
	"gopkg.in/yaml.v3"
)

// Load reads and checks a configuration file. Its errors name file and line,
// all that are found at once, and say what to do.
//
// collectors are those that a module may name.
func Load(file string, collectors []string) (*Config, error) {
	text, err := readBounded(file, maxFile)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("read the configuration: %w: name it with --config.file; the smallest one is in docs/exporter.md", err)
	case err != nil:
		return nil, fmt.Errorf("read the configuration: %w", err)
	}
	return Parse(file, text, collectors)
}

// maxFile is more than a fleet of 50,000 devices needs, in bytes.
const maxFile = 16 << 20

// Parse reads and checks the text of a configuration file, whose name is for
// messages and for finding the files that it names.
func Parse(file string, text []byte, collectors []string) (*Config, error) {
	dec := yaml.NewDecoder(bytes.NewReader(text))
	dec.KnownFields(true)
	c := &Config{hash: sha256.Sum256(text)}
	if err := dec.Decode(c); errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%s: is empty; the smallest configuration has modules: {default: {}} and devices", file)
	} else if err != nil {
		return nil, explain(file, err)
	}
	var second yaml.Node
	if err := dec.Decode(&second); err == nil {
		return nil, fmt.Errorf("%s:%d: a second document begins here, which would be ignored: remove the line ---", file, second.Line)
	} else if !errors.Is(err, io.EOF) {
		return nil, explain(file, err)
	}
	var root yaml.Node
	if err := yaml.Unmarshal(text, &root); err != nil {
		return nil, explain(file, err)
	}
	c.fill(filepath.Dir(file))
	v := &validator{file: file, root: &root, collectors: collectors}
	v.check(c)
	if len(v.errs) > 0 {
		return nil, errors.Join(v.errs...)
	}
	return c, nil
}

// fill sets what was left out.
func (c *Config) fill(dir string) {
	orDefault(&c.Fingerprint.Interval, time.Minute)
	orDefault(&c.Fingerprint.CategoryTimeout, 30*time.Second)
	c.Fingerprint.Listen = cmp.Or(c.Fingerprint.Listen, new(true))
	for name, m := range c.Modules {
		if m == nil { // "default:" with nothing behind it
			m = &Module{}
			c.Modules[name] = m
		}
		orDefault(&m.Timeout, 30*time.Second)
	}
	if p := c.Push; p != nil {
		p.dir = dir
		p.MaxSpoolBytes = cmp.Or(p.MaxSpoolBytes, 256<<20)
		if p.Exporter == "" {
			p.Exporter, _ = os.Hostname() // without a name, it is one without
		}
	}
	for _, d := range c.Devices {
		if d != nil {
			d.fill(dir, c.Fingerprint.Listen)
		}
	}
	if o := c.OpenProbing; o != nil {
		o.MaxTargets = cmp.Or(o.MaxTargets, 100)
		orDefault(&o.IdleTimeout, 10*time.Minute)
		if o.Device != nil {
			o.Device.fill(dir, c.Fingerprint.Listen)
		}
	}
}

func (d *Device) fill(dir string, listen *bool) {
	d.dir = dir
	d.Level = cmp.Or(d.Level, 1)
	d.Module = cmp.Or(d.Module, "default")
	orDefault(&d.ConnectTimeout, 5*time.Second)
	d.MaxInFlight = cmp.Or(d.MaxInFlight, 8)
	d.Listen = cmp.Or(d.Listen, listen)
}

func orDefault(d *Duration, v time.Duration) {
	if *d == 0 {
		*d = Duration(v)
	}
}

// UnmarshalYAML reads a duration.
func (d *Duration) UnmarshalYAML(node *yaml.Node) error {
	v, err := model.ParseDuration(node.Value)
	if err != nil {
		return &yaml.TypeError{Errors: []string{fmt.Sprintf("line %d: %q is no duration: write it as 30s or 5m", node.Line, node.Value)}}
	}
	*d = Duration(v)
	return nil
}

// The forms of yaml.v3's errors that say too much of Go and too little of what
// to do.
var (
	unknownField = regexp.MustCompile(`^line (\d+): field (\S+) not found in type config\.(\w+)$`)
	wrongType    = regexp.MustCompile("^line (\\d+): cannot unmarshal (\\S+) (`.*` )?into (\\S+)$")
	syntaxError  = regexp.MustCompile(`^yaml: line (\d+): (.*)$`)
	// What is missing is named in it, and may be a password that begins with *.
	missingAnchor = regexp.MustCompile(`^yaml: unknown anchor '.*' referenced$`)
	wrongTag      = regexp.MustCompile("^yaml: cannot decode \\S+ `(?s:.*)` as a (\\S+)$")
	quoted        = regexp.MustCompile("(?s)['`\"].*['`\"]")
)

// explain turns an error of the YAML reader into ours.
func explain(file string, err error) error {
	var types *yaml.TypeError
	if !errors.As(err, &types) {
		if m := syntaxError.FindStringSubmatch(err.Error()); m != nil {
			hint := ""
			if strings.Contains(m[2], "cannot start any token") {
				hint = "; indent with spaces, not with tabs, and write values that begin with @, ` or % in quotes"
			}
			return fmt.Errorf("%s:%s: is no YAML: %s%s", file, m[1], m[2], hint)
		}
		if missingAnchor.MatchString(err.Error()) {
			return fmt.Errorf("%s: a value begins with *, by which YAML means an anchor, and there is none of that name: write the value in quotes", file)
		}
		if m := wrongTag.FindStringSubmatch(err.Error()); m != nil {
			return fmt.Errorf("%s: a value has the tag %s, which does not fit it: write the value in quotes, without the tag", file, m[1])
		}
		// Whatever it quotes may be a password in the wrong place.
		return fmt.Errorf("%s: %s", file, quoted.ReplaceAllString(err.Error(), "…"))
	}
	errs := make([]error, 0, len(types.Errors))
	for _, e := range types.Errors {
		errs = append(errs, errors.New(explainLine(file, e)))
	}
	return errors.Join(errs...)
}

func explainLine(file, message string) string {
	if m := unknownField.FindStringSubmatch(message); m != nil {
		return fmt.Sprintf("%s:%s: unknown key %q; known here are %s", file, m[1], m[2], strings.Join(keysOf[m[3]], ", "))
	}
	if m := wrongType.FindStringSubmatch(message); m != nil {
		// The value is left out: it may be a password in the wrong place.
		return fmt.Sprintf("%s:%s: found %s where %s is expected", file, m[1], kindOf(m[2]), goKindOf(m[4]))
	}
	if line, rest, ok := strings.Cut(strings.TrimPrefix(message, "line "), ": "); ok {
		return file + ":" + line + ": " + rest
	}
	return file + ": " + message
}

// keysOf lists the keys of each part of the file. A test holds it to the
// types.
var keysOf = map[string][]string{
	"Config":      {"fingerprint", "modules", "devices", "open_probing", "push"},
	"Fingerprint": {"interval", "category_timeout", "listen"},
	"Module":      {"collectors", "timeout", "dynamic_interfaces"},
	"Device": {
		"name", "address", "username", "password", "password_file", "password_env", "tls", "module", "labels",
		"connect_timeout", "max_in_flight", "listen", "level", "categories",
	},
	"OpenProbing": {"networks", "port", "device", "max_targets", "idle_timeout"},
	"Push":        {"url", "token_file", "spool_dir", "max_spool_bytes", "exporter", "ca_file", "allow_plain_http"},
	"TLS":         {"ca_file", "server_name", "pin_sha256", "insecure_skip_verify"},
}

func kindOf(tag string) string {
	names := map[string]string{"!!map": "keys and values", "!!seq": "a list", "!!str": "a text", "!!int": "a number", "!!bool": "true or false"}
	if n, ok := names[tag]; ok {
		return n
	}
	return "a value"
}

func goKindOf(t string) string {
	switch {
	case strings.HasPrefix(t, "[]"):
		return "a list"
	case strings.HasPrefix(t, "map") || strings.Contains(t, "config."):
		return "a set of keys ({} for the defaults)"
	case slices.Contains([]string{"int", "float64"}, t):
		return "a number"
	case t == "bool":
		return "true or false"
	default:
		return "a text"
	}
}
