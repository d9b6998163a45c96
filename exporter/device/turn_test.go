package device

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// TestTurns: as many as may read at once do so at once, the next waits for one
// of them, and no longer than its patience.
func TestTurns(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		turns := make(chan struct{}, 2)
		member := func() *Device {
			o, _ := options(t, "192.0.2.1:8728")
			o.turns = turns
			d, err := New(o)
			require.NoError(t, err)
			t.Cleanup(d.Close)
			return d
		}
		waited := func(d *Device) (time.Duration, func()) {
			began := time.Now()
			end := d.takeTurn()
			return time.Since(began), end
		}
		first, endFirst := waited(member())
		second, endSecond := waited(member())
		require.Zero(t, first)
		require.Zero(t, second)

		go func() {
			time.Sleep(3 * time.Second)
			endFirst()
		}()
		third, endThird := waited(member())
		require.Equal(t, 3*time.Second, third)
		fourth, endFourth := waited(member())
		require.Equal(t, turnPatience, fourth, "whoever is too slow is not waited for")

		closed := member()
		go func() {
			time.Sleep(time.Second)
			closed.end()
		}()
		fifth, endFifth := waited(closed)
		require.Equal(t, time.Second, fifth, "a device that is closed does not wait")

		for _, end := range []func(){endSecond, endThird, endFourth, endFifth} {
			end()
		}
		require.Empty(t, turns, "who had no turn gives none back")
		alone, end := waited(func() *Device { d := member(); d.opts.turns = nil; return d }())
		require.Zero(t, alone)
		end()
	})
}
