package exporterbench

import (
	"bytes"
	"errors"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// rounds are made up, so that every figure of the report can be worked out by hand.
func rounds() []Round {
	walls := func(ms ...time.Duration) []time.Duration {
		for i := range ms {
			ms[i] *= time.Millisecond
		}
		return ms
	}
	at := func(scraper string, samples int, w []time.Duration, all Cost) Round {
		return Round{
			Scraper: scraper, Router: "concentrator", RoundTrip: 20 * time.Millisecond, Walls: w, All: all,
			First:      Cost{Wall: 80 * time.Millisecond, CPU: time.Millisecond, Wire: Traffic{Commands: 9, Sent: 90, Received: 900}},
			PeakMemory: 20_000_000, Metrics: 7, Samples: samples,
		}
	}
	our := at(Ours, 100, walls(40, 44, 80), Cost{CPU: 6 * time.Millisecond, RouterCPU: 3 * time.Millisecond, Wire: Traffic{Commands: 30, Sent: 3_000, Received: 30_000}})
	our.OwnReading = Cost{Wall: time.Second, CPU: time.Millisecond, Wire: Traffic{Commands: 50, Logins: 1, Sent: 1_000, Received: 2_000_000}}
	return []Round{
		our,
		at(OursWithSubscribers, 1000, walls(100, 110, 120), Cost{CPU: 60 * time.Millisecond, Wire: Traffic{Commands: 30, Sent: 3_000, Received: 3_000_000}}),
		at(Sequential, 90, walls(200, 210, 240), Cost{CPU: 30 * time.Millisecond, RouterCPU: 6 * time.Millisecond, Wire: Traffic{Commands: 90, Logins: 3, Sent: 6_000, Received: 60_000}}),
		at("nshttpd", 900, walls(900, 990, 1200), Cost{CPU: 600 * time.Millisecond, Wire: Traffic{Commands: 60, Logins: 3, Sent: 3_000, Received: 6_000_000}}),
		{Scraper: "mktxp", Router: "concentrator", RoundTrip: 20 * time.Millisecond, Missing: errors.New("it did not start")},
	}
}

func TestReport(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	require.NoError(t, WriteTables(&out, rounds()))
	require.NoError(t, WriteFigures(&out, Figures(rounds())))
	const golden = "testdata/report.golden"
	if os.Getenv("UPDATE_GOLDEN") != "" {
		require.NoError(t, os.WriteFile(golden, out.Bytes(), 0o600))
	}
	want, err := os.ReadFile(golden)
	require.NoError(t, err)
	require.Equal(t, string(want), out.String())
}

func TestFigureMissed(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		better        string
		value, budget float64
		missed        bool
	}{
		{"lower", 3, 3, false}, {"lower", 3.1, 3, true}, {"higher", 5, 5, false}, {"higher", 4.9, 5, true},
	} {
		require.Equal(t, c.missed, Figure{Better: c.better, Value: c.value, Budget: &c.budget}.Missed(), "%+v", c)
	}
	require.False(t, Figure{Better: "lower", Value: 1e9}.Missed(), "without a budget")
}

func TestQuantile(t *testing.T) {
	t.Parallel()
	require.Zero(t, quantile(nil, 0.5))
	ten := []time.Duration{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}
	require.EqualValues(t, 6, quantile(ten, 0.5))
	require.EqualValues(t, 10, quantile(ten, 0.95))
	require.EqualValues(t, 10, quantile(ten, 1))
}

func TestContents(t *testing.T) {
	t.Parallel()
	const body = `# HELP routeros_up Whether.
# TYPE routeros_up gauge
routeros_up 1
routeros_collector_success{collector="a"} 1
routeros_collector_success{collector="b"} 0
go_goroutines 7
process_open_fds 3
`
	metrics, samples := contents([]byte(body))
	require.Equal(t, 2, metrics)
	require.Equal(t, 3, samples)
	require.False(t, complete([]byte(body), []string{"routeros_up", "routeros_collector_success"}))
	require.True(t, complete([]byte(body), []string{"routeros_up"}))
	require.Equal(t, `routeros_collector_success{collector="b"} 0`, complaint([]byte(body)))
}
