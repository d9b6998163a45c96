package postgres

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/engine"
)

// ErrOverloaded is returned when a tenant's inbox is full: the sender should try again later.
var ErrOverloaded = errors.New("overloaded: too many inputs are waiting, try again later")

// ErrClosed is returned when the database was closed before an input was applied.
var ErrClosed = errors.New("the correlator is shutting down, try again")

// Submit applies one input and returns its effects once they are committed. A *engine.Refusal is final:
// the input makes no sense. With any other error the input may or may not have been applied; sending it
// again is safe. When ctx ends while the input waits, it is not applied.
func (db *DB) Submit(ctx context.Context, tenant string, in engine.Input) ([]engine.Effect, error) {
	job := &job{ctx: ctx, in: normalize(in), weight: weight(in), done: make(chan outcome, 1)}
	if err := db.inboxes.put(tenant, job); err != nil {
		db.metrics.submitted(in, err)
		return nil, err
	}
	select {
	case out := <-job.done:
		db.metrics.submitted(in, out.err)
		return out.effects, out.err
	case <-ctx.Done():
		db.metrics.submitted(in, ctx.Err())
		return nil, context.Cause(ctx)
	}
}

// job is an input that waits for its outcome.
type job struct {
	ctx    context.Context //nolint:containedctx // of the submitter, who may go away while the job waits
	in     engine.Input
	weight int
	done   chan outcome // buffered: the submitter may have gone away
}

type outcome struct {
	effects []engine.Effect
	err     error
}

func (j *job) answer(effects []engine.Effect, err error) { j.done <- outcome{effects, err} }

// weight is how much an input counts towards Options.GroupWeight.
func weight(in engine.Input) int {
	switch in := in.(type) {
	case engine.ObservationsInput:
		return max(1, len(in.Observations))
	case engine.AlertsInput:
		return max(1, len(in.Alerts))
	case engine.AlertListInput:
		return max(1, len(in.Alerts))
	default:
		return 1
	}
}

// inboxes are the tenants' queues. A tenant that has something waiting has one goroutine that works it
// off; it ends when nothing came for a while.
type inboxes struct {
	db      *DB
	mu      sync.Mutex
	waiting map[string]chan *job
	closed  bool
	quit    chan struct{}
	workers sync.WaitGroup
}

func newInboxes(db *DB) *inboxes {
	return &inboxes{db: db, waiting: map[string]chan *job{}, quit: make(chan struct{})}
}

// put queues a job, and starts the tenant's worker when there is none. It never waits.
func (b *inboxes) put(tenant string, j *job) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return ErrClosed
	}
	inbox, ok := b.waiting[tenant]
	if !ok {
		inbox = make(chan *job, b.db.o.InboxLen)
		b.waiting[tenant] = inbox
		b.workers.Go(func() { b.work(tenant, inbox) })
	}
	select {
	case inbox <- j:
		return nil
	default:
		return ErrOverloaded
	}
}

// work applies what waits for one tenant, a group at a time, until nothing came for a while.
func (b *inboxes) work(tenant string, inbox chan *job) {
	idle := time.NewTimer(b.db.o.IdleInbox)
	defer idle.Stop()
	var next *job // taken out of the inbox, but too heavy for the group before
	for {
		if next == nil {
			select {
			case next = <-inbox:
			case <-idle.C:
				if b.retire(tenant, inbox) {
					return
				}
				idle.Reset(b.db.o.IdleInbox)
				continue
			case <-b.quit:
				b.turnAway(inbox)
				return
			}
		}
		var group []*job
		group, next = b.gather(next, inbox)
		b.db.apply(tenant, group)
		idle.Reset(b.db.o.IdleInbox)
	}
}

// gather takes what waits now, up to the weight of one transaction.
func (b *inboxes) gather(first *job, inbox chan *job) (group []*job, next *job) {
	group, total := []*job{first}, first.weight
	for {
		select {
		case j := <-inbox:
			if total+j.weight > b.db.o.GroupWeight {
				return group, j
			}
			group, total = append(group, j), total+j.weight
		default:
			return group, nil
		}
	}
}

// retire forgets an inbox in which nothing waits, and gives up what its transactions left to the next: a
// tenant that is quiet holds nothing. Both sides hold the lock, so a job cannot slip in between the look and
// the forgetting.
func (b *inboxes) retire(tenant string, inbox chan *job) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(inbox) > 0 {
		return false
	}
	delete(b.waiting, tenant)
	b.db.memories.take(tenant)
	return true
}

func (b *inboxes) turnAway(inbox chan *job) {
	for {
		select {
		case j := <-inbox:
			j.answer(nil, ErrClosed)
		default:
			return
		}
	}
}

// close lets each worker finish the group at hand and turns the rest away.
func (b *inboxes) close() {
	b.mu.Lock()
	if !b.closed {
		b.closed = true
		close(b.quit)
	}
	b.mu.Unlock()
	b.workers.Wait()
}
