package config

import (
	"cmp"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"fmt"
	"net"
	"os"
	"strings"
	"time"
)

// Config is the exporter's configuration file.
type Config struct {
	// Fingerprint is about the reading of configurations.
	Fingerprint Fingerprint `yaml:"fingerprint"`
	// Modules are the ways to scrape a device, by name.
	Modules map[string]*Module `yaml:"modules"`
	// Devices are the routers that may be scraped: no others are.
	Devices []*Device `yaml:"devices"`
	// OpenProbing lets /probe read routers that are not in Devices. Default:
	// it does not.
	OpenProbing *OpenProbing `yaml:"open_probing"`
	// Push sends what was seen to the correlator. Default: nothing is sent.
	Push *Push `yaml:"push"`

	hash [sha256.Size]byte
}

// Fingerprint is about the reading of configurations.
type Fingerprint struct {
	// Interval is the time between two readings. Default: 60s.
	Interval Duration `yaml:"interval"`
	// CategoryTimeout bounds the reading of one category. Default: 30s.
	CategoryTimeout Duration `yaml:"category_timeout"`
	// Listen has routers report changes, which are then read at once.
	// Default: true.
	Listen *bool `yaml:"listen"`
}

// Module is one way to scrape a device.
type Module struct {
	// Collectors are the families to read: names, the sets "default" and
	// "all", and names with a "-" in front to leave one out. Default: default.
	Collectors []string `yaml:"collectors"`
	// Timeout bounds a probe, whatever the scrape timeout is. Default: 30s.
	Timeout Duration `yaml:"timeout"`
	// DynamicInterfaces reads the interfaces of subscribers as well: a series
	// for each of them. Default: false.
	DynamicInterfaces bool `yaml:"dynamic_interfaces"`
}

// Device is one router.
type Device struct {
	// Name is the target of a probe.
	Name string `yaml:"name"`
	// Address is host or host:port. Default port: 8728, with TLS 8729.
	Address string `yaml:"address"`
	// Username is the router's user.
	Username string `yaml:"username"`
	// Password, PasswordFile, PasswordEnv: one of them. A file is read anew
	// at each login.
	Password     Secret `yaml:"password"`
	PasswordFile string `yaml:"password_file"`
	PasswordEnv  string `yaml:"password_env"`
	// TLS switches to api-ssl.
	TLS *TLS `yaml:"tls"`
	// Module is the module that service discovery names. Default: default.
	Module string `yaml:"module"`
	// Labels are the target's labels in service discovery.
	Labels map[string]string `yaml:"labels"`
	// ConnectTimeout bounds connecting and logging in. Default: 5s.
	ConnectTimeout Duration `yaml:"connect_timeout"`
	// MaxInFlight bounds the commands under way at once. Default: 8.
	MaxInFlight int `yaml:"max_in_flight"`
	// Listen is fingerprint.listen for this device. Default: what that says.
	Listen *bool `yaml:"listen"`
	// Level is 1 (fingerprints only) or 2: of Categories the configuration
	// itself is sent as well. Default: 1.
	Level int `yaml:"level"`
	// Categories are those of level 2.
	Categories []string `yaml:"categories"`

	dir string // of the configuration file
}

// Hash returns the SHA-256 of the file, for the metric of the configuration.
func (c *Config) Hash() [sha256.Size]byte { return c.hash }

// HostPort returns the address with its port.
func (d *Device) HostPort() string {
	if _, _, err := net.SplitHostPort(d.Address); err == nil {
		return d.Address
	}
	port := "8728"
	if d.TLS != nil {
		port = "8729"
	}
	return net.JoinHostPort(strings.Trim(d.Address, "[]"), port)
}

// Login returns the password as it is now.
func (d *Device) Login() (string, error) {
	switch {
	case d.PasswordFile != "":
		text, err := readSecret(inDir(d.dir, d.PasswordFile))
		if err != nil {
			return "", fmt.Errorf("password_file of device %s: %w", d.Name, err)
		}
		return text, nil
	case d.PasswordEnv != "":
		text, ok := os.LookupEnv(d.PasswordEnv)
		if !ok {
			return "", fmt.Errorf("password_env of device %s: the environment has no variable %s", d.Name, d.PasswordEnv)
		}
		return text, nil
	default:
		return d.Password.Reveal(), nil
	}
}

// Revision is the same for two devices whose settings are, secrets included:
// who mends a password and reloads wants it to be tried now, and not when a
// router that refused the old one is due again. What is only told to service
// discovery is not part of it: the connection need not be made anew for a
// label.
func (d *Device) Revision() string {
	h := sha256.New()
	password, err := d.Login() // as it is now; an error shows at the login
	fmt.Fprintf(h, "%q %q %q %v %q %q %v %d %q %q",
		d.HostPort(), d.Username, password, err, d.PasswordFile, d.PasswordEnv, d.ConnectTimeout, d.MaxInFlight, d.dir, d.Categories)
	if d.TLS != nil {
		ca, err := os.ReadFile(inDir(d.dir, d.TLS.CAFile)) // as it is now; an error shows when the file is needed
		fmt.Fprintf(h, " %+v %q %v", *d.TLS, ca, err)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// TLSConfig returns the settings of TLS, nil without.
func (d *Device) TLSConfig() (*tls.Config, error) {
	if d.TLS == nil {
		return nil, nil //nolint:nilnil // no TLS is an answer
	}
	host, _, err := net.SplitHostPort(d.HostPort())
	if err != nil {
		return nil, err
	}
	return d.TLS.config(d.dir, cmp.Or(d.TLS.ServerName, host))
}

// Duration is a length of time as Prometheus writes it ("90s", "1m30s").
type Duration time.Duration
