package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/prometheus/prometheus/promql/parser"
	"github.com/stretchr/testify/require"

	"github.com/ispvisualmonitor/ispvisualmonitor/dashboards/source"
)

// shown is what a test looks at of a dashboard.
type shown struct {
	Title      string `json:"title"`
	UID        string `json:"uid"`
	Panels     []item `json:"panels"`
	Templating struct {
		List []struct {
			Name string `json:"name"`
			Type string `json:"type"`
		} `json:"list"`
	} `json:"templating"`
	Annotations struct {
		List []struct {
			Name   string         `json:"name"`
			Target map[string]any `json:"target"`
		} `json:"list"`
	} `json:"annotations"`
}

type item struct {
	Type        string `json:"type"`
	Title       string `json:"title"`
	Description string `json:"description"`
	Datasource  struct {
		UID string `json:"uid"`
	} `json:"datasource"`
	FieldConfig struct {
		Defaults struct {
			Unit     string `json:"unit"`
			Mappings []any  `json:"mappings"`
		} `json:"defaults"`
	} `json:"fieldConfig"`
	Targets []struct {
		Expr string `json:"expr"`
	} `json:"targets"`
}

func load(t *testing.T) map[string]shown {
	t.Helper()
	files, err := filepath.Glob("*.json")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	all := map[string]shown{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		var d shown
		require.NoError(t, json.Unmarshal(text, &d), file)
		all[file] = d
	}
	return all
}

func TestFilesAreUpToDate(t *testing.T) {
	t.Parallel()
	made, err := source.Files()
	require.NoError(t, err)
	require.Len(t, load(t), len(made), "a file without a source")
	for name, want := range made {
		got, err := os.ReadFile(name)
		require.NoError(t, err)
		require.JSONEq(t, string(want), string(got), "%s is stale: go generate ./dashboards", name)
	}
}

func TestEveryPanelSaysWhatItShows(t *testing.T) {
	t.Parallel()
	for file, d := range load(t) {
		panels := 0
		for _, p := range d.Panels {
			if p.Type == "row" {
				require.NotEmpty(t, p.Title)
				continue
			}
			panels++
			require.NotEmpty(t, p.Title, file)
			require.NotEmpty(t, p.Description, "%s: %s", file, p.Title)
			require.Equal(t, "${datasource}", p.Datasource.UID, "%s: %s", file, p.Title)
			require.True(t, p.FieldConfig.Defaults.Unit != "" || len(p.FieldConfig.Defaults.Mappings) > 0, "%s: %s has no unit", file, p.Title)
			require.NotEmpty(t, p.Targets, "%s: %s", file, p.Title)
		}
		require.NotZero(t, panels, file)
		names := map[string]string{}
		for _, v := range d.Templating.List {
			names[v.Name] = v.Type
		}
		require.Equal(t, map[string]string{"datasource": "datasource", "ispvm": "datasource", "device": "query"}, names, file)
	}
}

// TestEveryQueryIsPromQLOverSeriesThatExist parses each query and looks its series up among those that the
// exporter answers.
func TestEveryQueryIsPromQLOverSeriesThatExist(t *testing.T) {
	t.Parallel()
	known := seriesOfTheExporter(t)
	promql := parser.NewParser(parser.Options{})
	for file, d := range load(t) {
		for _, p := range d.Panels {
			for _, target := range p.Targets {
				expr, err := promql.ParseExpr(strings.ReplaceAll(target.Expr, "$__rate_interval", "1m"))
				require.NoError(t, err, "%s: %s", file, p.Title)
				parser.Inspect(expr, func(node parser.Node, _ []parser.Node) error {
					if selector, ok := node.(*parser.VectorSelector); ok {
						require.Contains(t, known, selector.Name, "%s: %s", file, p.Title)
					}
					return nil
				})
			}
		}
	}
}

// seriesOfTheExporter reads the golden output of the exporter's own tests.
func seriesOfTheExporter(t *testing.T) map[string]bool {
	t.Helper()
	known := map[string]bool{}
	golden, err := filepath.Glob(filepath.Join("..", "exporter", "*", "testdata", "*.metrics")) // of web and collector
	require.NoError(t, err)
	require.NotEmpty(t, golden)
	for _, file := range golden {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, m := range regexp.MustCompile(`(?m)^# TYPE (\S+) `).FindAllStringSubmatch(string(text), -1) {
			known[m[1]] = true
		}
	}
	return known
}

func TestAnnotationsAreOneQueryAClassForTheChosenRouter(t *testing.T) {
	t.Parallel()
	for file, d := range load(t) {
		var subjects []any
		for _, a := range d.Annotations.List {
			require.Equal(t, "annotations", a.Target["queryType"], "%s: %s", file, a.Name)
			require.Equal(t, []any{"$device"}, a.Target["devices"], "%s: %s", file, a.Name)
			subjects = append(subjects, a.Target["subject"])
		}
		require.Equal(t, []any{"change", "config_change", "incident"}, subjects, file)
	}
}
