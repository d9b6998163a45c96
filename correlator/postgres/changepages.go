package postgres

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/configchange"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/engine"
)

// changePages are the config changes of devices within stretches of time: every alert asks for those of all
// that its device depends on, and mostly the same was asked a moment ago.
type changePages struct {
	byDevice map[string]changePage
	size     int // pages and changes
}

// changePage is every change of one device that meets [from, to].
type changePage struct {
	from, to time.Time
	changes  []configchange.Change
}

const (
	// changeMargin is how much more is read than was asked for.
	changeMargin = time.Hour
	// changePagesLimit is how many pages and changes together are kept.
	changePagesLimit = 50_000
)

// forget drops what is known of devices whose changes are about to be others.
func (p *changePages) forget(changes []configchange.Change) {
	if len(p.byDevice) == 0 {
		return
	}
	for _, c := range changes {
		p.size -= p.byDevice[c.Device].size()
		delete(p.byDevice, c.Device)
	}
}

func (p changePage) size() int {
	if p.to.IsZero() {
		return 0
	}
	return 1 + len(p.changes)
}

func (p *changePages) put(device string, page changePage) {
	if p.byDevice == nil || p.size > changePagesLimit {
		*p = changePages{byDevice: map[string]changePage{}}
	}
	p.size += page.size() - p.byDevice[device].size()
	p.byDevice[device] = page
}

// changesOf are the changes of devices that meet [from, to], ordered by NotAfter, then ID.
func (s *state) changesOf(ctx context.Context, devices []string, from, to time.Time) ([]configchange.Change, error) {
	var out []configchange.Change
	var unknown []string
	for _, d := range slices.Compact(slices.Sorted(slices.Values(devices))) {
		page, known := s.changes.byDevice[d]
		if !known || from.Before(page.from) || to.After(page.to) {
			unknown = append(unknown, d)
			continue
		}
		out = page.meeting(from, to, out)
	}
	if len(unknown) > 0 {
		wide := changePage{from: from.Add(-changeMargin), to: to.Add(changeMargin)}
		loaded, err := s.loadChanges(ctx, engine.ChangeSelector{Devices: unknown, From: wide.from, To: wide.to})
		if err != nil {
			return nil, err
		}
		pages := map[string]changePage{}
		for _, c := range loaded {
			page := pages[c.Device]
			page.changes = append(page.changes, c)
			pages[c.Device] = page
		}
		for _, d := range unknown {
			page := changePage{from: wide.from, to: wide.to, changes: pages[d].changes}
			s.changes.put(d, page)
			out = page.meeting(from, to, out)
		}
	}
	slices.SortFunc(out, func(a, b configchange.Change) int {
		return cmp.Or(a.NotAfter.Compare(b.NotAfter), cmp.Compare(a.ID, b.ID))
	})
	return out, nil
}

// meeting adds those that meet [from, to], each the caller's own.
func (p changePage) meeting(from, to time.Time, out []configchange.Change) []configchange.Change {
	for _, c := range p.changes {
		if c.NotAfter.Before(from) || c.NotBefore.After(to) {
			continue
		}
		c.Summary = slices.Clone(c.Summary)
		if c.Actor != nil {
			actor := *c.Actor
			c.Actor = &actor
		}
		out = append(out, c)
	}
	return out
}
