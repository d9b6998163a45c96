package config

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"

	"gopkg.in/yaml.v3"
)

// masked stands for a secret wherever it would be printed.
const masked = "<secret>"

// Secret is a text that no print, log or encoding shows. Only Reveal does.
type Secret struct{ text string }

// NewSecret returns text as a secret.
func NewSecret(text string) Secret { return Secret{text} }

// Reveal returns the text. It is for the login alone.
func (s Secret) Reveal() string { return s.text }

// IsZero reports whether there is no secret.
func (s Secret) IsZero() bool { return s.text == "" }

// String masks the secret.
func (s Secret) String() string { return masked }

// Format masks the secret under every verb, those that make no sense for a
// text included, under which fmt would show what is inside.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, masked) }

// GoString masks the secret.
func (s Secret) GoString() string { return masked }

// MarshalText masks the secret in every encoding of text.
func (s Secret) MarshalText() ([]byte, error) { return []byte(masked), nil }

// MarshalJSON masks the secret in JSON.
func (s Secret) MarshalJSON() ([]byte, error) { return json.Marshal(masked) }

// MarshalYAML masks the secret in YAML.
func (s Secret) MarshalYAML() (any, error) { return masked, nil }

// LogValue masks the secret in structured logs.
func (s Secret) LogValue() slog.Value { return slog.StringValue(masked) }

// UnmarshalYAML reads the secret. One that begins with "!" without quotes is a
// tag to YAML: the secret would be empty, or an error would repeat the rest.
func (s *Secret) UnmarshalYAML(node *yaml.Node) error {
	if node.Kind == yaml.ScalarNode && node.Style&yaml.TaggedStyle != 0 {
		return &yaml.TypeError{Errors: []string{fmt.Sprintf("line %d: a secret that begins with ! has to be written in quotes", node.Line)}}
	}
	return node.Decode(&s.text)
}
