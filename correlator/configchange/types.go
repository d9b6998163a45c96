// Package configchange turns sightings of configuration fingerprints into configuration changes.
//
// A stream is what one pair of eyes saw of one device's category: runs are kept for each stream by
// itself, because clocks differ. A run is a maximal stretch of sightings with one fingerprint. The
// boundary between two runs is a change, and it happened somewhere in (last sighting of the old,
// first sighting of the new]: always an interval. Boundaries that several streams saw of the same
// change are united, and the narrower interval wins.
//
// Everything here is pure and insensitive to the order in which sightings arrive, as far as the
// trail of a run (its newest sightings) reaches back; beyond it an interval can come out wider than
// it had to be, but never wrong.
package configchange

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
)

// AllCategories is the category name of the overall fingerprint. It says nothing that the single
// categories do not say better, so it is not followed.
const AllCategories = "all"

// FingerprintDigits is how many hex digits identify a fingerprint: 48 bits, what a Prometheus gauge
// (a float64) can carry exactly. A road that brings the whole SHA-256 is compared by these.
const FingerprintDigits = 12

// Stream identifies one pair of eyes on one category of one device.
type Stream struct {
	Device   string
	Category string
	Source   string // the road: prometheus, http, grpc, nats; may be empty
	Exporter string // which exporter saw it; may be empty
}

// Observation is one complete sighting: at ObservedAt, by the observer's clock, the category had
// this fingerprint.
type Observation struct {
	Stream
	ObservedAt       time.Time
	Fingerprint      string          // 12 hex digits, lower case
	SHA256           string          // 64 hex digits where the road brought them, else empty
	AllowlistVersion int             // 0: not said, as before
	Sections         json.RawMessage // level 2: object of canonical JSON by section, else nil
	Actor            *Actor          // who made the change that this sighting shows, where known
	// Delay is from ObservedAt to the arrival here; negative: the observer's clock is ahead of ours.
	Delay time.Duration
}

// Actor is who changed something, as the router tells it.
type Actor struct {
	User    string     `json:"user"`
	Address string     `json:"address,omitempty"`
	Via     string     `json:"via,omitempty"` // winbox, api, ssh …
	At      *time.Time `json:"at,omitempty"`
}

// ParseFingerprint normalises a fingerprint of 12 or 64 hex digits into the 12 digits that identify
// it and the whole hash, which is empty where only 12 were given.
func ParseFingerprint(s string) (short, full string, err error) {
	s = strings.ToLower(strings.TrimSpace(s))
	if strings.Trim(s, "0123456789abcdef") != "" {
		return "", "", fmt.Errorf("fingerprint %q is not hexadecimal", s)
	}
	switch len(s) {
	case FingerprintDigits:
		return s, "", nil
	case 64:
		return s[:FingerprintDigits], s, nil
	default:
		return "", "", fmt.Errorf("a fingerprint has 12 or 64 hex digits, got %d", len(s))
	}
}

// Validate reports what is missing from an observation.
func (o Observation) Validate() error {
	var errs []error
	if o.Device == "" {
		errs = append(errs, errors.New("device is missing"))
	}
	if o.Category == "" {
		errs = append(errs, errors.New("category is missing"))
	}
	if o.ObservedAt.IsZero() {
		errs = append(errs, errors.New("observed_at is missing"))
	}
	if _, _, err := ParseFingerprint(o.Fingerprint); err != nil {
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// Run is a maximal stretch of sightings of one stream with one fingerprint under one allowlist.
type Run struct {
	ID string
	Stream
	Fingerprint      string
	SHA256           string
	AllowlistVersion int // 0: never said
	FirstSeen        time.Time
	LastSeen         time.Time
	// Trail holds the newest sightings between FirstSeen and LastSeen (both excluded), ascending, at
	// most MaxTrail: what a late sighting of something else needs to cut the run in the right place.
	Trail    []time.Time
	Sections json.RawMessage // of this fingerprint, where any sighting brought them
	Actor    *Actor          // of the change that began this run, where any sighting told
	Delay    time.Duration   // the least Delay of a sighting: what is left is skew of the clocks
}

// MaxTrail bounds Run.Trail: at one sighting a minute, an hour of lateness is placed exactly.
const MaxTrail = 64

// Change is one configuration change, united over all streams that saw it: it happened somewhere
// in (NotBefore, NotAfter].
type Change struct {
	ID              string    `json:"id"`
	Device          string    `json:"device"`
	Category        string    `json:"category"`
	NotBefore       time.Time `json:"not_before"`
	NotAfter        time.Time `json:"not_after"`
	OldFingerprint  string    `json:"old_fingerprint"`    // 12 hex digits
	NewFingerprint  string    `json:"new_fingerprint"`    // 12 hex digits
	OldHash         string    `json:"old_hash,omitempty"` // 64 hex digits where known
	NewHash         string    `json:"new_hash,omitempty"` // 64 hex digits where known
	PlannedChangeID string    `json:"planned_change_id,omitempty"`
	InBlackoutID    string    `json:"in_blackout_id,omitempty"`
	Actor           *Actor    `json:"actor,omitempty"`
	Summary         []string  `json:"summary,omitempty"` // a line for each changed property
	DetectedAt      time.Time `json:"detected_at"`       // when the correlator first derived it
	Revision        int64     `json:"revision"`          // counts what was learnt about it since
}
