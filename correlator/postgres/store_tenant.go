package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/engine"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/topology"
)

// Settings implements engine.TenantStore.
func (s *state) Settings(context.Context) (engine.Settings, error) { return s.row.settings, nil }

// SaveSettings implements engine.TenantStore; the tenant's row is written at the end.
func (s *state) SaveSettings(_ context.Context, settings engine.Settings) error {
	s.row.settings = settings
	return nil
}

// AppendWeights implements engine.TenantStore.
func (s *state) AppendWeights(_ context.Context, w engine.AppliedWeights) error {
	s.queue("INSERT INTO applied_weights (applied_at, applied_by, reason, version, document) VALUES ($1, $2, $3, $4, $5)",
		w.At, w.By, w.Reason, w.Version, w.Document)
	return nil
}

// InventoryRevision implements engine.TenantStore.
func (s *state) InventoryRevision(context.Context) (int64, error) {
	return s.row.inventoryRevision, nil
}

// Inventory implements engine.TenantStore.
func (s *state) Inventory(ctx context.Context) (topology.Inventory, error) {
	rows, err := s.queryBeside(ctx, "SELECT document FROM inventories")
	if err != nil {
		return topology.Inventory{}, err
	}
	inv, err := pgx.CollectExactlyOneRow(rows, pgx.RowTo[topology.Inventory])
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return topology.Inventory{}, fmt.Errorf("load the inventory: %w", err)
	}
	return inv, nil
}

// SaveInventory implements engine.TenantStore. The rows for filters are brought in step with the
// document, touching only those that differ.
func (s *state) SaveInventory(ctx context.Context, inv topology.Inventory) error {
	document, err := json.Marshal(inv)
	if err != nil {
		return fmt.Errorf("save the inventory: %w", err)
	}
	s.row.inventoryRevision++
	s.queue(`
		INSERT INTO inventories (revision, accepted_at, document) VALUES ($1, $2, $3)
		ON CONFLICT (tenant_id) DO UPDATE SET revision = excluded.revision, accepted_at = excluded.accepted_at, document = excluded.document`,
		s.row.inventoryRevision, s.row.receivedAt, document)
	names, sites := make([]string, len(inv.Devices)), make([]string, len(inv.Devices))
	for i, d := range inv.Devices {
		names[i], sites[i] = d.Name, d.Site
	}
	s.queue("DELETE FROM inventory_devices WHERE NOT device = ANY ($1)", names)
	s.queue(`
		INSERT INTO inventory_devices (device, site) SELECT * FROM unnest($1::text[], $2::text[])
		ON CONFLICT (tenant_id, device) DO UPDATE SET site = excluded.site WHERE inventory_devices.site <> excluded.site`, names, sites)
	s.queue("DELETE FROM uninventoried_devices WHERE device = ANY ($1)", names)
	return s.flush(ctx)
}

// SubscribersRevision implements engine.TenantStore.
func (s *state) SubscribersRevision(context.Context) (int64, error) { return s.row.subscribers, nil }

// Subscribers implements engine.TenantStore.
func (s *state) Subscribers(ctx context.Context) (map[string]int, error) {
	if s.row.subscribers == 0 {
		return nil, nil
	}
	rows, err := s.query(ctx, "SELECT counts FROM subscribers")
	if err != nil {
		return nil, err
	}
	counts, err := pgx.CollectExactlyOneRow(rows, pgx.RowTo[map[string]int])
	if err != nil {
		return nil, fmt.Errorf("load the subscribers: %w", err)
	}
	return counts, nil
}

// SaveSubscribers implements engine.TenantStore.
func (s *state) SaveSubscribers(_ context.Context, counts map[string]int) error {
	document, err := json.Marshal(counts)
	if err != nil {
		return fmt.Errorf("save the subscribers: %w", err)
	}
	s.row.subscribers++
	s.queue(`
		INSERT INTO subscribers (counts, counted_at) VALUES ($1, $2)
		ON CONFLICT (tenant_id) DO UPDATE SET counts = excluded.counts, counted_at = excluded.counted_at`, document, s.row.receivedAt)
	return nil
}

// RememberUninventoried implements engine.TenantStore.
func (s *state) RememberUninventoried(_ context.Context, devices []string, at time.Time) error {
	s.queue("INSERT INTO uninventoried_devices (device, heard_at) SELECT unnest($1::text[]), $2 ON CONFLICT DO NOTHING", devices, at)
	return nil
}
