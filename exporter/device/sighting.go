package device

import (
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/fingerprint"
	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/routeros"
)

// Sighting is what one reading of one category showed, or what the history
// says of it for an instant before a change.
type Sighting struct {
	// Device and Category say whose configuration this is.
	Device, Category string
	// ObservedAt is the instant for which the sighting speaks, by the
	// exporter's clock: between two of them lies the change.
	ObservedAt time.Time
	// Fingerprint is of a complete reading; of a failed one Failure says why.
	Fingerprint fingerprint.Fingerprint
	Failure     string
	// AllowlistVersion is the version of what made the fingerprint.
	AllowlistVersion int
	// Sections is the configuration itself, see [fingerprint.Document.Sections]:
	// of categories that are kept, and when it is new. Else nil.
	Sections []byte
	// Actor is who made the change that this shows, nil where the router does
	// not tell, or does not tell clearly.
	Actor *Actor
}

// shown is a complete reading and what the ledger made of it.
type shown struct {
	category      fingerprint.Category
	document      fingerprint.Document
	former, hash  fingerprint.Fingerprint // noted last time and now
	before, since time.Time               // the instants of both (before is zero if there was no last time)
	basis         basis                   // of the last time
	look          look                    // at the history, before this time
	changed       bool
}

// reportReading notes a change and passes a complete reading on. Of a change,
// the history may know that it was not made before a certain instant: then the
// category was until then what it was, which is a sighting as well, and makes
// the interval narrow.
func (d *Device) reportReading(r shown) {
	var a account
	if r.changed {
		a = d.accountFor(r)
		d.logChange(r, a)
	}
	if d.opts.Observe == nil {
		return
	}
	s := d.sighting(r.category)
	if r.changed && a.earliest.After(r.before) {
		s.ObservedAt, s.Fingerprint = a.earliest, r.former
		d.opts.Observe(s)
	}
	s.ObservedAt, s.Fingerprint, s.Actor = r.since, r.hash, a.actor
	if (r.changed || r.before.IsZero()) && slices.Contains(d.opts.Keep, r.category.Name) {
		var err error
		if s.Sections, err = r.document.Sections(); err != nil {
			d.opts.Logger.Error("the configuration is left out", slog.String("device", d.opts.Name),
				slog.String("category", r.category.Name), slog.Any("err", err))
		}
	}
	d.opts.Observe(s)
}

// logChange notes a change in the log, with its author where that is clear.
func (d *Device) logChange(r shown, a account) {
	log := d.opts.Logger.With(slog.String("device", d.opts.Name), slog.String("category", r.category.Name),
		slog.String("fingerprint", r.hash.Short()), slog.Time("not_before", a.earliest))
	if a.actor != nil {
		log = log.With(slog.String("actor", a.actor.User), slog.String("address", a.actor.Address), slog.String("via", a.actor.Via))
	}
	log.Info("configuration changed")
}

// reportFailure passes on that a category could not be read.
func (d *Device) reportFailure(c fingerprint.Category, err error) {
	if d.opts.Observe == nil {
		return
	}
	s := d.sighting(c)
	s.ObservedAt = d.opts.Now()
	s.Failure = fmt.Sprintf("%s: %v", routeros.ReasonOf(err), err)
	d.opts.Observe(s)
}

func (d *Device) sighting(c fingerprint.Category) Sighting {
	return Sighting{Device: d.opts.Name, Category: c.Name, AllowlistVersion: d.opts.Allowlist.Version}
}
