package push

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	apiv1 "github.com/ispvisualmonitor/ispvisualmonitor/api/v1"
)

// fleet is routers that are read every minute and now and then change.
type fleet struct {
	routers, categories int
	changes             float64 // a router and day
	random              *rand.Rand
	version             map[string]int // what a category of a router shows
}

func newFleet(routers, categories int, changes float64) *fleet {
	return &fleet{routers, categories, changes, rand.New(rand.NewPCG(1, 2)), map[string]int{}}
}

// minute gives what all categories of all routers show at an instant.
func (f *fleet) minute(now time.Time, yield func(Observation)) {
	perReading := f.changes / float64(f.categories) / (24 * 60)
	for r := range f.routers {
		for c := range f.categories {
			o := Observation{
				Device: fmt.Sprintf("access-router-%04d", r), Category: fmt.Sprintf("category-%02d", c),
				ObservedAt: now, AllowlistVersion: 1,
			}
			name := o.Device + "/" + o.Category
			if f.random.Float64() < perReading {
				f.version[name]++
			}
			o.SHA256 = fmt.Sprintf("%064x", f.version[name])
			yield(o)
		}
	}
}

// told is what a correlator has to be told of one stream: the runs, each with
// its first and last sighting.
type told struct {
	sha         string
	first, last time.Time
}

// The correlator is away for a whole day, and the exporter is restarted four
// times in it. Of everything that was seen, each run arrives with its first
// and its last sighting, in the order in which it was seen; nothing is
// dropped, and what waits stays far below what it was given.
func TestADayWithoutTheCorrelator(t *testing.T) {
	t.Parallel()
	const routers, categories, bound = 4, 4, 1 << 20
	dir := t.TempDir()
	expected := map[string][]told{}
	f := newFleet(routers, categories, 50)
	c := nearCorrelator()
	c.down = true
	offered := 0

	// shift lets an exporter work for so long; then it ends.
	shift := func(work time.Duration) {
		synctest.Test(t, func(t *testing.T) {
			// In the bubble each shift begins at the same instant.
			elapsed := time.Duration(offered/routers/categories) * time.Minute
			b := newBench(t, c.url, dir, func(o *Options) {
				o.Transport, o.MaxSpool, o.FlushInterval, o.MaxBackoff = near{c.handler}, bound, 0, 0
			})
			b.spool.db.NoSync = true // the file is not what this is about
			stop := b.start(t)
			for at := time.Duration(0); at < work; at += time.Minute {
				f.minute(base.Add(elapsed+at), func(o Observation) {
					offered++
					note(expected, o)
					b.Offer(o)
				})
				time.Sleep(time.Minute)
				synctest.Wait()
				require.LessOrEqual(t, b.spool.level().bytes, int64(bound))
			}
			calls := b.metric(t, "calls_total", "failed")
			require.Greater(t, calls, work.Minutes()/2, "it was tried all the time")
			require.Less(t, calls, 2*work.Minutes(), "and not more often than is of use")
			for _, reason := range []string{droppedRepeat, droppedFull, droppedRejected, droppedBuffer, droppedInvalid} {
				require.Zero(t, b.metric(t, "observations_dropped_total", reason))
			}
			stop()
		})
	}
	for range 4 {
		shift(6 * time.Hour)
	}
	require.Equal(t, 24*60*routers*categories, offered)
	require.Empty(t, c.took)
	info, err := os.Stat(filepath.Join(dir, "spool", "spool.db"))
	require.NoError(t, err)
	require.LessOrEqual(t, info.Size(), int64(3*bound), "as the documentation says")

	// The correlator is back.
	c.down = false
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, c.url, dir, func(o *Options) { o.Transport, o.MaxSpool = near{c.handler}, bound })
		t.Logf("%d sightings were %d in the spool, %d bytes, a file of %d bytes", offered, b.spool.level().entries, b.spool.level().bytes, info.Size())
		stop := b.start(t)
		time.Sleep(time.Minute)
		synctest.Wait()
		require.Zero(t, b.spool.level())
		stop()
	})
	require.Equal(t, expected, runsOf(t, c.took))
}

// note extends the runs by what was seen.
func note(runs map[string][]told, o Observation) {
	key := o.Device + "/" + o.Category
	if rs := runs[key]; len(rs) > 0 && rs[len(rs)-1].sha == o.SHA256 {
		rs[len(rs)-1].last = o.ObservedAt
		return
	}
	runs[key] = append(runs[key], told{o.SHA256, o.ObservedAt, o.ObservedAt})
}

// runsOf makes runs of what arrived, and fails if it is out of order.
func runsOf(t *testing.T, arrived []*apiv1.Observation) map[string][]told {
	t.Helper()
	runs := map[string][]told{}
	newest := time.Time{}
	for _, o := range arrived {
		at := o.GetObservedAt().AsTime()
		require.False(t, at.Before(newest), "%v after %v", at, newest)
		newest = at
		note(runs, Observation{Device: o.GetDevice(), Category: o.GetCategory(), ObservedAt: at, SHA256: o.GetSha256()})
	}
	return runs
}
