package device

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/collector"
	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/routeros"
)

// defaultDeadline bounds a reading that was asked for without a deadline.
const defaultDeadline = 10 * time.Second

// reading is one reading of a router's state, for all who ask for it while it
// is under way. Each collector's result is there as soon as it is complete, so
// that somebody whose time is up gets those.
type reading struct {
	done    chan struct{} // closed when all collectors have ended
	started time.Time

	mu       sync.Mutex
	results  []result // one for each collector of the module
	link     *link    // nil without a connection
	received uint64   // over it before the reading
	begun    time.Time
	lasts    time.Duration // at most
	expiry   *time.Timer   // ends the reading after that
	cutOff   bool          // or complete
}

type result struct {
	name     string
	complete bool
	err      error
	read     time.Time // when it began; zero without a connection
	duration time.Duration
	metrics  []prometheus.Metric
}

// read returns the reading of a module that is under way, or begins one, also
// if that under way has just been cut off. It lasts as long as the most patient
// of those who wait for it would have waited for a reading of their own: one
// that is impatient does not cut it short, and those who come late do not
// prolong it for ever.
func (d *Device) read(ctx context.Context, m Module) *reading {
	patience := defaultDeadline
	if deadline, ok := ctx.Deadline(); ok {
		patience = time.Until(deadline)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if r, ok := d.readings[m.Name]; ok && r.join(patience) {
		return r
	}
	r := &reading{done: make(chan struct{}), started: d.opts.Now()}
	for _, c := range m.Collectors {
		r.results = append(r.results, result{name: c.Name()})
	}
	if d.life.Err() != nil { // closed, while somebody still held it
		close(r.done)
		return r
	}
	d.readings[m.Name] = r
	// The reading outlives the scrape that began it, for those who joined.
	ctx, cancel := context.WithCancelCause(d.life)
	r.begin(patience, func() { cancel(context.DeadlineExceeded) })
	d.wg.Go(func() {
		l := d.perform(ctx, m, r)
		r.end()
		cancel(nil)
		d.mu.Lock()
		if d.readings[m.Name] == r {
			delete(d.readings, m.Name)
		}
		d.mu.Unlock()
		close(r.done)
		if l != nil {
			d.restock(l, m)
		}
	})
	return r
}

// perform runs the collectors at once, over the one connection, save for those
// whose last result is kept. It returns the connection, nil if there is none.
func (d *Device) perform(ctx context.Context, m Module, r *reading) *link {
	l, err := d.session.get(ctx)
	if err != nil {
		for i := range r.results {
			r.finish(i, result{err: err})
		}
		return nil
	}
	r.over(l)
	var wg sync.WaitGroup
	for i, c := range m.Collectors {
		if k, ok := l.shelf.get(c.Name()); ok {
			r.finish(i, k.result)
			continue
		}
		wg.Go(func() { r.finish(i, d.run(ctx, l, m, c)) })
	}
	wg.Wait()
	if !r.answered() { // nor perhaps was asked, since all was known: is it there?
		_ = l.Ping(ctx) // what comes of it is what was received
	}
	return l
}

// run runs one collector, and keeps its result if it is good for some time.
func (d *Device) run(ctx context.Context, l *link, m Module, c collector.Collector) result {
	input := collector.Input{Major: l.major, DynamicInterfaces: m.DynamicInterfaces, Now: d.opts.Now}
	var out collector.Samples
	res := result{name: c.Name(), read: d.opts.Now()}
	res.err = c.Collect(ctx, l.memory, input, &out)
	res.duration, res.metrics = d.opts.Now().Sub(res.read), out.Metrics()
	if res.err != nil && d.life.Err() == nil {
		d.complainOf("collector "+c.Name(), res.err)
	}
	if c.Every() > 0 {
		l.shelf.put(res, c.Every())
	}
	return res
}

// restock reads anew what has been kept for long enough, one collector after
// the other and when no scrape waits for it.
func (d *Device) restock(l *link, m Module) {
	for _, c := range m.Collectors {
		if c.Every() == 0 || !l.shelf.claim(c.Name(), d.opts.Now()) {
			continue
		}
		ctx, cancel := context.WithTimeout(d.life, patience(c))
		res := d.run(ctx, l, m, c)
		cancel()
		if res.err != nil && routeros.ReasonOf(res.err) == routeros.ReasonTimeout {
			// It had its time: a router that is too slow must not be asked more
			// often than one that is not.
			l.shelf.postpone(c.Name(), c.Every())
		}
	}
}

// patience is how long a collector may take that nobody waits for: to count a
// million routes takes some routers longer than a scrape may last.
func patience(c collector.Collector) time.Duration { return min(c.Every()/2, retry) }

// begin has the reading cut off when its time is up.
func (r *reading) begin(patience time.Duration, cancel func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.begun, r.lasts = time.Now(), patience
	r.expiry = time.AfterFunc(patience, func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		if time.Since(r.begun) >= r.lasts { // nobody has joined in the same instant
			r.cutOff = true
			cancel()
		}
	})
}

// join gives the reading as much time, from its beginning, as somebody has who
// joins it. It reports false if that is too late.
func (r *reading) join(patience time.Duration) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.cutOff {
		return false
	}
	if patience > r.lasts {
		r.lasts = patience
		r.expiry.Reset(time.Until(r.begun.Add(patience)))
	}
	return true
}

// end says that the reading is complete.
func (r *reading) end() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.cutOff = true
	r.expiry.Stop()
}

// over notes the connection that the reading is made over.
func (r *reading) over(l *link) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.link, r.received = l, l.Traffic().ReceivedBytes
}

// answered reports whether anything has come from the router since the reading
// began.
func (r *reading) answered() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.hasAnswer()
}

// hasAnswer is answered where r.mu is held.
func (r *reading) hasAnswer() bool {
	return r.link != nil && r.link.Traffic().ReceivedBytes > r.received
}

func (r *reading) finish(i int, res result) {
	r.mu.Lock()
	defer r.mu.Unlock()
	res.name, res.complete = r.results[i].name, true
	r.results[i] = res
}

// snapshot returns what is known at now. The router is up only if it has said
// something meanwhile: what is kept and remembered would be there of one that
// vanished, too.
func (r *reading) snapshot(now time.Time) []prometheus.Metric {
	r.mu.Lock()
	defer r.mu.Unlock()
	var metrics []prometheus.Metric
	up := 0.0
	for _, res := range r.results {
		success := 0.0
		if res.complete && res.err == nil {
			success = 1
			if r.hasAnswer() {
				up = 1
			}
		}
		if !res.complete {
			res.duration = now.Sub(r.started)
		}
		metrics = append(metrics, res.metrics...)
		metrics = append(metrics, gauge(descSuccess, success, res.name), gauge(descDuration, res.duration.Seconds(), res.name))
		if !res.read.IsZero() {
			metrics = append(metrics, gauge(descRead, seconds(res.read), res.name))
		}
	}
	return append(metrics, gauge(descUp, up))
}

// complainOf logs a failure of one part of the reading, not more often than
// is of use.
func (d *Device) complainOf(what string, err error) {
	d.seldom(what, func() {
		d.opts.Logger.Warn("cannot read a part of the router", slog.String("device", d.opts.Name),
			slog.String("part", what), slog.Any("err", err))
	})
}

// seldom does what is not to be done often for one kind of trouble.
func (d *Device) seldom(kind string, do func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.complaints.of(kind).Do(do)
}
