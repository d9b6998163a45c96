package main

import (
	"context"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/postgres"
)

const (
	// healthInterval is how often the database is looked at when nobody asks.
	healthInterval = 10 * time.Second
	// healthTimeout is how long it may take to answer.
	healthTimeout = 3 * time.Second
)

// databaseHealth watches whether the database answers, and how many incidents are open in it.
type databaseHealth struct {
	db        *postgres.DB
	log       *slog.Logger
	up        prometheus.Gauge
	incidents *prometheus.GaugeVec
	devices   *prometheus.GaugeVec
}

func newDatabaseHealth(db *postgres.DB, log *slog.Logger, reg prometheus.Registerer) *databaseHealth {
	return &databaseHealth{
		db: db, log: log,
		up: promauto.With(reg).NewGauge(prometheus.GaugeOpts{
			Name: "ispvm_database_up", Help: "Whether the database answered when it was last asked (1) or not (0).",
		}),
		incidents: promauto.With(reg).NewGaugeVec(prometheus.GaugeOpts{
			Name: "ispvm_open_incidents", Help: "Incidents that are open.",
		}, []string{"tenant"}),
		devices: promauto.With(reg).NewGaugeVec(prometheus.GaugeOpts{
			Name: "ispvm_devices", Help: "Devices that are in the inventory or were observed.",
		}, []string{"tenant"}),
	}
}

// check asks the database now.
func (h *databaseHealth) check(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, healthTimeout)
	defer cancel()
	err := h.db.Ping(ctx)
	up := 1.0
	if err != nil {
		up = 0
	}
	h.up.Set(up)
	return err
}

// watch keeps the metrics fresh until ctx is done, and logs when trouble begins and ends.
func (h *databaseHealth) watch(ctx context.Context) error {
	ticker := time.NewTicker(healthInterval)
	defer ticker.Stop()
	failing := false
	for {
		err := h.check(ctx)
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil && !failing:
			h.log.ErrorContext(ctx, "The database does not answer", slog.Any("err", err))
		case err == nil && failing:
			h.log.InfoContext(ctx, "The database answers again")
		}
		if failing = err != nil; !failing {
			h.count(ctx)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

// count counts by tenant. One that cannot be counted now keeps its last figures until the next time.
func (h *databaseHealth) count(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, healthInterval)
	defer cancel()
	tenants, err := h.db.Tenants(ctx)
	if err != nil {
		return
	}
	for _, tenant := range tenants {
		status, err := h.db.Status(ctx, tenant)
		if err != nil {
			return
		}
		h.incidents.WithLabelValues(tenant).Set(float64(status.OpenIncidents))
		h.devices.WithLabelValues(tenant).Set(float64(status.Devices))
	}
}
