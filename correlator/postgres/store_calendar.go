package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/calendar"
)

// longWindow is what the column "long" of the calendar's tables separates.
const longWindow = 7 * 24 * time.Hour

// windowColumns are in the order in which scanWindow reads them.
const windowColumns = `id, title, description, owner, starts_at, ends_at, started_at, ended_at, status, notify_critical,
	scope_sites, scope_devices, scope_tags, scope_services, revision`

// windowTable is where windows of a kind are.
func windowTable(kind calendar.Kind) (string, error) {
	switch kind {
	case calendar.Change:
		return "changes", nil
	case calendar.Maintenance:
		return "maintenance_windows", nil
	case calendar.Blackout:
		return "blackout_windows", nil
	default:
		return "", fmt.Errorf("unknown kind of window %q", kind)
	}
}

// windowFields are where a row's columns go, after any of the caller's own.
func windowFields(w *calendar.Window) []any {
	return []any{
		&w.ID, &w.Title, &w.Description, &w.Owner, &w.StartsAt, &w.EndsAt, &w.StartedAt, &w.EndedAt, &w.Status, &w.NotifyCritical,
		&w.Scope.Sites, &w.Scope.Devices, &w.Scope.Tags, &w.Scope.Services, &w.Revision,
	}
}

// emptyToNil makes a scope read like one that was never stored.
func emptyToNil(w *calendar.Window) {
	for _, names := range []*[]string{&w.Scope.Sites, &w.Scope.Devices, &w.Scope.Tags, &w.Scope.Services} {
		if len(*names) == 0 {
			*names = nil
		}
	}
}

func scanWindow(row pgx.CollectableRow) (w calendar.Window, err error) {
	err = row.Scan(append([]any{&w.Kind}, windowFields(&w)...)...)
	emptyToNil(&w)
	return w, err
}

// Window implements engine.CalendarStore.
func (s *state) Window(ctx context.Context, kind calendar.Kind, id string) (calendar.Window, bool, error) {
	table, err := windowTable(kind)
	if err != nil {
		return calendar.Window{}, false, err
	}
	rows, err := s.query(ctx, "SELECT $2::text, "+windowColumns+" FROM "+table+" WHERE id = $1", id, string(kind))
	if err != nil {
		return calendar.Window{}, false, err
	}
	w, err := pgx.CollectExactlyOneRow(rows, scanWindow)
	if errors.Is(err, pgx.ErrNoRows) {
		return calendar.Window{}, false, nil
	}
	if err != nil {
		return calendar.Window{}, false, fmt.Errorf("load a window: %w", err)
	}
	return w, true, nil
}

// Windows implements engine.CalendarStore.
func (s *state) Windows(ctx context.Context, kinds []calendar.Kind, from, to time.Time) ([]calendar.Window, error) {
	var parts []string
	for _, kind := range kinds {
		table, err := windowTable(kind)
		if err != nil {
			return nil, err
		}
		part := fmt.Sprintf("SELECT '%s' AS kind, %s FROM %s WHERE lives_from <= $2 AND lives_to >= $1 AND ", kind, windowColumns, table)
		parts = append(parts, part+"NOT long AND lives_to <= $3", part+"long")
	}
	if len(parts) == 0 {
		return nil, nil
	}
	rows, err := s.query(ctx, strings.Join(parts, "\nUNION ALL ")+"\nORDER BY starts_at, id", from, to, to.Add(longWindow))
	if err != nil {
		return nil, err
	}
	windows, err := pgx.CollectRows(rows, scanWindow)
	if err != nil {
		return nil, fmt.Errorf("load windows: %w", err)
	}
	return windows, nil
}

// SaveWindow implements engine.CalendarStore.
func (s *state) SaveWindow(_ context.Context, w calendar.Window) error {
	table, err := windowTable(w.Kind)
	if err != nil {
		return err
	}
	s.queue(`
		INSERT INTO `+table+` (`+windowColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
		    ON CONFLICT (tenant_id, id) DO UPDATE SET
		       title = excluded.title, description = excluded.description, owner = excluded.owner,
		       starts_at = excluded.starts_at, ends_at = excluded.ends_at, started_at = excluded.started_at, ended_at = excluded.ended_at,
		       status = excluded.status, notify_critical = excluded.notify_critical,
		       scope_sites = excluded.scope_sites, scope_devices = excluded.scope_devices,
		       scope_tags = excluded.scope_tags, scope_services = excluded.scope_services, revision = excluded.revision`,
		w.ID, w.Title, w.Description, w.Owner, w.StartsAt, w.EndsAt, w.StartedAt, w.EndedAt, string(w.Status), w.NotifyCritical,
		list(w.Scope.Sites), list(w.Scope.Devices), list(w.Scope.Tags), list(w.Scope.Services), w.Revision)
	return nil
}
