// Command generate writes the dashboards into the folder that it runs in.
package main

import (
	"fmt"
	"os"

	"github.com/ispvisualmonitor/ispvisualmonitor/dashboards"
)

func main() {
	files, err := dashboards.Files()
	for name, text := range files {
		if err == nil {
			err = os.WriteFile(name, text, 0o644)
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}
