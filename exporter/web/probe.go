package web

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/device"
)

// timeoutHeader is how Prometheus says when it will stop waiting.
const timeoutHeader = "X-Prometheus-Scrape-Timeout-Seconds"

// probe answers /probe?target=NAME&module=NAME: the state of one device, which
// has to be in the configuration unless that opens probing. A device that
// cannot be read is no failure of the probe: the series say so.
func (h *handler) probe(w http.ResponseWriter, r *http.Request) {
	live := h.reloader.Current()
	target, moduleName := r.URL.Query().Get("target"), r.URL.Query().Get("module")
	if target == "" {
		http.Error(w, "the parameter target is missing: name a device of the configuration, as in /probe?target=EDGE1", http.StatusBadRequest)
		return
	}
	if moduleName == "" {
		moduleName = "default"
	}
	module, ok := live.Modules[moduleName]
	if !ok {
		http.Error(w, fmt.Sprintf("unknown module %q: add it to modules in the configuration file and reload", moduleName), http.StatusNotFound)
		return
	}
	dev, status, err := h.device(target)
	if err != nil {
		http.Error(w, err.Error(), status)
		return
	}
	limit := time.Duration(live.Config.Modules[moduleName].Timeout)
	ctx, cancel := context.WithTimeout(r.Context(), budget(r.Header.Get(timeoutHeader), h.timeoutOffset, limit))
	defer cancel()

	registry := prometheus.NewRegistry()
	registry.MustRegister(collected(dev.Collect(ctx, module)))
	promhttp.HandlerFor(registry, promhttp.HandlerOpts{
		// One series that contradicts another must not cost all the rest.
		ErrorHandling: promhttp.ContinueOnError,
		ErrorLog:      slog.NewLogLogger(h.log.With(slog.String("device", target)).Handler(), slog.LevelError),
		// The caller compresses, see New.
		DisableCompression: true,
	}).ServeHTTP(w, r)
}

// device returns the device that a target stands for, or why there is none and
// the status that says so.
func (h *handler) device(target string) (*device.Device, int, error) {
	if dev, ok := h.fleet.Get(target); ok {
		return dev, http.StatusOK, nil
	}
	dev, err := h.reloader.guests.get(target)
	switch {
	case err == nil:
		return dev, http.StatusOK, nil
	case errors.Is(err, errTooManyGuests):
		return nil, http.StatusTooManyRequests, err
	case errors.Is(err, errNotOpen):
		return nil, http.StatusNotFound, fmt.Errorf("unknown target %q: add it to devices in the configuration file and reload; only devices that are there can be probed", target)
	default:
		return nil, http.StatusNotFound, fmt.Errorf("unknown target: %w", err)
	}
}

// budget is the time for a probe: what the scraper grants, less what it takes
// to carry the answer, and never more than limit.
func budget(header string, offset, limit time.Duration) time.Duration {
	seconds, err := strconv.ParseFloat(header, 64)
	if err != nil || !(seconds > 0) || seconds > limit.Seconds() {
		return limit
	}
	granted := time.Duration(seconds * float64(time.Second))
	if granted <= 2*offset {
		return granted / 2
	}
	return granted - offset
}

// collected is what a reading has brought, as a collector. It describes
// nothing beforehand: which series there are depends on the router.
type collected []prometheus.Metric

// Describe implements prometheus.Collector.
func (collected) Describe(chan<- *prometheus.Desc) {}

// Collect implements prometheus.Collector.
func (c collected) Collect(out chan<- prometheus.Metric) {
	for _, m := range c {
		out <- m
	}
}

var _ prometheus.Collector = collected(nil)

// prober is what a probe needs of the fleet.
type prober interface {
	Get(name string) (*device.Device, bool)
}
