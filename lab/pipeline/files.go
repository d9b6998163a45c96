package pipeline

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"

	"github.com/ispvisualmonitor/ispvisualmonitor/alerting"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/topology"
	"github.com/ispvisualmonitor/ispvisualmonitor/lab/pace"
)

// The names of files in the run directory.
const (
	inventoryName = "inventory.json"
	rulesName     = "rules"
	logName       = "log"
)

func tokenName(who string) string { return "token-" + who }

// writer writes files into the run directory and remembers the first thing that went wrong.
type writer struct {
	dir string
	err error
}

// path answers where a file of the run directory is.
func (w *writer) path(name string) string { return filepath.Join(w.dir, name) }

func (w *writer) folder(name string) {
	if w.err == nil {
		w.err = os.MkdirAll(w.path(name), 0o700)
	}
}

// file writes content that somebody made, or keeps the error of making it. Any of them may hold a secret.
func (w *writer) file(name string, content []byte, err error) {
	if w.err == nil && err != nil {
		w.err = fmt.Errorf("make %s: %w", name, err)
	}
	if w.err == nil {
		w.err = os.WriteFile(w.path(name), content, 0o600)
	}
}

// write lays out everything that the programs read.
func (p *Pipeline) write(o Options) error {
	w := &writer{dir: o.Dir}
	w.folder(logName)
	w.folder(rulesName)
	for _, who := range []string{"alertmanager", "grafana", "you"} {
		w.file(tokenName(who), []byte(rand.Text()), nil)
	}
	w.rules(o.Pace)
	places := pace.Places{
		Exporter: p.exporter, Prometheus: p.prometheus, Alertmanager: p.alertmanager, Correlator: p.correlator,
		RuleFiles: w.path(path.Join(rulesName, "*.yaml")), AlertmanagerToken: w.path(tokenName("alertmanager")),
	}
	w.rewritten("prometheus.yaml", places, o.Pace.Prometheus)
	w.rewritten("alertmanager.yaml", places, o.Pace.Alertmanager)
	w.inventory(o.Inventory)
	content, err := correlatorFile(p.prometheus, p.alertmanager, o.Pace)
	w.file("correlator.yaml", content, err)
	if o.ExporterConfig == "" {
		content, err = exporterFile(o.Devices, Tenant, o.Pace.Fingerprint)
		w.file("exporter.yaml", content, err)
	}
	return w.err
}

func (w *writer) rules(pace pace.Pace) {
	files, err := fs.Glob(alerting.Files, "rules/*.yaml")
	if err == nil && len(files) == 0 {
		err = errors.New("there are no rules")
	}
	w.err = errors.Join(w.err, err)
	for _, file := range files {
		raw, err := alerting.Files.ReadFile(file)
		if err == nil {
			raw, err = pace.Rules(raw)
		}
		w.file(path.Join(rulesName, path.Base(file)), raw, err)
	}
}

func (w *writer) rewritten(name string, places pace.Places, rewrite func([]byte, pace.Places) ([]byte, error)) {
	raw, err := alerting.Files.ReadFile(name)
	if err == nil {
		raw, err = rewrite(raw, places)
	}
	w.file(name, raw, err)
}

func (w *writer) inventory(inventory topology.Inventory) {
	content, err := json.MarshalIndent(inventory, "", "  ")
	w.file(inventoryName, content, err)
}
