package collector

import (
	"context"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/routeros"
)

// read is one command whose rows go to a function.
type read struct {
	menu       string
	properties []string
	query      []string
	each       func(routeros.Row)
}

// readAll sends all reads at once, so that they take one round trip together.
// A menu that the router does not have reads as empty. No two of their
// functions run at the same time.
func readAll(ctx context.Context, r Router, reads ...read) error {
	var mu sync.Mutex // rows that are remembered come on this side's goroutines
	group, ctx := errgroup.WithContext(ctx)
	for _, rd := range reads {
		group.Go(func() error {
			err := r.Run(ctx, routeros.Print(rd.menu, rd.properties, rd.query...), func(row routeros.Row) error {
				mu.Lock()
				defer mu.Unlock()
				rd.each(row)
				return nil
			})
			if routeros.IsMissing(err) {
				return nil
			}
			return err
		})
	}
	return group.Wait()
}

// atOnce is how many counts are under way at a time: half of what a connection
// carries, so that a scrape does not wait behind them.
const atOnce = 4

// tally is one question of how many rows of a menu match.
type tally struct {
	menu  string
	query []string
	emit  func(n float64)
}

// countAll has the router count, many questions at a time but no more than
// atOnce of them, and then emits the answers in their order. A menu that the
// router does not have is not emitted.
func countAll(ctx context.Context, r Router, tallies []tally) error {
	counts := make([]int, len(tallies))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(atOnce)
	for i, t := range tallies {
		group.Go(func() (err error) {
			counts[i], err = r.Count(ctx, t.menu, t.query...)
			if routeros.IsMissing(err) {
				counts[i], err = -1, nil
			}
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	for i, t := range tallies {
		if counts[i] >= 0 {
			t.emit(float64(counts[i]))
		}
	}
	return nil
}
