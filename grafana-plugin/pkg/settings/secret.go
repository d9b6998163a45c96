package settings

import "log/slog"

// masked is what every print of a secret shows.
const masked = "<secret>"

// Secret is a value that must not be printed. String, GoString, JSON, YAML, text and slog all show a
// mask; only Reveal gives the value, so that every use of it can be found by searching for that name.
type Secret string

// Reveal answers the value itself.
func (s Secret) Reveal() string { return string(s) }

// String answers the mask, or nothing when the secret is empty.
func (s Secret) String() string {
	if s == "" {
		return ""
	}

	return masked
}

// GoString answers the mask for %#v.
func (s Secret) GoString() string { return s.String() }

// MarshalText answers the mask; encoding/json and YAML encoders use it too.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// LogValue answers the mask for log/slog.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }
