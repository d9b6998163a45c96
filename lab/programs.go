package lab

import (
	"fmt"
	"os"
	"path/filepath"
)

// Programs answers the folder of the programs and that of the plugin. What is empty is looked for: the
// programs beside the one that runs, the plugin where `make build` leaves it (and it may be missing).
func Programs(bin, plugin string) (string, string, error) {
	if bin == "" {
		self, err := os.Executable()
		if err != nil {
			return "", "", fmt.Errorf("find the programs: %w; say where they are with --bin", err)
		}
		bin = filepath.Dir(self)
	}
	bin, err := filepath.Abs(bin)
	if err != nil {
		return "", "", err
	}
	for _, program := range []string{"exporter", "correlator"} {
		if _, err := os.Stat(filepath.Join(bin, program)); err != nil {
			return "", "", fmt.Errorf("%w: `make build` makes it", err)
		}
	}
	if plugin != "" {
		plugin, err = filepath.Abs(plugin)
		return bin, plugin, err
	}
	if built := filepath.Join(filepath.Dir(bin), "grafana-plugin"); isPlugin(built) {
		plugin = built
	}
	return bin, plugin, nil
}

// isPlugin says whether a folder is the plugin's, with everything built that shows its pages.
func isPlugin(dir string) bool {
	for _, built := range []string{"dist/module.js", "host/out/main.js"} {
		if _, err := os.Stat(filepath.Join(dir, filepath.FromSlash(built))); err != nil {
			return false
		}
	}
	return true
}
