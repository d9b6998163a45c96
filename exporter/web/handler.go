package web

import (
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/klauspost/compress/gzhttp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	toolkit "github.com/prometheus/exporter-toolkit/web"

	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/device"
)

// Options says what the HTTP side works with.
type Options struct {
	// Reloader has the configuration in force; it must have loaded one.
	Reloader *Reloader
	// Fleet has the devices to probe.
	Fleet *device.Fleet
	// Registry has the exporter's own metrics.
	Registry *prometheus.Registry
	// TimeoutOffset is taken off the scrape timeout. Default: 0.
	TimeoutOffset time.Duration
	// Version is shown on the landing page.
	Version string
	// Logger is told of answers that could not be given.
	Logger *slog.Logger
}

type handler struct {
	reloader      *Reloader
	fleet         prober
	timeoutOffset time.Duration
	log           *slog.Logger
}

// New returns the exporter's HTTP handler.
func New(o Options) (http.Handler, error) {
	h := &handler{reloader: o.Reloader, fleet: o.Fleet, timeoutOffset: o.TimeoutOffset, log: o.Logger}
	landing, err := toolkit.NewLandingPage(toolkit.LandingConfig{
		Name:        "RouterOS exporter",
		Description: "State and configuration fingerprints of MikroTik routers",
		Version:     o.Version,
		Form: toolkit.LandingForm{
			Action: "/probe",
			Inputs: []toolkit.LandingFormInput{
				{Label: "Device", Type: "text", Name: "target", Placeholder: "EDGE1"},
				{Label: "Module", Type: "text", Name: "module", Value: "default"},
			},
		},
		Links: []toolkit.LandingLinks{
			{Address: "/metrics", Text: "Metrics", Description: "of the exporter itself"},
			{Address: "/sd", Text: "Service discovery", Description: "of the configured devices, for http_sd_configs"},
		},
		Profiling: "false",
	})
	if err != nil {
		return nil, fmt.Errorf("landing page: %w", err)
	}
	mux := http.NewServeMux()
	mux.Handle("GET /{$}", landing)
	// The compression of promhttp takes a quarter of the work of a probe, and
	// three times as long as this one.
	mux.HandleFunc("GET /probe", gzhttp.GzipHandler(http.HandlerFunc(h.probe)))
	mux.HandleFunc("GET /sd", h.discovery)
	mux.Handle("GET /metrics", promhttp.HandlerFor(o.Registry, promhttp.HandlerOpts{Registry: o.Registry}))
	mux.HandleFunc("GET /-/healthy", h.healthy)
	mux.HandleFunc("GET /-/ready", h.ready)
	mux.HandleFunc("POST /-/reload", h.reload)
	return mux, nil
}

// healthy answers as long as the process serves.
func (h *handler) healthy(w http.ResponseWriter, _ *http.Request) {
	fmt.Fprintln(w, "healthy")
}

// ready answers 200 once a configuration is in force.
func (h *handler) ready(w http.ResponseWriter, _ *http.Request) {
	if h.reloader.Current() == nil {
		http.Error(w, "no configuration in force yet", http.StatusServiceUnavailable)
		return
	}
	fmt.Fprintln(w, "ready")
}

// reload loads the configuration file anew.
func (h *handler) reload(w http.ResponseWriter, _ *http.Request) {
	if err := h.reloader.Reload(); err != nil {
		h.log.Error("configuration not reloaded, the former one stays in force", slog.Any("err", err))
		http.Error(w, fmt.Sprintf("configuration not reloaded, the former one stays in force:\n%v", err), http.StatusInternalServerError)
		return
	}
	fmt.Fprintln(w, "reloaded")
}
