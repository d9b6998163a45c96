package main

import (
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/prometheus/common/version"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/alertmanager"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/authn"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/httpapi"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/ingest"
)

// newServer makes the one HTTP server: the API, Alertmanager's webhook, and what operators look at.
func (s *service) newServer() (*http.Server, error) {
	limits := s.o.config.Limits
	guard := authn.NewGuard(s.auth, s.log.With(slog.String("component", "authn")), s.registry)
	api, err := httpapi.New(httpapi.Options{
		Submitter: s.db, Reader: s.db, Observations: ingest.New(s.db, s.o.now), Guard: guard,
		Topology: &httpapi.TopologyOptions{Surveyor: s.surveys, Dismissals: s.db},
		Logger:   s.log.With(slog.String("component", "api")), Registerer: s.registry, Now: s.o.now, Version: version.Version,
		MaxBatchBytes: int(limits.ObserveBody), Timeout: time.Duration(limits.RequestTimeout),
	})
	if err != nil {
		return nil, err
	}
	webhook, err := alertmanager.NewWebhook(alertmanager.WebhookOptions{
		Submitter: s.db, Logger: s.log.With(slog.String("component", "alertmanager")), Registerer: s.registry,
		MaxBytes: int64(limits.WebhookBody), Timeout: time.Duration(limits.RequestTimeout),
	})
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	api.Mount(mux)
	mux.Handle(alertmanager.WebhookPath, guard.Handler(authn.PostAlerts, webhook, alertmanager.WriteError))
	mux.Handle("GET /metrics", promhttp.HandlerFor(s.registry, promhttp.HandlerOpts{Registry: s.registry}))
	mux.HandleFunc("GET /-/healthy", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "healthy") })
	mux.HandleFunc("GET /-/ready", s.ready)
	mux.Handle("POST /-/reload", guard.Handler(authn.Administer, http.HandlerFunc(s.reload), alertmanager.WriteError))
	mux.HandleFunc("GET /{$}", landing)

	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetHTTP2(true)
	protocols.SetUnencryptedHTTP2(true) // gRPC without TLS
	return &http.Server{
		Handler: mux, Protocols: protocols,
		ReadHeaderTimeout: 10 * time.Second, ReadTimeout: time.Minute, IdleTimeout: 2 * time.Minute,
		ErrorLog: slog.NewLogLogger(s.log.Handler(), slog.LevelWarn),
	}, nil
}

// ready answers whether requests can be served: the service has started and its database answers.
func (s *service) ready(w http.ResponseWriter, r *http.Request) {
	switch {
	case !s.started.Load():
		http.Error(w, "starting: the database is not ready yet, the log says why", http.StatusServiceUnavailable)
	case s.health.check(r.Context()) != nil:
		http.Error(w, "the database does not answer: check that PostgreSQL runs; the log says more", http.StatusServiceUnavailable)
	default:
		fmt.Fprintln(w, "ready")
	}
}

func (s *service) reload(w http.ResponseWriter, r *http.Request) {
	if err := s.reloader.request(r.Context()); err != nil {
		alertmanager.WriteError(w, http.StatusServiceUnavailable, err)
		return
	}
	fmt.Fprintln(w, "reloaded")
}

func landing(w http.ResponseWriter, _ *http.Request) {
	fmt.Fprintln(w, "ISP Visual Monitor correlator", version.Version)
	fmt.Fprintln(w, "API: docs/api.md. Here: /metrics, /-/healthy, /-/ready, and POST /-/reload.")
}
