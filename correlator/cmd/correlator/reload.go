package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/config"
)

// reloadTimeout bounds one reload.
const reloadTimeout = time.Minute

// reloader reads the configuration again when told, one reload at a time. A configuration that
// cannot be put to work as a whole leaves everything as it was.
type reloader struct {
	load       func() (*config.Config, error)
	apply      func(context.Context, *config.Config) error
	log        *slog.Logger
	hangups    <-chan os.Signal
	requests   chan chan error
	successful prometheus.Gauge
	at         prometheus.Gauge
}

// catchHangups takes SIGHUP over from now on, until stop: its default is to end the process, also one that
// is still starting. One that comes before anybody listens is kept.
func catchHangups() (hangups <-chan os.Signal, stop func()) {
	caught := make(chan os.Signal, 1)
	signal.Notify(caught, syscall.SIGHUP)
	return caught, func() { signal.Stop(caught) }
}

func newReloader(
	load func() (*config.Config, error), apply func(context.Context, *config.Config) error, hangups <-chan os.Signal,
	log *slog.Logger, reg prometheus.Registerer,
) *reloader {
	r := &reloader{
		load: load, apply: apply, log: log, requests: make(chan chan error), hangups: hangups,
		successful: promauto.With(reg).NewGauge(prometheus.GaugeOpts{
			Name: "ispvm_config_last_reload_successful", Help: "Whether the last reload of the configuration was successful (1) or not (0).",
		}),
		at: promauto.With(reg).NewGauge(prometheus.GaugeOpts{
			Name: "ispvm_config_last_reload_success_timestamp_seconds", Help: "When the configuration was last read successfully.",
		}),
	}
	r.succeeded() // it was read at the start
	return r
}

func (r *reloader) succeeded() {
	r.successful.Set(1)
	r.at.SetToCurrentTime()
}

// run serves SIGHUP and requests until ctx is done.
func (r *reloader) run(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-r.hangups:
			_ = r.reload(ctx) // it has been logged, and there is nobody else to tell
		case answer := <-r.requests:
			answer <- r.reload(ctx)
		}
	}
}

// request asks for a reload and waits for its outcome.
func (r *reloader) request(ctx context.Context) error {
	answer := make(chan error, 1)
	select {
	case r.requests <- answer:
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case err := <-answer:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (r *reloader) reload(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, reloadTimeout)
	defer cancel()
	c, err := r.load()
	if err == nil {
		err = r.apply(ctx, c)
	}
	if err != nil {
		r.successful.Set(0)
		r.log.ErrorContext(ctx, "Could not reload the configuration; the old one stays", slog.Any("err", err))
		return fmt.Errorf("the old configuration stays: %w", err)
	}
	r.succeeded()
	r.log.InfoContext(ctx, "Reloaded the configuration", slog.Int("tenants", len(c.Tenants)))
	return nil
}
