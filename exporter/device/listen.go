package device

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/routeros"
)

// mostCommands is how many commands a router is given at once, whatever they
// are for: from 25 on some were seen to lose replies.
const mostCommands = 24

// probing is the command that a silent router is probed with, which no other
// bound counts.
const probing = 1

// mostListeners bounds what stands on a router. Small ones were seen to mix up
// their replies with a dozen or more streams on a connection.
const mostListeners = 8

// mostRows is how many rows a section may have to be listened to.
const mostRows = 5000

// historyMenu is where a router notes what was changed, whatever it is: the
// one listener for all that has none of its own.
const historyMenu = "/system/history"

// listened are the sections that have a listener of their own, the worthiest
// first: where one command takes a network down. The rest is heard of through
// the history.
//
// Never listened to is what moves by itself, which would be a stream of no
// news: routes (the whole BGP table comes by there), queues and address lists
// (rates, time-outs, and scripts that rewrite them), /ip/service (our own
// connection), /interface (each link that flaps, each subscriber), /ip/address
// (each subscriber; of one that goes, not even that it was dynamic). And of
// bridges and VLANs RouterOS does not report the removal.
var listened = []string{
	"/interface/ethernet", "/routing/bgp/connection", "/routing/bgp/peer",
	"/ip/firewall/filter", "/routing/filter/rule", "/routing/filter",
	"/routing/ospf/interface-template", "/routing/ospf/interface", "/routing/ospf/instance", "/routing/bgp/template",
}

// errTooNoisy ends a listener that keeps waking us for nothing.
var errTooNoisy = errors.New("it reports what is no change of the configuration")

// listen makes the router report changes, where that is wanted and it does
// not yet. Nothing depends on it: what is heard only brings a reading forward.
func (d *Device) listen(l *link) {
	limit := d.opts.listeners()
	if limit == 0 || l.Err() != nil {
		return
	}
	type target struct {
		properties []string
		heard      func(*ear, routeros.Row)
	}
	targets := map[string]target{historyMenu: {[]string{"action"}, d.heardHistory}}
	menus := []string{historyMenu}
	for _, name := range listened {
		category, section := d.section(name)
		if section == nil || d.rowsOf(name) > mostRows {
			continue
		}
		menu, ok := section.Menu(l.major)
		if !ok {
			continue
		}
		menus = append(menus, menu)
		targets[menu] = target{section.Proplist(), func(e *ear, row routeros.Row) {
			if !row.Bool("dynamic") {
				d.alarm.raise(category, e, time.Now())
			}
		}}
	}
	for _, e := range l.ears.claim(menus, limit, time.Now()) {
		t := targets[e.menu]
		ctx, cancel := context.WithCancelCause(d.life)
		e.close = func() { cancel(errTooNoisy) }
		d.wg.Go(func() {
			defer cancel(nil)
			err := l.Listen(ctx, routeros.ListenTo(e.menu, t.properties), func(row routeros.Row) error {
				t.heard(e, row)
				return nil
			})
			d.silenced(l, e, err)
		})
	}
}

// heardHistory takes an entry of the history as it is made. Entries that go
// are no news: it keeps the last hundred.
func (d *Device) heardHistory(e *ear, row routeros.Row) {
	if row.Bool(".dead") {
		return
	}
	now := time.Now()
	category, known := topicOf(row.String("action"))
	for i, c := range d.opts.Allowlist.Categories {
		if !known || c.Name == category {
			d.alarm.raise(i, nil, now)
		}
	}
	d.alarm.raise(d.historyPart(), nil, now)
}

// silenced takes note of a listener that has ended.
func (d *Device) silenced(l *link, e *ear, err error) {
	missing := routeros.IsMissing(err)
	tell := l.ears.ended(e, missing, time.Now())
	if d.life.Err() != nil || l.Err() != nil || !tell {
		return // the session has said why
	}
	d.seldom("listening", func() {
		d.opts.Logger.Info("the router does not report all changes by itself: those are seen when its configuration is next read",
			slog.String("device", d.opts.Name), slog.String("menu", e.menu),
			slog.Duration("interval", d.opts.FingerprintInterval), slog.Any("err", err))
	})
}

// mistaken ends the listeners that were wrong too often.
func (d *Device) mistaken(heard []*ear) {
	for _, e := range heard {
		if e.mistaken(time.Now()) {
			e.close()
		}
	}
}
