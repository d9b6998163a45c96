package device

import (
	"fmt"
	"time"

	"github.com/cenkalti/backoff/v5"

	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/routeros"
)

// breaker decides when a router that failed is tried again.
type breaker struct {
	ordinary, refused *backoff.ExponentialBackOff

	failures int
	retryAt  time.Time
	last     error
}

func newBreaker() *breaker {
	return &breaker{
		ordinary: newBackOff(time.Second, time.Minute),
		// A router may lock out, or tell somebody of, repeated wrong logins;
		// and a wrong password does not become right by itself.
		refused: newBackOff(time.Minute, 30*time.Minute),
	}
}

func newBackOff(first, longest time.Duration) *backoff.ExponentialBackOff {
	b := backoff.NewExponentialBackOff()
	b.InitialInterval, b.MaxInterval = first, longest
	b.Multiplier, b.RandomizationFactor = 2, 0.3
	b.Reset()
	return b
}

// failed notes a failed attempt at now.
func (b *breaker) failed(now time.Time, err error) {
	b.failures++
	b.last = err
	wait := b.ordinary.NextBackOff()
	if routeros.ReasonOf(err) == routeros.ReasonAuth {
		wait = b.refused.NextBackOff()
	}
	b.retryAt = now.Add(wait)
}

// succeeded forgets all failures.
func (b *breaker) succeeded() {
	b.failures, b.retryAt, b.last = 0, time.Time{}, nil
	b.ordinary.Reset()
	b.refused.Reset()
}

// check returns nil if the router may be tried at now, else why it failed.
func (b *breaker) check(now time.Time) error {
	if b.last == nil || !now.Before(b.retryAt) {
		return nil
	}
	return fmt.Errorf("failed %d times, next attempt in %v: %w", b.failures, b.retryAt.Sub(now).Round(time.Second), b.last)
}
