package device

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/collector"
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
		d.perform(ctx, m, r)
		d.mu.Lock()
		delete(d.readings, m.Name)
		d.mu.Unlock()
		close(r.done)
	})
	return r
}

// perform runs the collectors at once, over the one connection.
func (d *Device) perform(ctx context.Context, m Module, r *reading) {
	l, err := d.session.get(ctx)
	if err != nil {
		for i := range r.results {
			r.finish(i, nil, err, 0)
		}
		return
	}
	input := collector.Input{Major: l.major, DynamicInterfaces: m.DynamicInterfaces, Now: d.opts.Now}
	var wg sync.WaitGroup
	for i, c := range m.Collectors {
		wg.Go(func() {
			var out collector.Samples
			start := d.opts.Now()
			err := c.Collect(ctx, l, input, &out)
			r.finish(i, out.Metrics(), err, d.opts.Now().Sub(start))
			if err != nil && d.life.Err() == nil {
				d.complainOf("collector "+c.Name(), err)
			}
		})
	}
	wg.Wait()
}

func (r *reading) finish(i int, metrics []prometheus.Metric, err error, took time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	res := &r.results[i]
	res.complete, res.err, res.duration, res.metrics = true, err, took, metrics
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
