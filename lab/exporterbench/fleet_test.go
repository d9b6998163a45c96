package exporterbench

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestFleetFigures(t *testing.T) {
	t.Parallel()
	minute := func(cores float64, resident uint64, goroutines int) Minute {
		return Minute{Cores: cores, Resident: resident, Goroutines: goroutines, Files: 12}
	}
	result := FleetResult{
		Routers: 10, PeakMemory: 90e6,
		Minutes: []Minute{minute(0.9, 50e6, 30), minute(0.2, 60e6, 40), minute(0.3, 61e6, 41)},
		Whole:   Minute{Cores: 0.4, Scrapes: 200, Failed: 1, Median: 50 * time.Millisecond, P99: time.Second, Wire: Traffic{Logins: 11, Commands: 3000}},
	}
	values := map[string]float64{}
	for _, f := range result.Figures() {
		values[f.Name] = f.Value
		require.Equal(t, f.Name == "fleet_logins_per_router/10", f.Missed(), f.Name)
	}
	require.InDeltaMapValues(t, map[string]float64{
		"fleet_cpu_cores/10": 0.4, "fleet_peak_memory_bytes/10": 90e6, "fleet_logins_per_router/10": 1.1,
		"fleet_failed_scrapes/10": 1, "fleet_scrape_median_seconds/10": 0.05, "fleet_scrape_p99_seconds/10": 1,
		"fleet_commands_per_scrape/10": 15, "fleet_growth_cpu_cores/10": 0.1, "fleet_growth_resident_memory_bytes/10": 1e6,
		"fleet_growth_goroutines/10": 1, "fleet_growth_open_files/10": 0,
	}, values, 1e-9)
}
