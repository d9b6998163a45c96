package push

import (
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"
	bolt "go.etcd.io/bbolt"

	apiv1 "github.com/ispvisualmonitor/ispvisualmonitor/api/v1"
)

func TestObservationsArrive(t *testing.T) {
	t.Parallel()
	c := newCorrelator(t)
	b := newBench(t, c.url, t.TempDir(), nil)
	b.start(t)
	first := seen(0, 'a')
	first.Sections = []byte(`{"/routing/bgp/connection":[{"name":"up"}]}`)
	first.Actor = &Actor{User: "ann", Address: "192.0.2.7", Via: "ssh", At: base}
	b.Offer(first)
	b.Offer(Observation{Device: "R", Category: "ospf", ObservedAt: base, Failure: "timeout: " + strings.Repeat("é", 600)})
	eventually(t, func() bool { return len(c.sightings()) == 2 })

	c.mu.Lock()
	defer c.mu.Unlock()
	got := c.took[0]
	require.True(t, c.gzipped)
	require.Equal(t, "R", got.GetDevice())
	require.Equal(t, "bgp", got.GetCategory())
	require.Equal(t, "x1", got.GetExporter())
	require.Equal(t, hash('a'), got.GetSha256())
	require.Equal(t, int64(1), got.GetAllowlistVersion())
	require.Equal(t, map[string]any{"/routing/bgp/connection": []any{map[string]any{"name": "up"}}}, got.GetSections().AsMap())
	require.Equal(t, "ann 192.0.2.7 ssh", got.GetActor().GetUser()+" "+got.GetActor().GetAddress()+" "+got.GetActor().GetVia())
	require.True(t, got.GetActor().GetAt().AsTime().Equal(base))
	require.LessOrEqual(t, len(c.took[1].GetFailure()), 500)
	require.True(t, strings.HasPrefix(c.took[1].GetFailure(), "timeout: é"))
}

// A correlator that is away: what is said meanwhile survives a restart of the
// exporter, of each run its first and its last, and arrives in order.
func TestSpoolSurvivesOutageAndRestart(t *testing.T) {
	t.Parallel()
	c := newCorrelator(t)
	c.set(func(c *correlator) { c.down = true })
	dir := t.TempDir()
	before := newBench(t, c.url, dir, nil)
	stop := before.start(t)
	for minute := range 1440 {
		letter := byte('a')
		if minute >= 700 {
			letter = 'b'
		}
		before.Offer(seen(minute, letter))
	}
	eventually(t, func() bool { return before.metric(t, "calls_total", "failed") > 2 })
	stop()
	require.Empty(t, c.sightings())
	require.InDelta(t, 1, strings.Count(before.log.String(), "observations wait in the spool"), 0, "said once")

	after := newBench(t, c.url, dir, nil)
	after.start(t)
	require.InDelta(t, 4, after.metric(t, "spool_observations"), 0)
	after.Offer(seen(1440, 'b'))
	after.Offer(seen(1441, 'c'))
	eventually(t, func() bool { return after.metric(t, "spool_observations") == 5 })
	eventually(t, func() bool { return strings.Contains(after.log.String(), "observations wait in the spool") })
	c.set(func(c *correlator) { c.down = false })
	eventually(t, func() bool { return slices.Contains(c.sightings(), "1441c") })
	// A repeat that a newer one replaced may have been on its way already.
	got := slices.DeleteFunc(c.sightings(), func(s string) bool { return s == "1439b" })
	require.Equal(t, []string{"0a", "699a", "700b", "1440b", "1441c"}, got)
	eventually(t, func() bool { return after.metric(t, "spool_bytes") == 0 })
	require.Contains(t, after.log.String(), "the correlator takes observations again")
}

// What the correlator calls invalid holds up nobody, and can be looked at.
func TestPoisonIsSetAside(t *testing.T) {
	t.Parallel()
	c := newCorrelator(t)
	c.invalid = func(o *apiv1.Observation) bool { return o.GetSha256() == hash('x') }
	b := newBench(t, c.url, t.TempDir(), func(o *Options) { o.FlushInterval = 50 * time.Millisecond })
	for minute, letter := range "abcxdefghx" {
		b.Offer(seen(minute, byte(letter)))
	}
	b.start(t)
	eventually(t, func() bool { return len(c.sightings()) == 8 })
	require.Equal(t, []string{"0a", "1b", "2c", "4d", "5e", "6f", "7g", "8h"}, c.sightings())
	eventually(t, func() bool { return b.metric(t, "observations_dropped_total", "rejected") == 2 })
	eventually(t, func() bool { return b.metric(t, "spool_observations") == 0 })
	text, err := os.ReadFile(filepath.Join(b.dir, "spool", "rejected.jsonl"))
	require.NoError(t, err)
	require.Equal(t, 2, strings.Count(string(text), "\n"))
	require.Contains(t, string(text), "is not to our taste")
	require.Contains(t, string(text), hash('x'))
	require.Contains(t, b.log.String(), "the correlator calls an observation invalid")
}

// A wrong token is for the operator to mend: nothing is thrown away, and the
// token is in nothing that is printed.
func TestWrongTokenIsNoReasonToDrop(t *testing.T) {
	t.Parallel()
	c := newCorrelator(t)
	var token atomic.Value
	token.Store("guessed-token")
	b := newBench(t, c.url, t.TempDir(), func(o *Options) {
		o.Token = func() (string, error) { return token.Load().(string), nil }
	})
	b.start(t)
	b.Offer(seen(0, 'a'))
	eventually(t, func() bool { return b.metric(t, "calls_total", "refused") > 1 })
	require.Empty(t, c.sightings())
	require.Contains(t, b.log.String(), "see push.url and push.token_file")
	token.Store("right")
	eventually(t, func() bool { return len(c.sightings()) == 1 })
	require.NotContains(t, b.log.String(), "guessed-token")
}

func TestATokenThatCannotBeReadIsAnOrdinaryFailure(t *testing.T) {
	t.Parallel()
	c := newCorrelator(t)
	var broken atomic.Bool
	broken.Store(true)
	b := newBench(t, c.url, t.TempDir(), func(o *Options) {
		o.Token = func() (string, error) {
			if broken.Load() {
				return "", errors.New("token_file is gone")
			}
			return "right", nil
		}
	})
	b.start(t)
	b.Offer(seen(0, 'a'))
	eventually(t, func() bool { return strings.Contains(b.log.String(), "token_file is gone") })
	broken.Store(false)
	eventually(t, func() bool { return len(c.sightings()) == 1 })
}

// Offering waits for nobody: here neither disk nor network ever answers.
func TestOfferNeverWaits(t *testing.T) {
	t.Parallel()
	b := newBench(t, "http://127.0.0.1:1", t.TempDir(), nil)
	for minute := range maxBuffer + 3 {
		b.Offer(seen(minute, 'a'))
	}
	require.InDelta(t, 3, b.metric(t, "observations_dropped_total", "buffer_full"), 0)
	b.Offer(Observation{Device: "R", Category: "bgp"})
	require.InDelta(t, 1, b.metric(t, "observations_dropped_total", "invalid"), 0)
	require.NoError(t, b.Close())
}

// A disk that takes nothing costs nothing as long as memory lasts: what was to
// be written is written when it takes something again.
func TestADiskThatFails(t *testing.T) {
	t.Parallel()
	b := newBench(t, "http://127.0.0.1:1", t.TempDir(), nil)
	path := b.spool.db.Path()
	require.NoError(t, b.spool.db.Close())
	b.Offer(seen(0, 'a'))
	err := b.flush()
	require.ErrorContains(t, err, "write to the spool: ")
	require.ErrorContains(t, err, "is the disk full?")
	b.Offer(seen(1, 'b'))
	require.Error(t, b.flush())
	require.InDelta(t, 2, b.metric(t, "spool_errors_total"), 0)
	require.Zero(t, b.metric(t, "observations_dropped_total", "buffer_full"))

	var opened error
	b.spool.db, opened = bolt.Open(path, 0o600, nil)
	require.NoError(t, opened)
	require.NoError(t, b.flush())
	require.Equal(t, []string{"0a", "1b"}, contents(t, b.spool))
	require.NoError(t, b.Close())
}

// A spool that is full is said, and counted, as what it is.
func TestASpoolThatIsFull(t *testing.T) {
	t.Parallel()
	b := newBench(t, "http://127.0.0.1:1", t.TempDir(), func(o *Options) { o.MaxSpool = 2000 })
	for minute := range 60 {
		b.Offer(seen(minute, byte('a'+minute/2)))
	}
	require.NoError(t, b.flush())
	repeats, refused := b.metric(t, "observations_dropped_total", "oldest_repeat"), b.metric(t, "observations_dropped_total", "spool_full")
	require.Positive(t, repeats)
	require.Positive(t, refused)
	require.InDelta(t, 60, b.metric(t, "spool_observations")+repeats+refused, 0)
	require.LessOrEqual(t, b.metric(t, "spool_bytes"), 2000.0)
	require.Contains(t, b.log.String(), "raise push.max_spool_bytes")
	require.NoError(t, b.Close())
}

func TestLargeConfigurationsAreLeftOut(t *testing.T) {
	t.Parallel()
	c := newCorrelator(t)
	b := newBench(t, c.url, t.TempDir(), func(o *Options) { o.MaxSections = 50 })
	b.start(t)
	large := seen(0, 'a')
	large.Sections = []byte(`{"/ip/firewall/filter":[` + strings.Repeat(`{"chain":"input"},`, 10) + `{}]}`)
	b.Offer(large)
	eventually(t, func() bool { return len(c.sightings()) == 1 })
	c.mu.Lock()
	defer c.mu.Unlock()
	require.Nil(t, c.took[0].GetSections())
	require.InDelta(t, 1, b.metric(t, "sections_left_out_total"), 0)
}

func TestMetricsAreInOrder(t *testing.T) {
	t.Parallel()
	b := newBench(t, "http://127.0.0.1:1", t.TempDir(), nil)
	problems, err := testutil.GatherAndLint(b.registry)
	require.NoError(t, err)
	require.Empty(t, problems)
	require.NoError(t, b.Close())
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	_, err := New(Options{})
	require.EqualError(t, err, "push: URL, Token, SpoolDir, Registry and Logger are required")
	b := newBench(t, "http://127.0.0.1:1", t.TempDir(), nil)
	o := b.opts
	o.Transport = http.DefaultTransport
	o.URL = "correlator:8080"
	_, err = New(o)
	require.EqualError(t, err, `push: url "correlator:8080" is no http or https address`)
	o.URL = "http://127.0.0.1:1"
	_, err = New(o)
	require.ErrorContains(t, err, "is in use by another process: give each exporter a spool_dir of its own")
	require.NoError(t, b.Close())
}
