package postgres

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/calendar"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/engine"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/topology"
)

// plan makes a change record that begins by itself in an hour and ends an hour later.
func (b *bundle) plan(t testing.TB) {
	t.Helper()
	b.submitAt(t, noon, engine.WindowInput{Op: engine.OpCreate, Window: calendar.Window{
		ID: "w1", Kind: calendar.Change, Title: "work", StartsAt: noon.Add(time.Hour), EndsAt: noon.Add(2 * time.Hour),
		Scope: topology.Scope{Devices: []string{"EDGE1"}},
	}})
}

func (b *bundle) status(t testing.TB, id string) string {
	t.Helper()
	change, err := b.Window(t.Context(), tenant, calendar.Change, id)
	require.NoError(t, err)
	return change.Status
}

func TestTimersFireByThemselves(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.plan(t)
	run(t, b.RunTimers)
	require.Equal(t, "planned", b.status(t, "w1"))
	b.clock.Set(noon.Add(61 * time.Minute))
	require.Eventually(t, func() bool { return b.status(t, "w1") == "in_progress" }, 20*time.Second, 20*time.Millisecond)
	b.clock.Set(noon.Add(121 * time.Minute))
	require.Eventually(t, func() bool { return b.status(t, "w1") == "completed" }, 20*time.Second, 20*time.Millisecond)

	change, err := b.Window(t.Context(), tenant, calendar.Change, "w1")
	require.NoError(t, err)
	require.Equal(t, noon.Add(time.Hour), change.StartedAt, "a timer fires at its own instant, however late somebody looked")
	require.Equal(t, noon.Add(2*time.Hour), change.FinishedAt)
	require.Equal(t, 1, b.count(t, "SELECT count(*) FROM inputs"), "the passing of time is no input")
}

func TestTimersSurviveARestart(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.plan(t)
	b.Close() // and nobody is there when the window begins and ends

	b.clock.Set(noon.Add(3 * time.Hour))
	b.DB = b.another(t, Options{})
	pause, err := b.fireTimers(t.Context())
	require.NoError(t, err)
	require.Equal(t, timersFloor, pause)
	require.Equal(t, "completed", b.status(t, "w1"))

	pause, err = b.fireTimers(t.Context())
	require.NoError(t, err)
	require.Equal(t, timersPoll, pause, "nothing is left")
	require.Zero(t, b.count(t, "SELECT count(*) FROM timers"))
}

func TestANewTimerWakesTheScheduler(t *testing.T) {
	t.Parallel()
	b := setup(t)
	wake := make(chan struct{}, 1)
	listening := make(chan struct{})
	run(t, func(ctx context.Context) error {
		close(listening)
		b.listen(ctx, timersChannel, wake)
		return nil
	})
	<-listening
	<-wake // it says so when it has begun to listen
	b.plan(t)
	select {
	case <-wake:
	case <-time.After(20 * time.Second):
		t.Fatal("no notification")
	}
}
