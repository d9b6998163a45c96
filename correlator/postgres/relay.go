package postgres

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"golang.org/x/sync/errgroup"
)

// Event is one entry of the outbox.
type Event struct {
	Tenant string
	// ID grows with the order in which events of a tenant were committed.
	ID int64
	// Key is the idempotency key: the same event has the same key each time it is handed on.
	Key string
	// Type is an engine.EventType.
	Type       string
	OccurredAt time.Time
	// Payload is what the event is about, as JSON: a config change, an incident, a window or a notification.
	Payload json.RawMessage
	// Attempt counts from 1.
	Attempt int
}

// Publisher hands one event on. It is called at least once for each event; when it returns nil, the event
// is settled. Events of one tenant come in order, except that one which failed comes again later.
type Publisher func(context.Context, Event) error

// RelayOptions says how the outbox is handed on.
type RelayOptions struct {
	Publish Publisher
	// Batch is how many events are claimed at once (default 100).
	Batch int
	// Parallel is how many tenants are served at once (default 8).
	Parallel int
	// Timeout bounds one call of Publish (default 15 s).
	Timeout time.Duration
	// Lease is how long a claim holds; a relay that dies gives its claims back by it (default 2 min).
	Lease time.Duration
	// MaxAttempts is after how many failures an event goes to the dead letters (default 20: with the
	// default pauses, more than two hours).
	MaxAttempts int
	// MinBackoff and MaxBackoff bound the pause after a failure, which doubles (defaults 1 s, 10 min).
	MinBackoff, MaxBackoff time.Duration
	// Poll is how often to look when no notification comes (default 2 s).
	Poll time.Duration
	// Retention is how long published events are kept, to be looked at (default 72 h).
	Retention time.Duration
}

func (o *RelayOptions) validate() error {
	if o.Publish == nil {
		return errors.New("relay: no publisher given")
	}
	o.Batch, o.Parallel = cmp.Or(o.Batch, 100), cmp.Or(o.Parallel, 8)
	o.Timeout, o.Lease = cmp.Or(o.Timeout, 15*time.Second), cmp.Or(o.Lease, 2*time.Minute)
	o.MaxAttempts = cmp.Or(o.MaxAttempts, 20)
	o.MinBackoff, o.MaxBackoff = cmp.Or(o.MinBackoff, time.Second), cmp.Or(o.MaxBackoff, 10*time.Minute)
	o.Poll, o.Retention = cmp.Or(o.Poll, 2*time.Second), cmp.Or(o.Retention, 72*time.Hour)
	if o.Lease <= o.Timeout {
		return fmt.Errorf("relay: the lease (%s) must be longer than the time-out of a delivery (%s)", o.Lease, o.Timeout)
	}
	return nil
}

// Relay hands the outbox on.
type Relay struct {
	db *DB
	o  RelayOptions
}

// NewRelay makes a relay over the database's outbox.
func NewRelay(db *DB, o RelayOptions) (*Relay, error) {
	if err := o.validate(); err != nil {
		return nil, err
	}
	return &Relay{db: db, o: o}, nil
}

// Run hands events on until ctx ends; it then returns nil. Any number of relays may run at once.
func (r *Relay) Run(ctx context.Context) error {
	wake := make(chan struct{}, 1)
	var helpers errgroup.Group
	helpers.Go(func() error { r.db.listen(ctx, outboxChannel, wake); return nil })
	helpers.Go(func() error { r.keepHouse(ctx); return nil })
	for ctx.Err() == nil {
		n, err := r.step(ctx)
		if err != nil && ctx.Err() == nil {
			r.db.o.Logger.ErrorContext(ctx, "Could not hand events on, trying again", slog.Any("err", err))
		}
		if n < r.o.Batch || err != nil {
			wait(ctx, r.o.Poll, wake)
		}
	}
	return helpers.Wait()
}

// step claims a batch, hands it on and settles it. It returns how many events were claimed.
func (r *Relay) step(ctx context.Context) (int, error) {
	events, err := r.claim(ctx)
	if err != nil || len(events) == 0 {
		return 0, err
	}
	verdicts := r.publish(ctx, events)
	// What was delivered is settled even when we are told to stop: or it would be delivered again.
	settling, cancel := context.WithTimeout(context.WithoutCancel(ctx), r.o.Timeout)
	defer cancel()
	return len(events), r.settle(settling, verdicts)
}

// verdict is what became of an event.
type verdict struct {
	event Event
	tried bool // false: time was up before its turn came
	err   error
}

// publish hands events on: tenants side by side, the events of one tenant in their order, and none after
// most of the lease has passed.
func (r *Relay) publish(ctx context.Context, events []Event) []verdict {
	deadline, cancel := context.WithTimeout(ctx, r.o.Lease-r.o.Timeout)
	defer cancel()
	verdicts := make([]verdict, len(events))
	byTenant := map[string][]int{}
	for i, e := range events {
		verdicts[i].event = e
		byTenant[e.Tenant] = append(byTenant[e.Tenant], i)
	}
	var group errgroup.Group
	group.SetLimit(r.o.Parallel)
	for _, indexes := range byTenant {
		group.Go(func() error {
			for _, i := range indexes {
				if deadline.Err() != nil {
					return nil //nolint:nilerr // the rest is given back
				}
				verdicts[i].err = r.publishOne(ctx, events[i])
				// A delivery that our own stopping cut short has not failed.
				verdicts[i].tried = verdicts[i].err == nil || ctx.Err() == nil
			}
			return nil
		})
	}
	_ = group.Wait() // the errors are in the verdicts
	return verdicts
}

func (r *Relay) publishOne(ctx context.Context, e Event) error {
	ctx, cancel := context.WithTimeout(ctx, r.o.Timeout)
	defer cancel()
	return r.o.Publish(ctx, e)
}

// backoff is the pause after an attempt failed.
func (r *Relay) backoff(attempt int) time.Duration {
	pause := r.o.MinBackoff
	for range attempt - 1 {
		if pause >= r.o.MaxBackoff/2 {
			return r.o.MaxBackoff
		}
		pause *= 2
	}
	return min(pause, r.o.MaxBackoff)
}
