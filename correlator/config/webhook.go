package config

import (
	"errors"
	"fmt"
	"slices"

	httpconfig "github.com/prometheus/common/config"
)

// Webhook is a receiver of incidents.
type Webhook struct {
	// Name tells several receivers of a tenant apart (default: its place in the list).
	Name string `yaml:"name,omitempty"`
	// URL is where events are posted.
	URL string `yaml:"url"`
	// SecretFile holds the key of the signature.
	SecretFile string `yaml:"secret_file"`
	// Events are the types that are sent, of incident.opened, incident.updated, incident.acked,
	// incident.unacked, incident.closed (default: all of them).
	Events []string `yaml:"events,omitempty"`
	// HTTPClient says how to reach it.
	HTTPClient HTTPClient `yaml:",inline"`

	// Secret is the content of SecretFile.
	Secret Secret `yaml:"-"`
}

// WebhookEvents are the types of events that a webhook can be sent.
var WebhookEvents = []string{"incident.opened", "incident.updated", "incident.acked", "incident.unacked", "incident.closed"}

// minWebhookSecret is the length below which an HMAC key could be guessed.
const minWebhookSecret = 16

func (w *Webhook) name() *string { return &w.Name }

// UnmarshalYAML sets the defaults of HTTPClient. A webhook does not follow redirects: its body
// would go to a place that nobody configured.
func (w *Webhook) UnmarshalYAML(unmarshal func(any) error) error {
	type plain Webhook
	w.HTTPClient = HTTPClient{httpconfig.DefaultHTTPClientConfig}
	w.HTTPClient.FollowRedirects = false
	return unmarshal((*plain)(w))
}

func (w *Webhook) resolve(dir string) error {
	if _, err := resolveServer(dir, w.URL, nil, &w.HTTPClient); err != nil {
		return err
	}
	if w.SecretFile == "" {
		return errors.New("secret_file is missing: the receiver verifies events by it")
	}
	secret, err := ReadSecretFile(within(dir, w.SecretFile))
	if err != nil {
		return fmt.Errorf("secret_file: %w", err)
	}
	if len(secret) < minWebhookSecret {
		return fmt.Errorf("secret_file: the secret is too short: use at least %d bytes, such as `openssl rand -hex 32` prints", minWebhookSecret)
	}
	w.Secret = secret
	for _, event := range w.Events {
		if !slices.Contains(WebhookEvents, event) {
			return fmt.Errorf("events: unknown type %q: use some of %v", event, WebhookEvents)
		}
	}
	if len(w.Events) == 0 {
		w.Events = WebhookEvents
	}
	return nil
}
