// Package config reads the correlator's YAML configuration.
//
// Load does all that can fail (it reads every file that the configuration names, parses every
// matcher, and builds every HTTP client's settings), so that a caller that got a Config can put it
// to work without a further error: a reload takes effect as a whole or not at all. Relative paths
// are relative to the configuration file.
package config

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/alecthomas/units"
	"github.com/prometheus/common/model"
	"gopkg.in/yaml.v3"
)

// DatabaseURLVariable names the environment variable that gives the database URL where the
// configuration does not.
const DatabaseURLVariable = "ISPVM_DATABASE_URL"

// Config is the whole configuration.
type Config struct {
	// Database is where `serve` keeps its state; `standalone` has a database of its own.
	Database Database `yaml:"database"`
	// Tenants are the ISPs that this correlator works for.
	Tenants []Tenant `yaml:"tenants"`
	// Auth says who may call.
	Auth Auth `yaml:"auth"`
	// Limits bound what one request may ask.
	Limits Limits `yaml:"limits"`
	// Retention says how long the past is kept.
	Retention Retention `yaml:"retention"`
}

// Database names the PostgreSQL database. Of each URL and its file at most one is given.
type Database struct {
	// URL is a connection string, `postgres://user:password@host:5432/name?sslmode=verify-full`.
	// A file is the better place for it.
	URL Secret `yaml:"url,omitempty"`
	// URLFile holds it in a file.
	URLFile string `yaml:"url_file,omitempty"`
	// OwnerURL connects as the owner of the database, to apply migrations (default: URL). With it the
	// service itself can work as a login that owns nothing.
	OwnerURL Secret `yaml:"owner_url,omitempty"`
	// OwnerURLFile holds it in a file.
	OwnerURLFile string `yaml:"owner_url_file,omitempty"`
}

// Owner is where migrations are applied.
func (d Database) Owner() Secret { return cmp.Or(d.OwnerURL, d.URL) }

// Limits bound one request. Zero values are replaced by the defaults.
type Limits struct {
	// WebhookBody is the largest Alertmanager webhook, decompressed (default 10MiB).
	WebhookBody units.Base2Bytes `yaml:"webhook_body,omitempty"`
	// ObserveBody is the largest batch of observations, decompressed (default 20MiB).
	ObserveBody units.Base2Bytes `yaml:"observe_body,omitempty"`
	// RequestTimeout is how long one request may take (default 30s).
	RequestTimeout model.Duration `yaml:"request_timeout,omitempty"`
}

// Defaults.
const (
	DefaultWebhookBody    = 10 * units.MiB
	DefaultObserveBody    = 20 * units.MiB
	DefaultRequestTimeout = model.Duration(30 * time.Second)
	DefaultPollInterval   = model.Duration(15 * time.Second)
	DefaultAlertsInterval = model.Duration(30 * time.Second)
	DefaultReceiver       = "correlator"
	DefaultJournal        = model.Duration(90 * 24 * time.Hour)
)

// Load reads the configuration file at path and all files that it names. getenv is os.Getenv or
// its stand-in. An error names the file and the place in it.
func Load(path string, getenv func(string) string) (*Config, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the configuration: %w", err)
	}
	c, err := Parse(raw, filepath.Dir(path), getenv)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return c, nil
}

// Parse is Load on the text of a configuration file that stands in the folder dir.
func Parse(raw []byte, dir string, getenv func(string) string) (*Config, error) {
	c := &Config{}
	if err := decodeStrict(raw, c); err != nil {
		return nil, err
	}
	if err := c.Database.resolve(dir, getenv); err != nil {
		return nil, fmt.Errorf("database: %w", err)
	}
	if err := c.Limits.resolve(); err != nil {
		return nil, fmt.Errorf("limits: %w", err)
	}
	c.Retention.resolve()
	if err := c.resolveTenants(dir); err != nil {
		return nil, err
	}
	if err := c.Auth.resolve(dir, c.tenantIDs()); err != nil {
		return nil, fmt.Errorf("auth: %w", err)
	}
	return c, nil
}

// decodeStrict decodes one YAML document, in which a key that v does not have is an error.
func decodeStrict(raw []byte, v any) error {
	dec := yaml.NewDecoder(bytes.NewReader(raw))
	dec.KnownFields(true)
	if err := dec.Decode(v); err != nil {
		if errors.Is(err, io.EOF) {
			return errors.New("the file is empty")
		}
		return readable(err)
	}
	if err := dec.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return errors.New("more than one YAML document: keep the first and remove the rest")
	}
	return nil
}

// How yaml.v3 reports a key that a struct does not have, and a value that does not fit.
var (
	unknownKey = regexp.MustCompile(`field (\S+) not found in type \S+`)
	wrongKind  = regexp.MustCompile(`(?s)cannot unmarshal !!(\S+).* into \S+`)
)

// readable words yaml.v3's errors for somebody who does not know the program's types. The value
// that did not fit is left out: it may be a secret that stands in the wrong place.
func readable(err error) error {
	typeErr := new(yaml.TypeError)
	if !errors.As(err, &typeErr) {
		return err
	}
	lines := make([]string, len(typeErr.Errors))
	for i, line := range typeErr.Errors {
		line = unknownKey.ReplaceAllString(line, `unknown key "$1"`)
		lines[i] = wrongKind.ReplaceAllString(line, `a value of the wrong kind ($1)`)
	}
	return errors.New(strings.Join(lines, "; "))
}

func (d *Database) resolve(dir string, getenv func(string) string) error {
	for _, u := range []struct {
		key  string
		url  *Secret
		file string
	}{
		{"url", &d.URL, d.URLFile},
		{"owner_url", &d.OwnerURL, d.OwnerURLFile},
	} {
		if u.file == "" {
			continue
		}
		if *u.url != "" {
			return fmt.Errorf("give %s or %s_file, not both", u.key, u.key)
		}
		read, err := ReadSecretFile(within(dir, u.file))
		if err != nil {
			return fmt.Errorf("%s_file: %w", u.key, err)
		}
		*u.url = read
	}
	d.URL = cmp.Or(d.URL, Secret(getenv(DatabaseURLVariable)))
	return nil
}

func (l *Limits) resolve() error {
	if l.WebhookBody < 0 || l.ObserveBody < 0 {
		return errors.New("a size must be greater than zero")
	}
	if l.WebhookBody == 0 {
		l.WebhookBody = DefaultWebhookBody
	}
	if l.ObserveBody == 0 {
		l.ObserveBody = DefaultObserveBody
	}
	if l.RequestTimeout == 0 {
		l.RequestTimeout = DefaultRequestTimeout
	}
	return nil
}

// within makes path relative to dir unless it is absolute or empty.
func within(dir, path string) string {
	if path == "" || filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(dir, path)
}
