package collector

import (
	"context"
	"time"

	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/routeros"
)

// pppoe counts the sessions of each server. The profile of one session is not
// to be had: /ppp/active does not tell it and /ppp/secret is never read, so
// what there is, is the profile that a server's sessions have by default.
type pppoe struct {
	family
	sessions, limit, info *Metric
}

func newPPPoE() limited {
	c := &pppoe{family: family{name: "pppoe", about: "PPPoE servers and their sessions, counted by the router.", every: time.Minute}}
	c.sessions = c.gauge("server_sessions", "Sessions of the servers with this service name.", "service")
	c.limit = c.gauge("server_sessions_limit", "Sessions that the servers with this service name take; absent where one of them has no limit.", "service")
	c.info = c.gauge("server_info", "A server that is enabled, always 1. The profile is that of sessions to which neither a secret nor RADIUS gives another.",
		"service", "interface", "profile")
	return c
}

// pppoeService is what servers of one service name have together.
type pppoeService struct {
	limit     float64
	unlimited bool
}

func (c *pppoe) Collect(ctx context.Context, r Router, _ Input, out *Samples) error {
	services := map[string]pppoeService{}
	servers := map[[3]string]bool{}
	properties := []string{"service-name", "interface", "default-profile", "max-sessions", "disabled"}
	err := readAll(ctx, r, read{
		"/interface/pppoe-server/server", properties, nil, func(row routeros.Row) {
			if row.Bool("disabled") {
				return
			}
			name := row.String("service-name")
			s := services[name]
			limit, ok := number(row, "max-sessions")
			s.limit, s.unlimited = s.limit+limit, s.unlimited || !ok || limit == 0
			services[name] = s
			servers[[3]string{name, row.String("interface"), row.String("default-profile")}] = true
		},
	})
	if err != nil {
		return err
	}
	for server := range servers {
		out.add(c.info, 1, server[0], server[1], server[2])
	}
	var tallies []tally
	for name, s := range services {
		tallies = append(tallies, tally{"/interface/pppoe-server", []string{"?service=" + name}, func(n float64) { out.add(c.sessions, n, name) }})
		if !s.unlimited {
			out.add(c.limit, s.limit, name)
		}
	}
	return countAll(ctx, r, tallies)
}
