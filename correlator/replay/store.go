package replay

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/calendar"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/engine"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/topology"
)

// Sequence numbers things, so that a replay names them the same way every time.
type Sequence struct{ last map[string]int }

// NewID gives "kind-000001", "kind-000002", …: their order as text is that in which they were given.
func (s *Sequence) NewID(kind string) string {
	if s.last == nil {
		s.last = map[string]int{}
	}
	s.last[kind]++
	return fmt.Sprintf("%s-%06d", kind, s.last[kind])
}

// Store keeps one tenant's state in memory. It implements engine.Store. A transaction it has none:
// an error of the engine ends the replay.
type Store struct {
	tenant string
	ids    *Sequence

	settings          engine.Settings
	inventory         topology.Inventory
	inventoryRevision int64

	subscribers         map[string]int
	subscribersRevision int64

	uninventoried map[string]time.Time

	config    configState
	incidents incidentState
	windows   map[windowKey]calendar.Window
	timers    map[timerKey]engine.Timer
}

type windowKey struct {
	kind calendar.Kind
	id   string
}

type timerKey struct {
	kind    engine.TimerKind
	subject string
}

var _ engine.Store = (*Store)(nil)

// NewStore is an empty store for a tenant.
func NewStore(tenant string, ids *Sequence) *Store {
	return &Store{
		tenant: tenant, ids: ids, uninventoried: map[string]time.Time{},
		config: newConfigState(), incidents: newIncidentState(),
		windows: map[windowKey]calendar.Window{}, timers: map[timerKey]engine.Timer{},
	}
}

// Tenant implements engine.Store.
func (s *Store) Tenant() string { return s.tenant }

// NewID implements engine.Store.
func (s *Store) NewID(kind string) string { return s.ids.NewID(kind) }

// Settings implements engine.TenantStore.
func (s *Store) Settings(context.Context) (engine.Settings, error) { return s.settings, nil }

// SaveSettings implements engine.TenantStore.
func (s *Store) SaveSettings(_ context.Context, settings engine.Settings) error {
	s.settings = settings
	return nil
}

// AppendWeights implements engine.TenantStore; a replay keeps no history.
func (s *Store) AppendWeights(context.Context, engine.AppliedWeights) error { return nil }

// InventoryRevision implements engine.TenantStore.
func (s *Store) InventoryRevision(context.Context) (int64, error) { return s.inventoryRevision, nil }

// Inventory implements engine.TenantStore.
func (s *Store) Inventory(context.Context) (topology.Inventory, error) { return s.inventory, nil }

// SaveInventory implements engine.TenantStore.
func (s *Store) SaveInventory(_ context.Context, inv topology.Inventory) error {
	s.inventory = inv
	s.inventoryRevision++
	return nil
}

// SubscribersRevision implements engine.TenantStore.
func (s *Store) SubscribersRevision(context.Context) (int64, error) {
	return s.subscribersRevision, nil
}

// Subscribers implements engine.TenantStore.
func (s *Store) Subscribers(context.Context) (map[string]int, error) { return s.subscribers, nil }

// SaveSubscribers implements engine.TenantStore.
func (s *Store) SaveSubscribers(_ context.Context, counts map[string]int) error {
	s.subscribers = counts
	s.subscribersRevision++
	return nil
}

// RememberUninventoried implements engine.TenantStore.
func (s *Store) RememberUninventoried(_ context.Context, devices []string, at time.Time) error {
	for _, d := range devices {
		if _, known := s.uninventoried[d]; !known {
			s.uninventoried[d] = at
		}
	}
	return nil
}

// Window implements engine.CalendarStore.
func (s *Store) Window(_ context.Context, kind calendar.Kind, id string) (calendar.Window, bool, error) {
	w, ok := s.windows[windowKey{kind, id}]
	return w, ok, nil
}

// Windows implements engine.CalendarStore.
func (s *Store) Windows(_ context.Context, kinds []calendar.Kind, from, to time.Time) ([]calendar.Window, error) {
	var out []calendar.Window
	for _, w := range s.windows {
		begins, ends := w.StartsAt, w.EndsAt
		if w.StartedAt != nil && w.StartedAt.Before(begins) {
			begins = *w.StartedAt
		}
		if w.EndedAt != nil && w.EndedAt.After(ends) {
			ends = *w.EndedAt
		}
		if slices.Contains(kinds, w.Kind) && !begins.After(to) && !ends.Before(from) {
			out = append(out, w)
		}
	}
	slices.SortFunc(out, func(a, b calendar.Window) int {
		return cmp.Or(a.StartsAt.Compare(b.StartsAt), cmp.Compare(a.ID, b.ID), cmp.Compare(a.Kind, b.Kind))
	})
	return out, nil
}

// SaveWindow implements engine.CalendarStore.
func (s *Store) SaveWindow(_ context.Context, w calendar.Window) error {
	s.windows[windowKey{w.Kind, w.ID}] = w
	return nil
}

// NextTimer implements engine.TimerStore.
func (s *Store) NextTimer(context.Context) (engine.Timer, bool, error) {
	var next engine.Timer
	found := false
	for _, t := range s.timers {
		if !found || compareTimers(t, next) < 0 {
			next, found = t, true
		}
	}
	return next, found, nil
}

func compareTimers(a, b engine.Timer) int {
	return cmp.Or(a.Due.Compare(b.Due), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Subject, b.Subject))
}

// SetTimer implements engine.TimerStore.
func (s *Store) SetTimer(_ context.Context, t engine.Timer) error {
	s.timers[timerKey{t.Kind, t.Subject}] = t
	return nil
}

// ClearTimer implements engine.TimerStore.
func (s *Store) ClearTimer(_ context.Context, kind engine.TimerKind, subject string) error {
	delete(s.timers, timerKey{kind, subject})
	return nil
}
