package web_test

import (
	"context"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/device"
)

func TestManyScrapesAreOneLogin(t *testing.T) {
	t.Parallel()
	_, addresses := linked(t, time.Now)
	wire := &tap{}
	e := start(t, devices(map[string]string{"EDGE1": addresses["EDGE1"]}), device.Options{Dial: wire.dial})
	var scrapers sync.WaitGroup
	for range 20 {
		scrapers.Go(func() {
			for range 5 {
				if _, body, err := e.fetch(t.Context(), "/probe?target=EDGE1", nil); err != nil || series(body)["routeros_up"] != "1" {
					t.Errorf("%v, %s", err, body)
				}
			}
		})
	}
	scrapers.Wait()
	require.Equal(t, "1", e.probe(t, "EDGE1")["routeros_logins_total"])
	_, _, dials := wire.snapshot()
	require.Equal(t, 1, dials)
}

func TestARouterThatHangsBlocksNobody(t *testing.T) {
	t.Parallel()
	_, addresses := linked(t, time.Now)
	silent, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer silent.Close()
	e := start(t, devices(addresses)+
		`  - {name: HUNG, address: "`+silent.Addr().String()+`", username: u, password: p, connect_timeout: 25s}`, device.Options{})

	began := time.Now()
	hung := make(chan map[string]string, 1)
	go func() {
		_, body, err := e.fetch(t.Context(), "/probe?target=HUNG", http.Header{"X-Prometheus-Scrape-Timeout-Seconds": {"3"}})
		if err != nil {
			t.Error(err)
		}
		hung <- series(body)
	}()
	require.Equal(t, "1", e.probe(t, "CORE1")["routeros_up"])
	select {
	case <-hung:
		t.Fatal("the other router was read only after the one that hangs")
	default:
	}
	got := <-hung
	require.Less(t, time.Since(began), 20*time.Second, "the scrape timeout counts, not that of the connection")
	require.Equal(t, "0", got["routeros_up"])
	require.Equal(t, "0", got[`routeros_collector_success{collector="interface"}`])
}

func TestARouterThatComesBackIsReadAgain(t *testing.T) {
	t.Parallel()
	network, addresses := linked(t, time.Now)
	e := start(t, devices(addresses), device.Options{})
	before := e.fingerprinted(t, "EDGE1")
	network.Router("EDGE1").PowerOff(false)
	var down map[string]string
	eventually(t, "down", func() bool {
		down = e.probe(t, "EDGE1")
		return down["routeros_up"] == "0"
	})
	require.Equal(t, before[`routeros_config_fingerprint{category="all"}`], down[`routeros_config_fingerprint{category="all"}`], "what was known stays known")
	require.NoError(t, network.Router("EDGE1").PowerOn())
	var after map[string]string
	eventually(t, "up", func() bool {
		after = e.probe(t, "EDGE1")
		return after["routeros_up"] == "1"
	})
	require.Equal(t, "2", after["routeros_logins_total"])
	require.Equal(t, before[`routeros_config_fingerprint{category="all"}`], after[`routeros_config_fingerprint{category="all"}`])
	require.Contains(t, e.log.String(), "router answers again")
}

func TestFailuresHaveReasons(t *testing.T) {
	t.Parallel()
	_, addresses := linked(t, time.Now)
	silent, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer silent.Close()
	closed, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, closed.Close())

	e := start(t, `
modules: {default: {}}
devices:
  - {name: wrong-password, address: "`+addresses["EDGE1"]+`", username: exporter, password: S3CRET-wrong}
  - {name: dead, address: "`+closed.Addr().String()+`", username: exporter, password: x}
  - {name: silent, address: "`+silent.Addr().String()+`", username: exporter, password: x, connect_timeout: 200ms}
  - {name: no-tls, address: "`+addresses["EDGE1"]+`", username: exporter, password: x, tls: {insecure_skip_verify: true}, connect_timeout: 500ms}
  - {name: fine, address: "`+addresses["EDGE1"]+`", username: exporter, password: `+monitorPassword+`}
`, device.Options{Now: noon}) // with a clock that stands, nothing is tried twice
	for name, want := range map[string]struct{ reason, says string }{
		"wrong-password": {"auth", "check username and password"},
		"dead":           {"dial", "check address and port"},
		"silent":         {"timeout", "nothing answers like a RouterOS API"},
	} {
		var got map[string]string
		for range 10 { // one failure, however many ask: the router is left alone
			got = e.probe(t, name)
			require.Equal(t, "0", got["routeros_up"], name)
		}
		require.Equal(t, "1", got[`routeros_connect_failures_total{reason="`+want.reason+`"}`], name)
		for _, reason := range []string{"dial", "tls_no_cert", "auth", "timeout", "trap", "fatal"} {
			require.Contains(t, got, `routeros_connect_failures_total{reason="`+reason+`"}`, name)
		}
		require.Contains(t, logOf(e, name), want.says)
		require.Equal(t, 1, strings.Count(e.log.String(), `"device":"`+name+`"`), "one line in the log, not one for each probe")
	}
	require.Equal(t, "0", e.probe(t, "no-tls")["routeros_up"])
	require.Equal(t, "1", e.probe(t, "fine")["routeros_up"], "everything else goes on")
	require.NotContains(t, e.log.String(), marker)
}

func logOf(e *exporter, name string) string {
	var lines []string
	for line := range strings.Lines(e.log.String()) {
		if strings.Contains(line, `"device":"`+name+`"`) {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "")
}

func TestAScraperThatGoesAwayDoesNotEndTheReadingOfOthers(t *testing.T) {
	t.Parallel()
	_, addresses := linked(t, time.Now)
	e := start(t, devices(addresses), device.Options{})
	gone, cancel := context.WithCancel(t.Context())
	req, err := http.NewRequestWithContext(gone, http.MethodGet, e.URL+"/probe?target=EDGE1", nil)
	require.NoError(t, err)
	cancel()
	resp, err := e.Client().Do(req)
	if err == nil {
		_ = resp.Body.Close()
	}
	require.Equal(t, "1", e.probe(t, "EDGE1")["routeros_up"])
}
