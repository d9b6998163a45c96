package config

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"time"

	"github.com/prometheus/alertmanager/pkg/labels"
	httpconfig "github.com/prometheus/common/config"
	"github.com/prometheus/common/model"
)

// Prometheus is a server in which the exporters' fingerprints are found.
type Prometheus struct {
	// Name tells several servers of a tenant apart (default: its place in the list).
	Name string `yaml:"name,omitempty"`
	// URL is the root of its API, such as `http://prometheus:9090`.
	URL string `yaml:"url"`
	// PollInterval is how often it is asked (default 15s).
	PollInterval model.Duration `yaml:"poll_interval,omitempty"`
	// Matchers narrow the series, such as `tenant="acme"`, where several tenants share a server.
	Matchers []string `yaml:"matchers,omitempty"`
	// Series names the series and labels, where relabelling has changed them.
	Series Series `yaml:"series,omitempty"`
	// HTTPClient says how to log in: basic_auth, authorization, tls_config and so on, with the keys
	// that Prometheus has for its own scrapes.
	HTTPClient HTTPClient `yaml:",inline"`

	// ParsedMatchers are the Matchers.
	ParsedMatchers []*labels.Matcher `yaml:"-"`
}

// Series names what the exporter publishes.
type Series struct {
	// Fingerprint is the gauge of the 48 bits (default: as our exporter calls it).
	Fingerprint string `yaml:"fingerprint,omitempty"`
	// ObservedTimestamp is when that was read (default: as our exporter calls it).
	ObservedTimestamp string `yaml:"observed_timestamp,omitempty"`
	// AllowlistVersion is the gauge of it (default: as our exporter calls it).
	AllowlistVersion string `yaml:"allowlist_version,omitempty"`
	// Sessions is the gauge of subscribers' sessions, which are counted for an outage's impact (default:
	// PPP sessions as our exporter calls them).
	Sessions string `yaml:"sessions,omitempty"`
	// Neighbors, Identity, Interfaces, OSPFNeighbors, BGPPeers, BGPSessions and BGPPrefixes are what
	// proposals for the inventory are made from (default: as our exporter calls them).
	Neighbors     string `yaml:"neighbors,omitempty"`
	Identity      string `yaml:"identity,omitempty"`
	Interfaces    string `yaml:"interfaces,omitempty"`
	OSPFNeighbors string `yaml:"ospf_neighbors,omitempty"`
	BGPPeers      string `yaml:"bgp_peers,omitempty"`
	BGPSessions   string `yaml:"bgp_sessions,omitempty"`
	BGPPrefixes   string `yaml:"bgp_prefixes,omitempty"`
	// DeviceLabel holds the device (default `device`).
	DeviceLabel string `yaml:"device_label,omitempty"`
	// CategoryLabel holds the category (default `category`).
	CategoryLabel string `yaml:"category_label,omitempty"`
	// ExporterLabel tells exporters of one device apart, since each has a clock of its own (default:
	// none, each device has one exporter).
	ExporterLabel string `yaml:"exporter_label,omitempty"`
}

// Alertmanager is a server whose list of alerts is read.
type Alertmanager struct {
	// Name tells several servers of a tenant apart (default: its place in the list).
	Name string `yaml:"name,omitempty"`
	// URL is the root of its API, such as `http://alertmanager:9093`.
	URL string `yaml:"url"`
	// PollInterval is how often it is asked (default 30s).
	PollInterval model.Duration `yaml:"poll_interval,omitempty"`
	// Receiver names the receiver in that Alertmanager's configuration that posts to the correlator, as
	// a regular expression that fits the whole name (default: correlator). Alerts that are routed
	// elsewhere alone are not taken.
	Receiver string `yaml:"receiver,omitempty"`
	// Matchers narrow the alerts further, where several tenants share a receiver.
	Matchers []string `yaml:"matchers,omitempty"`
	// HTTPClient says how to log in.
	HTTPClient HTTPClient `yaml:",inline"`

	// ParsedMatchers are the Matchers.
	ParsedMatchers []*labels.Matcher `yaml:"-"`
}

// HTTPClient is how Prometheus' programs describe an HTTP client, masked in %#v too.
type HTTPClient struct {
	httpconfig.HTTPClientConfig `yaml:",inline"`
}

// GoString gives what String gives, in which secrets are masked.
func (c HTTPClient) GoString() string { return c.String() }

func (c *HTTPClient) resolve(dir string) error {
	if err := c.Validate(); err != nil {
		return err
	}
	c.SetDirectory(dir)
	return nil
}

func (p *Prometheus) name() *string   { return &p.Name }
func (a *Alertmanager) name() *string { return &a.Name }

// UnmarshalYAML sets the defaults of HTTPClient, whose zero value would not follow redirects.
func (p *Prometheus) UnmarshalYAML(unmarshal func(any) error) error {
	type plain Prometheus
	p.HTTPClient = HTTPClient{httpconfig.DefaultHTTPClientConfig}
	return unmarshal((*plain)(p))
}

// UnmarshalYAML sets the defaults of HTTPClient, whose zero value would not follow redirects.
func (a *Alertmanager) UnmarshalYAML(unmarshal func(any) error) error {
	type plain Alertmanager
	a.HTTPClient = HTTPClient{httpconfig.DefaultHTTPClientConfig}
	return unmarshal((*plain)(a))
}

func (p *Prometheus) resolve(dir string) (err error) {
	if p.PollInterval, err = pollInterval(p.PollInterval, DefaultPollInterval); err != nil {
		return err
	}
	if err := p.Series.resolve(); err != nil {
		return fmt.Errorf("series: %w", err)
	}
	p.ParsedMatchers, err = resolveServer(dir, p.URL, p.Matchers, &p.HTTPClient)
	return err
}

func (a *Alertmanager) resolve(dir string) (err error) {
	if a.PollInterval, err = pollInterval(a.PollInterval, DefaultAlertsInterval); err != nil {
		return err
	}
	a.Receiver = cmp.Or(a.Receiver, DefaultReceiver)
	if _, err := regexp.Compile(a.Receiver); err != nil {
		return fmt.Errorf("receiver: %w", err)
	}
	a.ParsedMatchers, err = resolveServer(dir, a.URL, a.Matchers, &a.HTTPClient)
	return err
}

func resolveServer(dir, url string, matchers []string, client *HTTPClient) ([]*labels.Matcher, error) {
	if url == "" {
		return nil, errors.New("url is missing")
	}
	if err := checkURL(url); err != nil {
		return nil, fmt.Errorf("url: %w", err)
	}
	if err := client.resolve(dir); err != nil {
		return nil, err
	}
	parsed := make([]*labels.Matcher, 0, len(matchers))
	for _, text := range matchers {
		m, err := labels.ParseMatcher(text)
		if err != nil {
			return nil, fmt.Errorf("matchers: %q: %w", text, err)
		}
		parsed = append(parsed, m)
	}
	return parsed, nil
}

func pollInterval(given, fallback model.Duration) (model.Duration, error) {
	switch {
	case given == 0:
		return fallback, nil
	case time.Duration(given) < time.Second:
		return 0, fmt.Errorf("poll_interval: %s is too short: use at least 1s", given)
	}
	return given, nil
}

func (s *Series) resolve() error {
	for _, d := range []struct {
		name     *string
		standard string
	}{
		{&s.Fingerprint, "routeros_config_fingerprint"},
		{&s.ObservedTimestamp, "routeros_config_observed_timestamp_seconds"},
		{&s.AllowlistVersion, "routeros_config_allowlist_version"},
		{&s.Sessions, "routeros_ppp_active_sessions"},
		{&s.Neighbors, "routeros_neighbor_info"},
		{&s.Identity, "routeros_system_identity_info"},
		{&s.Interfaces, "routeros_interface_info"},
		{&s.OSPFNeighbors, "routeros_ospf_neighbor_up"},
		{&s.BGPPeers, "routeros_bgp_peer_info"},
		{&s.BGPSessions, "routeros_bgp_session_up"},
		{&s.BGPPrefixes, "routeros_bgp_session_prefixes_received"},
	} {
		*d.name = cmp.Or(*d.name, d.standard)
		if !model.LegacyValidation.IsValidMetricName(*d.name) {
			return fmt.Errorf("%q is not a metric name", *d.name)
		}
	}
	s.DeviceLabel = cmp.Or(s.DeviceLabel, "device")
	s.CategoryLabel = cmp.Or(s.CategoryLabel, "category")
	for _, label := range []string{s.DeviceLabel, s.CategoryLabel, cmp.Or(s.ExporterLabel, "exporter")} {
		if !model.LegacyValidation.IsValidLabelName(label) {
			return fmt.Errorf("%q is not a label name", label)
		}
	}
	return nil
}
