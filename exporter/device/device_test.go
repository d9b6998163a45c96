package device

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/expfmt"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/fingerprint"
	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/routeros/routerostest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// small is a router with little on it.
func small() *routerostest.Router {
	return &routerostest.Router{Menus: map[string][][]string{
		"/system/resource":       {{"version=7.16 (stable)", "uptime=1h"}},
		"/interface":             {{"name=ether1", "running=true"}},
		"/routing/bgp/session":   {},
		"/ip/address":            {{"address=192.0.2.1/24", "interface=ether1"}},
		"/ip/firewall/filter":    {{"chain=input", "action=drop"}},
		"/routing/ospf/neighbor": {},
	}}
}

type testDevice struct {
	*Device
	log *safeBuffer
}

type safeBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *safeBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *safeBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

func options(t *testing.T, address string) (Options, *safeBuffer) {
	t.Helper()
	allowlist, err := fingerprint.Builtin()
	require.NoError(t, err)
	log := &safeBuffer{}
	return Options{
		Name: "R", Address: address, Username: "u", Password: func() (string, error) { return "p", nil },
		Allowlist: allowlist, Logger: slog.New(slog.NewTextHandler(log, nil)),
	}, log
}

func newDevice(t *testing.T, r *routerostest.Router, change func(*Options)) testDevice {
	t.Helper()
	o, log := options(t, r.Start(t))
	if change != nil {
		change(&o)
	}
	d, err := New(o)
	require.NoError(t, err)
	t.Cleanup(d.Close)
	return testDevice{d, log}
}

func module(t *testing.T, names ...string) Module {
	t.Helper()
	m, err := NewModule("m", names, false)
	require.NoError(t, err)
	return m
}

type samples []prometheus.Metric

func (samples) Describe(chan<- *prometheus.Desc) {}

func (s samples) Collect(out chan<- prometheus.Metric) {
	for _, m := range s {
		out <- m
	}
}

// series returns samples by name and labels.
func series(t *testing.T, ms []prometheus.Metric) map[string]string {
	t.Helper()
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(samples(ms))
	families, err := registry.Gather()
	require.NoError(t, err)
	var text strings.Builder
	for _, f := range families {
		_, err := expfmt.MetricFamilyToText(&text, f)
		require.NoError(t, err)
	}
	out := map[string]string{}
	for line := range strings.Lines(text.String()) {
		line = strings.TrimSpace(line)
		if i := strings.LastIndexByte(line, ' '); !strings.HasPrefix(line, "#") {
			out[line[:i]] = line[i+1:]
		}
	}
	return out
}

func within(t *testing.T, d time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}

func TestASlowMenuCostsOnlyItsCollector(t *testing.T) {
	t.Parallel()
	r := small()
	r.Hang = map[string]bool{"/routing/bgp/session": true}
	d := newDevice(t, r, nil)
	got := series(t, d.Collect(within(t, 300*time.Millisecond), module(t)))
	require.Equal(t, "1", got["routeros_up"])
	require.Equal(t, "1", got[`routeros_interface_up{interface="ether1"}`])
	require.Equal(t, "1", got[`routeros_collector_success{collector="interface"}`])
	require.Equal(t, "0", got[`routeros_collector_success{collector="bgp"}`])

	again := series(t, d.Collect(within(t, 300*time.Millisecond), module(t)))
	require.Equal(t, "1", again["routeros_up"])
	require.Equal(t, "1", again["routeros_logins_total"], "the command was cancelled, the connection stays")
	require.Equal(t, 1, strings.Count(d.log.String(), `part="collector bgp"`), "said once: %s", d.log)
}

// Somebody whose time is up gets what there is, while others wait for more.
func TestAnImpatientScraperGetsWhatThereIs(t *testing.T) {
	t.Parallel()
	r := small()
	r.Hang = map[string]bool{"/routing/bgp/session": true}
	d := newDevice(t, r, nil)
	require.Eventually(t, func() bool { _, err := d.session.get(t.Context()); return err == nil }, 5*time.Second, time.Millisecond)
	patient := make(chan []prometheus.Metric)
	all, ctx := module(t), within(t, time.Second)
	go func() { patient <- d.Collect(ctx, all) }()
	require.Eventually(t, func() bool {
		d.mu.Lock()
		defer d.mu.Unlock()
		r := d.readings["m"]
		if r == nil {
			return false
		}
		return series(t, r.snapshot(time.Now()))["routeros_up"] == "1"
	}, 5*time.Second, time.Millisecond)

	now, cancel := context.WithCancel(t.Context())
	cancel()
	got := series(t, d.Collect(now, all))
	require.Equal(t, "1", got["routeros_up"])
	require.Equal(t, "0", got[`routeros_collector_success{collector="bgp"}`])
	require.Equal(t, "1", series(t, <-patient)["routeros_up"])
}

func TestCategoryThatFailsKeepsWhatIsKnown(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	var mu sync.Mutex
	clock := func() time.Time {
		mu.Lock()
		defer mu.Unlock()
		return now
	}
	advance := func() {
		mu.Lock()
		defer mu.Unlock()
		now = now.Add(time.Minute)
	}
	r := small()
	d := newDevice(t, r, func(o *Options) { o.Now = clock })
	d.readConfiguration()
	first := series(t, d.ledger.metrics())
	require.Contains(t, first, `routeros_config_fingerprint{category="all"}`)
	require.Equal(t, "1.7955216e+09", first[`routeros_config_observed_timestamp_seconds{category="firewall"}`])

	// A refusal of one menu fails its category, and no hash is made of the rest.
	advance()
	r.Refuse("/ip/firewall/nat", "not enough permissions (9)")
	r.Set("/ip/firewall/filter", []string{"chain=input", "action=accept"})
	d.readConfiguration()
	failed := series(t, d.ledger.metrics())
	require.Equal(t, "0", failed[`routeros_collector_success{collector="config_firewall"}`])
	require.Equal(t, "1", failed[`routeros_collector_success{collector="config_addressing"}`])
	for _, name := range []string{"config_fingerprint", "config_observed_timestamp_seconds", "config_changes_total"} {
		s := `routeros_` + name + `{category="firewall"}`
		require.Equal(t, first[s], failed[s], s)
	}
	require.Equal(t, first[`routeros_config_fingerprint{category="all"}`], failed[`routeros_config_fingerprint{category="all"}`])
	require.Equal(t, "1.7955216e+09", failed[`routeros_config_observed_timestamp_seconds{category="all"}`], "as old as the oldest")
	require.Equal(t, "1.79552166e+09", failed[`routeros_config_observed_timestamp_seconds{category="addressing"}`])
	require.Contains(t, d.log.String(), `router says \"not enough permissions (9)\"`)

	// When it can be read again, the change in between is seen.
	advance()
	r.Refuse("/ip/firewall/nat", "")
	d.readConfiguration()
	after := series(t, d.ledger.metrics())
	require.Equal(t, "1", after[`routeros_config_changes_total{category="firewall"}`])
	require.Equal(t, "0", after[`routeros_config_changes_total{category="addressing"}`])
	require.Equal(t, "1.79552172e+09", after[`routeros_config_last_change_timestamp_seconds{category="firewall"}`])
	require.Equal(t, "1", after[`routeros_config_changes_total{category="all"}`])
}

func TestOverallFingerprintNeedsAllCategories(t *testing.T) {
	t.Parallel()
	r := small()
	r.Refuse("/user", "not enough permissions (9)")
	d := newDevice(t, r, nil)
	d.readConfiguration()
	got := series(t, d.ledger.metrics())
	require.Contains(t, got, `routeros_config_fingerprint{category="system"}`)
	require.NotContains(t, got, `routeros_config_fingerprint{category="users"}`)
	require.NotContains(t, got, `routeros_config_fingerprint{category="all"}`)
}

// A router that takes logins and drops the connection is not logged in to at
// every scrape.
func TestDroppedConnectionsAreNoFloodOfLogins(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	r := small()
	r.Drop = map[string]bool{"/interface": true}
	d := newDevice(t, r, func(o *Options) { o.Now = func() time.Time { return now } })
	var got map[string]string
	for range 10 {
		got = series(t, d.Collect(within(t, 5*time.Second), module(t, "interface")))
	}
	require.Equal(t, 1, r.Logins())
	require.Equal(t, "0", got["routeros_up"])
	require.Equal(t, "1", got[`routeros_connect_failures_total{reason="fatal"}`])
	require.Equal(t, 1, strings.Count(d.log.String(), "connection to the router lost"))
}

func TestUnsupportedVersionIsAClearError(t *testing.T) {
	t.Parallel()
	for version, want := range map[string]string{"5.26": `version "5.26" is not supported`, "": `version "" is not supported`} {
		r := &routerostest.Router{Menus: map[string][][]string{"/system/resource": {{"version=" + version}}}}
		d := newDevice(t, r, nil)
		_, err := d.session.get(t.Context())
		require.ErrorContains(t, err, want)
	}
	for version, want := range map[string]int{"6.49.10 (long-term)": 6, "7.16 (stable)": 7, "7": 7, "8.1": 7} {
		major, err := majorOf(version)
		require.NoError(t, err)
		require.Equal(t, want, major)
	}
}

func TestClosedDeviceAnswers(t *testing.T) {
	t.Parallel()
	d := newDevice(t, small(), nil)
	d.Watch()
	d.Close()
	d.Close()
	got := series(t, d.Collect(within(t, time.Minute), module(t)))
	require.Equal(t, "0", got["routeros_up"])
}

func TestNewRefusesHalfOfWhatItNeeds(t *testing.T) {
	t.Parallel()
	_, err := New(Options{Name: "R"})
	require.EqualError(t, err, "device: Name, Address, Allowlist and Logger are required")
	_, err = NewModule("m", []string{"none"}, false)
	require.ErrorContains(t, err, `module m: unknown collector "none"`)
}
