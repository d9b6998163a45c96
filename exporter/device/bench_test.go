package device

import (
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-routeros/routeros/v3"
	"github.com/stretchr/testify/require"

	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/fingerprint"
	"github.com/ispvisualmonitor/ispvisualmonitor/lab/routersim"
)

// BenchmarkChangeToObservation changes something on a simulated router over
// real TCP, and measures how long it takes until the sighting is passed on,
// and how wide the interval is that it gives the change. Half a second of it
// is waiting for the rest of a block. The changes follow each other as those
// of an engineer at work do, which makes the intervals wider than that of a
// change which comes alone. Run it with -benchtime=6x: after three changes of
// one category the next one would have to wait.
func BenchmarkChangeToObservation(b *testing.B) {
	for name, latency := range map[string]time.Duration{"RTT=0": 0, "RTT=20ms": 20 * time.Millisecond, "RTT=100ms": 100 * time.Millisecond} {
		b.Run(name, func(b *testing.B) { benchmarkChange(b, latency) })
	}
}

func benchmarkChange(b *testing.B, latency time.Duration) {
	r, err := routersim.New(routersim.Options{
		Name: "EDGE1", Latency: latency, Users: []routersim.User{{Name: "u", Policies: []string{"read", "api"}}, {Name: "ann"}},
	})
	require.NoError(b, err)
	b.Cleanup(r.Close)
	_, err = r.Load(strings.NewReader(watchedConfig))
	require.NoError(b, err)
	addr, err := r.Listen(b.Context(), "127.0.0.1:0")
	require.NoError(b, err)
	ann, err := routeros.Dial(addr.String(), "ann", "")
	require.NoError(b, err)
	b.Cleanup(func() { _ = ann.Close() })
	run := func(command ...string) {
		_, err := ann.Run(command...)
		require.NoError(b, err)
	}
	run("/system/note/set", "=note=x")
	time.Sleep(3 * time.Second) // until that is old news

	allowlist, err := fingerprint.Builtin()
	require.NoError(b, err)
	seen := make(chan Sighting, 1000)
	d, err := New(Options{
		Name: "EDGE1", Address: addr.String(), Username: "u", Password: func() (string, error) { return "", nil },
		Allowlist: allowlist, Logger: slog.New(slog.DiscardHandler), Listen: true, Observe: func(s Sighting) { seen <- s },
	})
	require.NoError(b, err)
	b.Cleanup(d.Close)
	d.readConfiguration()
	require.Equal(b, mostListeners, d.session.listeners())

	var passed, widths []time.Duration
	last := map[string]time.Time{} // when a category was last sighted
	for len(seen) > 0 {
		s := <-seen
		last[s.Category] = s.ObservedAt
	}
	d.Watch()
	time.Sleep(time.Second) // the listeners have to reach the router

	commands := [][]string{
		{"firewall", "/ip/firewall/filter/set", "=numbers=*1", "=src-address=198.51.100.%"},
		{"bgp", "/routing/bgp/connection/set", "=numbers=upstream-a", "=input.filter=in-%"},
		{"addressing", "/ip/address/set", "=numbers=*1", "=address=192.0.2.%/24"},
		{"queues", "/queue/simple/set", "=numbers=q1", "=max-limit=%M/%M"},
		{"services", "/ip/dns/set", "=servers=192.0.2.%"},
		{"interfaces", "/interface/ethernet/set", "=numbers=uplink", "=l2mtu=16%"},
	}
	n := 0
	for b.Loop() {
		c := commands[n%len(commands)]
		n++
		number := string(rune('0'+n%10)) + string(rune('0'+n/10%10))
		var sentence []string
		for _, w := range c[1:] {
			sentence = append(sentence, strings.ReplaceAll(w, "%", number))
		}
		moment := time.Now()
		run(sentence...)
		for known := false; !known; {
			s := <-seen
			if known = s.Category == c[0] && s.Actor != nil; known {
				passed = append(passed, time.Since(moment))
				widths = append(widths, s.ObservedAt.Sub(last[s.Category]))
			}
			last[s.Category] = s.ObservedAt
		}
		time.Sleep(5 * time.Second) // an engineer looks at what came of it
	}
	slices.Sort(passed)
	slices.Sort(widths)
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(passed[n/2].Seconds()*1000, "ms-to-sighting")
	b.ReportMetric(passed[n-1].Seconds()*1000, "ms-at-most")
	b.ReportMetric(widths[n/2].Seconds(), "s-wide")
	b.ReportMetric(widths[n-1].Seconds(), "s-wide-at-most")
}
