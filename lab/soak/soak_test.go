package soak

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"golang.org/x/sync/errgroup"
	"google.golang.org/protobuf/proto"

	"github.com/ispvisualmonitor/ispvisualmonitor/lab/roads"
)

var (
	rounds = flag.Int("rounds", 5, "how many storms are sent to correlators that are disturbed")
	seed   = flag.Uint64("seed", 1, "what the first round is drawn from; the next have the seeds after it")
	within = flag.Duration("within", 0, "begin no round when so much time has passed; 0: no bound")
	orders = flag.Int("orders", 5, "how many storms are replayed in several orders")
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(runner{m})
}

type runner struct{ tests *testing.M }

// Run runs the tests and removes what was built for them.
func (r runner) Run() int {
	code := r.tests.Run()
	if built.Load() {
		if path, err := build(); err == nil {
			_ = os.RemoveAll(filepath.Dir(path)) // it was ours alone
		}
	}
	return code
}

// disturbance is what goes wrong in a round. Which one is drawn follows from the seed, so that a few rounds
// in a row have them all.
type disturbance struct {
	name     string
	machines int
	// what draws the moments at which something happens.
	what func(*round) []moment
}

// moment is when something happens: so many messages have been acknowledged, and a little later.
type moment struct {
	after int
	later time.Duration
	what  string
	do    func(context.Context) error
}

var disturbances = []disturbance{
	{"the correlator is killed and started again", 1, func(r *round) []moment {
		return r.moments(1+r.IntN(3), func() (string, func(context.Context) error) { return "kill", r.killAndStart(r.machines[0]) })
	}},
	{"the database is restarted", 1, func(r *round) []moment {
		return r.moments(1+r.IntN(2), r.restartDatabase)
	}},
	{"one of two correlators is killed", 2, func(r *round) []moment {
		m := r.machines[r.IntN(2)]
		return r.moments(1, func() (string, func(context.Context) error) {
			return "kill " + m.name, func(context.Context) error { r.tally.kills.Add(1); return m.kill() }
		})
	}},
	{"nothing", 1, func(*round) []moment { return nil }},
	{"all of it", 2, func(r *round) []moment {
		return r.moments(2+r.IntN(3), func() (string, func(context.Context) error) {
			if r.IntN(3) == 0 {
				return r.restartDatabase()
			}
			m := r.machines[r.IntN(2)]
			return "kill " + m.name, r.killAndStart(m)
		})
	}},
}

// tally counts over all rounds.
type tally struct {
	rounds, messages, resent, kills, fastRestarts, crashRestarts, events, deliveries, again atomic.Int64
}

// round is one storm against correlators that are disturbed.
type round struct {
	*rand.Rand
	seed     uint64
	now      time.Time
	storm    storm
	server   *server
	database string
	machines []*machine
	clients  []*roads.Client
	receiver *receiver
	tally    *tally

	mu           sync.Mutex
	acknowledged int
	progress     chan struct{} // closed and made anew with each acknowledgement
}

// TestSoak sends storms, one round after the other. A round that fails is run again by
//
//	go test ./lab/soak -run TestSoak -rounds=1 -seed=SEED
//
// which draws the same storm and the same disturbances; what happens within the same millisecond is up to
// the machine.
func TestSoak(t *testing.T) {
	begun, s, total := time.Now(), newServer(t), &tally{}
	for n := range uint64(*rounds) { //nolint:gosec // it is a small number
		if *within > 0 && time.Since(begun) > *within {
			break
		}
		t.Run(fmt.Sprintf("seed=%d", *seed+n), func(t *testing.T) { soak(t, s, total, *seed+n) })
		total.rounds.Add(1)
	}
	figures, err := json.Marshal(map[string]any{
		"rounds": total.rounds.Load(), "seconds": int(time.Since(begun).Seconds()), "messages": total.messages.Load(), "sent_again": total.resent.Load(),
		"kills": total.kills.Load(), "database_restarts_fast": total.fastRestarts.Load(), "database_restarts_immediate": total.crashRestarts.Load(),
		"events": total.events.Load(), "deliveries": total.deliveries.Load(), "delivered_again": total.again.Load(),
	})
	require.NoError(t, err)
	fmt.Println(string(figures)) //nolint:forbidigo // what a run of `make soak` is for
}

func soak(t *testing.T, s *server, total *tally, seed uint64) {
	d := disturbances[int(seed%uint64(len(disturbances)))]
	random := rand.New(rand.NewPCG(seed, 1)) //nolint:gosec // a round must be drawn again the same
	r := &round{
		Rand: random, seed: seed, now: time.Now().UTC().Truncate(time.Second), server: s, database: fmt.Sprintf("round_%d", seed),
		tally: total, progress: make(chan struct{}),
	}
	r.storm = drawStorm(seed, r.now)
	s.database(t, r.database)
	r.receiver = newReceiver(t, seed)
	planned := &roads.Planned{}
	for n := range d.machines {
		m := newMachine(t, fmt.Sprintf("correlator-%d", n), in(t, s.running.URL(), r.database), in(t, s.running.OwnerURL(), r.database), r.receiver.URL)
		require.NoError(t, m.start())
		transport := &http.Transport{}
		t.Cleanup(transport.CloseIdleConnections)
		r.machines = append(r.machines, m)
		r.clients = append(r.clients, &roads.Client{URL: "http://" + m.address, Tokens: tokens, HTTP: &http.Client{Transport: transport, Timeout: time.Minute}, Planned: planned})
	}
	t.Cleanup(func() {
		if t.Failed() {
			for _, m := range r.machines {
				lines := strings.Split(m.log(), "\n")
				t.Logf("the end of the log of %s:\n%s", m.name, strings.Join(lines[max(0, len(lines)-30):], "\n"))
			}
		}
	})
	moments := d.what(r)
	for _, m := range moments {
		t.Logf("%s after message %d and %s", m.what, m.after, m.later)
	}

	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	var group errgroup.Group
	group.Go(func() error { return r.disturb(ctx, moments) })
	group.Go(func() error { return r.send(ctx) })
	require.NoError(t, group.Wait(), "%s", d.name)
	r.settle(ctx, t)
	r.check(ctx, t)
}

// moments draws when n things happen, each drawn by what: while messages are sent, or just after the last.
func (r *round) moments(n int, what func() (string, func(context.Context) error)) []moment {
	total := 0
	for _, step := range r.storm.steps {
		total += len(step)
	}
	var out []moment
	for range n {
		name, do := what()
		out = append(out, moment{after: r.IntN(total + 1), later: time.Duration(r.IntN(30_000)) * time.Microsecond, what: name, do: do})
	}
	slices.SortFunc(out, func(a, b moment) int { return a.after - b.after })
	return out
}

func (r *round) killAndStart(m *machine) func(context.Context) error {
	pause := time.Duration(r.IntN(100)) * time.Millisecond
	return func(ctx context.Context) error {
		r.tally.kills.Add(1)
		if err := m.kill(); err != nil {
			return err
		}
		wait(ctx, pause)
		return m.start()
	}
}

func (r *round) restartDatabase() (string, func(context.Context) error) {
	atOnce := r.IntN(2) == 0
	name, count := "restart PostgreSQL (fast)", &r.tally.fastRestarts
	if atOnce {
		name, count = "restart PostgreSQL (immediate)", &r.tally.crashRestarts
	}
	return name, func(ctx context.Context) error {
		count.Add(1)
		return r.server.restart(ctx, atOnce)
	}
}

// disturb does what was drawn, each when its moment has come.
func (r *round) disturb(ctx context.Context, moments []moment) error {
	for _, m := range moments {
		if err := r.awaitAcknowledged(ctx, m.after); err != nil {
			return err
		}
		wait(ctx, m.later)
		if err := m.do(ctx); err != nil {
			return fmt.Errorf("%s: %w", m.what, err)
		}
	}
	return nil
}

func wait(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

func (r *round) awaitAcknowledged(ctx context.Context, n int) error {
	for {
		r.mu.Lock()
		enough, progress := r.acknowledged >= n, r.progress
		r.mu.Unlock()
		if enough {
			return nil
		}
		select {
		case <-progress:
		case <-ctx.Done():
			return fmt.Errorf("the senders did not get that far: %w", ctx.Err())
		}
	}
}

func (r *round) acknowledge() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.acknowledged++
	close(r.progress)
	r.progress = make(chan struct{})
}

// parallel is how many senders there are at once.
const parallel = 8

// send sends the storm step by step, the messages of a step side by side.
func (r *round) send(ctx context.Context) error {
	for n, step := range r.storm.steps {
		group, ctx := errgroup.WithContext(ctx)
		group.SetLimit(parallel)
		for i, m := range step {
			group.Go(func() error {
				if err := r.sendOne(ctx, n+i, m); err != nil {
					return fmt.Errorf("step %d, message %d (%s): %w", n, i, m[0].Type, err)
				}
				return nil
			})
		}
		if err := group.Wait(); err != nil {
			return err
		}
	}
	return nil
}

// sendOne sends one message until it is acknowledged, as Alertmanager and the exporter do but less patiently:
// after a failed connection or a status of 500 and more it is sent again, the same, by way of the next
// correlator where there are two. Any other refusal is final, and so is a loss.
func (r *round) sendOne(ctx context.Context, first int, m message) error {
	r.tally.messages.Add(1)
	pause := 5 * time.Millisecond
	for attempt := first; ; attempt++ {
		err := r.clients[attempt%len(r.clients)].Deliver(ctx, m...)
		if err == nil {
			r.acknowledge()
			return nil
		}
		if ctx.Err() != nil || !roads.Temporary(err) {
			return err
		}
		r.tally.resent.Add(1)
		wait(ctx, pause)
		pause = min(2*pause, 100*time.Millisecond)
	}
}

// ask asks a correlator that runs, again where the answer is a 503: a read finds out which connections a
// restart of the database has cut.
func (r *round) ask(ctx context.Context, procedure string, request, answer proto.Message) error {
	i := slices.IndexFunc(r.machines, func(m *machine) bool { return m.alive() })
	for {
		err := r.clients[max(i, 0)].Call(ctx, procedure, request, answer)
		if ctx.Err() != nil || !roads.Temporary(err) {
			return err
		}
		wait(ctx, 20*time.Millisecond)
	}
}

// panicked says whether a correlator has.
func (r *round) panicked() bool {
	return slices.ContainsFunc(r.machines, func(m *machine) bool {
		return strings.Contains(m.log(), "panic:") || strings.Contains(m.log(), "The engine panicked")
	})
}
