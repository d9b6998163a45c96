package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	httpconfig "github.com/prometheus/common/config"
	"golang.org/x/sync/semaphore"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/config"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/engine"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/promwatch"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/topology"
)

// surveyKept is how long an answer is used again: whoever turns the pages of a long list asks Prometheus once.
const surveyKept = 30 * time.Second

// surveyors are those of each tenant, one for each of its Prometheus servers.
type surveyors map[string][]*promwatch.Surveyor

// surveys asks the tenants' Prometheus servers what the routers see, one survey at a time: it is for people who
// ask, and must not get in the way of what runs by itself.
type surveys struct {
	log     *slog.Logger
	now     func() time.Time
	oneOnly *semaphore.Weighted

	mu       sync.Mutex
	byTenant surveyors
	last     map[string]survey
}

type survey struct {
	at        time.Time
	sightings topology.Sightings
}

func newSurveys(log *slog.Logger, now func() time.Time) *surveys {
	return &surveys{log: log, now: now, oneOnly: semaphore.NewWeighted(1), last: map[string]survey{}}
}

// newSurveyors makes the surveyors of a configuration.
func newSurveyors(c *config.Config) (surveyors, error) {
	made := surveyors{}
	for _, t := range c.Tenants {
		for _, p := range t.Prometheus {
			transport, err := httpconfig.NewRoundTripperFromConfig(p.HTTPClient.HTTPClientConfig, "prometheus")
			if err != nil {
				return nil, fmt.Errorf("tenant %s: prometheus %s: %w", t.ID, p.Name, err)
			}
			s, err := promwatch.NewSurveyor(promwatch.SurveyOptions{
				URL: p.URL, Transport: transport, Matchers: texts(p.ParsedMatchers),
				Series: promwatch.SurveySeries{
					Identity: p.Series.Identity, Interface: p.Series.Interfaces, Neighbor: p.Series.Neighbors, OSPFNeighbor: p.Series.OSPFNeighbors,
					BGPPeer: p.Series.BGPPeers, BGPSession: p.Series.BGPSessions, BGPPrefixes: p.Series.BGPPrefixes, DeviceLabel: p.Series.DeviceLabel,
				},
			})
			if err != nil {
				return nil, fmt.Errorf("tenant %s: prometheus %s: %w", t.ID, p.Name, err)
			}
			made[t.ID] = append(made[t.ID], s)
		}
	}
	return made, nil
}

// replace makes later surveys ask other servers.
func (s *surveys) replace(with surveyors) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.byTenant, s.last = with, map[string]survey{}
}

// Survey tells what a tenant's routers see. Of several servers it is enough that one answers: they are pairs,
// or what is missing is merely not proposed.
func (s *surveys) Survey(ctx context.Context, tenant string) (topology.Sightings, error) {
	if err := s.oneOnly.Acquire(ctx, 1); err != nil {
		return topology.Sightings{}, err
	}
	defer s.oneOnly.Release(1)
	s.mu.Lock()
	servers, last := s.byTenant[tenant], s.last[tenant]
	s.mu.Unlock()
	if len(servers) == 0 {
		return topology.Sightings{}, &engine.Refusal{
			Kind: engine.NotFound, What: "this tenant has no Prometheus that could tell what the routers see", Hint: "configure one under `prometheus`",
		}
	}
	if s.now().Sub(last.at) < surveyKept && !last.at.IsZero() {
		return last.sightings, nil
	}
	fresh := survey{at: s.now()}
	var errs []error
	for _, server := range servers {
		found, err := server.Survey(ctx)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		fresh.sightings.Add(found)
	}
	if len(errs) == len(servers) {
		return topology.Sightings{}, errors.Join(errs...)
	}
	if len(errs) > 0 {
		s.log.WarnContext(ctx, "Some Prometheus servers cannot tell what the routers see", slog.String("tenant", tenant), slog.Any("err", errors.Join(errs...)))
		return fresh.sightings, nil // the next one may have all of it
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last[tenant] = fresh
	return fresh.sightings, nil
}
