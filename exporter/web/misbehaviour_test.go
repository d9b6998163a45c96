package web_test

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/collector"
	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/config"
	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/device"
	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/fingerprint"
	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/web"
	"github.com/ispvisualmonitor/ispvisualmonitor/lab/routersim"
)

// patient is an exporter and its router in a bubble of simulated time, with
// nothing between them but memory: hours pass at once, and every figure is
// exact. A goroutine that either leaves behind fails the test.
type patient struct {
	router  *routersim.Router
	handler http.Handler
	log     *logBuffer
	wire    *memoryWire
}

// memoryWire is a network that ends at one router.
type memoryWire struct {
	calls   chan net.Conn // to the router's listener
	closed  chan struct{}
	refuses bool // like a port that nobody listens on
}

func (w *memoryWire) dial(ctx context.Context, network, address string) (net.Conn, error) {
	if w.refuses {
		return refuse(ctx, network, address)
	}
	ours, theirs := net.Pipe()
	select {
	case w.calls <- theirs:
		return ours, nil
	case <-w.closed:
		return nil, &net.OpError{Op: "dial", Net: network, Err: syscall.ECONNREFUSED}
	}
}

// Accept implements net.Listener.
func (w *memoryWire) Accept() (net.Conn, error) {
	select {
	case c := <-w.calls:
		return c, nil
	case <-w.closed:
		return nil, net.ErrClosed
	}
}

// Close implements net.Listener.
func (w *memoryWire) Close() error { close(w.closed); return nil }

// Addr implements net.Listener.
func (w *memoryWire) Addr() net.Addr { return &net.UnixAddr{Name: "memory"} }

// admit starts the exporter and its router; call it in a bubble.
func admit(t *testing.T) *patient {
	t.Helper()
	return admitAs(t, "EDGE1")
}

// admitAs gives the router another name, from which follows what happens to it
// by chance.
func admitAs(t *testing.T, name string) *patient {
	t.Helper()
	p := &patient{wire: &memoryWire{calls: make(chan net.Conn), closed: make(chan struct{})}, log: &logBuffer{}}
	var err error
	p.router, err = routersim.New(routersim.Options{Name: name, Uptime: 100 * time.Hour, Users: []routersim.User{
		{Name: monitorUser, Password: monitorPassword, Policies: []string{"read", "api"}},
	}})
	require.NoError(t, err)
	t.Cleanup(p.router.Close)
	text, err := os.Open("testdata/edge.rsc")
	require.NoError(t, err)
	defer text.Close()
	_, err = p.router.Load(text)
	require.NoError(t, err)
	require.NoError(t, p.router.Serve(p.wire))

	file := filepath.Join(t.TempDir(), "exporter.yaml")
	configuration := fmt.Sprintf("modules: {default: {timeout: 10s}}\ndevices:\n  - {name: EDGE1, address: 192.0.2.1, username: %s, password: %s}\n", monitorUser, monitorPassword)
	require.NoError(t, os.WriteFile(file, []byte(configuration), 0o600))
	allowlist, err := fingerprint.Builtin()
	require.NoError(t, err)
	log := slog.New(slog.NewJSONHandler(p.log, nil))
	registry, fleet := prometheus.NewPedanticRegistry(), device.NewFleet()
	t.Cleanup(fleet.Close)
	reloader := web.NewReloader(web.ReloaderOptions{
		Load:  func() (*config.Config, error) { return config.Load(file, collector.Names()) },
		Fleet: fleet, Base: device.Options{Allowlist: allowlist, Logger: log, Dial: p.wire.dial}, Registry: registry, Logger: log,
	})
	require.NoError(t, reloader.Reload())
	p.handler, err = web.New(web.Options{Reloader: reloader, Fleet: fleet, Registry: registry, Version: "test", Logger: log})
	require.NoError(t, err)
	return p
}

// probe asks as Prometheus does that waits ten seconds.
func (p *patient) probe(t *testing.T) map[string]string {
	t.Helper()
	answer := httptest.NewRecorder()
	p.handler.ServeHTTP(answer, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/probe?target=EDGE1", http.NoBody))
	require.Equal(t, http.StatusOK, answer.Code, "%s", answer.Body)
	return series(answer.Body.String())
}

func (p *patient) misbehave(t *testing.T, text string) {
	t.Helper()
	m, err := routersim.ParseMisbehaviour(text)
	require.NoError(t, err)
	require.NoError(t, p.router.Misbehave(m))
}

// well waits until the router has been read completely, and returns what is
// shown then.
func (p *patient) well(t *testing.T) map[string]string {
	t.Helper()
	since := time.Now()
	for range 40 {
		got := p.probe(t)
		if allRead(got, since) {
			return got
		}
		time.Sleep(15 * time.Second)
	}
	t.Fatalf("not read completely within ten minutes:\n%s", p.log)
	return nil
}

// allRead says whether everything was read with success, the configuration
// since a moment.
func allRead(got map[string]string, since time.Time) bool {
	for name, value := range got {
		if strings.HasPrefix(name, "routeros_collector_success{") && value != "1" {
			return false
		}
	}
	observed, err := strconv.ParseFloat(got[`routeros_config_observed_timestamp_seconds{category="all"}`], 64)
	return err == nil && observed >= float64(since.UnixMilli())/1000 && got["routeros_up"] == "1"
}

func failures(got map[string]string) map[string]string {
	out := map[string]string{}
	for _, reason := range []string{"dial", "tls_no_cert", "auth", "timeout", "trap", "fatal"} {
		out[reason] = got[`routeros_connect_failures_total{reason="`+reason+`"}`]
	}
	return out
}

// only is one failure for a reason and none for the others.
func only(reason string) map[string]string {
	out := map[string]string{"dial": "0", "tls_no_cert": "0", "auth": "0", "timeout": "0", "trap": "0", "fatal": "0"}
	out[reason] = "1"
	return out
}

// A menu that is slow, in whatever way, costs its own collectors and nothing
// else: not the others, not the time that the scraper has, not the connection.
func TestASlowMenuCostsItsCollectorsAlone(t *testing.T) {
	t.Parallel()
	for menu, lost := range map[string][]string{
		"/routing/bgp/session":   {"bgp"},
		"/routing/ospf/neighbor": {"ospf"},
		"/ppp/active":            {"ppp"},
		"/interface":             {"interface"},
	} {
		for _, wrong := range []string{"delay=1h", "per-row=1h", "hang-after=1"} {
			if menu != "/interface" && wrong == "per-row=1h" {
				continue // it has no second row to be slow
			}
			synctest.Test(t, func(t *testing.T) {
				p := admit(t)
				before := p.well(t)
				p.misbehave(t, menu+" "+wrong)
				for range 4 {
					began := time.Now()
					got := p.probe(t)
					require.LessOrEqual(t, time.Since(began), 10*time.Second, "%s %s", menu, wrong)
					require.Equal(t, "1", got["routeros_up"])
					for name := range before {
						collector, ok := strings.CutPrefix(name, `routeros_collector_success{collector="`)
						if collector = strings.TrimSuffix(collector, `"}`); !ok || strings.HasPrefix(collector, "config_") {
							continue
						}
						want := "1"
						if contains(lost, collector) {
							want = "0"
						}
						require.Equal(t, want, got[name], "%s while %s %s", name, menu, wrong)
					}
					time.Sleep(5 * time.Second)
				}
				require.Equal(t, "1", p.probe(t)["routeros_logins_total"], "the slow command was cancelled, the connection stays")
				p.misbehave(t, "")
				require.Equal(t, "1", p.well(t)["routeros_logins_total"])
				require.Equal(t, uint64(1), p.router.Traffic().Logins, "the router saw as many")
			})
		}
	}
}

func contains(list []string, s string) bool {
	for _, item := range list {
		if item == s {
			return true
		}
	}
	return false
}

// A far router on a bad line is slow to read, and read nevertheless.
func TestABadLine(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := admit(t)
		p.misbehave(t, "latency=600ms; jitter=400ms; loss=0.05")
		got := p.well(t)
		require.Equal(t, "1", got["routeros_logins_total"])
		require.Equal(t, map[string]string{"dial": "0", "tls_no_cert": "0", "auth": "0", "timeout": "0", "trap": "0", "fatal": "0"}, failures(got))
	})
}

// Each way of failing is a series of its own, counted once while the breaker
// is open, and the log says what to do.
func TestFailuresAreTold(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ wrong, reason, says string }{
		{"port closed", "dial", "check address and port"},
		{"refuse-logins", "auth", "check username and password"},
		{"silent", "timeout", "nothing answers like a RouterOS API"},
		{"vanished", "timeout", "nothing answers like a RouterOS API"},
		{"/system/resource refuse=not enough permissions (9)", "auth", "give its group the policy read"},
		{"/system/resource refuse=contact MikroTik support", "trap", "contact MikroTik support"},
		{"/system/resource fault=fatal", "fatal", "internal error"},
		{"/system/resource fault=reserved", "fatal", "this is not the RouterOS API"},
		{"/system/resource fault=oversized", "fatal", "word of 200000000 bytes"},
		{"/system/resource fault=close", "fatal", "unexpected EOF"},
	} {
		synctest.Test(t, func(t *testing.T) {
			p := admit(t)
			if p.wire.refuses = tc.wrong == "port closed"; !p.wire.refuses {
				p.misbehave(t, tc.wrong)
			}
			var got map[string]string
			for range 20 { // however many ask within the shortest back-off
				got = p.probe(t)
				require.Equal(t, "0", got["routeros_up"], tc.wrong)
			}
			require.Equal(t, only(tc.reason), failures(got), tc.wrong)
			require.Contains(t, p.log.String(), tc.says, tc.wrong)
			require.Equal(t, 1, strings.Count(p.log.String(), `"level":"WARN"`), "one line, not one for each probe: %s", p.log)
		})
	}
}

// The same for api-ssl without a certificate, which needs real TLS.
func TestARouterWithoutCertificateIsTold(t *testing.T) {
	t.Parallel()
	r, err := routersim.New(routersim.Options{Name: "EDGE1", Users: []routersim.User{
		{Name: monitorUser, Password: monitorPassword, Policies: []string{"read", "api"}},
	}})
	require.NoError(t, err)
	t.Cleanup(r.Close)
	require.NoError(t, r.Misbehave(routersim.Misbehaviour{NoCertificate: true}))
	addr, err := r.ListenTLS(t.Context(), "127.0.0.1:0", nil)
	require.NoError(t, err)
	e := start(t, fmt.Sprintf("modules: {default: {}}\ndevices:\n  - {name: EDGE1, address: %q, username: %s, password: %s, tls: {insecure_skip_verify: true}}\n",
		addr, monitorUser, monitorPassword), device.Options{Now: noon}) // with a clock that stands, nothing is tried twice
	require.Equal(t, only("tls_no_cert"), failures(e.probe(t, "EDGE1")))
	require.Contains(t, e.log.String(), "/ip/service set api-ssl certificate=NAME")
}

// Whatever happens in the middle of an answer: no hash is made of what came
// before, what was known stays, as old as it is, and when the router is well
// again everything is read as before, over one new login at most, and nothing
// has changed.
func TestNeverAHashOfHalfAConfiguration(t *testing.T) {
	t.Parallel()
	const menu = "/ip/firewall/filter"
	for wrong, logins := range map[string]uint64{ // how many more of them once it is well again
		"hang-after=2": 0, "delay=1h": 0, "refuse=not enough permissions (9)": 0,
		"fault=hang": 1, "fault=reset": 1, "fault=close": 1, "fault=fatal": 1, "fault=garbage": 1, "fault=reserved": 1, "fault=oversized": 1,
	} {
		synctest.Test(t, func(t *testing.T) {
			p := admit(t)
			before := p.well(t)
			p.misbehave(t, menu+" "+wrong)
			time.Sleep(5 * time.Minute)
			during := p.probe(t)
			for _, name := range []string{"config_fingerprint", "config_observed_timestamp_seconds", "config_changes_total"} {
				for _, category := range []string{"firewall", "all"} {
					s := fmt.Sprintf("routeros_%s{category=%q}", name, category)
					if name == "config_observed_timestamp_seconds" {
						require.LessOrEqual(t, during[s], latest(before[s], time.Minute), "%s while %s", s, wrong)
						continue
					}
					require.Equal(t, before[s], during[s], "%s while %s", s, wrong)
				}
			}
			require.Equal(t, "0", during[`routeros_collector_success{collector="config_firewall"}`], wrong)

			loggedIn := p.router.Traffic().Logins
			p.misbehave(t, "")
			time.Sleep(2 * time.Minute) // the longest back-off and its jitter
			after := p.well(t)
			require.LessOrEqual(t, p.router.Traffic().Logins-loggedIn, logins, wrong)
			for name, value := range after {
				if strings.HasPrefix(name, "routeros_config_changes_total{") {
					require.Equal(t, "0", value, "%s after %s", name, wrong)
				}
				if strings.HasPrefix(name, "routeros_config_fingerprint{") {
					require.Equal(t, before[name], value, "%s after %s", name, wrong)
				}
			}
		})
	}
}

// Nor does garbage, whatever it happens to look like.
func TestGarbageIsNoConfiguration(t *testing.T) {
	t.Parallel()
	for i := range 20 {
		synctest.Test(t, func(t *testing.T) {
			p := admitAs(t, fmt.Sprintf("ROUTER%d", i))
			before := p.well(t)
			p.misbehave(t, "/ip/firewall/filter fault=garbage; /ip/address fault=garbage; /queue/simple fault=garbage")
			time.Sleep(5 * time.Minute)
			p.misbehave(t, "")
			time.Sleep(2 * time.Minute)
			for name, value := range p.well(t) {
				if strings.HasPrefix(name, "routeros_config_changes_total{") || strings.HasPrefix(name, "routeros_config_fingerprint{") {
					require.Equal(t, before[name], value, "%s of router %d", name, i)
				}
			}
		})
	}
}

// latest is a timestamp as a series has it, moved on: between the moment when
// the router began to misbehave and the last reading before there is less than
// one interval.
func latest(timestamp string, interval time.Duration) string {
	seconds, _ := strconv.ParseFloat(timestamp, 64)
	return strconv.FormatFloat(seconds+interval.Seconds(), 'g', -1, 64)
}

// A router that vanished without a word is noticed within the time after which
// a silent connection counts as dead, and found again when it is back.
func TestHalfOpenConnectionsAreNoticed(t *testing.T) {
	t.Parallel()
	const stall, interval = 15 * time.Second, 15 * time.Second
	synctest.Test(t, func(t *testing.T) {
		p := admit(t)
		p.well(t)
		p.misbehave(t, "vanished")
		gone := time.Now()
		for failures(p.probe(t))["timeout"] == "0" {
			require.Less(t, time.Since(gone), stall+2*interval)
			time.Sleep(interval - 10*time.Second) // a probe takes ten while nothing answers
		}
		require.Contains(t, p.log.String(), "nothing was received for 15s")
		got := p.probe(t)
		require.Equal(t, "0", got["routeros_up"])
		time.Sleep(time.Hour)
		connections := p.router.Traffic().Connections
		require.LessOrEqual(t, connections, uint64(100), "about one attempt a minute")

		loggedIn := p.router.Traffic().Logins
		p.misbehave(t, "")
		time.Sleep(2 * time.Minute)
		require.Equal(t, "1", p.probe(t)["routeros_up"])
		require.Equal(t, uint64(1), p.router.Traffic().Logins-loggedIn)
	})
}

// So is one that nobody scrapes: the next reading of the configuration finds
// out, though listeners may be silent for ever.
func TestHalfOpenConnectionsAreNoticedWithoutScrapes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := admit(t)
		p.well(t)
		p.misbehave(t, "vanished")
		const interval, stall = time.Minute, 15 * time.Second
		time.Sleep(interval + stall + time.Second)
		require.Contains(t, p.log.String(), "nothing was received for 15s")
	})
}

// A router that does not end a command when told to is not given ever more to
// do: the connection is given up and made anew, once.
func TestCancelThatDoesNothing(t *testing.T) {
	t.Parallel()
	for _, how := range []string{"ignore", "refuse"} {
		synctest.Test(t, func(t *testing.T) {
			p := admit(t)
			p.well(t)
			p.misbehave(t, "cancel="+how+"; /routing/bgp/session delay=10h")
			for range 20 {
				p.probe(t)
				time.Sleep(5 * time.Second)
			}
			require.Contains(t, p.log.String(), "was cancelled and has not ended after 10s", how)
			require.LessOrEqual(t, p.router.Traffic().Logins, uint64(12), "%s: five minutes of it", how)
			loggedIn := p.router.Traffic().Logins
			p.misbehave(t, "")
			time.Sleep(2 * time.Minute)
			p.well(t)
			require.LessOrEqual(t, p.router.Traffic().Logins-loggedIn, uint64(1), how)
		})
	}
}

// However a router fails, and however often it is asked, it is left alone for
// ever longer: hardly a login is refused in a day, and a router that takes
// logins and then breaks is asked once a minute.
func TestBackOffBoundsWhatABrokenRouterGets(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		wrong         string
		over, longest time.Duration // how long it is asked, and the longest that it is left alone
	}{
		{"refuse-logins", 24 * time.Hour, 30 * time.Minute},
		{"silent", 2 * time.Hour, time.Minute},
		{"/system/resource fault=reset", 2 * time.Hour, time.Minute},
		{"/system/resource refuse=no", 2 * time.Hour, time.Minute},
		{"/interface fault=fatal", 2 * time.Hour, time.Minute}, // breaks after the login was a success
	} {
		// Three tenths are jitter, and it begins with shorter times.
		attempts := uint64(tc.over/(tc.longest*7/10)) + 8
		synctest.Test(t, func(t *testing.T) {
			p := admit(t)
			p.misbehave(t, tc.wrong)
			for range 240 {
				p.probe(t)
				time.Sleep(tc.over / 240)
			}
			traffic := p.router.Traffic()
			require.LessOrEqual(t, traffic.Connections, attempts, tc.wrong)
			require.GreaterOrEqual(t, traffic.Connections, attempts/4, "%s: it is tried again all the same", tc.wrong)
			loggedIn := traffic.Logins
			p.misbehave(t, "")
			time.Sleep(45 * time.Minute)
			p.well(t)
			require.LessOrEqual(t, p.router.Traffic().Logins-loggedIn, uint64(2), "%s: one login when it is well again", tc.wrong)
		})
	}
}

// A length of 200 MB costs no more memory than a real answer. It measures all
// of the process, so nothing runs beside it.
func TestALyingLengthIsNotBelieved(t *testing.T) { //nolint:paralleltest // see above
	for _, fault := range []string{"oversized", "garbage", "reserved"} {
		synctest.Test(t, func(t *testing.T) {
			p := admit(t)
			p.well(t)
			p.misbehave(t, "* fault="+fault)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			got := p.probe(t)
			runtime.ReadMemStats(&after)
			require.Equal(t, "0", got[`routeros_collector_success{collector="interface"}`], fault)
			require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(16<<20), fault)
		})
	}
}
