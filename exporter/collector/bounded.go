package collector

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/routeros"
)

const (
	// maxSeriesRows is how many rows of a menu make series. A concentrator
	// with more subscribers than that is to be counted.
	maxSeriesRows = 10_000
	// maxRows is how many rows of a menu are read at all, where a count or a
	// join needs every one.
	maxRows = 100_000
)

// truncated is what every collector says that makes series of rows.
var truncated = NewMetric(prometheus.GaugeValue, "collector_truncated",
	"Whether the router has more rows than the collector makes series of, so that some are missing.", "collector")

// limited is a collector that knows how many rows it can do with.
type limited interface {
	Collector
	rowLimit() (rows int, partial bool)
}

// rowLimit returns how many rows of a menu are read, and whether the rest may be
// left out: where rows are counted or joined, a part of them would be wrong.
func (f *family) rowLimit() (rows int, partial bool) {
	if f.series > 0 {
		return f.series, true
	}
	return maxRows, false
}

// bounded is a collector that reads no more of a menu than it may.
type bounded struct{ limited }

// Metrics implements Collector.
func (b bounded) Metrics() []*Metric {
	metrics := b.limited.Metrics()
	if _, partial := b.rowLimit(); partial {
		metrics = append(metrics[:len(metrics):len(metrics)], truncated)
	}
	return metrics
}

// Collect implements Collector.
func (b bounded) Collect(ctx context.Context, r Router, in Input, out *Samples) error {
	rows, partial := b.rowLimit()
	g := &gauged{Router: r, rows: int64(rows), partial: partial}
	err := b.limited.Collect(ctx, g, in, out)
	if partial && g.seen.Load() { // else the router has no such thing
		out.add(truncated, truth(g.truncated.Load()), b.Name())
	}
	return err
}

// gauged is a router of which no command brings more than so many rows.
type gauged struct {
	Router
	rows            int64
	partial         bool
	seen, truncated atomic.Bool
}

// errEnough ends a command of which no more rows are wanted.
var errEnough = errors.New("enough rows")

// Run implements Router. A command that brings more rows than wanted is ended,
// so that they cross the wire no longer.
func (g *gauged) Run(ctx context.Context, cmd routeros.Command, each func(routeros.Row) error) error {
	var n int64
	err := g.Router.Run(ctx, cmd, func(row routeros.Row) error {
		if n++; n > g.rows {
			return errEnough
		}
		g.seen.Store(true)
		return each(row)
	})
	switch {
	case !errors.Is(err, errEnough):
		return err
	case !g.partial:
		return fmt.Errorf("%s: more than %d rows, which are too many to read: leave the collector out of the module", cmd[0], g.rows)
	}
	g.truncated.Store(true)
	return nil
}
