package device

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/collector"
	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/fingerprint"
	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/routeros"
)

// longestStart bounds how long the first reading of the configuration waits,
// so that many devices do not begin at once.
const longestStart = 10 * time.Second

// followUp is how soon after a change that was read early all else is read. A
// change seldom comes alone, and one command can change many categories: all
// rows that name a port show its new name. It is longer than the entry of the
// change is too fresh for judging the next one by, see chronicle.go.
const followUp = 3 * time.Second

// watchConfiguration reads the configuration again and again until the device
// is closed: all of it at its interval, and what is heard to have changed
// before its turn. Nothing else reads it, so that no two readings of a
// category overlap.
func (d *Device) watchConfiguration() {
	poll := time.NewTimer(rand.N(min(d.opts.FingerprintInterval, longestStart)))
	defer poll.Stop()
	var followed time.Time // when all was last read because of a change
	for {
		var early <-chan time.Time
		if wait, ok := d.alarm.wait(time.Now()); ok {
			early = time.After(wait)
		}
		select {
		case <-d.life.Done():
			return
		case <-d.alarm.raised: // and so the wait may be another
		case <-early:
			changed := d.readEarly()
			if now := time.Now(); changed && now.Sub(followed) >= d.opts.FingerprintInterval {
				followed = now
				poll.Reset(min(followUp, d.opts.FingerprintInterval))
			}
		case <-poll.C:
			began := time.Now()
			d.readConfiguration()
			poll.Reset(max(0, d.opts.FingerprintInterval-time.Since(began)))
		}
	}
}

// readConfiguration reads every category once. They are read one after the
// other, so that no more than one is in memory.
func (d *Device) readConfiguration() {
	l, err := d.session.get(d.life)
	if err != nil {
		d.unreachable(err)
		return
	}
	defer d.takeTurn()()
	first := d.lastLook.link == nil
	before := d.lookAtHistory()
	d.hidden.begin()
	d.alarm.calm(d.historyPart(), time.Now())
	var failed []string
	var read []int
	for i, category := range d.opts.Allowlist.Categories {
		d.alarm.calm(i, time.Now())
		if d.readCategory(i, before).complete {
			read = append(read, i)
		} else {
			failed = append(failed, category.Name)
		}
		if d.life.Err() != nil {
			return
		}
	}
	d.ledger.complete()
	d.rest(read, before)
	if first { // what came while all was new to us, no fingerprint will show as a change
		d.hidden = hidden{}
	}
	d.reportHidden(d.hidden.end(failed))
	d.listen(l)
}

// readEarly reads what is heard to have changed, and reports whether any of it
// has.
func (d *Device) readEarly() (changed bool) {
	due := d.alarm.take(time.Now())
	if _, err := d.session.get(d.life); err != nil || len(due) == 0 {
		return false // the poll will see it
	}
	before := d.lookAtHistory()
	var read []int
	for i := range d.opts.Allowlist.Categories {
		heard, ok := due[i]
		if !ok {
			continue
		}
		d.ledger.noteEarly()
		r := d.readCategory(i, before)
		if r.complete {
			read = append(read, i)
		}
		if r.complete && !r.changed {
			d.mistaken(heard)
		}
		changed = changed || r.changed
		if d.life.Err() != nil {
			return false
		}
	}
	d.ledger.complete()
	d.rest(read, before)
	return changed
}

// rest ends a round of readings: what is known of the history is what the next
// changes of these categories are judged by.
func (d *Device) rest(read []int, before look) {
	if len(read) == 0 {
		return
	}
	b := basis{before, d.lookAtHistory()}
	for _, i := range read {
		d.bases[i] = b
	}
}

// unreachable notes that nothing could be read.
func (d *Device) unreachable(err error) {
	if d.life.Err() != nil {
		return
	}
	for i, category := range d.opts.Allowlist.Categories {
		d.ledger.fail(i, 0) // the session has said why
		d.reportFailure(category, err)
	}
}

// outcome is what came of reading a category.
type outcome struct{ complete, changed bool }

// readCategory reads one category and notes and reports what it showed. The
// history was looked at before.
func (d *Device) readCategory(i int, look look) outcome {
	category := d.opts.Allowlist.Categories[i]
	began := d.opts.Now()
	document, err := d.Document(d.life, category)
	if d.life.Err() != nil {
		return outcome{}
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
		return outcome{}
	}
	former, before := d.ledger.last(i)
	changed := d.ledger.observe(i, hash, began, ended)
	_, since := d.ledger.last(i)
	d.reportReading(shown{category, document, former, hash, before, since, d.bases[i], look, changed})
	return outcome{complete: true, changed: changed}
}

// reportHidden tells of changes that only the router's history shows. What
// they were about is not told: an entry may name what it was done to.
func (d *Device) reportHidden(entries []collector.HistoryEntry) {
	if len(entries) == 0 {
		return
	}
	d.ledger.noteHidden(len(entries))
	var users []string
	for _, e := range entries {
		if e.By != "" && !slices.Contains(users, e.By) {
			users = append(users, e.By)
		}
	}
	d.opts.Logger.Info("changes that no fingerprint shows: of secrets, of what is not read, or undone before it was",
		slog.String("device", d.opts.Name), slog.Int("changes", len(entries)), slog.Any("by", users),
		slog.Time("first", entries[0].At), slog.Time("last", entries[len(entries)-1].At))
}

// historyPart is the number of the history among what can be raised.
func (d *Device) historyPart() int { return len(d.opts.Allowlist.Categories) }

// section finds a section by its name, with the number of its category; nil if
// the allowlist has none.
func (d *Device) section(name string) (category int, section *fingerprint.Section) {
	for i, c := range d.opts.Allowlist.Categories {
		for _, s := range c.Sections {
			if s.Name == name {
				return i, s
			}
		}
	}
	return 0, nil
}

// Document reads one category of the router's configuration, completely or
// not at all. Its sections are read side by side, in the lane that leaves the
// rest of the connection to scrapes.
func (d *Device) Document(ctx context.Context, c fingerprint.Category) (fingerprint.Document, error) {
	ctx, cancel := context.WithTimeout(ctx, d.opts.CategoryTimeout)
	defer cancel()
	l, err := d.session.get(ctx)
	if err != nil {
		return fingerprint.Document{}, err
	}
	sections := make([]*fingerprint.Rows, len(c.Sections))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(d.opts.lane())
	for i, s := range c.Sections {
		sections[i] = fingerprint.NewRows(s, 0)
		menu, ok := s.Menu(l.major)
		if !ok {
			continue
		}
		group.Go(func() error { return d.readSection(ctx, l.config, menu, s, sections[i]) })
	}
	if err := group.Wait(); err != nil {
		return fingerprint.Document{}, fmt.Errorf("category %s: %w", c.Name, err)
	}
	return fingerprint.NewDocument(sections), nil
}

// readSection reads the rows of one menu. A router without the menu has no
// such configuration.
func (d *Device) readSection(ctx context.Context, r collector.Router, menu string, s *fingerprint.Section, rows *fingerprint.Rows) error {
	n := 0
	err := r.Run(ctx, routeros.Print(menu, s.Proplist(), s.Query()...), func(row routeros.Row) error {
		n++
		return rows.Add(row.All())
	})
	if routeros.IsMissing(err) {
		return nil
	}
	if err == nil {
		d.noteRows(s.Name, n)
	}
	return err
}

// noteRows remembers how large a section is.
func (d *Device) noteRows(section string, n int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.rows[section] = n
}

func (d *Device) rowsOf(section string) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.rows[section]
}
