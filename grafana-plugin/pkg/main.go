// The backend of the data source ispvisualmonitor-datasource. Grafana starts it as a subprocess and
// speaks the plugin protocol with it; it asks the correlator and nothing else.
package main

import (
	"os"

	sdk "github.com/grafana/grafana-plugin-sdk-go/backend/datasource"
	"github.com/grafana/grafana-plugin-sdk-go/backend/log"

	"github.com/ispvisualmonitor/ispvisualmonitor/grafana-plugin/pkg/datasource"
)

func main() {
	os.Exit(run())
}

// run serves until Grafana ends the process. Instances are made on demand, one for each configured
// data source, and made anew when its settings change.
func run() int {
	if err := sdk.Manage(datasource.PluginID, datasource.NewInstance, sdk.ManageOpts{}); err != nil {
		log.DefaultLogger.Error("the plugin ended", "error", err)
		return 1
	}

	return 0
}
