// Command dashboards writes the dashboards' JSON into the folder that it runs in.
package main

import (
	"fmt"
	"os"

	"github.com/ispvisualmonitor/ispvisualmonitor/dashboards/source"
)

//go:generate go run .

func main() {
	files, err := source.Files()
	for name, text := range files {
		if err == nil {
			err = os.WriteFile(name, text, 0o644)
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "dashboards:", err)
		os.Exit(1)
	}
}
