package exporterbench

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/ispvisualmonitor/ispvisualmonitor/lab/process"
)

// CompareOptions say what is compared.
type CompareOptions struct {
	// Program is the program that this is part of: it simulates the routers and
	// is the sequential scraper.
	Program string
	// Contenders are who is measured, [Ours] among them.
	Contenders []Contender
	// Kinds are the routers, RoundTrips how far away each is in turn.
	Kinds      []Kind
	RoundTrips []time.Duration
	// Scrapes is how often each contender scrapes each router at each
	// distance, Limit after how long it stops before that.
	Scrapes int
	Limit   time.Duration
	// Log is told what is being measured.
	Log *slog.Logger
}

// Compare measures each contender against each router at each distance, one
// after the other. What could not be measured says so in its round.
func Compare(ctx context.Context, o CompareOptions) ([]Round, error) {
	var rounds []Round
	for _, kind := range o.Kinds {
		o.Log.Info("simulating", slog.String("router", kind.Name))
		router, err := simulate(ctx, o.Program, kind, 1)
		if err != nil {
			return rounds, err
		}
		for _, roundTrip := range o.RoundTrips {
			for _, c := range o.Contenders {
				if c.Name == OursWithSubscribers && kind.subscribers == 0 {
					continue // the same as without
				}
				o.Log.Info("measuring", slog.String("scraper", c.Name), slog.String("router", kind.Name), slog.Duration("round_trip", roundTrip))
				r := measure(ctx, c, kind, router, roundTrip, pacing{o.Scrapes, o.Limit})
				if r.Missing != nil {
					o.Log.Warn("no result", slog.String("scraper", c.Name), slog.Any("err", r.Missing))
				}
				rounds = append(rounds, r)
				if ctx.Err() != nil {
					return rounds, errors.Join(ctx.Err(), router.stop())
				}
			}
		}
		if err := router.stop(); err != nil {
			return rounds, err
		}
	}
	return rounds, nil
}

// simulated are routers in a process of their own.
type simulated struct {
	process   *process.Process
	dir       string
	addresses []string
}

// simulate starts routers and waits until they can be reached.
func simulate(ctx context.Context, program string, kind Kind, count int) (*simulated, error) {
	dir, err := os.MkdirTemp("", "exporterbench-*")
	if err != nil {
		return nil, err
	}
	s := &simulated{dir: dir}
	file := filepath.Join(dir, "addresses")
	s.process, err = process.Start(process.Spec{
		Name: "routers", Path: program, LogDir: dir,
		Args: []string{"routers", "--kind=" + kind.Name, "--count=" + strconv.Itoa(count), "--addresses=" + file},
	})
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	for {
		if text, err := os.ReadFile(file); err == nil {
			s.addresses = strings.Fields(string(text))
			return s, nil
		}
		select {
		case <-s.process.Done():
			return nil, errors.Join(s.process.Err(), s.stop())
		case <-ctx.Done():
			return nil, errors.Join(fmt.Errorf("simulate routers: %w", ctx.Err()), s.stop())
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func (s *simulated) stop() error {
	return errors.Join(s.process.Stop(), os.RemoveAll(s.dir))
}
