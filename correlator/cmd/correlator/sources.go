package main

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/prometheus/alertmanager/pkg/labels"
	"github.com/prometheus/client_golang/prometheus"
	httpconfig "github.com/prometheus/common/config"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/alertmanager"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/config"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/postgres"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/promwatch"
)

// source is something that is polled until its context is done.
type source interface{ Run(ctx context.Context) }

// sources runs what is polled: Prometheus and Alertmanager servers. A reload replaces all of them.
type sources struct {
	db            *postgres.DB
	log           *slog.Logger
	now           func() time.Time
	promMetrics   *promwatch.Metrics
	censusMetrics *promwatch.CensusMetrics
	alertMetrics  *alertmanager.PollerMetrics
	// replaced holds the newest replacement that run has not seen yet; mu keeps two from racing for it.
	replaced chan []source
	mu       sync.Mutex
}

func newSources(db *postgres.DB, log *slog.Logger, reg prometheus.Registerer, now func() time.Time) *sources {
	return &sources{
		db: db, log: log, now: now, promMetrics: promwatch.NewMetrics(reg), censusMetrics: promwatch.NewCensusMetrics(reg), alertMetrics: alertmanager.NewPollerMetrics(reg),
		replaced: make(chan []source, 1),
	}
}

// prepare makes the sources of a configuration and starts none.
func (s *sources) prepare(c *config.Config) ([]source, error) {
	var made []source
	for _, t := range c.Tenants {
		for _, p := range t.Prometheus {
			w, err := s.newWatcher(t.ID, p)
			if err != nil {
				return nil, fmt.Errorf("tenant %s: prometheus %s: %w", t.ID, p.Name, err)
			}
			census, err := s.newCensus(t.ID, p)
			if err != nil {
				return nil, fmt.Errorf("tenant %s: prometheus %s: %w", t.ID, p.Name, err)
			}
			made = append(made, w, census)
		}
		for _, a := range t.Alertmanagers {
			p, err := s.newPoller(t.ID, a)
			if err != nil {
				return nil, fmt.Errorf("tenant %s: alertmanager %s: %w", t.ID, a.Name, err)
			}
			made = append(made, p)
		}
	}
	return made, nil
}

func (s *sources) newWatcher(tenant string, p config.Prometheus) (*promwatch.Watcher, error) {
	transport, err := httpconfig.NewRoundTripperFromConfig(p.HTTPClient.HTTPClientConfig, "prometheus")
	if err != nil {
		return nil, err
	}
	return promwatch.New(promwatch.Options{
		Submitter: s.db, Tenant: tenant, Name: p.Name, URL: p.URL, Transport: transport, Matchers: texts(p.ParsedMatchers),
		Series: promwatch.Series{
			Fingerprint: p.Series.Fingerprint, ObservedTimestamp: p.Series.ObservedTimestamp, AllowlistVersion: p.Series.AllowlistVersion,
			DeviceLabel: p.Series.DeviceLabel, CategoryLabel: p.Series.CategoryLabel, ExporterLabel: p.Series.ExporterLabel,
		},
		Interval: time.Duration(p.PollInterval),
		Resume: func(ctx context.Context) (time.Time, error) {
			status, err := s.db.Status(ctx, tenant)
			return status.LastObservationAt, err
		},
		Logger: s.log.With(slog.String("component", "promwatch")), Metrics: s.promMetrics, Now: s.now,
	})
}

func (s *sources) newCensus(tenant string, p config.Prometheus) (*promwatch.Census, error) {
	transport, err := httpconfig.NewRoundTripperFromConfig(p.HTTPClient.HTTPClientConfig, "prometheus")
	if err != nil {
		return nil, err
	}
	return promwatch.NewCensus(promwatch.CensusOptions{
		Submitter: s.db, Tenant: tenant, Name: p.Name, URL: p.URL, Transport: transport, Matchers: texts(p.ParsedMatchers),
		Sessions: p.Series.Sessions, DeviceLabel: p.Series.DeviceLabel,
		Logger: s.log.With(slog.String("component", "promwatch")), Metrics: s.censusMetrics, Now: s.now,
	})
}

func (s *sources) newPoller(tenant string, a config.Alertmanager) (*alertmanager.Poller, error) {
	transport, err := httpconfig.NewRoundTripperFromConfig(a.HTTPClient.HTTPClientConfig, "alertmanager")
	if err != nil {
		return nil, err
	}
	return alertmanager.NewPoller(alertmanager.PollerOptions{
		Submitter: s.db, Tenant: tenant, Name: a.Name, URL: a.URL, Receiver: a.Receiver, Matchers: texts(a.ParsedMatchers),
		Interval: time.Duration(a.PollInterval), Client: &http.Client{Transport: transport},
		Logger: s.log.With(slog.String("component", "alertmanager")), Metrics: s.alertMetrics, Now: s.now,
	})
}

func texts(matchers []*labels.Matcher) []string {
	out := make([]string, len(matchers))
	for i, m := range matchers {
		out[i] = m.String()
	}
	return out
}

// replace makes run go on with other sources. It does not wait for it.
func (s *sources) replace(with []source) {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-s.replaced: // a replacement that run has not seen yet
	default:
	}
	s.replaced <- with
}

// run runs the sources, and those that replace them, until ctx is done.
func (s *sources) run(ctx context.Context) error {
	stop := func() {}
	defer func() { stop() }()
	for {
		select {
		case <-ctx.Done():
			return nil
		case with := <-s.replaced:
			// The old ones have ended before the new ones begin: two would poll the same server.
			stop()
			stop = start(ctx, with)
		}
	}
}

// start starts all sources and answers how to stop them and wait for it.
func start(ctx context.Context, all []source) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var running sync.WaitGroup
	for _, one := range all {
		running.Go(func() { one.Run(ctx) })
	}
	return func() {
		cancel()
		running.Wait()
	}
}
