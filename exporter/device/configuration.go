package device

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/collector"
	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/fingerprint"
	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/routeros"
)

// longestStart bounds how long the first reading of the configuration waits,
// so that many devices do not begin at once.
const longestStart = 10 * time.Second

// watchConfiguration reads the configuration again and again until the device
// is closed.
func (d *Device) watchConfiguration() {
	wait := time.NewTimer(rand.N(min(d.opts.FingerprintInterval, longestStart)))
	defer wait.Stop()
	for {
		select {
		case <-d.life.Done():
			return
		case <-wait.C:
		}
		began := time.Now()
		d.readConfiguration()
		wait.Reset(max(0, d.opts.FingerprintInterval-time.Since(began)))
	}
}

// readConfiguration reads every category once. They are read one after the
// other, so that no more than one is in memory and scrapes get their turn.
func (d *Device) readConfiguration() {
	if _, err := d.session.get(d.life); err != nil {
		if d.life.Err() != nil {
			return
		}
		for i, category := range d.opts.Allowlist.Categories {
			d.ledger.fail(i, 0) // the session has said why
			d.reportFailure(category, err)
		}
		return
	}
	for i, category := range d.opts.Allowlist.Categories {
		d.readCategory(i, category)
		if d.life.Err() != nil {
			return
		}
	}
	d.ledger.complete()
	d.readHistory()
}

// readCategory reads one category and notes and reports what it showed.
func (d *Device) readCategory(i int, category fingerprint.Category) {
	began := d.opts.Now()
	document, err := d.Document(d.life, category)
	if d.life.Err() != nil {
		return
	}
	var hash fingerprint.Fingerprint
	if err == nil {
		hash, err = document.Fingerprint()
	}
	ended := d.opts.Now()
	if err != nil {
		d.ledger.fail(i, ended.Sub(began))
		d.complainOf("configuration, category "+category.Name, err)
		d.reportFailure(category, err)
		return
	}
	before := d.ledger.observedAt(i)
	changed := d.ledger.observe(i, hash, began, ended)
	if changed {
		d.opts.Logger.Info("configuration changed", slog.String("device", d.opts.Name),
			slog.String("category", category.Name), slog.String("fingerprint", hash.Short()))
	}
	d.reportReading(shown{category, document, hash, before, d.ledger.observedAt(i), changed})
}

func (d *Device) readHistory() {
	ctx, cancel := context.WithTimeout(d.life, d.opts.CategoryTimeout)
	defer cancel()
	l, err := d.session.get(ctx)
	if err != nil {
		return // the session has said why
	}
	last, ok, err := collector.LastHistory(ctx, l)
	switch {
	case err != nil && d.life.Err() == nil:
		d.complainOf("history", err)
	case ok:
		d.ledger.noteHistory(last)
	}
}

// Document reads one category of the router's configuration, completely or
// not at all. Its sections are read side by side, with half of the commands
// that may be under way, so that scrapes get their turn meanwhile.
func (d *Device) Document(ctx context.Context, c fingerprint.Category) (fingerprint.Document, error) {
	ctx, cancel := context.WithTimeout(ctx, d.opts.CategoryTimeout)
	defer cancel()
	l, err := d.session.get(ctx)
	if err != nil {
		return fingerprint.Document{}, err
	}
	sections := make([]*fingerprint.Rows, len(c.Sections))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(max(1, d.opts.MaxInFlight/2))
	for i, s := range c.Sections {
		sections[i] = fingerprint.NewRows(s, 0)
		menu, ok := s.Menu(l.major)
		if !ok {
			continue
		}
		group.Go(func() error { return readSection(ctx, l, menu, s, sections[i]) })
	}
	if err := group.Wait(); err != nil {
		return fingerprint.Document{}, fmt.Errorf("category %s: %w", c.Name, err)
	}
	return fingerprint.NewDocument(sections), nil
}

// readSection reads the rows of one menu. A router without the menu has no
// such configuration.
func readSection(ctx context.Context, r collector.Router, menu string, s *fingerprint.Section, rows *fingerprint.Rows) error {
	err := r.Run(ctx, routeros.Print(menu, s.Proplist(), s.Query()...), func(row routeros.Row) error {
		return rows.Add(row.All())
	})
	if routeros.IsMissing(err) {
		return nil
	}
	return err
}
