package alertmanager

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/engine"
)

// PollerMetrics are shared by all pollers of a process, each with its tenant and name.
type PollerMetrics struct {
	polls *prometheus.CounterVec
	last  *prometheus.GaugeVec
}

// The outcomes of a poll, as the metric counts them.
const (
	pollOK          = "ok"
	pollUnreachable = "unreachable"
	pollUncommitted = "uncommitted"
)

// NewPollerMetrics registers the metrics of pollers.
func NewPollerMetrics(reg prometheus.Registerer) *PollerMetrics {
	return &PollerMetrics{
		polls: promauto.With(reg).NewCounterVec(prometheus.CounterOpts{
			Name: "ispvm_alertmanager_polls_total",
			Help: "Reads of Alertmanager's list of alerts by outcome.",
		}, []string{"tenant", "source", "outcome"}),
		last: promauto.With(reg).NewGaugeVec(prometheus.GaugeOpts{
			Name: "ispvm_alertmanager_last_poll_timestamp_seconds",
			Help: "When Alertmanager's list of alerts was last read and committed.",
		}, []string{"tenant", "source"}),
	}
}

// PollerOptions of a Poller.
type PollerOptions struct {
	Submitter Submitter
	// Tenant is whose alerts these are.
	Tenant string
	// Name tells several Alertmanagers of a tenant apart.
	Name string
	// URL is the root of Alertmanager's API.
	URL string
	// Receiver is a regular expression, anchored at both ends, of the receivers in Alertmanager's
	// configuration that post to us: alerts that are routed to none of them are none of ours.
	Receiver string
	// Matchers narrow the alerts further, such as `tenant="acme"`.
	Matchers []string
	// Interval between polls (default 30 s).
	Interval time.Duration
	// Client logs in.
	Client  *http.Client
	Logger  *slog.Logger
	Metrics *PollerMetrics
	// Now is the service's clock.
	Now func() time.Time
}

const (
	defaultInterval = 30 * time.Second
	// repeatAfter is how long a list that does not change is not told again: the journal would fill with it.
	repeatAfter = 5 * time.Minute
	// maxListBytes bounds what Alertmanager may answer: some 100,000 alerts.
	maxListBytes = 256 << 20
)

// Poller reads the list of all alerts of one Alertmanager, silenced and inhibited ones included.
type Poller struct {
	o        PollerOptions
	base     *url.URL
	receiver *regexp.Regexp
	log      *slog.Logger
	// told is the list that was committed last, and when.
	told   engine.AlertListInput
	toldAt time.Time
}

// NewPoller checks the options and makes a Poller.
func NewPoller(o PollerOptions) (*Poller, error) {
	if o.Submitter == nil || o.Client == nil || o.Logger == nil || o.Metrics == nil || o.Now == nil {
		return nil, errors.New("alertmanager: Submitter, Client, Logger, Metrics and Now are required")
	}
	base, err := url.Parse(strings.TrimSuffix(o.URL, "/"))
	if err != nil {
		return nil, errors.New("alertmanager: the URL cannot be parsed")
	}
	if o.Receiver == "" {
		return nil, errors.New("alertmanager: Receiver is required")
	}
	receiver, err := regexp.Compile("^(?:" + o.Receiver + ")$") // as Alertmanager anchors it
	if err != nil {
		return nil, fmt.Errorf("alertmanager: Receiver: %w", err)
	}
	if o.Interval == 0 {
		o.Interval = defaultInterval
	}
	for _, outcome := range []string{pollOK, pollUnreachable, pollUncommitted} {
		o.Metrics.polls.WithLabelValues(o.Tenant, o.Name, outcome)
	}
	return &Poller{
		o: o, base: base, receiver: receiver,
		log: o.Logger.With(slog.String("tenant", o.Tenant), slog.String("source", o.Name)),
	}, nil
}

// Run polls until ctx is done. Trouble is logged when it begins and when it ends.
func (p *Poller) Run(ctx context.Context) {
	ticker := time.NewTicker(p.o.Interval)
	defer ticker.Stop()
	failing := false
	for {
		outcome, err := p.poll(ctx)
		if ctx.Err() != nil {
			return
		}
		p.o.Metrics.polls.WithLabelValues(p.o.Tenant, p.o.Name, outcome).Inc()
		switch {
		case err != nil && !failing:
			p.log.ErrorContext(ctx, "Cannot read the alerts of Alertmanager; will keep trying", slog.String("outcome", outcome), slog.Any("err", err))
		case err == nil && failing:
			p.log.InfoContext(ctx, "Reads the alerts of Alertmanager again")
		}
		failing = err != nil
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// poll reads the list once and commits it.
func (p *Poller) poll(ctx context.Context) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, defaultTimeout)
	defer cancel()
	if err := p.checkReceiver(ctx); err != nil {
		return pollUnreachable, err
	}
	query := url.Values{
		"active": {"true"}, "silenced": {"true"}, "inhibited": {"true"}, "unprocessed": {"true"},
		"receiver": {p.o.Receiver}, "filter": p.o.Matchers,
	}
	body, err := p.get(ctx, "/api/v2/alerts", query)
	if err != nil {
		return pollUnreachable, err
	}
	alerts, err := DecodeList(body, p.o.Now())
	if err != nil {
		return pollUnreachable, fmt.Errorf("GET /api/v2/alerts: %w", err)
	}
	// Only now: a restart in between must make the list look younger than it is, not complete.
	started, err := p.startedAt(ctx)
	if err != nil {
		return pollUnreachable, err
	}
	if err := p.tell(ctx, engine.AlertListInput{Alerts: alerts, StartedAt: &started}); err != nil {
		return pollUncommitted, err
	}
	p.o.Metrics.last.WithLabelValues(p.o.Tenant, p.o.Name).Set(float64(p.o.Now().UnixMilli()) / 1e3)
	return pollOK, nil
}

// tell commits a list, unless it says what the last one said a short while ago.
func (p *Poller) tell(ctx context.Context, in engine.AlertListInput) error {
	slices.SortFunc(in.Alerts, func(a, b engine.Alert) int { return strings.Compare(a.Fingerprint, b.Fingerprint) })
	now := p.o.Now()
	if now.Sub(p.toldAt) < repeatAfter && reflect.DeepEqual(in, p.told) {
		return nil
	}
	if _, err := p.o.Submitter.Submit(ctx, p.o.Tenant, in); err != nil {
		return err
	}
	p.told, p.toldAt = in, now
	return nil
}

// checkReceiver refuses a list that is empty because nobody is called as we think: what is absent from a
// list counts as resolved.
func (p *Poller) checkReceiver(ctx context.Context) error {
	body, err := p.get(ctx, "/api/v2/receivers", nil)
	if err != nil {
		return err
	}
	var receivers []struct {
		Name string `json:"name"`
	}
	if err := json.Unmarshal(body, &receivers); err != nil {
		return fmt.Errorf("GET /api/v2/receivers: %w", err)
	}
	names := make([]string, len(receivers))
	for i, r := range receivers {
		names[i] = r.Name
	}
	if !slices.ContainsFunc(names, p.receiver.MatchString) {
		return fmt.Errorf("this Alertmanager has no receiver %q, only %q: set alertmanagers.receiver to the one that posts to the correlator", p.o.Receiver, names)
	}
	return nil
}

// startedAt asks since when this Alertmanager has been up: it forgets resolved alerts when it restarts,
// and firing ones until Prometheus sends them again.
func (p *Poller) startedAt(ctx context.Context) (time.Time, error) {
	body, err := p.get(ctx, "/api/v2/status", nil)
	if err != nil {
		return time.Time{}, err
	}
	var status struct {
		Uptime time.Time `json:"uptime"`
	}
	if err := json.Unmarshal(body, &status); err != nil {
		return time.Time{}, fmt.Errorf("GET /api/v2/status: %w", err)
	}
	if status.Uptime.IsZero() {
		return time.Time{}, errors.New("GET /api/v2/status: the answer has no uptime: is this Alertmanager's URL?")
	}
	return status.Uptime.UTC(), nil
}

func (p *Poller) get(ctx context.Context, path string, query url.Values) ([]byte, error) {
	u := p.base.JoinPath(path)
	u.RawQuery = query.Encode()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, err
	}
	resp, err := p.o.Client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close() //nolint:errcheck // it was read, or the read failed
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("GET %s: %s: check the URL and the login of this Alertmanager", path, resp.Status)
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxListBytes))
	if err != nil {
		return nil, fmt.Errorf("GET %s: %w", path, err)
	}
	return body, nil
}
