package alerting_test

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"

	"github.com/ispvisualmonitor/ispvisualmonitor/alerting"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/incident"
	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/collector"
)

const runbooks = "https://github.com/ispvisualmonitor/ispvisualmonitor/blob/main/docs/runbooks/"

type ruleFile struct {
	Groups []struct {
		Name     string         `yaml:"name"`
		Interval model.Duration `yaml:"interval"`
		Rules    []rule         `yaml:"rules"`
	} `yaml:"groups"`
}

type rule struct {
	Alert       string            `yaml:"alert"`
	Record      string            `yaml:"record"`
	Expr        string            `yaml:"expr"`
	For         model.Duration    `yaml:"for"`
	Labels      map[string]string `yaml:"labels"`
	Annotations map[string]string `yaml:"annotations"`
	// interval is its group's.
	interval model.Duration
}

// rules answers every rule.
func rules(t *testing.T) (all []rule) {
	t.Helper()
	paths, err := fs.Glob(alerting.Files, "rules/*.yaml")
	require.NoError(t, err)
	for _, path := range paths {
		raw, err := alerting.Files.ReadFile(path)
		require.NoError(t, err)
		var file ruleFile
		require.NoError(t, yaml.Unmarshal(raw, &file), path)
		for _, group := range file.Groups {
			require.NotZero(t, group.Interval, "%s: group %s needs an interval of its own: onset_lag is made of it", path, group.Name)
			for _, r := range group.Rules {
				r.interval = group.Interval
				all = append(all, r)
			}
		}
	}
	require.NotEmpty(t, all)
	return all
}

// alerts answers every alerting rule by name; a name stands for one rule.
func alerts(t *testing.T) map[string]rule {
	t.Helper()
	found := map[string]rule{}
	for _, r := range rules(t) {
		if r.Alert != "" {
			require.NotContains(t, found, r.Alert, "two rules of one name")
			found[r.Alert] = r
		}
	}
	require.NotEmpty(t, found)
	return found
}

func TestEveryAlertCarriesWhatTheCorrelatorNeeds(t *testing.T) {
	t.Parallel()
	var prometheus struct {
		Global struct {
			ScrapeInterval model.Duration `yaml:"scrape_interval"`
		} `yaml:"global"`
	}
	raw, err := alerting.Files.ReadFile("prometheus.yaml")
	require.NoError(t, err)
	require.NoError(t, yaml.Unmarshal(raw, &prometheus))

	symptoms := []string{
		"bgp_down", "prefixes_lost", "ospf_down", "interface_down", "device_unreachable", "api_unreachable",
		"loss", "congestion", "sessions_dropped", "dhcp_exhausted", "reboot", "hardware", "other",
	}
	for name, r := range alerts(t) {
		require.Contains(t, symptoms, r.Labels["symptom"], name)
		require.Contains(t, []string{"critical", "warning", "info", "none"}, r.Labels["severity"], name)
		require.NotEmpty(t, r.Annotations["summary"], name)
		require.NotContains(t, r.Annotations["summary"], "{{", "%s: a summary is static, so that pages group", name)
		require.NotEmpty(t, r.Annotations["description"], name)
		require.Equal(t, runbooks+name+".md", r.Annotations["runbook_url"], name)
		lag := r.For + r.interval + prometheus.Global.ScrapeInterval
		require.Equal(t, lag.String(), r.Annotations["onset_lag"], "%s: for + evaluation + scrape interval", name)
		if r.Labels["symptom"] != "other" {
			require.Contains(t, r.Annotations["recent_changes"], "query", "%s: the page names fresh changes by itself", name)
		}
	}
}

// TestRulesAskForSeriesThatExist looks every series up among those that the exporter answers.
func TestRulesAskForSeriesThatExist(t *testing.T) {
	t.Parallel()
	known := map[string]bool{"up": true, "ALERTS": true}
	// Absent until a change was seen, which the golden answers end before.
	known["routeros_config_last_change_timestamp_seconds"] = true
	// What the routers of the golden answers have no hardware or use for.
	for _, c := range collector.All() {
		for _, m := range c.Metrics() {
			known[m.Name] = true
		}
	}
	registered, err := filepath.Glob(filepath.Join("..", "exporter", "push", "*.go"))
	require.NoError(t, err)
	for _, file := range registered {
		source, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, name := range regexp.MustCompile(`Name:\s+"(routeros_exporter_\w+)"`).FindAllStringSubmatch(string(source), -1) {
			known[name[1]] = true
		}
	}
	golden, err := filepath.Glob(filepath.Join("..", "exporter", "web", "testdata", "*.metrics"))
	require.NoError(t, err)
	require.NotEmpty(t, golden)
	for _, file := range golden {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		for line := range strings.Lines(string(text)) {
			if words := strings.Fields(line); len(words) == 4 && words[1] == "TYPE" {
				known[words[2]] = true
			}
		}
	}
	all := rules(t)
	for _, r := range all {
		known[r.Record] = true
	}
	promql := parser.NewParser(parser.Options{})
	for _, r := range all {
		expr, err := promql.ParseExpr(r.Expr)
		require.NoError(t, err, r.Alert+r.Record)
		parser.Inspect(expr, func(node parser.Node, _ []parser.Node) error {
			if selector, ok := node.(*parser.VectorSelector); ok {
				require.Contains(t, known, selector.Name, r.Alert+r.Record)
			}
			return nil
		})
	}
}

// TestTheTableOfSymptomsDoesNotContradict: rules that were copied and lost their label are still
// understood by their names.
func TestTheTableOfSymptomsDoesNotContradict(t *testing.T) {
	t.Parallel()
	table, err := incident.LoadRules()
	require.NoError(t, err)
	for name, r := range alerts(t) {
		byName := table.Symptom(map[string]string{"alertname": name})
		require.Contains(t, []string{r.Labels["symptom"], "other"}, byName, name)
	}
}

func TestEveryAlertHasARunbook(t *testing.T) {
	t.Parallel()
	all := alerts(t)
	for name := range all {
		text, err := os.ReadFile(filepath.Join("..", "docs", "runbooks", name+".md"))
		require.NoError(t, err)
		require.True(t, strings.HasPrefix(string(text), "# "+name+"\n"), "%s: the title is the alert's name", name)
		var sections []string
		for line := range strings.Lines(string(text)) {
			if title, ok := strings.CutPrefix(strings.TrimSpace(line), "## "); ok {
				sections = append(sections, title)
			}
		}
		require.Equal(t, []string{"Meaning", "Impact", "Diagnosis", "Mitigation"}, sections, name)
	}
	files, err := filepath.Glob(filepath.Join("..", "docs", "runbooks", "*.md"))
	require.NoError(t, err)
	for _, file := range files {
		require.Contains(t, all, strings.TrimSuffix(filepath.Base(file), ".md"), "a runbook without its alert")
	}
}

func TestEveryAlertIsTestedFiringAndSilent(t *testing.T) {
	t.Parallel()
	fires, silent := map[string]bool{}, map[string]bool{}
	files, err := filepath.Glob("tests/*.yaml")
	require.NoError(t, err)
	for _, file := range files {
		raw, err := os.ReadFile(file)
		require.NoError(t, err)
		var suite struct {
			Tests []struct {
				AlertTests []struct {
					Alert  string `yaml:"alertname"`
					Expect []any  `yaml:"exp_alerts"`
				} `yaml:"alert_rule_test"`
			} `yaml:"tests"`
		}
		require.NoError(t, yaml.Unmarshal(raw, &suite), file)
		for _, test := range suite.Tests {
			for _, check := range test.AlertTests {
				if len(check.Expect) > 0 {
					fires[check.Alert] = true
				} else {
					silent[check.Alert] = true
				}
			}
		}
	}
	for name := range alerts(t) {
		require.True(t, fires[name], "%s: no test in which it fires", name)
		if name != "Watchdog" {
			require.True(t, silent[name], "%s: no test in which it must not fire", name)
		}
	}
}

func TestTheToolsOfPrometheusAgree(t *testing.T) {
	t.Parallel()
	glob := func(pattern string) []string {
		files, err := filepath.Glob(pattern)
		require.NoError(t, err)
		return files
	}
	for _, command := range [][]string{
		slices.Concat([]string{"promtool", "check", "rules", "--lint=all"}, glob("rules/*.yaml")),
		{"promtool", "check", "config", "--lint=all", "prometheus.yaml"},
		slices.Concat([]string{"promtool", "test", "rules"}, glob("tests/*.yaml")),
		{"amtool", "check-config", "alertmanager.yaml"},
	} {
		t.Run(strings.Join(command[:2], " "), func(t *testing.T) {
			t.Parallel()
			// Both come with Debian's packages prometheus and prometheus-alertmanager.
			output, err := exec.CommandContext(t.Context(), command[0], command[1:]...).CombinedOutput()
			require.NoError(t, err, "%s (missing? apt-get install prometheus prometheus-alertmanager)", output)
		})
	}
}
