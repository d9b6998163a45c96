package device

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/routeros"
)

// waits returns how long a breaker keeps the router from being tried, failure
// after failure.
func waits(err error, n int) []time.Duration {
	b := newBreaker()
	now := time.Unix(0, 0)
	var out []time.Duration
	for range n {
		b.failed(now, err)
		out = append(out, b.retryAt.Sub(now))
		now = b.retryAt
	}
	return out
}

func TestBreakerWaitsLonger(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		reason         routeros.Reason
		first, longest time.Duration
	}{
		{routeros.ReasonDial, time.Second, time.Minute},
		{routeros.ReasonTimeout, time.Second, time.Minute},
		{routeros.ReasonAuth, time.Minute, 30 * time.Minute},
	} {
		got := waits(&routeros.Error{Reason: c.reason}, 12)
		require.InEpsilon(t, float64(c.first), float64(got[0]), 0.31, c.reason)
		require.InEpsilon(t, float64(c.longest), float64(got[11]), 0.31, c.reason)
		require.Greater(t, got[4], got[0], c.reason)
	}
}

func TestBreakerIsJittered(t *testing.T) {
	t.Parallel()
	seen := map[time.Duration]bool{}
	for range 20 {
		seen[waits(errors.New("x"), 1)[0]] = true
	}
	require.Greater(t, len(seen), 10, "many routers that fail together are not tried together")
}

func TestBreakerOpensAndCloses(t *testing.T) {
	t.Parallel()
	b := newBreaker()
	now := time.Unix(1000, 0)
	require.NoError(t, b.check(now))
	cause := &routeros.Error{Reason: routeros.ReasonAuth, Op: "log in"}
	b.failed(now, cause)
	err := b.check(now.Add(time.Second))
	require.ErrorIs(t, err, cause)
	require.Equal(t, routeros.ReasonAuth, routeros.ReasonOf(err))
	require.ErrorContains(t, err, "failed 1 times, next attempt in ")
	require.NoError(t, b.check(b.retryAt))
	b.succeeded()
	require.NoError(t, b.check(now))
}
