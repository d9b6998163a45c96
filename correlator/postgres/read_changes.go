package postgres

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/calendar"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/engine"
)

// Window answers one entry of the calendar.
func (db *DB) Window(ctx context.Context, tenant string, kind calendar.Kind, id string) (view engine.ChangeView, err error) {
	table, err := windowTable(kind)
	if err != nil {
		return view, err
	}
	err = db.read(ctx, tenant, func(tx pgx.Tx) error {
		inv, err := db.inventory(ctx, tx, tenant)
		if err != nil {
			return err
		}
		rows, err := tx.Query(ctx, "SELECT '"+string(kind)+"', "+windowColumns+" FROM "+table+" WHERE id = $1", clean(id))
		if err != nil {
			return err
		}
		found, err := pgx.CollectRows(rows, scanWindow)
		if err != nil {
			return fmt.Errorf("load a %s: %w", kind, err)
		}
		if len(found) == 0 {
			return fmt.Errorf("%s %q: %w", kind, id, engine.ErrNotFound)
		}
		view = changeView(inv, found[0])
		return nil
	})
	return view, err
}

// Windows answers entries of the calendar, newest start first. What a scope means depends on the
// inventory of now, so devices and sites are matched here, row by row, until the page is full.
func (db *DB) Windows(ctx context.Context, tenant string, kind calendar.Kind, q engine.ChangeQuery) (page engine.ChangePage, err error) {
	table, err := windowTable(kind)
	if err != nil {
		return page, err
	}
	after, some, err := parseCursor(table, q.Page.Token)
	if err != nil {
		return page, err
	}
	size := pageSize(q.Page)
	err = db.read(ctx, tenant, func(tx pgx.Tx) error {
		inv, err := db.inventory(ctx, tx, tenant)
		if err != nil {
			return err
		}
		for {
			found, err := windowsAfter(ctx, tx, kind, table, q, after, some, size+1)
			if err != nil {
				return err
			}
			for _, w := range found {
				if !inv.covers(w, q.Devices, q.Sites) {
					continue
				}
				if len(page.Changes) == size {
					last := page.Changes[size-1]
					page.Next = cursor{at: last.StartsAt, id: last.ID}.token(table)
					return nil
				}
				page.Changes = append(page.Changes, changeView(inv, w))
			}
			if len(found) <= size {
				return nil
			}
			after, some = cursor{at: found[size].StartsAt, id: found[size].ID}, true
		}
	})
	return page, err
}

// windowsAfter reads entries of the calendar behind a cursor, newest start first.
func windowsAfter(ctx context.Context, tx pgx.Tx, kind calendar.Kind, table string, q engine.ChangeQuery, after cursor, some bool, limit int) ([]calendar.Window, error) {
	var c conditions
	if some {
		c.and("(starts_at, id) < (?, ?)", after.at, after.id)
	}
	if !q.From.IsZero() {
		c.and("lives_to > ?", q.From)
	}
	if !q.To.IsZero() {
		c.and("lives_from < ?", q.To)
	}
	if len(q.Statuses) > 0 {
		c.and("status = ANY (?)", q.Statuses)
	}
	rows, err := tx.Query(ctx, "SELECT '"+string(kind)+"', "+windowColumns+" FROM "+table+" WHERE "+c.where()+
		" ORDER BY starts_at DESC, id DESC LIMIT "+c.arg(limit), c.args...)
	if err != nil {
		return nil, err
	}
	found, err := pgx.CollectRows(rows, scanWindow)
	if err != nil {
		return nil, fmt.Errorf("load entries of %s: %w", table, err)
	}
	return found, nil
}

// covers says whether a window's scope has one of the devices, or a device or the whole of one of the
// sites; everything matches an empty filter.
func (inv *knownInventory) covers(w calendar.Window, devices, sites []string) bool {
	if len(devices)+len(sites) == 0 {
		return true
	}
	for _, site := range sites {
		if slices.Contains(w.Scope.Sites, site) {
			return true
		}
	}
	names, _ := inv.wanted(devices, sites)
	return slices.ContainsFunc(names, func(device string) bool {
		return inv.graph.Covers(w.Scope, device, inv.graph.SiteOf(device))
	})
}

func changeView(inv *knownInventory, w calendar.Window) engine.ChangeView {
	return engine.ChangeView{
		ID: w.ID, Title: w.Title, Description: w.Description, Owner: w.Owner, Status: string(w.Status),
		StartsAt: w.StartsAt, EndsAt: w.EndsAt, StartedAt: timeOf(w.StartedAt), FinishedAt: timeOf(w.EndedAt),
		NotifyCritical: w.NotifyCritical, Revision: w.Revision,
		Scope:   engine.ScopeView{Sites: w.Scope.Sites, Devices: w.Scope.Devices, Tags: w.Scope.Tags, Services: w.Scope.Services},
		Devices: slices.Sorted(maps.Keys(inv.graph.Resolve(w.Scope))),
	}
}

func timeOf(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return *t
}
