// Package authn answers who is calling: it knows the bearer tokens by their hashes, turns a request
// into an Identity, and says what each role may do.
//
// A token is opaque and belongs to one tenant, so a caller never names a tenant and cannot reach
// another one's data. Only the SHA-256 of a token is ever held: tokens are random and long, so that
// a plain hash is enough and a slow one would only cost time on each request.
package authn

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
)

// OnBehalfOfHeader names the person for whom a trusted front end (the Grafana plugin) acts. It is
// heard only from a token that has the plugin capability.
const OnBehalfOfHeader = "X-Ispvm-On-Behalf-Of"

// maxActor bounds the text of OnBehalfOfHeader, which ends up in records that are kept.
const maxActor = 200

// Refusals of Authenticate. Their texts go to the caller: they say what to do and nothing about
// which tokens exist.
var (
	ErrNoToken    = errors.New("no bearer token: send the header `Authorization: Bearer TOKEN`; `correlator admin token create` makes one")
	ErrWrongToken = errors.New("unknown bearer token: it was mistyped, revoked, or belongs to another correlator")
	ErrOnBehalfOf = errors.New("the header " + OnBehalfOfHeader + " is accepted only from a token with `plugin: true`")
)

// Identity is who is calling.
type Identity struct {
	// Name is the token's name.
	Name string
	// Tenant is the tenant that the token belongs to.
	Tenant string
	// Role is what the token may do.
	Role Role
	// OnBehalfOf is the person a front end acts for, empty otherwise. It never adds a right.
	OnBehalfOf string
}

// Actor names the one to write into records: the person where a front end told, else the token.
func (i Identity) Actor() string {
	if i.OnBehalfOf != "" {
		return i.OnBehalfOf
	}
	return i.Name
}

// Token is one accepted bearer token.
type Token struct {
	// Name says whose token it is, in records and logs.
	Name string
	// Tenant is the one tenant that it opens.
	Tenant string
	// Role is what it may do.
	Role Role
	// Plugin lets its bearer name the person it acts for.
	Plugin bool
	// Hash is the SHA-256 of the token's text.
	Hash [sha256.Size]byte
}

// HashToken gives what a Token keeps of a token's text.
func HashToken(text string) [sha256.Size]byte { return sha256.Sum256([]byte(text)) }

// NewTokenText makes the text of a new token: 256 random bits behind a prefix that secret scanners
// can look for.
func NewTokenText() string {
	var b [32]byte
	// rand.Read never fails: it ends the program instead (crypto/rand, Go 1.24).
	_, _ = rand.Read(b[:])
	return "ispvm_" + base64.RawURLEncoding.EncodeToString(b[:])
}

// Authenticator holds the accepted tokens. They can be replaced while requests run.
type Authenticator struct {
	tokens atomic.Pointer[[]Token]
}

// New makes an Authenticator of tokens.
func New(tokens []Token) *Authenticator {
	a := &Authenticator{}
	a.Replace(tokens)
	return a
}

// Replace swaps the accepted tokens as a whole: requests see the old ones or the new ones.
func (a *Authenticator) Replace(tokens []Token) {
	own := append([]Token(nil), tokens...)
	a.tokens.Store(&own)
}

// Authenticate answers whose request it is that bears the values of the headers Authorization and
// OnBehalfOfHeader. Its errors are the refusals of this package.
func (a *Authenticator) Authenticate(authorization, onBehalfOf string) (Identity, error) {
	scheme, text, ok := strings.Cut(authorization, " ")
	if !ok || !strings.EqualFold(scheme, "Bearer") || strings.TrimSpace(text) == "" {
		return Identity{}, ErrNoToken
	}
	token, ok := a.find(HashToken(strings.TrimSpace(text)))
	if !ok {
		return Identity{}, ErrWrongToken
	}
	id := Identity{Name: token.Name, Tenant: token.Tenant, Role: token.Role}
	if onBehalfOf == "" {
		return id, nil
	}
	if !token.Plugin {
		return Identity{}, ErrOnBehalfOf
	}
	if len(onBehalfOf) > maxActor || strings.ContainsFunc(onBehalfOf, isControl) {
		return Identity{}, fmt.Errorf("the header %s must be one line of at most %d bytes", OnBehalfOfHeader, maxActor)
	}
	id.OnBehalfOf = onBehalfOf
	return id, nil
}

// find compares with every token, in constant time each, so that the time taken tells nothing
// about which tokens exist.
func (a *Authenticator) find(hash [sha256.Size]byte) (Token, bool) {
	var found Token
	ok := false
	for _, t := range *a.tokens.Load() {
		if subtle.ConstantTimeCompare(t.Hash[:], hash[:]) == 1 {
			found, ok = t, true
		}
	}
	return found, ok
}

func isControl(r rune) bool { return r < ' ' || r == 0x7f }

type identityKey struct{}

// NewContext returns ctx with id in it.
func NewContext(ctx context.Context, id Identity) context.Context {
	return context.WithValue(ctx, identityKey{}, id)
}

// FromContext returns the identity that NewContext put into ctx.
func FromContext(ctx context.Context) (Identity, bool) {
	id, ok := ctx.Value(identityKey{}).(Identity)
	return id, ok
}
