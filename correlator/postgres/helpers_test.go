package postgres

import (
	"log/slog"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/configchange"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/engine"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/postgres/pgtest"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/topology"
)

func TestMain(m *testing.M) { pgtest.VerifyTestMain(m) }

const tenant = "isp1"

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// clock is a receive clock that a test sets.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Set(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = t
}

// bundle is a database with one tenant and a clock that stands at noon.
type bundle struct {
	*DB
	pg    *pgtest.DB
	admin *pgxpool.Pool // past row-level security
	clock *clock
}

func setup(t testing.TB) *bundle {
	t.Helper()
	b := &bundle{pg: pgtest.New(t), clock: &clock{now: noon}}
	b.DB = b.another(t, Options{})
	admin, err := pgxpool.New(t.Context(), b.pg.SuperuserURL)
	require.NoError(t, err)
	t.Cleanup(admin.Close)
	b.admin = admin
	require.NoError(t, b.EnsureTenant(t.Context(), tenant))
	return b
}

// another opens the same database again, as a second replica does.
func (b *bundle) another(t testing.TB, o Options) *DB {
	t.Helper()
	e, err := engine.New(engine.Options{})
	require.NoError(t, err)
	o.URL, o.Engine = b.pg.URL, e
	if o.Now == nil {
		o.Now = b.clock.Now
	}
	o.Logger = slog.New(slog.NewTextHandler(t.Output(), nil))
	db, err := New(t.Context(), o)
	require.NoError(t, err)
	t.Cleanup(db.Close)
	return db
}

// submitAt applies an input that arrives at an instant.
func (b *bundle) submitAt(t testing.TB, at time.Time, in engine.Input) []engine.Effect {
	t.Helper()
	b.clock.Set(at)
	effects, err := b.Submit(t.Context(), tenant, in)
	require.NoError(t, err)
	return effects
}

// count runs a query for one number, past row-level security.
func (b *bundle) count(t testing.TB, query string, args ...any) int {
	t.Helper()
	var n int
	require.NoError(t, b.admin.QueryRow(t.Context(), query, args...).Scan(&n))
	return n
}

// network is a small ISP: two edges, of which the core needs one, and an access router behind the core.
func network() engine.InventoryInput {
	return engine.InventoryInput{Inventory: topology.Inventory{
		Sites: []topology.Site{{Name: "NORTH"}, {Name: "SOUTH"}},
		Devices: []topology.Device{
			{Name: "EDGE1", Site: "NORTH", Tags: []string{"edge"}},
			{Name: "EDGE2", Site: "SOUTH", Tags: []string{"edge"}},
			{Name: "CORE1", Site: "NORTH", DependsOn: []topology.Group{{Any: []string{"EDGE1", "EDGE2"}}}},
			{Name: "ACC1", Site: "SOUTH", DependsOn: []topology.Group{{All: []string{"CORE1"}}}},
		},
	}}
}

// sight is one observation by the push road.
func sight(device, category, fingerprint string, at time.Time) configchange.Observation {
	return configchange.Observation{
		Stream:     configchange.Stream{Device: device, Category: category, Source: "http"},
		ObservedAt: at, Fingerprint: fingerprint,
	}
}

func observe(os ...configchange.Observation) engine.ObservationsInput {
	return engine.ObservationsInput{Observations: os}
}

const (
	printA = "aaaaaaaaaaaa"
	printB = "bbbbbbbbbbbb"
)

// alert is a firing alert about a device.
func alert(name, device string, starts time.Time) engine.Alert {
	return engine.Alert{
		Fingerprint: device + "/" + name,
		Labels:      map[string]string{"alertname": name, "device": device, "severity": "critical"},
		Annotations: map[string]string{"summary": name + " on " + device},
		StartsAt:    starts,
	}
}

func webhook(alerts ...engine.Alert) engine.AlertsInput { return engine.AlertsInput{Alerts: alerts} }

// randomText does not compress.
func randomText(n int) string {
	source := rand.NewChaCha8([32]byte{})
	out := make([]byte, n)
	for i := range out {
		out[i] = 'a' + byte(source.Uint64()%26)
	}
	return string(out)
}
