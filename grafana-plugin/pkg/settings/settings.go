// Package settings turns what Grafana stores for an instance of the data source into typed settings.
// An instance whose settings are wrong is never made: the error says which field to change.
package settings

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
)

// TokenKey is the key of the correlator's token in secureJsonData.
const TokenKey = "token"

// Bounds of the time-out of one query.
const (
	DefaultTimeout = 10 * time.Second
	maxTimeout     = 2 * time.Minute
)

// ErrInvalid is wrapped by every error of Parse.
var ErrInvalid = errors.New("data source settings are not valid")

// Settings are those of one data source instance.
type Settings struct {
	// URL: where the correlator listens, such as https://correlator.example:9480, without a path at its end.
	URL string
	// Token: the bearer token that the correlator knows; it decides tenant and role.
	Token Secret
	// Tenant: the tenant that the token is expected to belong to; not checked when empty.
	Tenant string
	// Timeout: how long one query may take. Default 10 s.
	Timeout time.Duration
}

// document is jsonData as the configuration editor writes it.
type document struct {
	Tenant         string  `json:"tenant"`
	TimeoutSeconds float64 `json:"timeoutSeconds"`
	// Token must not be here: jsonData is readable by every user who may see the data source.
	Token json.RawMessage `json:"token"`
}

// Parse checks the settings that Grafana stores for one instance.
func Parse(stored backend.DataSourceInstanceSettings) (Settings, error) {
	var doc document
	if len(stored.JSONData) > 0 {
		if err := json.Unmarshal(stored.JSONData, &doc); err != nil {
			return Settings{}, fmt.Errorf("%w: jsonData: %w", ErrInvalid, err)
		}
	}

	if len(doc.Token) > 0 {
		return Settings{}, fmt.Errorf("%w: the token is in jsonData, where others can read it: "+
			"move it to secureJsonData.%s and replace it at the correlator", ErrInvalid, TokenKey)
	}

	address, err := parseURL(stored.URL)
	if err != nil {
		return Settings{}, err
	}

	token := strings.TrimSpace(stored.DecryptedSecureJSONData[TokenKey])
	if token == "" {
		return Settings{}, fmt.Errorf("%w: no token: enter the correlator's token for this tenant", ErrInvalid)
	}

	timeout := time.Duration(doc.TimeoutSeconds * float64(time.Second))
	switch {
	case timeout == 0:
		timeout = DefaultTimeout
	case timeout < 0 || timeout > maxTimeout:
		return Settings{}, fmt.Errorf("%w: a time-out of %v is not between 0 and %v", ErrInvalid, timeout, maxTimeout)
	}

	return Settings{URL: address, Token: Secret(token), Tenant: strings.TrimSpace(doc.Tenant), Timeout: timeout}, nil
}

func parseURL(raw string) (string, error) {
	trimmed := strings.TrimRight(strings.TrimSpace(raw), "/")
	if trimmed == "" {
		return "", fmt.Errorf("%w: no URL: enter the address of the correlator, such as https://correlator.example:9480", ErrInvalid)
	}

	parsed, err := url.Parse(trimmed)
	if err != nil || parsed.Host == "" || (parsed.Scheme != "http" && parsed.Scheme != "https") {
		// The parse error is left out, it may repeat a password that was typed into the URL.
		return "", fmt.Errorf("%w: the URL is not of the form http(s)://host:port", ErrInvalid)
	}

	if parsed.User != nil {
		return "", fmt.Errorf("%w: the URL carries a user or password: the correlator takes a token instead", ErrInvalid)
	}

	if parsed.RawQuery != "" || parsed.Fragment != "" {
		return "", fmt.Errorf("%w: the URL has a query or a fragment: only scheme, host, port and path are used", ErrInvalid)
	}

	return trimmed, nil
}
