package web_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/go-routeros/routeros/v3"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/collector"
	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/config"
	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/device"
	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/fingerprint"
	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/web"
	"github.com/ispvisualmonitor/ispvisualmonitor/lab/routersim"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// The exporter logs in as somebody who may read, without sensitive policy or
// with it: what is asked for must not depend on that.
const (
	monitorUser, monitorPassword = "exporter", "S3CRET-login-of-the-exporter"
	adminUser, adminPassword     = "boss", "S3CRET-login-of-the-boss"
)

// simulated starts routers from the given exports, by name.
func simulated(t *testing.T, now func() time.Time, files map[string]string) (*routersim.Network, map[string]string) {
	t.Helper()
	network := routersim.NewNetwork(routersim.NetworkOptions{Now: now, Prefixes: 900})
	t.Cleanup(network.Close)
	addresses := map[string]string{}
	for name, file := range files {
		addresses[name] = addRouter(t, network, name, file)
	}
	return network, addresses
}

func addRouter(t *testing.T, network *routersim.Network, name, file string) string {
	t.Helper()
	r, err := network.Add(routersim.Options{Name: name, Uptime: 100 * time.Hour, Users: []routersim.User{
		// The group "read" of RouterOS includes sensitive.
		{Name: monitorUser, Password: monitorPassword, Policies: []string{"read", "api", "sensitive", "test"}},
		{Name: adminUser, Password: adminPassword},
	}})
	require.NoError(t, err)
	text, err := os.Open(file)
	require.NoError(t, err)
	defer text.Close()
	_, err = r.Load(text)
	require.NoError(t, err)
	addr, err := r.Listen(t.Context(), "127.0.0.1:0")
	require.NoError(t, err)
	return addr.String()
}

// order runs a command on a router as its administrator, through a client that
// is not ours.
func order(t *testing.T, address string, sentence ...string) {
	t.Helper()
	nc, err := (&net.Dialer{Timeout: 5 * time.Second}).DialContext(t.Context(), "tcp", address)
	require.NoError(t, err)
	require.NoError(t, nc.SetDeadline(time.Now().Add(10*time.Second)))
	c, err := routeros.NewClient(nc)
	require.NoError(t, err)
	defer c.Close()
	require.NoError(t, c.Login(adminUser, adminPassword))
	_, err = c.Run(sentence...)
	require.NoError(t, err, "%v", sentence)
}

// exporter is a running exporter.
type exporter struct {
	*httptest.Server
	file     string
	reloader *web.Reloader
	fleet    *device.Fleet
	log      *logBuffer
}

// logBuffer is a log that tests can read.
type logBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// start runs an exporter with a configuration; base may add to its devices.
func start(t *testing.T, configuration string, base device.Options) *exporter {
	t.Helper()
	e := &exporter{file: filepath.Join(t.TempDir(), "exporter.yaml"), fleet: device.NewFleet(), log: &logBuffer{}}
	e.write(t, configuration)
	allowlist, err := fingerprint.Builtin()
	require.NoError(t, err)
	base.Allowlist = allowlist
	base.Logger = slog.New(slog.NewJSONHandler(e.log, nil))
	registry := prometheus.NewPedanticRegistry()
	e.reloader = web.NewReloader(web.ReloaderOptions{
		Load:  func() (*config.Config, error) { return config.Load(e.file, collector.Names()) },
		Fleet: e.fleet, Base: base, Registry: registry, Logger: base.Logger,
	})
	require.NoError(t, e.reloader.Reload())
	handler, err := web.New(web.Options{
		Reloader: e.reloader, Fleet: e.fleet, Registry: registry,
		TimeoutOffset: 100 * time.Millisecond, Version: "test", Logger: base.Logger,
	})
	require.NoError(t, err)
	e.Server = httptest.NewServer(handler)
	t.Cleanup(func() {
		e.Close()
		e.reloader.Close()
		e.fleet.Close()
	})
	return e
}

func (e *exporter) write(t *testing.T, configuration string) {
	t.Helper()
	require.NoError(t, os.WriteFile(e.file, []byte(configuration), 0o600))
}

// devices is a configuration with these routers and a fast schedule.
func devices(addresses map[string]string) string {
	var out strings.Builder
	out.WriteString("fingerprint: {interval: 1s}\nmodules: {default: {}}\ndevices:\n")
	for name, address := range addresses {
		fmt.Fprintf(&out, "  - {name: %s, address: %q, username: %s, password: %s}\n", name, address, monitorUser, monitorPassword)
	}
	return out.String()
}

// get fetches a path, and fails the test unless the status is as wanted.
func (e *exporter) get(t *testing.T, path string, status int) string {
	t.Helper()
	got, body, err := e.fetch(t.Context(), path, nil)
	require.NoError(t, err)
	require.Equal(t, status, got, "%s", body)
	return body
}

// fetch fetches a path, for goroutines that may not fail a test.
func (e *exporter) fetch(ctx context.Context, path string, header http.Header) (status int, body string, err error) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, e.URL+path, nil)
	if err != nil {
		return 0, "", err
	}
	req.Header = header
	resp, err := e.Client().Do(req)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(text), err
}

// probe returns the series of a device's probe by name and labels.
func (e *exporter) probe(t *testing.T, name string) map[string]string {
	t.Helper()
	return series(e.get(t, "/probe?target="+name, http.StatusOK))
}

func series(text string) map[string]string {
	out := map[string]string{}
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if i := strings.LastIndexByte(line, ' '); i > 0 && !strings.HasPrefix(line, "#") {
			out[line[:i]] = line[i+1:]
		}
	}
	return out
}

// eventually polls until a condition holds.
func eventually(t *testing.T, what string, condition func() bool) {
	t.Helper()
	require.Eventually(t, condition, 20*time.Second, 20*time.Millisecond, what)
}

// fingerprinted waits until every category has been read.
func (e *exporter) fingerprinted(t *testing.T, name string) map[string]string {
	t.Helper()
	var got map[string]string
	eventually(t, "all fingerprints of "+name, func() bool {
		got = e.probe(t, name)
		return got[`routeros_config_fingerprint{category="all"}`] != ""
	})
	return got
}

// ask runs a command as the exporter's own user, through a client that is not
// ours, and returns the answer as text.
func ask(t *testing.T, nc net.Conn, sentence ...string) string {
	t.Helper()
	require.NoError(t, nc.SetDeadline(time.Now().Add(10*time.Second)))
	c, err := routeros.NewClient(nc)
	require.NoError(t, err)
	defer c.Close()
	require.NoError(t, c.Login(monitorUser, monitorPassword))
	reply, err := c.Run(sentence...)
	require.NoError(t, err)
	return reply.String()
}

// refuse is a network without routers.
func refuse(context.Context, string, string) (net.Conn, error) {
	return nil, &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
}
