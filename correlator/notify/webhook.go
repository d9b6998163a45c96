// Package notify tells other systems of incidents: ticket systems, automation, chat bridges.
//
// A Publisher takes committed events, as a relay hands them on, and posts those about incidents to the
// receivers of the event's tenant. Delivery is at least once: an error makes the relay try again, and
// a receiver that had the event already gets it again, with the same event_id. The body tells how the
// incident stands when it is sent, so that late and repeated deliveries converge; incident.id is the
// receiver's correlation key, and an update never makes a second ticket.
package notify

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/engine"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/incident"
)

// Headers of a delivery.
const (
	HeaderEventType  = "X-ISPVM-Event-Type"
	HeaderDeliveryID = "X-ISPVM-Delivery-ID"
	HeaderTenantID   = "X-ISPVM-Tenant-ID"
	HeaderSignature  = "X-ISPVM-Signature"
)

// Event is a committed event of one tenant.
type Event struct {
	Tenant string
	// Key is the event's idempotency key.
	Key  string
	Type engine.EventType
	// Incident is what the event is about, as it stood then.
	Incident incident.Incident
}

// Signer signs a body: hex of an HMAC-SHA256. It is a function, so that nothing can print its key.
type Signer func(body []byte) string

// NewSigner makes a Signer of a key.
func NewSigner(key []byte) Signer {
	key = slices.Clone(key)
	return func(body []byte) string {
		mac := hmac.New(sha256.New, key)
		mac.Write(body)
		return hex.EncodeToString(mac.Sum(nil))
	}
}

// Receiver is where events of one tenant go.
type Receiver struct {
	// Tenant and TenantName are whose incidents it is told of.
	Tenant, TenantName string
	// Name tells several receivers of a tenant apart.
	Name string
	// URL takes the posts.
	URL string
	// Events are the types that it wants, such as incident.opened.
	Events []string
	// IncidentURL is where a person reads an incident, with {id} in the place of its id; may be empty.
	IncidentURL string
	Sign        Signer
	Client      *http.Client
}

// Reader answers how an incident stands now.
type Reader interface {
	Incident(ctx context.Context, tenant, id string) (engine.IncidentView, error)
}

// Options of a Publisher.
type Options struct {
	Reader     Reader
	Logger     *slog.Logger
	Registerer prometheus.Registerer
	Now        func() time.Time
}

// timeout bounds one delivery.
const timeout = 15 * time.Second

// Publisher posts events to receivers, which can be replaced while it works.
type Publisher struct {
	o          Options
	receivers  atomic.Pointer[[]Receiver]
	deliveries *prometheus.CounterVec
}

// New checks the options and makes a Publisher without receivers.
func New(o Options) (*Publisher, error) {
	if o.Reader == nil || o.Logger == nil || o.Registerer == nil || o.Now == nil {
		return nil, errors.New("notify: Reader, Logger, Registerer and Now are required")
	}
	p := &Publisher{o: o, deliveries: promauto.With(o.Registerer).NewCounterVec(prometheus.CounterOpts{
		Name: "ispvm_notify_deliveries_total",
		Help: "Posts to outgoing webhooks by outcome; a failed one is tried again.",
	}, []string{"tenant", "receiver", "outcome"})}
	p.Replace(nil)
	return p, nil
}

// Replace swaps the receivers as a whole.
func (p *Publisher) Replace(receivers []Receiver) {
	own := slices.Clone(receivers)
	p.receivers.Store(&own)
	for _, r := range own {
		for _, outcome := range []string{outcomeDelivered, outcomeFailed} {
			p.deliveries.WithLabelValues(r.Tenant, r.Name, outcome)
		}
	}
}

const (
	outcomeDelivered = "delivered"
	outcomeFailed    = "failed"
)

// told maps what happens to an incident to the types that receivers know.
var told = map[engine.EventType]string{
	engine.IncidentOpened:         "incident.opened",
	engine.IncidentUpdated:        "incident.updated",
	engine.IncidentReopened:       "incident.updated",
	engine.IncidentAcknowledged:   "incident.acked",
	engine.IncidentUnacknowledged: "incident.unacked",
	engine.IncidentClosed:         "incident.closed",
	engine.IncidentMerged:         "incident.closed",
}

// Wants says whether any receiver wants this type of event of the tenant.
func (p *Publisher) Wants(tenant string, eventType engine.EventType) bool {
	return len(p.wanting(tenant, eventType)) > 0
}

func (p *Publisher) wanting(tenant string, eventType engine.EventType) []Receiver {
	name, known := told[eventType]
	if !known {
		return nil
	}
	var wanting []Receiver
	for _, r := range *p.receivers.Load() {
		if r.Tenant == tenant && slices.Contains(r.Events, name) {
			wanting = append(wanting, r)
		}
	}
	return wanting
}

// Publish posts the event to every receiver that wants it, and answers the errors of those that did
// not take it. An event that nobody wants is no error.
func (p *Publisher) Publish(ctx context.Context, e Event) error {
	wanting := p.wanting(e.Tenant, e.Type)
	if len(wanting) == 0 {
		return nil
	}
	eventType := told[e.Type]
	view, err := p.o.Reader.Incident(ctx, e.Tenant, e.Incident.ID)
	if err != nil && !errors.Is(err, engine.ErrNotFound) {
		return fmt.Errorf("read incident %s: %w", e.Incident.ID, err)
	}
	var errs []error
	for _, r := range wanting {
		if err := p.deliver(ctx, r, newMessage(e, eventType, view, r, p.o.Now())); err != nil {
			p.deliveries.WithLabelValues(r.Tenant, r.Name, outcomeFailed).Inc()
			errs = append(errs, fmt.Errorf("webhook %s: %w", r.Name, err))
			continue
		}
		p.deliveries.WithLabelValues(r.Tenant, r.Name, outcomeDelivered).Inc()
	}
	return errors.Join(errs...)
}

func (p *Publisher) deliver(ctx context.Context, r Receiver, m message) error {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	body, err := json.Marshal(m)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, r.URL, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set(HeaderEventType, m.EventType)
	req.Header.Set(HeaderDeliveryID, uuid.NewString())
	req.Header.Set(HeaderTenantID, r.Tenant)
	req.Header.Set(HeaderSignature, "sha256="+r.Sign(body))
	resp, err := r.Client.Do(req)
	if urlErr := new(url.Error); errors.As(err, &urlErr) {
		// The URL of a webhook often is its secret.
		return urlErr.Err
	}
	if err != nil {
		return err
	}
	defer resp.Body.Close() //nolint:errcheck // its content does not matter
	// Read a little, so that the connection can be used again.
	_, _ = io.CopyN(io.Discard, resp.Body, 64<<10)
	if resp.StatusCode/100 != 2 {
		return fmt.Errorf("the receiver answered %s", resp.Status)
	}
	return nil
}
