package config

import (
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/authn"
)

// Auth says who may call.
type Auth struct {
	// Tokens are the accepted bearer tokens.
	Tokens []Token `yaml:"tokens"`
}

// Token is one bearer token. Exactly one of SHA256 and TokenFile is given.
type Token struct {
	// Name says whose token it is.
	Name string `yaml:"name"`
	// Tenant is the tenant that it opens (default: the only one).
	Tenant string `yaml:"tenant,omitempty"`
	// Role is what it may do: viewer, operator, admin, agent, auditor or alertmanager.
	Role string `yaml:"role"`
	// Plugin lets its bearer name the person for whom it acts.
	Plugin bool `yaml:"plugin,omitempty"`
	// SHA256 is the hash of the token's text, 64 hex digits, as `admin token create` prints it.
	SHA256 string `yaml:"sha256,omitempty"`
	// TokenFile holds the token's text, for where the other side reads the same file.
	TokenFile string `yaml:"token_file,omitempty"`

	// Accepted is the token as authn knows it.
	Accepted authn.Token `yaml:"-"`
}

// AcceptedTokens lists the tokens as authn knows them.
func (a Auth) AcceptedTokens() []authn.Token {
	tokens := make([]authn.Token, len(a.Tokens))
	for i, t := range a.Tokens {
		tokens[i] = t.Accepted
	}
	return tokens
}

func (a *Auth) resolve(dir string, tenants map[string]bool) error {
	names := make(map[string]bool)
	hashes := make(map[[32]byte]string)
	for i := range a.Tokens {
		t := &a.Tokens[i]
		if t.Name == "" {
			return fmt.Errorf("tokens[%d]: name is missing", i)
		}
		if names[t.Name] {
			return fmt.Errorf("tokens[%d]: name %q is given twice", i, t.Name)
		}
		names[t.Name] = true
		if err := t.resolve(dir, tenants); err != nil {
			return fmt.Errorf("token %s: %w", t.Name, err)
		}
		if other, taken := hashes[t.Accepted.Hash]; taken {
			return fmt.Errorf("token %s: it is the same as token %s: make one for each", t.Name, other)
		}
		hashes[t.Accepted.Hash] = t.Name
	}
	return nil
}

func (t *Token) resolve(dir string, tenants map[string]bool) error {
	role, err := authn.ParseRole(t.Role)
	if err != nil {
		return err
	}
	if t.Tenant == "" && len(tenants) == 1 {
		for only := range tenants {
			t.Tenant = only
		}
	}
	if t.Tenant == "" {
		return errors.New("tenant is missing: with several tenants each token names its own")
	}
	if !tenants[t.Tenant] {
		return fmt.Errorf("there is no tenant %q under tenants", t.Tenant)
	}
	hash, err := t.hash(dir)
	if err != nil {
		return err
	}
	t.Accepted = authn.Token{Name: t.Name, Tenant: t.Tenant, Role: role, Plugin: t.Plugin, Hash: hash}
	return nil
}

// minToken is the length below which a token could be guessed.
const minToken = 16

func (t *Token) hash(dir string) (hash [32]byte, err error) {
	switch {
	case t.SHA256 != "" && t.TokenFile != "":
		return hash, errors.New("give sha256 or token_file, not both")
	case t.TokenFile != "":
		text, err := ReadSecretFile(within(dir, t.TokenFile))
		if err != nil {
			return hash, fmt.Errorf("token_file: %w", err)
		}
		if len(text) < minToken {
			return hash, fmt.Errorf("token_file: the token is too short: use at least %d bytes, or `correlator admin token create`", minToken)
		}
		return authn.HashToken(text.Reveal()), nil
	case t.SHA256 != "":
		b, err := hex.DecodeString(t.SHA256)
		if err != nil || len(b) != len(hash) {
			return hash, errors.New("sha256 must be 64 hex digits, as `correlator admin token create` prints them")
		}
		return [32]byte(b), nil
	}
	return hash, errors.New("sha256 or token_file is missing: `correlator admin token create` makes a token")
}
