package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/oklog/run"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	versioncollector "github.com/prometheus/client_golang/prometheus/collectors/version"
	"github.com/prometheus/common/version"
	toolkit "github.com/prometheus/exporter-toolkit/web"

	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/collector"
	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/config"
	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/device"
	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/fingerprint"
	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/web"
)

type serverOptions struct {
	configFile    string
	web           *toolkit.FlagConfig
	timeoutOffset time.Duration
}

// shutdownTimeout bounds the answers still being given at the end.
const shutdownTimeout = 5 * time.Second

// runServer serves until SIGINT or SIGTERM.
func runServer(logger *slog.Logger, o serverOptions) error {
	logger.Info("starting", slog.String("version", version.Info()))
	registry := prometheus.NewRegistry()
	registry.MustRegister(
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		versioncollector.NewCollector(program),
	)
	allowlist, err := fingerprint.Builtin()
	if err != nil {
		return err
	}
	sink, err := newSink(o.configFile, registry, logger)
	if err != nil {
		return err
	}
	defer sink.close() // after the fleet, which offers to it
	fleet := device.NewFleet()
	defer fleet.Close()
	reloader := web.NewReloader(web.ReloaderOptions{
		Load:     func() (*config.Config, error) { return config.Load(o.configFile, collector.Names()) },
		Fleet:    fleet,
		Base:     device.Options{Allowlist: allowlist, Logger: logger, Observe: sink.observe},
		Registry: registry,
		Logger:   logger,
	})
	if err := reloader.Reload(); err != nil {
		return err
	}
	handler, err := web.New(web.Options{
		Reloader: reloader, Fleet: fleet, Registry: registry,
		TimeoutOffset: o.timeoutOffset, Version: version.Info(), Logger: logger,
	})
	if err != nil {
		return err
	}
	return runActors(logger, sink, reloader, &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}, o.web)
}

// runActors runs the parts that live side by side; when one ends, all do.
func runActors(logger *slog.Logger, sink *sink, reloader *web.Reloader, server *http.Server, flags *toolkit.FlagConfig) error {
	var group run.Group
	group.Add(run.SignalHandler(context.Background(), os.Interrupt, syscall.SIGTERM))

	if sink.pusher != nil {
		pushing, endPushing := context.WithCancel(context.Background())
		group.Add(func() error { return sink.pusher.Run(pushing) }, func(error) { endPushing() })
	}

	reloads, endReloads := context.WithCancel(context.Background())
	group.Add(func() error {
		reloader.Run(reloads, hangups(reloads))
		return nil
	}, func(error) { endReloads() })

	group.Add(func() error {
		if err := toolkit.ListenAndServe(server, flags, logger); !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	}, func(error) {
		ctx, cancel := context.WithTimeout(context.Background(), shutdownTimeout)
		defer cancel()
		if err := server.Shutdown(ctx); err != nil {
			logger.Warn("some answers were cut off", slog.Any("err", err))
		}
	})

	err := group.Run()
	var signalled *run.SignalError
	if errors.As(err, &signalled) {
		logger.Info("stopping", slog.String("signal", signalled.Signal.String()))
		return nil
	}
	return err
}

// hangups turns SIGHUP into something that can be received.
func hangups(ctx context.Context) <-chan struct{} {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGHUP)
	out := make(chan struct{})
	go func() {
		defer signal.Stop(signals)
		for {
			select {
			case <-ctx.Done():
				return
			case <-signals:
			}
			select {
			case <-ctx.Done():
				return
			case out <- struct{}{}:
			}
		}
	}()
	return out
}

// checkConfig reads the configuration file and says how it is.
func checkConfig(out io.Writer, file string) error {
	c, err := config.Load(file, collector.Names())
	if err != nil {
		return err
	}
	allowlist, err := fingerprint.Builtin()
	if err != nil {
		return err
	}
	for _, d := range c.Devices {
		if _, err := web.DeviceOptions(c, d, device.Options{Allowlist: allowlist}); err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
	}
	_, err = fmt.Fprintf(out, "%s is valid: %d devices, %d modules\n", file, len(c.Devices), len(c.Modules))
	return err
}
