// Package source makes the Grafana dashboards. What Grafana imports is the JSON in the folder above, which
// `go generate ./dashboards` writes.
package source

import (
	"encoding/json"
	"fmt"

	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
)

// The classic schema. The SDK prefers the second one, which only Grafana 12 and later read.
type (
	// Board is one dashboard.
	Board   = dashboard.Dashboard        //nolint:staticcheck // see above
	builder = dashboard.DashboardBuilder //nolint:staticcheck // see above
)

var newBuilder = dashboard.NewDashboardBuilder //nolint:staticcheck // see above

// Files are the dashboards by the name of their file.
func Files() (map[string][]byte, error) {
	files := map[string][]byte{}
	for name, build := range map[string]func() (Board, error){
		"device-overview.json": DeviceOverview,
	} {
		built, err := build()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		text, err := json.MarshalIndent(built, "", "  ")
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		files[name] = append(text, '\n')
	}
	return files, nil
}
