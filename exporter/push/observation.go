package push

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	apiv1 "github.com/ispvisualmonitor/ispvisualmonitor/api/v1"
)

// Observation is what one reading of one category of a router showed.
type Observation struct {
	// Device is the inventory name, Category the name of the category.
	Device, Category string
	// ObservedAt is when, by the exporter's clock.
	ObservedAt time.Time
	// SHA256 is the fingerprint, 64 lower-case hexadecimal digits; empty if
	// the category could not be read.
	SHA256 string
	// Failure is why it could not be read; empty if it could.
	Failure string
	// AllowlistVersion is the version of the list that made the fingerprint.
	AllowlistVersion int
	// Sections is, at level 2, the canonical JSON: an object of section to
	// array of rows. Else nil.
	Sections json.RawMessage
	// Actor is who made the change that this shows, nil where not known.
	Actor *Actor
}

// Actor is who changed a configuration, from where and by what.
type Actor struct {
	// User is the router's user.
	User string
	// Address is where the user came from, Via by what ("winbox", "ssh");
	// empty where not known.
	Address, Via string
	// At is when, by the exporter's clock.
	At time.Time
}

// Limits of the schema, in bytes of UTF-8.
const (
	maxName    = 200
	maxFailure = 500
	maxVia     = 64 // and of categories
)

// encode returns the observation as it is sent.
func (o Observation) encode(exporter string) (*apiv1.Observation, error) {
	if (o.SHA256 == "") == (o.Failure == "") {
		return nil, errors.New("an observation has either a fingerprint or a failure")
	}
	out := &apiv1.Observation{
		Device: shorten(o.Device, maxName), Category: shorten(o.Category, maxVia), Exporter: shorten(exporter, maxName),
		ObservedAt:       timestamppb.New(o.ObservedAt),
		AllowlistVersion: int64(o.AllowlistVersion),
	}
	if o.Failure != "" {
		out.State = &apiv1.Observation_Failure{Failure: shorten(o.Failure, maxFailure)}
		return out, nil
	}
	out.State = &apiv1.Observation_Sha256{Sha256: o.SHA256}
	if a := o.Actor; a != nil {
		out.Actor = &apiv1.Actor{
			User: shorten(a.User, maxName), Address: shorten(a.Address, maxName), Via: shorten(a.Via, maxVia),
			At: timestamppb.New(a.At),
		}
	}
	if o.Sections != nil {
		out.Sections = &structpb.Struct{}
		if err := out.Sections.UnmarshalJSON(o.Sections); err != nil {
			return nil, fmt.Errorf("sections: %w", err)
		}
	}
	return out, nil
}

// shorten cuts a text to so many bytes, at the end of a rune, and makes UTF-8
// of it.
func shorten(s string, bytes int) string {
	s = strings.ToValidUTF8(s, "?")
	if len(s) <= bytes {
		return s
	}
	return strings.ToValidUTF8(s[:bytes], "")
}
