package main

import (
	"log/slog"
	"net/http"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/collector"
	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/config"
	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/device"
	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/push"
)

// sink is where sightings go: to the correlator, or nowhere.
type sink struct {
	pusher *push.Pusher // nil if nothing is sent
	// observe is given to the devices, nil if nothing is sent.
	observe func(device.Sighting)
	logger  *slog.Logger
}

// newSink returns what the configuration file's block push asks for.
func newSink(file string, registry prometheus.Registerer, logger *slog.Logger) (*sink, error) {
	c, err := config.Load(file, collector.Names())
	if err != nil {
		return nil, err
	}
	s := &sink{logger: logger}
	if c.Push == nil {
		return s, nil
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	if transport.TLSClientConfig, err = c.Push.TLSConfig(); err != nil {
		return nil, err
	}
	s.pusher, err = push.New(push.Options{
		URL: c.Push.URL, Token: c.Push.Token, Transport: transport, Exporter: c.Push.Exporter,
		SpoolDir: c.Push.Spool(), MaxSpool: c.Push.MaxSpoolBytes,
		Registry: registry, Logger: logger,
	})
	if err != nil {
		return nil, err
	}
	s.observe = func(seen device.Sighting) { s.pusher.Offer(observationOf(seen)) }
	return s, nil
}

func (s *sink) close() {
	if s.pusher == nil {
		return
	}
	if err := s.pusher.Close(); err != nil {
		s.logger.Error("what was seen last is not in the spool", slog.Any("err", err))
	}
}

// observationOf words a sighting as the push road has it.
func observationOf(s device.Sighting) push.Observation {
	o := push.Observation{
		Device: s.Device, Category: s.Category, ObservedAt: s.ObservedAt,
		Failure: s.Failure, AllowlistVersion: s.AllowlistVersion, Sections: s.Sections,
	}
	if s.Failure == "" {
		o.SHA256 = s.Fingerprint.String()
	}
	if a := s.Actor; a != nil {
		o.Actor = &push.Actor{User: a.User, Address: a.Address, Via: a.Via, At: a.At}
	}
	return o
}
