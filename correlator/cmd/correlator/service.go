package main

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/oklog/run"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	versioncollector "github.com/prometheus/client_golang/prometheus/collectors/version"
	"github.com/prometheus/exporter-toolkit/web"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/authn"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/config"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/engine"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/notify"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/postgres"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/postgres/cluster"
)

// drainTimeout bounds how long a stop waits for requests in flight.
const drainTimeout = 15 * time.Second

// serviceOptions say what a service runs on.
type serviceOptions struct {
	// load reads the configuration again.
	load func() (*config.Config, error)
	// config is what it answered first.
	config *config.Config
	// hangups ask for it.
	hangups <-chan os.Signal
	web     *web.FlagConfig
	logger  *slog.Logger
	// databaseURL is where the service works, ownerURL where migrations are applied.
	databaseURL, ownerURL config.Secret
	// now is the clock by which inputs arrive and timers fire; time.Now when nil.
	now func() time.Time
	// cluster is the private PostgreSQL, nil without one.
	cluster *cluster.Cluster
}

// service is the running correlator: the database in the middle, edges around it.
type service struct {
	o         serviceOptions
	log       *slog.Logger
	registry  *prometheus.Registry
	db        *postgres.DB
	auth      *authn.Authenticator
	publisher *notify.Publisher
	relay     *postgres.Relay
	sources   *sources
	surveys   *surveys
	reloader  *reloader
	server    *http.Server
	health    *databaseHealth
	retention *retention
	// config is what is applied, or at first to be applied; applying guards it.
	config   *config.Config
	applying sync.Mutex
	// started is set when the database is migrated and the configuration is in it.
	started atomic.Bool
}

// newService wires everything and starts nothing.
func newService(ctx context.Context, o serviceOptions) (*service, error) {
	if o.now == nil {
		o.now = time.Now
	}
	s := &service{o: o, config: o.config, log: o.logger, registry: prometheus.NewRegistry(), auth: authn.New(o.config.Auth.AcceptedTokens())}
	s.registry.MustRegister(
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), versioncollector.NewCollector("ispvm"),
	)
	eng, err := engine.New(engine.Options{Logger: s.log.With(slog.String("component", "engine"))})
	if err != nil {
		return nil, err
	}
	s.db, err = postgres.New(ctx, postgres.Options{
		URL: o.databaseURL.Reveal(), Engine: eng, Now: o.now,
		Logger: s.log.With(slog.String("component", "database")), Registerer: s.registry,
	})
	if err != nil {
		return nil, err
	}
	if err := s.wire(); err != nil {
		s.db.Close()
		return nil, err
	}
	return s, nil
}

func (s *service) wire() (err error) {
	s.publisher, err = notify.New(notify.Options{
		Reader: s.db, Logger: s.log.With(slog.String("component", "notify")), Registerer: s.registry, Now: s.o.now,
	})
	if err != nil {
		return err
	}
	s.relay, err = postgres.NewRelay(s.db, postgres.RelayOptions{Publish: publish(s.publisher)})
	if err != nil {
		return err
	}
	s.sources = newSources(s.db, s.log, s.registry, s.o.now)
	s.surveys = newSurveys(s.log.With(slog.String("component", "promwatch")), s.o.now)
	s.health = newDatabaseHealth(s.db, s.log, s.registry)
	s.retention = newRetention(s.db, s.keepJournal, s.log, s.registry)
	s.reloader = newReloader(s.o.load, s.apply, s.o.hangups, s.log, s.registry)
	s.server, err = s.newServer()
	return err
}

// run runs until ctx is done or a part fails, and then stops what it started, HTTP first: a request in
// flight still finds everything that it needs.
func (s *service) run(ctx context.Context) error {
	defer s.db.Close()
	var group run.Group
	group.Add(func() error {
		return ignoreClosed(web.ListenAndServe(s.server, s.o.web, s.log))
	}, func(error) {
		s.drain(ctx)
	})
	group.Add(actor(ctx, s.work))
	group.Add(actor(ctx, s.reloader.run))
	if s.o.cluster != nil {
		group.Add(actor(ctx, s.watchCluster))
	}
	group.Add(actor(ctx, func(ctx context.Context) error {
		<-ctx.Done()
		s.log.InfoContext(ctx, "Stopping")
		return nil
	}))
	return group.Run()
}

// actor runs f until it is interrupted or ctx is done.
func actor(ctx context.Context, f func(context.Context) error) (func() error, func(error)) {
	ctx, cancel := context.WithCancel(ctx)
	return func() error { return f(ctx) }, func(error) { cancel() }
}

// drain stops taking requests and waits for those in flight.
func (s *service) drain(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTimeout)
	defer cancel()
	if err := s.server.Shutdown(ctx); err != nil {
		s.log.WarnContext(ctx, "Some requests did not end in time", slog.Any("err", err))
		_ = s.server.Close() // they are lost to us; their senders try again
	}
}

func ignoreClosed(err error) error {
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// watchCluster ends the service when its private PostgreSQL ends.
func (s *service) watchCluster(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return nil
	case <-s.o.cluster.Done():
		return s.o.cluster.Err()
	}
}
