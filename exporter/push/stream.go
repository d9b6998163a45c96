package push

import (
	apiv1 "github.com/ispvisualmonitor/ispvisualmonitor/api/v1"
)

// stream is what belongs together: the sightings of one category of one
// device, or the failures to read it.
type stream struct {
	device, category string
	failures         bool
}

// state is what a stream last showed.
type state struct {
	value     string // the fingerprint; of failures nothing: the newest reason will do
	allowlist int64
	sections  bool   // whether the correlator gets the configuration itself
	repeat    uint64 // the spool's entry with the newest repeat; 0 if there is none
}

func streamOf(o *apiv1.Observation) stream {
	return stream{o.GetDevice(), o.GetCategory(), o.GetFailure() != ""}
}

func stateOf(o *apiv1.Observation) state {
	return state{
		value:     o.GetSha256(),
		allowlist: o.GetAllowlistVersion(),
		sections:  o.GetSections() != nil,
	}
}

// repeats reports whether a sighting of s only says again what this one said.
// One with the configuration does not repeat one without it: level 2 was
// switched on in between.
func (s state) repeats(before state) bool {
	return s.value == before.value && s.allowlist == before.allowlist && (before.sections || !s.sections)
}
