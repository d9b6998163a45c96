package collector

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/expfmt"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/routeros"
	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/routeros/routerostest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func connect(t *testing.T, r *routerostest.Router) *routeros.Conn {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	c, err := routeros.Dial(ctx, routeros.Options{
		Address: r.Start(t), Username: "u", Password: func() (string, error) { return "p", nil },
	})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, c.Close()) })
	return c
}

// metrics registers samples as a probe does.
type metrics []prometheus.Metric

func (metrics) Describe(chan<- *prometheus.Desc) {}

func (ms metrics) Collect(out chan<- prometheus.Metric) {
	for _, m := range ms {
		out <- m
	}
}

// untruncated is what every complete collector says.
var untruncated = regexp.MustCompile(`^routeros_collector_truncated\{collector="[a-z_]+"\} 0\n$`)

// expose writes what a registry has as Prometheus reads it.
func expose(tb testing.TB, registry *prometheus.Registry) string {
	tb.Helper()
	families, err := registry.Gather()
	require.NoError(tb, err)
	var text strings.Builder
	for _, f := range families {
		_, err := expfmt.MetricFamilyToText(&text, f)
		require.NoError(tb, err)
	}
	return text.String()
}

// collect runs a collector and returns its series, without comments.
func collect(t *testing.T, name string, major int, r *routerostest.Router) ([]string, error) {
	t.Helper()
	chosen, err := Select([]string{name})
	require.NoError(t, err)
	var out Samples
	in := Input{Major: major, Now: func() time.Time { return time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC) }}
	failure := chosen[0].Collect(t.Context(), connect(t, r), in, &out)

	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(metrics(out.Metrics()))
	var lines []string
	for line := range strings.Lines(expose(t, registry)) {
		if !strings.HasPrefix(line, "#") && !untruncated.MatchString(line) {
			lines = append(lines, strings.TrimSpace(line))
		}
	}
	return lines, failure
}

func TestSelect(t *testing.T) {
	t.Parallel()
	var standard, optional []string
	for _, c := range All() {
		if c.Optional() {
			optional = append(optional, c.Name())
		} else {
			standard = append(standard, c.Name())
		}
	}
	for name, c := range map[string]struct{ selection, want []string }{
		"nothing is the default":       {nil, standard},
		"the default and one less":     {[]string{"default", "-ppp"}, slices.DeleteFunc(slices.Clone(standard), func(s string) bool { return s == "ppp" })},
		"names, in the order of all":   {[]string{"bgp", "system"}, []string{"system", "bgp"}},
		"all":                          {[]string{"all"}, Names()},
		"all less the default":         {[]string{"all", "-default"}, optional},
		"the last word on a collector": {[]string{"-bgp", "bgp"}, []string{"bgp"}},
	} {
		chosen, err := Select(c.selection)
		require.NoError(t, err, name)
		var got []string
		for _, c := range chosen {
			got = append(got, c.Name())
		}
		require.Equal(t, c.want, got, name)
	}
	for _, word := range []string{"bpg", "-bpg"} {
		_, err := Select([]string{"system", word})
		require.ErrorContains(t, err, `unknown collector "bpg": known are system, interface, ethernet, `)
	}
}

// A router without a menu is a router without series, not a failure.
func TestMissingMenusAreNoFailure(t *testing.T) {
	t.Parallel()
	for _, name := range Names() {
		for _, major := range []int{6, 7} {
			got, err := collect(t, name, major, &routerostest.Router{})
			require.NoError(t, err, name)
			require.Empty(t, got, name)
		}
	}
}

func TestARefusalIsAFailure(t *testing.T) {
	t.Parallel()
	for name, menu := range map[string]string{
		"system": "/system/resource", "interface": "/interface", "bgp": "/routing/bgp/connection",
		"ospf": "/routing/ospf/neighbor", "ppp": "/ppp/active",
	} {
		_, err := collect(t, name, 7, &routerostest.Router{Traps: map[string]string{menu: "not enough permissions (9)"}})
		require.EqualError(t, err, menu+`/print: router says "not enough permissions (9)"`)
	}
}
