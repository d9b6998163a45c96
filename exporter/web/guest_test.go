package web

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/collector"
	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/config"
	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/device"
	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/fingerprint"
	"github.com/ispvisualmonitor/ispvisualmonitor/lab/routersim"
)

// inner is an exporter without a network around it.
type inner struct {
	http.Handler
	reloader *Reloader
	file     string
}

func newInner(t *testing.T, block string, base device.Options) *inner {
	t.Helper()
	allowlist, err := fingerprint.Builtin()
	require.NoError(t, err)
	base.Allowlist, base.Logger = allowlist, slog.New(slog.DiscardHandler)
	o := &inner{file: filepath.Join(t.TempDir(), "exporter.yaml")}
	o.write(t, block)
	fleet, registry := device.NewFleet(), prometheus.NewPedanticRegistry()
	o.reloader = NewReloader(ReloaderOptions{
		Load:  func() (*config.Config, error) { return config.Load(o.file, collector.Names()) },
		Fleet: fleet, Base: base, Registry: registry, Logger: base.Logger,
	})
	t.Cleanup(func() {
		o.reloader.Close()
		fleet.Close()
	})
	require.NoError(t, o.reloader.Reload())
	o.Handler, err = New(Options{Reloader: o.reloader, Fleet: fleet, Registry: registry, Logger: base.Logger})
	require.NoError(t, err)
	return o
}

func (o *inner) write(t *testing.T, block string) {
	t.Helper()
	require.NoError(t, os.WriteFile(o.file, []byte("modules: {default: {}}\n"+block), 0o600))
}

func (o *inner) probe(t *testing.T, target string) (status int, body string) {
	t.Helper()
	w := httptest.NewRecorder()
	o.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/probe?target="+url.QueryEscape(target), nil))
	text, err := io.ReadAll(w.Body)
	require.NoError(t, err)
	return w.Code, string(text)
}

// closing counts connections that are closed.
type closing struct {
	net.Conn
	count *atomic.Int32
}

func (c closing) Close() error {
	c.count.Add(1)
	return c.Conn.Close()
}

// Where it is opened, any address of the named networks can be probed and no
// other: nothing is sent anywhere else, and no more routers than allowed are
// held. A guest has state and no fingerprints.
func TestOpenProbing(t *testing.T) {
	t.Parallel()
	r, err := routersim.New(routersim.Options{Users: []routersim.User{{Name: "guest", Password: "p", Policies: []string{"read", "api"}}}})
	require.NoError(t, err)
	t.Cleanup(r.Close)
	addr, err := r.Listen(t.Context(), "127.0.0.1:0")
	require.NoError(t, err)
	_, port, err := net.SplitHostPort(addr.String())
	require.NoError(t, err)
	var dialled []string
	var hungUp atomic.Int32
	dial := func(ctx context.Context, network, address string) (net.Conn, error) {
		dialled = append(dialled, address)
		nc, err := (&net.Dialer{}).DialContext(ctx, network, address)
		return closing{nc, &hungUp}, err
	}
	block := func(networks string) string {
		return "open_probing: {networks: [" + networks + "], port: " + port + ", max_targets: 1, device: {username: guest, password: p}}"
	}
	o := newInner(t, block("127.0.0.1/32, 127.0.0.9/32"), device.Options{Dial: dial})

	for range 3 {
		status, body := o.probe(t, "127.0.0.1")
		require.Equal(t, http.StatusOK, status, body)
		require.Contains(t, body, "\nrouteros_up 1\n")
		require.Contains(t, body, "\nrouteros_logins_total 1\n")
		require.NotContains(t, body, "routeros_config_fingerprint")
	}
	for target, want := range map[string]struct {
		status int
		text   string
	}{
		"127.0.0.2":         {http.StatusNotFound, "unknown target: 127.0.0.2 lies in none of the networks of open_probing\n"},
		"localhost":         {http.StatusNotFound, "unknown target: \"localhost\" is neither the name of a device nor an address without a port\n"},
		"127.0.0.1:" + port: {http.StatusNotFound, "unknown target: \"127.0.0.1:" + port + "\" is neither the name of a device nor an address without a port\n"},
		"127.0.0.9":         {http.StatusTooManyRequests, "open_probing.max_targets are connected already: raise it, or wait until one has been idle for open_probing.idle_timeout\n"},
	} {
		status, body := o.probe(t, target)
		require.Equal(t, want.status, status, target)
		require.Equal(t, want.text, body)
	}
	require.Equal(t, []string{addr.String()}, dialled)
	require.Equal(t, uint64(1), r.Traffic().Logins)

	// A reload that changes the rules sends guests away, one that does not keeps them.
	require.NoError(t, o.reloader.Reload())
	status, body := o.probe(t, "127.0.0.1")
	require.Equal(t, http.StatusOK, status)
	require.Contains(t, body, "\nrouteros_logins_total 1\n")
	o.write(t, block("127.0.0.9/32"))
	require.NoError(t, o.reloader.Reload())
	status, _ = o.probe(t, "127.0.0.1")
	require.Equal(t, http.StatusNotFound, status)
	require.Positive(t, hungUp.Load())
	o.write(t, "")
	require.NoError(t, o.reloader.Reload())
	status, body = o.probe(t, "127.0.0.9")
	require.Equal(t, http.StatusNotFound, status)
	require.Contains(t, body, "only devices that are there can be probed")
}

// Who is not asked for any more leaves.
func TestIdleGuestsLeave(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := newInner(t, "open_probing: {networks: [192.0.2.0/24], max_targets: 2, device: {username: u, password: p}}", device.Options{
			Dial: func(context.Context, string, string) (net.Conn, error) { return nil, errors.New("no network here") },
		})
		g := o.reloader.guests
		first, err := g.get("192.0.2.1")
		require.NoError(t, err)
		time.Sleep(9 * time.Minute)
		again, err := g.get("192.0.2.1")
		require.NoError(t, err)
		require.Same(t, first, again)
		time.Sleep(9 * time.Minute)
		_, err = g.get("192.0.2.2")
		require.NoError(t, err)
		_, err = g.get("192.0.2.3")
		require.ErrorIs(t, err, errTooManyGuests)
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		_, err = g.get("192.0.2.3")
		require.NoError(t, err, "the first has left")
		other, err := g.get("192.0.2.1")
		require.ErrorIs(t, err, errTooManyGuests)
		require.Nil(t, other)
		g.close()
		_, err = g.get("192.0.2.1")
		require.EqualError(t, err, "the exporter is stopping")
	})
}
