package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/engine"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/topology"
)

// inventories keeps each tenant's inventory as it was read last: it is large, changes seldom, and every
// query asks it where a device stands.
type inventories struct {
	mu       sync.Mutex
	byTenant map[string]*knownInventory
}

// knownInventory is one revision of an inventory, indexed. It never changes.
type knownInventory struct {
	revision    int64
	subscribers int64 // revision of the measured numbers
	topology.Inventory
	graph *topology.Graph
}

// inventory is the tenant's inventory in this transaction.
func (db *DB) inventory(ctx context.Context, tx pgx.Tx, tenant string) (*knownInventory, error) {
	var revision, subscribers int64
	err := tx.QueryRow(ctx, "SELECT inventory_revision, subscribers_revision FROM tenants").Scan(&revision, &subscribers)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, fmt.Errorf("%w %q", ErrUnknownTenant, tenant)
	}
	if err != nil {
		return nil, err
	}
	db.inventories.mu.Lock()
	known, ok := db.inventories.byTenant[tenant]
	db.inventories.mu.Unlock()
	if ok && known.revision == revision && known.subscribers == subscribers {
		return known, nil
	}
	known = &knownInventory{revision: revision, subscribers: subscribers}
	if revision > 0 {
		if err := tx.QueryRow(ctx, "SELECT document FROM inventories").Scan(&known.Inventory); err != nil {
			return nil, fmt.Errorf("load the inventory: %w", err)
		}
	}
	var measured map[string]int
	if subscribers > 0 {
		if err := tx.QueryRow(ctx, "SELECT counts FROM subscribers").Scan(&measured); err != nil {
			return nil, fmt.Errorf("load the subscribers: %w", err)
		}
	}
	known.graph = topology.NewGraph(known.Inventory).WithSubscribers(measured)
	db.inventories.mu.Lock()
	db.inventories.byTenant[tenant] = known
	db.inventories.mu.Unlock()
	return known, nil
}

// wanted resolves a filter by devices and sites to devices; all is true when there is no filter.
func (inv *knownInventory) wanted(devices, sites []string) (names []string, all bool) {
	if len(devices)+len(sites) == 0 {
		return nil, true
	}
	names = slices.Clone(devices)
	for _, site := range sites {
		names = append(names, inv.graph.DevicesAt(site)...)
	}
	slices.Sort(names)
	return slices.Compact(names), false
}

// Inventory answers the inventory as it was last accepted.
func (db *DB) Inventory(ctx context.Context, tenant string) (view engine.InventoryView, err error) {
	err = db.read(ctx, tenant, func(tx pgx.Tx) error {
		inv, err := db.inventory(ctx, tx, tenant)
		if err != nil || inv.revision == 0 {
			return err
		}
		view.Revision = inv.revision
		view.Document, err = json.Marshal(inv.Inventory)
		return err
	})
	return view, err
}

// Status counts what a client shows beside "connected".
func (db *DB) Status(ctx context.Context, tenant string) (view engine.StatusView, err error) {
	err = db.read(ctx, tenant, func(tx pgx.Tx) error {
		err := tx.QueryRow(ctx, `
			SELECT (SELECT count(*) FROM inventory_devices) + (SELECT count(*) FROM uninventoried_devices),
			       (SELECT count(*) FROM incidents WHERE state <> 'merged' AND closed_at = 'infinity'),
			       last_observed_at FROM tenants`).Scan(&view.Devices, &view.OpenIncidents, zeroTime{&view.LastObservationAt})
		if errors.Is(err, pgx.ErrNoRows) {
			return fmt.Errorf("%w %q", ErrUnknownTenant, tenant)
		}
		return err
	})
	return view, err
}

// Devices answers the devices of the inventory, and those that were heard of without being in it, with
// the newest fingerprints of each.
func (db *DB) Devices(ctx context.Context, tenant string, q engine.DeviceQuery) (views []engine.DeviceView, err error) {
	err = db.read(ctx, tenant, func(tx pgx.Tx) error {
		inv, err := db.inventory(ctx, tx, tenant)
		if err != nil {
			return err
		}
		names, all := inv.wanted(q.Devices, q.Sites)
		if views, err = uninventoried(ctx, tx, names, all); err != nil {
			return err
		}
		for _, d := range inv.Devices {
			if _, listed := slices.BinarySearch(names, d.Name); all || listed {
				views = append(views, deviceView(d))
			}
		}
		for i := range views {
			views[i].Subscribers = inv.graph.Subscribers([]string{views[i].Name})
		}
		slices.SortFunc(views, func(a, b engine.DeviceView) int { return strings.Compare(a.Name, b.Name) })
		return addFingerprints(ctx, tx, views)
	})
	return views, err
}

func deviceView(d topology.Device) engine.DeviceView {
	v := engine.DeviceView{Name: d.Name, Site: d.Site, Tags: d.Tags, Services: d.Services, Roles: d.Roles}
	for _, g := range d.DependsOn {
		v.DependsOn = append(v.DependsOn, engine.DependencyView{Any: g.Any, All: g.All, K: g.K, Of: g.Of})
	}
	return v
}

func uninventoried(ctx context.Context, tx pgx.Tx, names []string, all bool) ([]engine.DeviceView, error) {
	rows, err := tx.Query(ctx, "SELECT device FROM uninventoried_devices WHERE $2 OR device = ANY ($1)", names, all)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (engine.DeviceView, error) {
		v := engine.DeviceView{Uninventoried: true}
		return v, row.Scan(&v.Name)
	})
}

// addFingerprints fills in what is known of the devices' configuration. views are ordered by name.
func addFingerprints(ctx context.Context, tx pgx.Tx, views []engine.DeviceView) error {
	names := make([]string, len(views))
	byName := make(map[string]*engine.DeviceView, len(views))
	for i := range views {
		names[i] = views[i].Name
		byName[names[i]] = &views[i]
	}
	rows, err := tx.Query(ctx, `
		SELECT DISTINCT ON (q.device, q.category) q.device, q.category, r.fingerprint, r.first_seen, r.last_seen
		  FROM streams AS q
		 CROSS JOIN LATERAL (
		       SELECT * FROM runs
		        WHERE device = q.device AND category = q.category AND source = q.source AND exporter = q.exporter
		        ORDER BY first_seen DESC LIMIT 1) AS r
		 WHERE q.device = ANY ($1)
		 ORDER BY q.device, q.category, r.last_seen DESC`, names)
	if err != nil {
		return err
	}
	var device string
	var f engine.FingerprintView
	_, err = pgx.ForEachRow(rows, []any{&device, &f.Category, &f.Fingerprint, &f.FirstSeen, &f.LastSeen}, func() error {
		v := byName[device]
		v.Fingerprints = append(v.Fingerprints, f)
		if f.LastSeen.After(v.LastObservedAt) {
			v.LastObservedAt = f.LastSeen
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("load fingerprints: %w", err)
	}
	return addLastChanges(ctx, tx, names, byName)
}

func addLastChanges(ctx context.Context, tx pgx.Tx, names []string, byName map[string]*engine.DeviceView) error {
	rows, err := tx.Query(ctx, `
		SELECT q.device, c.not_after FROM unnest($1::text[]) AS q (device)
		 CROSS JOIN generate_series(0, $2::int) AS class
		 CROSS JOIN LATERAL (
		       SELECT not_after FROM config_changes WHERE device = q.device AND span = class ORDER BY not_after DESC LIMIT 1) AS c`,
		names, len(spans)-1)
	if err != nil {
		return err
	}
	var device string
	var at time.Time
	_, err = pgx.ForEachRow(rows, []any{&device, &at}, func() error {
		if v := byName[device]; at.After(v.LastChangeAt) {
			v.LastChangeAt = at
		}
		return nil
	})
	return err
}
