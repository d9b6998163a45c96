// Package alertmanager hears alerts: Alertmanager posts them to the Webhook, and the Poller reads the
// list of all alerts, because a silenced or inhibited one never reaches a webhook.
package alertmanager

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/authn"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/engine"
)

// WebhookPath is where Alertmanager posts.
const WebhookPath = "/api/v1/alertmanager/webhook"

// Submitter commits one input of a tenant, and answers what came of it when that is durable.
type Submitter interface {
	Submit(ctx context.Context, tenant string, in engine.Input) ([]engine.Effect, error)
}

// WebhookOptions of a Webhook.
type WebhookOptions struct {
	Submitter  Submitter
	Logger     *slog.Logger
	Registerer prometheus.Registerer
	// MaxBytes bounds a body (default 10 MiB).
	MaxBytes int64
	// Timeout bounds one request (default 30 s).
	Timeout time.Duration
}

const (
	defaultMaxBytes = 10 << 20
	defaultTimeout  = 30 * time.Second
	// retryAfterSeconds is what Alertmanager is told to wait; it has a back-off of its own.
	retryAfterSeconds = "5"
)

// The outcomes of a request, as the metric counts them.
const (
	outcomeCommitted = "committed"
	outcomeTooLarge  = "too_large"
	outcomeMalformed = "malformed"
	outcomeVersion   = "version"
	outcomeRefused   = "refused"
	outcomeFailed    = "failed"
	outcomeAborted   = "aborted"
)

// Webhook is the handler of WebhookPath, behind a guard that knows the caller's tenant. 2xx means
// that the alerts are committed. Alertmanager retries after 5xx and gives up after 4xx, so trouble of
// ours is always 503.
type Webhook struct {
	submitter Submitter
	logger    *slog.Logger
	maxBytes  int64
	timeout   time.Duration
	requests  *prometheus.CounterVec
	alerts    prometheus.Counter
	truncated prometheus.Counter
}

// NewWebhook checks the options and makes a Webhook.
func NewWebhook(o WebhookOptions) (*Webhook, error) {
	if o.Submitter == nil || o.Logger == nil || o.Registerer == nil {
		return nil, errors.New("alertmanager: Submitter, Logger and Registerer are required")
	}
	if o.MaxBytes == 0 {
		o.MaxBytes = defaultMaxBytes
	}
	if o.Timeout == 0 {
		o.Timeout = defaultTimeout
	}
	w := &Webhook{
		submitter: o.Submitter, logger: o.Logger, maxBytes: o.MaxBytes, timeout: o.Timeout,
		requests: promauto.With(o.Registerer).NewCounterVec(prometheus.CounterOpts{
			Name: "ispvm_alertmanager_webhook_requests_total",
			Help: "Webhook calls of Alertmanager by outcome; only `committed` was answered with 2xx.",
		}, []string{"outcome"}),
		alerts: promauto.With(o.Registerer).NewCounter(prometheus.CounterOpts{
			Name: "ispvm_alertmanager_webhook_alerts_total",
			Help: "Alerts in committed webhook calls, repeats included.",
		}),
		truncated: promauto.With(o.Registerer).NewCounter(prometheus.CounterOpts{
			Name: "ispvm_alertmanager_webhook_truncated_alerts_total",
			Help: "Alerts that Alertmanager left out of its calls: set max_alerts to 0 in its webhook_config.",
		}),
	}
	for _, outcome := range []string{
		outcomeCommitted, outcomeTooLarge, outcomeMalformed, outcomeVersion, outcomeRefused, outcomeFailed, outcomeAborted,
	} {
		w.requests.WithLabelValues(outcome)
	}
	return w, nil
}

// ServeHTTP commits one call of Alertmanager.
func (h *Webhook) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		WriteError(w, http.StatusMethodNotAllowed, errors.New("this is where Alertmanager posts its webhook: use POST"))
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), h.timeout)
	defer cancel()
	id, _ := authn.FromContext(ctx)
	outcome, err := h.serve(ctx, w, r, id.Tenant)
	h.requests.WithLabelValues(outcome).Inc()
	if err == nil {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	level, status := slog.LevelWarn, statusOf[outcome]
	if outcome == outcomeFailed {
		level = slog.LevelError
	}
	h.logger.LogAttrs(ctx, level, "Did not accept a webhook call", slog.String("outcome", outcome),
		slog.String("tenant", id.Tenant), slog.String("token", id.Name), slog.Any("err", err))
	if outcome == outcomeFailed {
		// What failed is ours to know.
		err = errors.New("the correlator cannot commit this at the moment (its log says why): try again")
	}
	if status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", retryAfterSeconds)
	}
	WriteError(w, status, err)
}

var statusOf = map[string]int{
	outcomeTooLarge:  http.StatusRequestEntityTooLarge,
	outcomeMalformed: http.StatusBadRequest,
	outcomeVersion:   http.StatusBadRequest,
	outcomeRefused:   http.StatusBadRequest,
	outcomeFailed:    http.StatusServiceUnavailable,
	outcomeAborted:   http.StatusServiceUnavailable,
}

// serve answers the outcome, and an error that the caller may see unless the outcome is `failed`.
func (h *Webhook) serve(ctx context.Context, w http.ResponseWriter, r *http.Request, tenant string) (string, error) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, h.maxBytes))
	if tooLarge := new(http.MaxBytesError); errors.As(err, &tooLarge) {
		return outcomeTooLarge, fmt.Errorf("the body has more than %d bytes: lower max_alerts or group alerts more finely in Alertmanager, or raise limits.webhook_body of the correlator", tooLarge.Limit)
	}
	if err != nil {
		return outcomeAborted, errors.New("the body broke off: send it again")
	}
	in, err := DecodeWebhook(body)
	if version := new(VersionError); errors.As(err, &version) {
		return outcomeVersion, err
	}
	if err != nil {
		return outcomeMalformed, err
	}
	if _, err := h.submitter.Submit(ctx, tenant, in); err != nil {
		if refusal, ok := engine.AsRefusal(err); ok {
			return outcomeRefused, refusal
		}
		return outcomeFailed, err
	}
	h.alerts.Add(float64(len(in.Alerts)))
	h.truncated.Add(float64(in.Truncated))
	return outcomeCommitted, nil
}

// WriteError answers an error as JSON, `{"code": …, "message": …}`, in the form of the API's errors.
func WriteError(w http.ResponseWriter, status int, err error) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	body, _ := json.Marshal(struct { // two strings always encode
		Code    string `json:"code"`
		Message string `json:"message"`
	}{codeOf[status], err.Error()})
	_, _ = w.Write(append(body, '\n')) // the peer may be gone, and then nobody is left to tell
}

// codeOf names a status as connect does.
var codeOf = map[int]string{
	http.StatusBadRequest:            "invalid_argument",
	http.StatusUnauthorized:          "unauthenticated",
	http.StatusForbidden:             "permission_denied",
	http.StatusMethodNotAllowed:      "unimplemented",
	http.StatusRequestEntityTooLarge: "resource_exhausted",
	http.StatusServiceUnavailable:    "unavailable",
}
