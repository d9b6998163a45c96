package postgres

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/engine"
)

// receiver takes events as a consumer does.
type receiver struct {
	mu     sync.Mutex
	events []Event
	fail   func(Event) error
	got    chan struct{}
}

func newReceiver() *receiver { return &receiver{got: make(chan struct{}, 1000)} }

func (r *receiver) publish(_ context.Context, e Event) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.fail != nil {
		if err := r.fail(e); err != nil {
			return err
		}
	}
	r.events = append(r.events, e)
	r.got <- struct{}{}
	return nil
}

func (r *receiver) keys() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	keys := make([]string, len(r.events))
	for i, e := range r.events {
		keys[i] = e.Key
	}
	return keys
}

func (b *bundle) relay(t testing.TB, o RelayOptions) *Relay {
	t.Helper()
	relay, err := NewRelay(b.DB, o)
	require.NoError(t, err)
	return relay
}

// changes makes n config changes, an event each, and returns the keys in their order.
func (b *bundle) changes(t testing.TB, n int) []string {
	t.Helper()
	var keys []string
	for i := range n + 1 {
		at := noon.Add(time.Duration(i) * time.Minute)
		for _, e := range b.submitAt(t, at, observe(sight("EDGE1", "bgp", fmt.Sprintf("%012x", i), at))) {
			keys = append(keys, e.Key)
		}
	}
	require.Len(t, keys, n)
	return keys
}

func run(t *testing.T, f func(context.Context) error) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var group errgroup.Group
	group.Go(func() error { return f(ctx) })
	stop = sync.OnceFunc(func() {
		cancel()
		require.NoError(t, group.Wait())
	})
	t.Cleanup(stop)
	return stop
}

func TestEventsAreHandedOnInOrderAndOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	want := b.changes(t, 5)
	r := newReceiver()
	relay := b.relay(t, RelayOptions{Publish: r.publish})
	n, err := relay.step(t.Context())
	require.NoError(t, err)
	require.Equal(t, 5, n)
	require.Equal(t, want, r.keys())
	n, err = relay.step(t.Context())
	require.NoError(t, err)
	require.Zero(t, n)

	first := r.events[0]
	require.Equal(t, tenant, first.Tenant)
	require.Equal(t, string(engine.ConfigChangeDetected), first.Type)
	require.Equal(t, 1, first.Attempt)
	require.Contains(t, string(first.Payload), `"device": "EDGE1"`)
}

func TestACommitWakesTheRelay(t *testing.T) {
	t.Parallel()
	b := setup(t)
	r := newReceiver()
	// Nobody looks for an hour: only the notification can bring the event in time.
	run(t, b.relay(t, RelayOptions{Publish: r.publish, Poll: time.Hour}).Run)
	b.changes(t, 1)
	select {
	case <-r.got:
	case <-time.After(20 * time.Second):
		t.Fatal("the relay slept on")
	}
}

func TestAFailedEventComesAgainAndThenDies(t *testing.T) {
	t.Parallel()
	b := setup(t)
	keys := b.changes(t, 2)
	r := newReceiver()
	r.fail = func(e Event) error {
		if e.Key == keys[0] {
			return errors.New("503 of the receiver")
		}
		return nil
	}
	relay := b.relay(t, RelayOptions{Publish: r.publish, MaxAttempts: 3, MinBackoff: time.Minute, MaxBackoff: time.Hour})
	step := func(at time.Time, want int) {
		t.Helper()
		b.clock.Set(at)
		n, err := relay.step(t.Context())
		require.NoError(t, err)
		require.Equal(t, want, n)
	}
	start := noon.Add(time.Hour)
	step(start, 2)
	require.Equal(t, keys[1:], r.keys(), "the failure of one holds no other up")
	step(start.Add(59*time.Second), 0)
	step(start.Add(time.Minute), 1)
	step(start.Add(time.Minute+119*time.Second), 0)
	step(start.Add(3*time.Minute), 1)
	step(start.Add(24*time.Hour), 0)
	require.Equal(t, 1, b.count(t, "SELECT count(*) FROM outbox_dead_letters WHERE key = $1 AND attempts = 3 AND last_error = '503 of the receiver'", keys[0]))

	r.fail = nil
	n, err := b.RequeueDeadLetters(t.Context(), tenant)
	require.NoError(t, err)
	require.EqualValues(t, 1, n)
	step(start.Add(24*time.Hour), 1)
	require.Equal(t, []string{keys[1], keys[0]}, r.keys())
	require.Zero(t, b.count(t, "SELECT count(*) FROM outbox_dead_letters"))
}

func TestARelayThatDiesGivesItsEventsBack(t *testing.T) {
	t.Parallel()
	b := setup(t)
	keys := b.changes(t, 3)
	dying := b.relay(t, RelayOptions{Publish: newReceiver().publish, Lease: time.Minute})
	claimed, err := dying.claim(t.Context()) // and no more is heard of it
	require.NoError(t, err)
	require.Len(t, claimed, 3)

	r := newReceiver()
	heir := b.relay(t, RelayOptions{Publish: r.publish})
	n, err := heir.step(t.Context())
	require.NoError(t, err)
	require.Zero(t, n, "as long as the lease holds, they are the other's")
	b.clock.Set(b.clock.Now().Add(time.Minute))
	n, err = heir.step(t.Context())
	require.NoError(t, err)
	require.Equal(t, 3, n)
	require.Equal(t, keys, r.keys())
	require.Equal(t, 2, r.events[0].Attempt)
}

func TestRelaysShareTheWork(t *testing.T) {
	t.Parallel()
	b := setup(t)
	keys := b.changes(t, 40)
	r := newReceiver()
	for range 3 {
		run(t, b.relay(t, RelayOptions{Publish: r.publish, Batch: 4}).Run)
	}
	for range keys {
		select {
		case <-r.got:
		case <-time.After(20 * time.Second):
			t.Fatal("events are missing")
		}
	}
	got := r.keys()
	slices.Sort(got)
	slices.Sort(keys)
	require.Equal(t, keys, got, "each event once: nobody died and nothing failed")
}

func TestStoppingARelayNeitherLosesNorRepeats(t *testing.T) {
	t.Parallel()
	b := setup(t)
	keys := b.changes(t, 3)
	ctx, cancel := context.WithCancel(t.Context())
	r := newReceiver()
	relay := b.relay(t, RelayOptions{Publish: func(ctx context.Context, e Event) error {
		if e.Key == keys[1] {
			cancel() // we are told to stop in the middle of the second delivery, which so fails
			return ctx.Err()
		}
		return r.publish(ctx, e)
	}})
	_, err := relay.step(ctx)
	require.NoError(t, err)
	require.Equal(t, keys[:1], r.keys())

	n, err := b.relay(t, RelayOptions{Publish: r.publish}).step(t.Context())
	require.NoError(t, err)
	require.Equal(t, 2, n, "what was not delivered is free at once")
	require.Equal(t, keys, r.keys())
	require.Equal(t, 1, r.events[1].Attempt)
}

func TestOldEventsAreRemoved(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.changes(t, 2)
	relay := b.relay(t, RelayOptions{Publish: newReceiver().publish, Batch: 1, Retention: time.Hour})
	_, err := relay.step(t.Context()) // the other one still waits
	require.NoError(t, err)
	b.clock.Set(b.clock.Now().Add(2 * time.Hour))
	require.NoError(t, relay.prune(t.Context()))
	require.Equal(t, 1, b.count(t, "SELECT count(*) FROM outbox"))
	require.Zero(t, b.count(t, "SELECT count(*) FROM outbox WHERE published_at IS NOT NULL"))
}

func TestRelayOptions(t *testing.T) {
	t.Parallel()
	_, err := NewRelay(nil, RelayOptions{})
	require.EqualError(t, err, "relay: no publisher given")
	_, err = NewRelay(nil, RelayOptions{Publish: newReceiver().publish, Lease: time.Second, Timeout: time.Minute})
	require.EqualError(t, err, "relay: the lease (1s) must be longer than the time-out of a delivery (1m0s)")

	relay, err := NewRelay(nil, RelayOptions{Publish: newReceiver().publish, MinBackoff: time.Second, MaxBackoff: 10 * time.Second})
	require.NoError(t, err)
	for attempt, want := range map[int]time.Duration{1: time.Second, 2: 2 * time.Second, 3: 4 * time.Second, 4: 8 * time.Second, 5: 10 * time.Second, 60: 10 * time.Second} {
		require.Equal(t, want, relay.backoff(attempt), "attempt %d", attempt)
	}
}
