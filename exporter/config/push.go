package config

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
)

// Push is about sending to the correlator what was seen of configurations. It
// is read when the exporter starts; a reload does not change it.
type Push struct {
	// URL is the correlator's address.
	URL string `yaml:"url"`
	// TokenFile holds the bearer token, whose role is agent. It is read anew
	// at each call.
	TokenFile string `yaml:"token_file"`
	// SpoolDir is the folder for what waits to be sent.
	SpoolDir string `yaml:"spool_dir"`
	// MaxSpoolBytes bounds what waits. Default: 268435456 (256 MiB).
	MaxSpoolBytes int64 `yaml:"max_spool_bytes"`
	// Exporter names this exporter among others. Default: the host's name.
	Exporter string `yaml:"exporter"`
	// CAFile holds the authorities that know the correlator, in PEM. Default:
	// the system's.
	CAFile string `yaml:"ca_file"`
	// AllowPlainHTTP lets the token go over a network without TLS.
	AllowPlainHTTP bool `yaml:"allow_plain_http"`

	dir string // of the configuration file
}

// minSpool is room for a first sighting and a repeat of each category of some
// hundred routers.
const minSpool = 1 << 20

// Token returns the bearer token as it is now.
func (p *Push) Token() (string, error) {
	text, err := readSecret(inDir(p.dir, p.TokenFile))
	if err != nil {
		return "", fmt.Errorf("push.token_file: %w: it has to hold the token of an agent", err)
	}
	return strings.TrimSpace(text), nil
}

// Spool returns the folder of the spool.
func (p *Push) Spool() string { return inDir(p.dir, p.SpoolDir) }

// TLSConfig returns how the correlator is known.
func (p *Push) TLSConfig() (*tls.Config, error) {
	return (&TLS{CAFile: p.CAFile}).config(p.dir, "")
}

// push checks the block that says where to send to.
func (v *validator) push(p *Push) {
	at := func(key string) []any { return []any{"push", key} }
	if err := p.urlProblem(); err != nil {
		v.add(at("url"), "push.url %v", err)
	}
	if p.TokenFile == "" {
		v.add(at("token_file"), "push: no token_file: add the file with the token of an agent")
	} else if _, err := p.Token(); err != nil {
		v.add(at("token_file"), "%v", err)
	}
	if p.SpoolDir == "" {
		v.add(at("spool_dir"), "push: no spool_dir: add a folder that survives a restart, for what waits to be sent")
	}
	if p.MaxSpoolBytes < minSpool {
		v.add(at("max_spool_bytes"), "push.max_spool_bytes must be %d or more", minSpool)
	}
	if _, err := p.TLSConfig(); err != nil {
		v.add(at("ca_file"), "push: %v", err)
	}
}

// urlProblem says what is wrong with the address.
func (p *Push) urlProblem() error {
	u, err := url.Parse(p.URL)
	switch {
	case strings.Contains(p.URL, "@"): // it is not repeated
		return errors.New("holds a user name or password: the token goes into token_file")
	case err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http"):
		return fmt.Errorf("%q is no address: write it as https://correlator.example.net:8443", p.URL)
	case u.Scheme == "http" && !p.AllowPlainHTTP && !isLoopback(u.Hostname()):
		return fmt.Errorf("%q would send the token in the clear: use https, or say allow_plain_http: true", p.URL)
	default:
		return nil
	}
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || (ip != nil && ip.IsLoopback())
}
