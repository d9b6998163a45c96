// Package host shows the built plugin without a Grafana: it serves a page that loads the plugin's
// module.js as Grafana's frontend does, with the real @grafana/* packages, and passes what the page
// asks on to the plugin executable over the plugin protocol.
//
// It is for the lab and for tests. There is no login: the page chooses the role that the plugin sees,
// so the host listens on loopback only.
package host

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/ispvisualmonitor/ispvisualmonitor/grafana-plugin/pkg/pluginclient"
	"github.com/ispvisualmonitor/ispvisualmonitor/grafana-plugin/pkg/settings"
)

// Options are what a Host needs.
type Options struct {
	// Listen: a loopback address. Default 127.0.0.1:0.
	Listen string
	// CorrelatorURL, Token: the settings of the one data source instance.
	CorrelatorURL string
	Token         settings.Secret
	// PluginDir: the folder grafana-plugin with dist (the built plugin) and host/out (the built page).
	PluginDir string
	// Executable: the plugin's backend. Default the one for this system in dist/datasource.
	Executable string
	// Log: where the plugin's warnings and errors go. Default discarded.
	Log io.Writer
}

// Host serves the page and owns the plugin process.
type Host struct {
	plugin   *pluginclient.Client
	listener net.Listener
	server   *http.Server
}

// shutdownTimeout bounds how long requests may take to end.
const shutdownTimeout = 5 * time.Second

// New starts the plugin and binds the address; Serve answers requests.
func New(ctx context.Context, o Options) (*Host, error) {
	if err := o.complete(); err != nil {
		return nil, err
	}

	listener, err := listenLoopback(ctx, o.Listen)
	if err != nil {
		return nil, err
	}

	plugin, err := pluginclient.Start(ctx, o.Executable, pluginclient.Settings{
		URL: o.CorrelatorURL, Token: o.Token, UID: DataSourceUID, Log: o.Log,
	})
	if err != nil {
		return nil, errors.Join(err, listener.Close())
	}

	server := &http.Server{Handler: routes(plugin, o.PluginDir), ReadHeaderTimeout: 10 * time.Second}

	return &Host{plugin: plugin, listener: listener, server: server}, nil
}

func (o *Options) complete() error {
	if o.CorrelatorURL == "" || o.PluginDir == "" {
		return errors.New("plugin host: a correlator URL and the plugin's folder are needed")
	}

	if o.Listen == "" {
		o.Listen = "127.0.0.1:0"
	}

	if o.Executable == "" {
		name := fmt.Sprintf("gpx_ispvisualmonitor_%s_%s", runtime.GOOS, runtime.GOARCH)
		o.Executable = filepath.Join(o.PluginDir, "dist", "datasource", name)
	}

	for _, needed := range []string{filepath.Join("dist", "module.js"), filepath.Join("host", "out", "main.js")} {
		if _, err := os.Stat(filepath.Join(o.PluginDir, needed)); err != nil {
			return fmt.Errorf("plugin host: %w (run npm run build and npm run build:host in the plugin's folder)", err)
		}
	}

	return nil
}

func listenLoopback(ctx context.Context, address string) (net.Listener, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("plugin host: address %q: %w", address, err)
	}

	if ip := net.ParseIP(host); ip == nil || !ip.IsLoopback() {
		return nil, fmt.Errorf("plugin host: %q is not a loopback address: without a login it listens on no other", host)
	}

	var config net.ListenConfig

	listener, err := config.Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("plugin host: %w", err)
	}

	return listener, nil
}

// URL is where the page is.
func (h *Host) URL() string {
	return "http://" + h.listener.Addr().String()
}

// Serve answers requests until ctx is done, then ends them, the listener and the plugin.
func (h *Host) Serve(ctx context.Context) error {
	served := make(chan error, 1)
	go func() { served <- h.server.Serve(h.listener) }()

	defer h.plugin.Close()

	select {
	case err := <-served:
		return fmt.Errorf("plugin host: %w", err)
	case <-ctx.Done():
	}

	// The time to end is given although ctx is done.
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTimeout)
	defer cancel()

	err := h.server.Shutdown(ending)
	if ended := <-served; !errors.Is(ended, http.ErrServerClosed) {
		err = errors.Join(err, ended)
	}

	return err
}
