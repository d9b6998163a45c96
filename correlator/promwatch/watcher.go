// Package promwatch is the pull road: it finds the exporters' fingerprints in Prometheus, with
// nothing of ours between the two.
//
// It asks instant queries with a range selector, `{…}[5m]`, which give the raw samples as they were
// scraped. query_range would answer made-up ones: it looks back from each step, so that a router
// nobody reached would seem to have been seen. All three series are asked for in one query, because
// Prometheus shows a scrape as a whole or not at all.
//
// The Watcher remembers up to which instant it has evaluated and begins the next query a little
// before it, for samples that were stored late. Where Prometheus or the correlator was down it
// catches up in bounded steps. Overlap is harmless: observations are idempotent.
package promwatch

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/client_golang/api"
	promv1 "github.com/prometheus/client_golang/api/prometheus/v1"
	"github.com/prometheus/common/model"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/configchange"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/engine"
)

// Source is the name of this road, as it stands in configchange.Stream.Source.
const Source = "prometheus"

// Submitter commits one input of a tenant, and answers what came of it when that is durable.
type Submitter interface {
	Submit(ctx context.Context, tenant string, in engine.Input) ([]engine.Effect, error)
}

// Series names what the exporter publishes.
type Series struct {
	// Fingerprint is the gauge whose value is the first 48 bits of the SHA-256.
	Fingerprint string
	// ObservedTimestamp is the gauge that says when that was read, in seconds.
	ObservedTimestamp string
	// AllowlistVersion is the gauge of the allowlist's version, one for all categories.
	AllowlistVersion string
	// DeviceLabel and CategoryLabel hold the device and the category.
	DeviceLabel, CategoryLabel string
	// ExporterLabel tells exporters of one device apart; empty where each device has but one.
	ExporterLabel string
}

// Options of a Watcher.
type Options struct {
	Submitter Submitter
	// Tenant is whose routers these are.
	Tenant string
	// Name tells several servers of a tenant apart.
	Name string
	// URL is the root of Prometheus' API.
	URL string
	// Transport logs in.
	Transport http.RoundTripper
	// Matchers narrow the series, such as `job="routeros"`.
	Matchers []string
	Series   Series
	// Interval between polls (default 15 s).
	Interval time.Duration
	// Resume answers up to when observations are known already: where to begin after a restart. Zero
	// means that nothing is known.
	Resume  func(ctx context.Context) (time.Time, error)
	Logger  *slog.Logger
	Metrics *Metrics
	// Now is the service's clock; only the skew is measured by it.
	Now func() time.Time
}

const (
	defaultInterval = 15 * time.Second
	// overlap is how far a query reaches back before the instant evaluated last. A sample bears the time
	// at which its scrape began and is stored when it ends, up to a scrape time-out later.
	overlap = time.Minute
	// step bounds the stretch of time of one query, so that catching up never asks Prometheus for more
	// samples than it grants.
	step = 5 * time.Minute
	// firstLook is how far back a watcher looks that knows nothing.
	firstLook = 30 * time.Minute
	// maxCatchUp bounds how far back it goes after an outage.
	maxCatchUp = 24 * time.Hour
	// batchSize bounds the observations of one submission.
	batchSize = 5000
	// timeout bounds one query and one submission.
	timeout = 30 * time.Second
)

// Watcher watches one Prometheus for one tenant.
type Watcher struct {
	o     Options
	api   promv1.API
	query string
	log   *slog.Logger
	// evaluated is the instant up to which everything is committed; zero before the first poll.
	evaluated time.Time
	// seen is what the last query found. The next one finds again what lies in the overlap, and readings
	// that scrapes keep repeating.
	seen map[reading]bool
}

// New checks the options and makes a Watcher.
func New(o Options) (*Watcher, error) {
	if o.Submitter == nil || o.Transport == nil || o.Resume == nil || o.Logger == nil || o.Metrics == nil || o.Now == nil {
		return nil, errors.New("promwatch: Submitter, Transport, Resume, Logger, Metrics and Now are required")
	}
	client, err := api.NewClient(api.Config{Address: o.URL, RoundTripper: o.Transport})
	if err != nil {
		return nil, errors.New("promwatch: the URL cannot be parsed")
	}
	if o.Interval == 0 {
		o.Interval = defaultInterval
	}
	o.Metrics.prepare(o.Tenant, o.Name)
	return &Watcher{
		o: o, api: promv1.NewAPI(client), query: o.Series.selector(o.Matchers),
		log: o.Logger.With(slog.String("tenant", o.Tenant), slog.String("source", o.Name)),
	}, nil
}

// selector selects the three series in one expression.
func (s Series) selector(matchers []string) string {
	names := fmt.Sprintf(`__name__=~"%s|%s|%s"`, s.Fingerprint, s.ObservedTimestamp, s.AllowlistVersion)
	return "{" + strings.Join(append([]string{names}, matchers...), ",") + "}"
}

// Run polls until ctx is done. Trouble is logged when it begins and when it ends.
func (w *Watcher) Run(ctx context.Context) {
	ticker := time.NewTicker(w.o.Interval)
	defer ticker.Stop()
	failing := false
	for {
		outcome, err := w.poll(ctx)
		if ctx.Err() != nil {
			return
		}
		w.o.Metrics.polled(w.o.Tenant, w.o.Name, outcome)
		switch {
		case err != nil && !failing:
			w.log.ErrorContext(ctx, "Cannot follow fingerprints in Prometheus; will keep trying", slog.String("outcome", outcome), slog.Any("err", err))
		case err == nil && failing:
			w.log.InfoContext(ctx, "Follows fingerprints in Prometheus again", slog.Time("up_to", w.evaluated))
		}
		failing = err != nil
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// poll evaluates everything up to now, in steps. What was committed before an error stays evaluated.
// "Now" is Prometheus' own.
func (w *Watcher) poll(ctx context.Context) (string, error) {
	now, err := w.now(ctx)
	if err != nil {
		return outcomeUnreachable, fmt.Errorf("ask Prometheus for its time: %w", err)
	}
	w.o.Metrics.skew(w.o.Tenant, w.o.Name, now.Sub(w.o.Now()))
	if w.evaluated.IsZero() {
		if err := w.begin(ctx, now); err != nil {
			return outcomeUncommitted, err
		}
	}
	if gap := now.Add(-maxCatchUp); w.evaluated.Before(gap) {
		w.log.WarnContext(ctx, "Skips what lies too far back to catch up with", slog.Time("from", w.evaluated), slog.Time("to", gap))
		w.evaluated = gap
	}
	for w.evaluated.Before(now) {
		to := w.evaluated.Add(step)
		if to.After(now) {
			to = now
		}
		if outcome, err := w.evaluate(ctx, w.evaluated.Add(-overlap), to); err != nil {
			return outcome, err
		}
		w.evaluated = to
		w.o.Metrics.evaluatedUpTo(w.o.Tenant, w.o.Name, to)
	}
	return outcomeOK, nil
}

func (w *Watcher) now(ctx context.Context) (time.Time, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	return prometheusTime(ctx, w.api)
}

// begin finds where to begin.
func (w *Watcher) begin(ctx context.Context, now time.Time) error {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	known, err := w.o.Resume(ctx)
	if err != nil {
		return fmt.Errorf("ask up to when observations are known: %w", err)
	}
	if known.IsZero() || known.After(now) {
		known = now.Add(-firstLook)
	}
	w.evaluated = known
	return nil
}

// evaluate commits what Prometheus stored with times in (from, to].
func (w *Watcher) evaluate(ctx context.Context, from, to time.Time) (string, error) {
	matrix, err := w.ask(ctx, from, to)
	if err != nil {
		return outcomeUnreachable, fmt.Errorf("query Prometheus: %w", err)
	}
	found, skipped := decode(matrix, w.o.Series)
	w.o.Metrics.skippedSamples(w.o.Tenant, w.o.Name, skipped)
	news, all := w.news(found)
	if err := w.submit(ctx, news); err != nil {
		return outcomeUncommitted, err
	}
	w.seen = all
	return outcomeOK, nil
}

// ask queries the raw samples with times in (from, to].
func (w *Watcher) ask(ctx context.Context, from, to time.Time) (model.Matrix, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	begin := time.Now()
	value, warnings, _, err := w.api.Query(ctx, fmt.Sprintf("%s[%dms]", w.query, to.Sub(from).Milliseconds()), to)
	w.o.Metrics.queried(w.o.Tenant, w.o.Name, time.Since(begin))
	if err != nil {
		return nil, err
	}
	if len(warnings) > 0 {
		w.log.WarnContext(ctx, "Prometheus answered with warnings", slog.Any("warnings", warnings))
	}
	matrix, ok := value.(model.Matrix)
	if !ok {
		return nil, fmt.Errorf("the answer is a %s, not a matrix", value.Type())
	}
	return matrix, nil
}

// news leaves out what the last query found, and answers beside it all that this one found.
func (w *Watcher) news(found []configchange.Observation) ([]configchange.Observation, map[reading]bool) {
	all := make(map[reading]bool, len(found))
	var news []configchange.Observation
	for _, o := range found {
		r := readingOf(o)
		all[r] = true
		if !w.seen[r] {
			news = append(news, o)
		}
	}
	return news, all
}

// submit commits observations in batches.
func (w *Watcher) submit(ctx context.Context, found []configchange.Observation) error {
	for batch := range slices.Chunk(found, batchSize) {
		if err := w.submitBatch(ctx, batch); err != nil {
			return fmt.Errorf("commit observations: %w", err)
		}
	}
	return nil
}

func (w *Watcher) submitBatch(ctx context.Context, batch []configchange.Observation) error {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	_, err := w.o.Submitter.Submit(ctx, w.o.Tenant, engine.ObservationsInput{Observations: batch})
	if refusal, ok := engine.AsRefusal(err); ok {
		// It would be refused for ever: what comes later must not wait for it.
		w.log.ErrorContext(ctx, "Observations were refused and are lost", slog.Int("count", len(batch)), slog.Any("err", refusal))
		w.o.Metrics.refused(w.o.Tenant, w.o.Name, len(batch))
		return nil
	}
	if err == nil {
		w.o.Metrics.observed(w.o.Tenant, w.o.Name, len(batch))
	}
	return err
}
