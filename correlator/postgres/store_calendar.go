package postgres

import (
	"context"
	"errors"
	"fmt"
	"slices"
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
	rows, err := s.queryBeside(ctx, "SELECT $2::text, "+windowColumns+" FROM "+table+" WHERE id = $1", id, string(kind))
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

// calendarPage is all of the calendar that lives in a stretch of time.
type calendarPage struct {
	from, to time.Time
	windows  []calendar.Window // ordered by StartsAt, then ID
}

const (
	// calendarMargin is how much more of the calendar is read than was asked for: what is asked about
	// alerts and changes lies close together.
	calendarMargin = 24 * time.Hour
	// calendarPageLimit is how many windows a page may have and be kept.
	calendarPageLimit = 1000
)

// Windows implements engine.CalendarStore.
func (s *state) Windows(ctx context.Context, kinds []calendar.Kind, from, to time.Time) ([]calendar.Window, error) {
	page := s.calendar
	if page == nil || from.Before(page.from) || to.After(page.to) {
		page = &calendarPage{from: from.Add(-calendarMargin), to: to.Add(calendarMargin)}
		var err error
		if page.windows, err = s.loadWindows(ctx, page.from, page.to); err != nil {
			return nil, err
		}
		s.calendar = nil
		if len(page.windows) <= calendarPageLimit {
			s.calendar = page
		}
	}
	var out []calendar.Window
	for _, w := range page.windows {
		if slices.Contains(kinds, w.Kind) && livesIn(w, from, to) {
			out = append(out, w)
		}
	}
	return out, nil
}

// livesIn says of a window what the columns lives_from and lives_to say of its row.
func livesIn(w calendar.Window, from, to time.Time) bool {
	begins, ends := w.StartsAt, w.EndsAt
	if w.StartedAt != nil && w.StartedAt.Before(begins) {
		begins = *w.StartedAt
	}
	if w.EndedAt != nil && w.EndedAt.After(ends) {
		ends = *w.EndedAt
	}
	return !begins.After(to) && !ends.Before(from)
}

func (s *state) loadWindows(ctx context.Context, from, to time.Time) ([]calendar.Window, error) {
	var parts []string
	for _, kind := range []calendar.Kind{calendar.Change, calendar.Maintenance, calendar.Blackout} {
		table, err := windowTable(kind)
		if err != nil {
			return nil, err
		}
		part := fmt.Sprintf("SELECT '%s' AS kind, %s FROM %s WHERE lives_from <= $2 AND lives_to >= $1 AND ", kind, windowColumns, table)
		parts = append(parts, part+"NOT long AND lives_to <= $3", part+"long")
	}
	rows, err := s.queryBeside(ctx, strings.Join(parts, "\nUNION ALL ")+"\nORDER BY starts_at, id", from, to, to.Add(longWindow))
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
	s.calendar = nil
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
