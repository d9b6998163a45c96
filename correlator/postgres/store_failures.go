package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/engine"
)

// SaveFailure implements engine.ConfigStore.
func (s *state) SaveFailure(_ context.Context, f engine.ObservationFailedInput) error {
	s.queue(`
		INSERT INTO observation_failures AS f (device, category, source, exporter, observed_at, reason) VALUES ($1, $2, $3, $4, $5, $6)
		    ON CONFLICT (tenant_id, device, category, source, exporter)
		    DO UPDATE SET observed_at = excluded.observed_at, reason = excluded.reason WHERE f.observed_at < excluded.observed_at`,
		f.Device, f.Category, f.Source, f.Exporter, f.ObservedAt, f.Reason)
	return nil
}

// Failures implements engine.ConfigStore.
func (s *state) Failures(ctx context.Context, devices []string) ([]engine.ObservationFailedInput, error) {
	rows, err := s.queryBeside(ctx, `
		SELECT device, category, source, exporter, observed_at, reason FROM observation_failures
		 WHERE device = ANY ($1) ORDER BY device, category, source, exporter`, devices)
	if err != nil {
		return nil, err
	}
	failures, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (f engine.ObservationFailedInput, err error) {
		err = row.Scan(&f.Device, &f.Category, &f.Source, &f.Exporter, &f.ObservedAt, &f.Reason)
		return f, err
	})
	if err != nil {
		return nil, fmt.Errorf("load failed readings: %w", err)
	}
	return failures, nil
}
