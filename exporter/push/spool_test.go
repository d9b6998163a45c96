package push

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	apiv1 "github.com/ispvisualmonitor/ispvisualmonitor/api/v1"
)

func encoded(t require.TestingT, observations ...Observation) []*apiv1.Observation {
	var out []*apiv1.Observation
	for _, o := range observations {
		m, err := o.encode("x")
		require.NoError(t, err)
		out = append(out, m)
	}
	return out
}

func tempSpool(t testing.TB, maxBytes int64) *spool {
	t.Helper()
	s, err := openSpool(filepath.Join(t.TempDir(), "spool.db"), maxBytes)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.close()) })
	return s
}

func contents(t require.TestingT, s *spool) []string {
	waiting, err := s.oldest(1<<20, 1<<40)
	require.NoError(t, err)
	var out []*apiv1.Observation
	for _, e := range waiting {
		out = append(out, e.Observation)
	}
	return brief(out)
}

// Whatever is offered, sent and restarted in between: of each run the first
// and the last sighting arrive, in order, and nothing that was not seen.
func TestEveryRunIsTold(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		file := filepath.Join(dir, "spool.db")
		require.NoError(t, os.RemoveAll(file))
		s, err := openSpool(file, 1<<30)
		require.NoError(t, err)
		s.db.NoSync = true // it is about the order
		defer func() { require.NoError(t, s.close()) }()
		var offered, arrived []*apiv1.Observation
		minute := 0
		t.Repeat(map[string]func(*rapid.T){
			"offer": func(t *rapid.T) {
				var batch []Observation
				for _, letter := range rapid.SliceOfN(rapid.SampledFrom([]byte("aab")), 1, 6).Draw(t, "letters") {
					batch = append(batch, seen(minute, letter))
					minute++
				}
				offered = append(offered, encoded(t, batch...)...)
				_, err := s.add(encoded(t, batch...))
				require.NoError(t, err)
			},
			"send": func(t *rapid.T) {
				batch, err := s.oldest(rapid.IntRange(1, 5).Draw(t, "n"), 1<<30)
				require.NoError(t, err)
				for _, e := range batch {
					arrived = append(arrived, e.Observation)
				}
				require.NoError(t, s.remove(batch))
			},
			"restart": func(t *rapid.T) {
				level := s.level()
				require.NoError(t, s.close())
				s, err = openSpool(file, 1<<30)
				require.NoError(t, err)
				s.db.NoSync = true
				require.Equal(t, level, s.level())
			},
		})
		rest, err := s.oldest(1<<20, 1<<30)
		require.NoError(t, err)
		for _, e := range rest {
			arrived = append(arrived, e.Observation)
		}
		got, want := brief(arrived), brief(offered)
		require.Subset(t, want, got)
		require.IsIncreasing(t, minutes(arrived))
		for i, o := range offered {
			first := i == 0 || offered[i-1].GetSha256() != o.GetSha256()
			last := i == len(offered)-1 || offered[i+1].GetSha256() != o.GetSha256()
			if first || last {
				require.Contains(t, got, want[i])
			}
		}
	})
}

func minutes(observations []*apiv1.Observation) []int64 {
	out := []int64{-1 << 62}
	for _, o := range observations {
		out = append(out, o.GetObservedAt().AsTime().Unix())
	}
	return out
}

// A full spool lets the oldest repeats go, then refuses; the news stay.
func TestFullSpool(t *testing.T) {
	t.Parallel()
	s := tempSpool(t, 4000)
	var evicted, refused, coalesced int
	for minute := range 200 {
		// Two sightings of each state: one is news, one a repeat.
		out, err := s.add(encoded(t, seen(minute, byte('A'+minute/2%2))))
		require.NoError(t, err)
		evicted, refused, coalesced = evicted+out.evicted, refused+out.refused, coalesced+out.coalesced
		require.LessOrEqual(t, s.level().bytes, int64(4000))
	}
	require.Positive(t, evicted)
	require.Positive(t, refused)
	require.Zero(t, coalesced)
	got := contents(t, s)
	require.Equal(t, []string{"0A", "2B", "4A", "6B", "8A"}, got[:5], "without the repeats between them")

	// When there is room again, the present state is told.
	waiting, err := s.oldest(1<<20, 1<<40)
	require.NoError(t, err)
	require.NoError(t, s.remove(waiting))
	require.Equal(t, fill{}, s.level())
	_, err = s.add(encoded(t, seen(200, 'A')))
	require.NoError(t, err)
	require.Equal(t, []string{"200A"}, contents(t, s))
}

// Failures and sightings alternate without filling the spool.
func TestFlappingReachabilityIsBounded(t *testing.T) {
	t.Parallel()
	s := tempSpool(t, 1<<20)
	for minute := range 100 {
		o := seen(minute, 'a')
		if minute%2 == 1 {
			o.SHA256, o.Failure = "", "timeout"
		}
		_, err := s.add(encoded(t, o))
		require.NoError(t, err)
	}
	require.Equal(t, []string{"0a", "1failed", "98a", "99failed"}, contents(t, s))
}

// The configuration goes with the first sighting of a run, also when level 2
// is switched on later.
func TestSectionsGoOnce(t *testing.T) {
	t.Parallel()
	s := tempSpool(t, 1<<20)
	for minute := range 5 {
		o := seen(minute, 'a')
		if minute > 1 {
			o.Sections = []byte(`{"/x":[{"a":"b"}]}`)
		}
		_, err := s.add(encoded(t, o))
		require.NoError(t, err)
	}
	waiting, err := s.oldest(10, 1<<20)
	require.NoError(t, err)
	var with []bool
	for _, e := range waiting {
		with = append(with, e.GetSections() != nil)
	}
	require.Equal(t, []string{"0a", "1a", "2a", "4a"}, contents(t, s))
	require.Equal(t, []bool{false, false, true, false}, with)
}

// What add has taken is on disk: a copy of the file, as a crash would leave
// it, has it all.
func TestAddIsDurable(t *testing.T) {
	t.Parallel()
	s := tempSpool(t, 1<<20)
	_, err := s.add(encoded(t, seen(0, 'a'), seen(1, 'a'), seen(2, 'b')))
	require.NoError(t, err)
	file, err := os.ReadFile(s.db.Path())
	require.NoError(t, err)
	copied := filepath.Join(t.TempDir(), "spool.db")
	require.NoError(t, os.WriteFile(copied, file, 0o600))
	after, err := openSpool(copied, 1<<20)
	require.NoError(t, err)
	require.Equal(t, []string{"0a", "1a", "2b"}, contents(t, after))
	require.NoError(t, after.close())
}

// A damaged file is a clear error, not a crash.
func TestDamagedSpool(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "spool.db")
	require.NoError(t, os.WriteFile(file, []byte("this is no spool, but long enough to look at"), 0o600))
	_, err := openSpool(file, 1<<20)
	require.ErrorContains(t, err, "move it away and start again")
}

// A day of 1,000 routers with nothing changed: what waits does not grow.
func TestADayFits(t *testing.T) {
	t.Parallel()
	s := tempSpool(t, 256<<20)
	s.db.NoSync = true // it is about the size
	for minute := range 10 {
		batch := make([]*apiv1.Observation, 0, 12_000)
		for i := range 12_000 {
			o := seen(minute, 'a')
			o.Device, o.Category = "access-router-"+string(rune('a'+i/12%26))+string(rune('a'+i/312)), "category"+string(rune('a'+i%12))
			batch = append(batch, encoded(t, o)...)
		}
		_, err := s.add(batch)
		require.NoError(t, err)
	}
	require.Equal(t, 24_000, s.level().entries)
	require.Less(t, s.level().bytes, int64(6<<20))
	info, err := os.Stat(s.db.Path())
	require.NoError(t, err)
	require.Less(t, info.Size(), int64(32<<20))
}
