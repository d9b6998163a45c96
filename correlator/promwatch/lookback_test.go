package promwatch

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// history writes what two routers published over the last day: a session count and a neighbour each, every 5
// minutes, as far as there was something to publish.
type history struct {
	bytes.Buffer
	now time.Time
}

func (h *history) series(series string, value func(ago time.Duration) (v float64, there bool)) {
	for ago := 30 * time.Hour; ago > 0; ago -= 5 * time.Minute {
		if v, there := value(ago); there {
			fmt.Fprintf(h, "%s %g %d\n", series, v, h.now.Add(-ago).Unix())
		}
	}
}

// TestTheDayBefore: in the middle of an outage, a Prometheus with a day of history still tells who was served
// and who was whose neighbour.
func TestTheDayBefore(t *testing.T) {
	t.Parallel()
	h := &history{now: time.Now()}
	h.WriteString("# TYPE routeros_ppp_active_sessions gauge\n")
	sessions := func(device, service string, value func(ago time.Duration) (float64, bool)) {
		h.series(fmt.Sprintf(`routeros_ppp_active_sessions{device=%q,service=%q,tenant="acme"}`, device, service), value)
	}
	sessions("BNG1", "pppoe", func(ago time.Duration) (float64, bool) { // all gone for two hours
		if ago < 2*time.Hour {
			return 0, true
		}
		return 1000, true
	})
	sessions("BNG1", "l2tp", func(time.Duration) (float64, bool) { return 20, true })
	sessions("BNG2", "pppoe", func(ago time.Duration) (float64, bool) { // not to be reached for three hours
		return 500, ago > 3*time.Hour
	})
	sessions("BNG3", "pppoe", func(ago time.Duration) (float64, bool) { // took over from another for an hour
		if ago > 5*time.Hour && ago < 6*time.Hour {
			return 900, true
		}
		return 300, true
	})
	sessions("OLD", "pppoe", func(ago time.Duration) (float64, bool) { return 77, ago > 26*time.Hour })
	h.WriteString("# TYPE routeros_neighbor_info gauge\n")
	h.series(`routeros_neighbor_info{device="BNG2",interface="e1",remote_identity="AGG1",remote_interface="e7",tenant="acme"}`,
		func(ago time.Duration) (float64, bool) { return 1, ago > 3*time.Hour && ago < 10*time.Hour })
	h.series(`routeros_neighbor_info{device="BNG2",interface="e1",remote_identity="OTHER",remote_interface="e7",tenant="globex"}`,
		func(time.Duration) (float64, bool) { return 1, true })
	h.WriteString("# EOF\n")

	s := &server{dir: t.TempDir(), addr: freeAddr(t)}
	metrics := filepath.Join(s.dir, "history.txt")
	require.NoError(t, os.WriteFile(metrics, h.Bytes(), 0o600))
	out, err := exec.CommandContext(t.Context(), "promtool", "tsdb", "create-blocks-from", "openmetrics", metrics, filepath.Join(s.dir, "data")).CombinedOutput()
	require.NoError(t, err, "%s", out)
	require.NoError(t, os.WriteFile(filepath.Join(s.dir, "prometheus.yml"), []byte("scrape_configs: []\n"), 0o600))
	s.start(t)
	t.Cleanup(func() { s.stop(t) })

	into := &register{}
	c := newCensus(t, "http://"+s.addr, into, &h.now)
	require.NoError(t, c.count(t.Context()))
	require.Equal(t, []map[string]int{{"BNG1": 1020, "BNG2": 500, "BNG3": 300}}, into.take())

	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	surveyor, err := NewSurveyor(SurveyOptions{URL: "http://" + s.addr, Transport: transport, Matchers: []string{`tenant="acme"`}, Series: surveyNames})
	require.NoError(t, err)
	seen, err := surveyor.Survey(t.Context())
	require.NoError(t, err)
	require.Len(t, seen.Neighbors, 1)
	n := seen.Neighbors[0]
	require.Equal(t, "AGG1", n.Identity)
	require.WithinDuration(t, h.now.Add(-10*time.Hour), n.Since, surveyStep+5*time.Minute)
	require.WithinDuration(t, h.now.Add(-3*time.Hour), n.Last, surveyStep+5*time.Minute)
}
