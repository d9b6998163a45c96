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

	mu      sync.Mutex
	results []result // one for each collector of the module
}

type result struct {
	name     string
	complete bool
	err      error
	read     time.Time // when it began; zero without a connection
	duration time.Duration
	metrics  []prometheus.Metric
}

// read returns the reading of a module that is under way, or begins one. Its
// deadline is that of whoever began it.
func (d *Device) read(ctx context.Context, m Module) *reading {
	d.mu.Lock()
	defer d.mu.Unlock()
	if r, ok := d.readings[m.Name]; ok {
		return r
	}
	r := &reading{done: make(chan struct{}), started: d.opts.Now()}
	for _, c := range m.Collectors {
		r.results = append(r.results, result{name: c.Name()})
	}
	deadline, ok := ctx.Deadline()
	if !ok {
		deadline = time.Now().Add(defaultDeadline)
	}
	if d.life.Err() != nil { // closed, while somebody still held it
		close(r.done)
		return r
	}
	d.readings[m.Name] = r
	d.wg.Go(func() {
		// The reading outlives the scrape that began it, for those who joined.
		ctx, cancel := context.WithDeadline(d.life, deadline)
		defer cancel()
		l := d.perform(ctx, m, r)
		d.mu.Lock()
		delete(d.readings, m.Name)
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
	var wg sync.WaitGroup
	for i, c := range m.Collectors {
		if k, ok := l.shelf.get(c.Name()); ok {
			r.finish(i, k.result)
			continue
		}
		wg.Go(func() { r.finish(i, d.run(ctx, l, m, c)) })
	}
	wg.Wait()
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

func (r *reading) finish(i int, res result) {
	r.mu.Lock()
	defer r.mu.Unlock()
	res.name, res.complete = r.results[i].name, true
	r.results[i] = res
}

// snapshot returns what is known at now.
func (r *reading) snapshot(now time.Time) []prometheus.Metric {
	r.mu.Lock()
	defer r.mu.Unlock()
	var metrics []prometheus.Metric
	up := 0.0
	for _, res := range r.results {
		success := 0.0
		if res.complete && res.err == nil {
			success, up = 1, 1
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
	d.mu.Lock()
	defer d.mu.Unlock()
	c, ok := d.complaints[what]
	if !ok {
		c = newComplaint()
		d.complaints[what] = c
	}
	c.Do(func() {
		d.opts.Logger.Warn("cannot read a part of the router", slog.String("device", d.opts.Name),
			slog.String("part", what), slog.Any("err", err))
	})
}
