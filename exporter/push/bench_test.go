package push

import (
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	apiv1 "github.com/ispvisualmonitor/ispvisualmonitor/api/v1"
)

// BenchmarkSpool writes what 1,000 routers with 12 categories show in a
// minute, with an fsync, in the steady state (nothing changed) and at its
// worst (everything changed, which is also sent and removed).
func BenchmarkSpool(b *testing.B) {
	rate := func(b *testing.B, each int) {
		b.ReportMetric(float64(b.N*each)/b.Elapsed().Seconds(), "observations/s")
	}
	reading := func(b *testing.B, f *fleet, minute int) []*apiv1.Observation {
		out := make([]*apiv1.Observation, 0, f.routers*f.categories)
		f.minute(base.Add(time.Duration(minute)*time.Minute), func(o Observation) { out = append(out, encoded(b, o)...) })
		return out
	}
	b.Run("unchanged", func(b *testing.B) {
		f, s := newFleet(1000, 12, 0), tempSpool(b, 256<<20)
		for minute := 0; b.Loop(); minute++ {
			b.StopTimer()
			batch := reading(b, f, minute)
			b.StartTimer()
			_, err := s.add(batch)
			require.NoError(b, err)
		}
		rate(b, 12_000)
		b.ReportMetric(float64(s.level().bytes), "spool-bytes")
	})
	b.Run("changed", func(b *testing.B) {
		f, s := newFleet(1000, 12, 12*24*60), tempSpool(b, 256<<20)
		for minute := 0; b.Loop(); minute++ {
			b.StopTimer()
			batch := reading(b, f, minute)
			b.StartTimer()
			_, err := s.add(batch)
			require.NoError(b, err)
			for {
				waiting, err := s.oldest(maxBatch, maxBatchBytes)
				require.NoError(b, err)
				if len(waiting) == 0 {
					break
				}
				require.NoError(b, s.remove(waiting))
			}
		}
		rate(b, 12_000)
	})
}

// BenchmarkDay is the day that the documentation speaks of: 1,000 routers, 12
// categories, a reading a minute, 100 changes a router, nobody who takes them.
// One iteration is a day; run it with -benchtime 1x.
func BenchmarkDay(b *testing.B) {
	for b.Loop() {
		f, s := newFleet(1000, 12, 100), tempSpool(b, 256<<20)
		s.db.NoSync = true
		var lost, coalesced int
		for minute := range 24 * 60 {
			batch := make([]*apiv1.Observation, 0, 12_000)
			f.minute(base.Add(time.Duration(minute)*time.Minute), func(o Observation) {
				m, err := o.encode("x")
				require.NoError(b, err)
				batch = append(batch, m)
			})
			out, err := s.add(batch)
			require.NoError(b, err)
			lost, coalesced = lost+out.evicted+out.refused, coalesced+out.coalesced
		}
		require.Zero(b, lost)
		file, err := os.Stat(s.db.Path())
		require.NoError(b, err)
		b.ReportMetric(float64(s.level().bytes)/1e6, "spool-MB")
		b.ReportMetric(float64(file.Size())/1e6, "file-MB")
		b.ReportMetric(float64(s.level().entries), "entries")
		b.ReportMetric(24*60*12_000/b.Elapsed().Seconds(), "observations/s")
	}
}
