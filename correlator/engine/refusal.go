package engine

import (
	"errors"
	"fmt"
)

// Refusal is the answer to an input that cannot be applied, now or later. Nothing was changed. Its
// text is safe to show to whoever sent the input.
type Refusal struct {
	Kind RefusalKind
	What string // what is wrong
	Hint string // what the sender can do about it
}

// RefusalKind sorts refusals by whose business they are.
type RefusalKind string

// The kinds of refusal. An edge maps them to its own status codes (400, 404, 409).
const (
	Invalid  RefusalKind = "invalid"   // the input makes no sense by itself
	NotFound RefusalKind = "not_found" // it speaks of something that does not exist
	Conflict RefusalKind = "conflict"  // it contradicts what is already there
)

// Error implements error.
func (r *Refusal) Error() string {
	if r.Hint == "" {
		return r.What
	}
	return r.What + ": " + r.Hint
}

// AsRefusal finds a refusal in an error chain.
func AsRefusal(err error) (*Refusal, bool) {
	var r *Refusal
	ok := errors.As(err, &r)
	return r, ok
}

func refuse(kind RefusalKind, hint, format string, args ...any) error {
	return &Refusal{Kind: kind, What: fmt.Sprintf(format, args...), Hint: hint}
}
