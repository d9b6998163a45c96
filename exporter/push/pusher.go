package push

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
	"golang.org/x/time/rate"

	apiv1 "github.com/ispvisualmonitor/ispvisualmonitor/api/v1"
)

// Pusher takes observations and brings them to the correlator. Make it with
// [New], let [Pusher.Run] work, end it with [Pusher.Close].
type Pusher struct {
	opts     Options
	spool    *spool
	sender   *sender
	metrics  *metrics
	complain rate.Sometimes // of a disk that fails

	mu       sync.Mutex
	buffer   []*apiv1.Observation // not yet in the spool
	buffered int                  // bytes of configuration in it

	offered chan struct{} // something is in the buffer
	written chan struct{} // something is in the spool
}

// Bounds of what waits in memory for the disk.
const (
	maxBuffer         = 100_000
	maxBufferSections = 64 << 20
)

// New opens the spool. What an earlier process left in it will be sent.
func New(o Options) (*Pusher, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(o.SpoolDir, 0o700); err != nil {
		return nil, fmt.Errorf("push: make spool_dir: %w: make the folder yourself, for the user that the exporter runs as", err)
	}
	sp, err := openSpool(filepath.Join(o.SpoolDir, "spool.db"), o.MaxSpool)
	if err != nil {
		return nil, fmt.Errorf("push: %w", err)
	}
	p := &Pusher{
		opts: o, spool: sp, metrics: newMetrics(o.Registry, sp.level),
		complain: rate.Sometimes{First: 1, Interval: time.Minute},
		offered:  make(chan struct{}, 1), written: make(chan struct{}, 1),
	}
	p.sender = newSender(o, sp, p.metrics)
	return p, nil
}

// Offer takes an observation. It waits for nothing; where it cannot take it,
// it counts that.
func (p *Pusher) Offer(o Observation) {
	if len(o.Sections) > p.opts.MaxSections {
		p.metrics.withoutSections.Inc()
		o.Sections = nil
	}
	message, err := o.encode(p.opts.Exporter)
	if err != nil {
		p.metrics.dropped.WithLabelValues(droppedInvalid).Inc()
		p.opts.Logger.Error("observation cannot be sent", slog.String("device", o.Device),
			slog.String("category", o.Category), slog.Any("err", err))
		return
	}
	p.mu.Lock()
	if p.buffered+len(o.Sections) > maxBufferSections {
		p.metrics.withoutSections.Inc()
		o.Sections, message.Sections = nil, nil
	}
	full := len(p.buffer) >= maxBuffer
	if !full {
		p.buffer = append(p.buffer, message)
		p.buffered += len(o.Sections)
	}
	p.mu.Unlock()
	if full {
		p.metrics.dropped.WithLabelValues(droppedBuffer).Inc()
	}
	signal(p.offered)
}

// Run writes and sends until the context ends. Then it writes once more what
// was offered by then, so that the next process sends it.
func (p *Pusher) Run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return p.write(ctx) })
	group.Go(func() error { return p.sender.run(ctx, p.written) })
	return group.Wait()
}

// Close writes what was offered since and closes the spool.
func (p *Pusher) Close() error {
	return errors.Join(p.flush(), p.spool.close())
}

// write brings what is offered to the disk, gathered a bit so that an fsync
// serves many.
func (p *Pusher) write(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-p.offered:
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(p.opts.FlushInterval):
		}
		if err := p.flush(); err != nil {
			p.complain.Do(func() { p.opts.Logger.Error("observations wait in memory", slog.Any("err", err)) })
			signal(p.offered) // again after the interval
		}
	}
}

// flush writes the buffer to the spool. If that fails, the buffer is as it was.
func (p *Pusher) flush() error {
	p.mu.Lock()
	batch, bytes := p.buffer, p.buffered
	p.buffer, p.buffered = nil, 0
	p.mu.Unlock()
	if len(batch) == 0 {
		return nil
	}
	out, err := p.spool.add(batch)
	if err != nil {
		p.metrics.spoolErrors.Inc()
		p.mu.Lock()
		p.buffer, p.buffered = append(batch, p.buffer...), p.buffered+bytes
		p.mu.Unlock()
		return err
	}
	p.metrics.coalesced.Add(float64(out.coalesced))
	p.metrics.dropped.WithLabelValues(droppedRepeat).Add(float64(out.evicted))
	p.metrics.dropped.WithLabelValues(droppedFull).Add(float64(out.refused))
	if out.refused > 0 {
		p.complain.Do(func() {
			p.opts.Logger.Error("the spool is full and holds nothing but news: observations are refused until the correlator takes some; see why it does not, or raise push.max_spool_bytes",
				slog.Int("refused", out.refused))
		})
	}
	signal(p.written)
	return nil
}

// signal wakes whoever waits, and is not lost if nobody does.
func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
