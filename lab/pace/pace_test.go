package pace_test

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/common/model"
	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"

	"github.com/ispvisualmonitor/ispvisualmonitor/alerting"
	"github.com/ispvisualmonitor/ispvisualmonitor/lab/pace"
)

func ruleFiles(t *testing.T) map[string][]byte {
	t.Helper()
	paths, err := fs.Glob(alerting.Files, "rules/*.yaml")
	require.NoError(t, err)
	files := map[string][]byte{}
	for _, path := range paths {
		files[path], err = alerting.Files.ReadFile(path)
		require.NoError(t, err)
	}
	require.NotEmpty(t, files)
	return files
}

func tree(t *testing.T, raw []byte) map[string]any {
	t.Helper()
	var doc map[string]any
	require.NoError(t, yaml.Unmarshal(raw, &doc))
	return doc
}

// eachRule calls f with each rule of a decoded file and its group.
func eachRule(doc map[string]any, f func(group, rule map[string]any)) {
	for _, g := range doc["groups"].([]any) {
		group := g.(map[string]any)
		for _, r := range group["rules"].([]any) {
			f(group, r.(map[string]any))
		}
	}
}

// forget takes out what a pace may change, so that the rest can be compared.
func forget(doc map[string]any) map[string]any {
	eachRule(doc, func(group, rule map[string]any) {
		delete(group, "interval")
		delete(rule, "for")
		if annotations, ok := rule["annotations"].(map[string]any); ok {
			delete(annotations, "onset_lag")
		}
	})
	return doc
}

func TestRulesChangeNothingButTheirPace(t *testing.T) {
	t.Parallel()
	p := pace.Pace{Scrape: 3 * time.Second, Evaluation: 5 * time.Second, Pending: 7 * time.Second}
	for path, raw := range ruleFiles(t) {
		rewritten, err := p.Rules(raw)
		require.NoError(t, err, path)

		eachRule(tree(t, rewritten), func(group, rule map[string]any) {
			require.Equal(t, "5s", group["interval"], path)
			lag := 8 * time.Second
			if pending, ok := rule["for"]; ok {
				require.Equal(t, "7s", pending, path)
				lag += 7 * time.Second
			}
			if annotations, ok := rule["annotations"].(map[string]any); ok {
				require.Equal(t, model.Duration(lag).String(), annotations["onset_lag"], path)
			}
		})
		require.Empty(t, cmp.Diff(forget(tree(t, raw)), forget(tree(t, rewritten))), path)
	}
}

func TestRulesKeepWhichAlertsWait(t *testing.T) {
	t.Parallel()
	for path, raw := range ruleFiles(t) {
		rewritten, err := pace.Lab().Rules(raw)
		require.NoError(t, err)
		waits := func(raw []byte) (names []string) {
			eachRule(tree(t, raw), func(_, rule map[string]any) {
				if _, ok := rule["for"]; ok {
					names = append(names, rule["alert"].(string))
				}
			})
			return names
		}
		require.Equal(t, waits(raw), waits(rewritten), path)
	}
}

func TestProductionIsTheShippedPace(t *testing.T) {
	t.Parallel()
	for path, raw := range ruleFiles(t) {
		same, err := pace.Production().Rules(raw)
		require.NoError(t, err)
		require.Equal(t, raw, same, path)
	}
	shipped, err := alerting.Files.ReadFile("prometheus.yaml")
	require.NoError(t, err)
	global := tree(t, rewrite(t, "prometheus.yaml", pace.Places{}, pace.Production().Prometheus))["global"].(map[string]any)
	want := tree(t, shipped)["global"].(map[string]any)
	require.Equal(t, want["scrape_interval"], global["scrape_interval"])
	require.Equal(t, want["evaluation_interval"], global["evaluation_interval"])
}

func TestConfigurationsPassTheToolsOfPrometheus(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	rules := filepath.Join(dir, "rules")
	require.NoError(t, os.Mkdir(rules, 0o755))
	places := pace.Places{
		Exporter: "127.0.0.1:1001", Prometheus: "127.0.0.1:1002", Alertmanager: "127.0.0.1:1003",
		Correlator: "127.0.0.1:1004", RuleFiles: filepath.Join(rules, "*.yaml"),
		AlertmanagerToken: filepath.Join(dir, "token"),
	}
	write := func(name string, content []byte) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, content, 0o600))
		return path
	}
	for path, raw := range ruleFiles(t) {
		rewritten, err := pace.Lab().Rules(raw)
		require.NoError(t, err)
		write(path, rewritten)
	}
	prometheus := write("prometheus.yaml", rewrite(t, "prometheus.yaml", places, pace.Lab().Prometheus))
	alertmanager := write("alertmanager.yaml", rewrite(t, "alertmanager.yaml", places, pace.Lab().Alertmanager))

	for _, command := range [][]string{
		{"promtool", "check", "config", "--lint=all", prometheus},
		{"amtool", "check-config", alertmanager},
	} {
		output, err := exec.CommandContext(t.Context(), command[0], command[1:]...).CombinedOutput()
		require.NoError(t, err, "%s (missing? apt-get install prometheus prometheus-alertmanager)", output)
	}
}

func TestConfigurationsLeadToThePlaces(t *testing.T) {
	t.Parallel()
	places := pace.Places{
		Exporter: "127.0.0.1:1001", Prometheus: "127.0.0.1:1002", Alertmanager: "127.0.0.1:1003",
		Correlator: "127.0.0.1:1004", RuleFiles: "/rules/*.yaml", AlertmanagerToken: "/token",
	}
	prometheus := string(rewrite(t, "prometheus.yaml", places, pace.Lab().Prometheus))
	for _, want := range []string{
		"scrape_interval: 1s", "evaluation_interval: 1s", "url: http://127.0.0.1:1001/sd",
		"replacement: 127.0.0.1:1001", "127.0.0.1:1003", "127.0.0.1:1004", "/rules/*.yaml",
	} {
		require.Contains(t, prometheus, want)
	}
	alertmanager := string(rewrite(t, "alertmanager.yaml", places, pace.Lab().Alertmanager))
	for _, want := range []string{
		"url: http://127.0.0.1:1004/api/v1/alertmanager/webhook", "credentials_file: /token",
		"group_wait: 1s", "group_interval: 1s", "max_alerts: 0", "send_resolved: true",
	} {
		require.Contains(t, alertmanager, want)
	}
}

func rewrite(t *testing.T, name string, places pace.Places, f func([]byte, pace.Places) ([]byte, error)) []byte {
	t.Helper()
	raw, err := alerting.Files.ReadFile(name)
	require.NoError(t, err)
	rewritten, err := f(raw, places)
	require.NoError(t, err)
	return rewritten
}

func TestConfigurationsThatTheLabDoesNotKnowAreRefused(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ file, want string }{
		"another job": {
			"global: {}\nrule_files: [a]\nalerting: {alertmanagers: [{static_configs: [{targets: [a]}]}]}\nscrape_configs: [{job_name: snmp}]\n",
			`scrape_configs: the lab has no place for job "snmp"`,
		},
		"two rule files": {"rule_files: [a, b]\n", "rule_files: want one element"},
		"not YAML":       {"{", "read the Prometheus configuration"},
	} {
		_, err := pace.Lab().Prometheus([]byte(test.file), pace.Places{})
		require.ErrorContains(t, err, test.want, name)
	}
	_, err := pace.Lab().Alertmanager([]byte("receivers: [{name: a}]"), pace.Places{})
	require.ErrorContains(t, err, "receivers: want one webhook, found 0")
	_, err = pace.Lab().Rules([]byte("groups_: []"))
	require.ErrorContains(t, err, "no groups")
}
