package collector

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
)

//go:generate go test . -run TestMetricsAreDocumented -update

var update = flag.Bool("update", false, "write the documentation of the metrics anew")

const metricsPage = "../../docs/metrics.md"

// unitsOfNames are the endings of names that say in what a value is measured.
var unitsOfNames = []string{
	"seconds", "bytes", "ratio", "celsius", "volts", "amperes", "watts", "rpm", "dbm", "db",
}

// unitIn returns the unit that a metric's name says.
func unitIn(name string) string {
	name = strings.TrimSuffix(name, "_total")
	for _, u := range unitsOfNames {
		if strings.HasSuffix(name, "_"+u) {
			return u
		}
	}
	return ""
}

func document() string {
	var b strings.Builder
	b.WriteString("# Metrics of the collectors\n\n" +
		"Made from the code by `go generate ./exporter/collector`. What a probe says of itself and of the configuration is in [exporter.md](exporter.md), " +
		"and how other exporters name these things in [metrics-migration.md](metrics-migration.md).\n\n" +
		"Optional collectors run only where a module names them. A collector that is read at intervals shows its last result in between, " +
		"with the time of it in `routeros_collector_read_timestamp_seconds`; if it failed, it is tried again after a minute.\n\n" +
		"`" + truncated.Name + "`, with the label `collector`, says whether a router has more rows than a collector makes series of (" +
		strconv.Itoa(maxSeriesRows) + ", unless it says otherwise), so that some are missing. Comments are labels of metrics named `_info` alone, " +
		"cut at " + strconv.Itoa(maxComment) + " bytes. What the router made by itself, for subscribers for instance, makes no series, " +
		"save for interfaces where a module asks for `dynamic_interfaces`.\n")
	for _, c := range All() {
		when := "at each scrape"
		if c.Every() > 0 {
			when = "every " + strings.TrimSuffix(strings.TrimSuffix(c.Every().String(), "0s"), "0m")
		}
		standard := "on by default"
		if c.Optional() {
			standard = "optional"
		}
		fmt.Fprintf(&b, "\n## %s\n\n%s Read %s, %s.\n\n| metric | type | unit | labels | meaning |\n|---|---|---|---|---|\n", c.Name(), c.About(), when, standard)
		for _, m := range c.Metrics() {
			if m == truncated {
				continue // is described once
			}
			kind := "gauge"
			if m.Type == prometheus.CounterValue {
				kind = "counter"
			}
			labels := ""
			if len(m.Labels) > 0 {
				labels = "`" + strings.Join(m.Labels, "`, `") + "`"
			}
			fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s |\n", m.Name, kind, unitIn(m.Name), labels, m.Help)
		}
	}
	return b.String()
}

// The page of metrics is what the code says.
func TestMetricsAreDocumented(t *testing.T) {
	t.Parallel()
	if *update {
		require.NoError(t, os.WriteFile(metricsPage, []byte(document()), 0o600))
	}
	page, err := os.ReadFile(metricsPage)
	require.NoError(t, err)
	require.Equal(t, document(), string(page), "run go generate ./exporter/collector")
}

func TestMetricsKeepTheConventions(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, c := range All() {
		require.NotEmpty(t, c.About(), c.Name())
		for _, m := range c.Metrics() {
			require.True(t, m == truncated || !seen[m.Name], "%s is there twice", m.Name)
			seen[m.Name] = true
			require.Equal(t, m.Type == prometheus.CounterValue, strings.HasSuffix(m.Name, "_total"), m.Name)
			require.NotEmpty(t, m.Help, m.Name)
			for _, l := range m.Labels {
				require.NotContains(t, []string{"device", "site", "tenant", "instance", "job"}, l, m.Name)
			}
		}
	}
}

// Whoever moves dashboards over finds no name of ours that is not documented.
func TestMigrationNamesMetricsThatThereAre(t *testing.T) {
	t.Parallel()
	documented := ""
	for _, file := range []string{metricsPage, "../../docs/exporter.md"} {
		page, err := os.ReadFile(file)
		require.NoError(t, err)
		documented += string(page)
	}
	migration, err := os.ReadFile("../../docs/metrics-migration.md")
	require.NoError(t, err)
	names := regexp.MustCompile("`(routeros_[a-z0-9_]+)[`{]").FindAllStringSubmatch(string(migration), -1)
	require.NotEmpty(t, names)
	for _, name := range names {
		require.Contains(t, documented, "`"+name[1]+"`")
	}
}
