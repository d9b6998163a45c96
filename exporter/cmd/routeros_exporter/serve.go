package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
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
	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/push"
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
	if err := o.validate(); err != nil {
		return err
	}
	// From the start: without, a signal that comes early would end the process.
	life, end := context.WithCancel(context.Background())
	defer end()
	reloads := hangups(life)
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
	defer reloader.Close()
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
	return runActors(logger, o.web, &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}, sink.pusher, func(ctx context.Context) {
		reloader.Run(ctx, reloads)
	})
}

// validate checks what the flags say, before anything is begun.
func (o serverOptions) validate() error {
	if o.timeoutOffset < 0 {
		return errors.New("--web.scrape-timeout-offset cannot be negative")
	}
	return checkWebConfig(*o.web.WebConfigFile)
}

func checkWebConfig(file string) error {
	if err := toolkit.Validate(file); err != nil {
		return fmt.Errorf("--web.config.file: %s: %w", file, err)
	}
	return nil
}

// runActors runs the parts that live side by side; when one ends, all do. The
// pusher is nil if nothing is sent.
func runActors(logger *slog.Logger, flags *toolkit.FlagConfig, server *http.Server, pusher *push.Pusher, reload func(context.Context)) error {
	var group run.Group
	group.Add(run.SignalHandler(context.Background(), os.Interrupt, syscall.SIGTERM))

	if pusher != nil {
		pushing, endPushing := context.WithCancel(context.Background())
		group.Add(func() error { return pusher.Run(pushing) }, func(error) { endPushing() })
	}

	reloading, endReloading := context.WithCancel(context.Background())
	group.Add(func() error {
		reload(reloading)
		return nil
	}, func(error) { endReloading() })

	group.Add(func() error {
		if err := toolkit.ListenAndServe(server, flags, logger); !errors.Is(err, http.ErrServerClosed) {
			return listenError(err)
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

// listenError adds to why nothing can be served what to do about it.
func listenError(err error) error {
	hint := ""
	var address *net.AddrError
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		hint = ": something listens there already, perhaps another exporter: end it, or choose another address with --web.listen-address"
	case errors.Is(err, syscall.EACCES):
		hint = ": choose a port above 1023 with --web.listen-address, or let the process bind lower ones"
	case errors.As(err, &address):
		hint = ": write --web.listen-address as :9436 or 127.0.0.1:9436"
	}
	return fmt.Errorf("serve: %w%s", err, hint)
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

// checkConfig reads the configuration file, and that of the listener if one is
// named, and says how it is.
func checkConfig(out io.Writer, file, webFile string) error {
	if err := checkWebConfig(webFile); err != nil {
		return err
	}
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
	if len(c.Devices) == 0 && c.OpenProbing == nil {
		fmt.Fprintf(out, "%s has no devices yet: there is nothing to probe\n", file)
	}
	_, err = fmt.Fprintf(out, "%s is valid: %d devices, %d modules\n", file, len(c.Devices), len(c.Modules))
	return err
}
