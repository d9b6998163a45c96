package promwatch

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"time"

	"github.com/prometheus/common/model"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/engine"
)

// CensusOptions of a Census.
type CensusOptions struct {
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
	// Sessions is the gauge of subscribers' sessions; those of one device are added up.
	Sessions string
	// DeviceLabel holds the device.
	DeviceLabel string
	// Interval between counts (default 10 min).
	Interval time.Duration
	Logger   *slog.Logger
	Metrics  *CensusMetrics
	// Now is the service's clock.
	Now func() time.Time
}

const (
	defaultCensusInterval = 10 * time.Minute
	// usual is the share of the last day in which there were no more sessions than the number that is
	// taken: near the evening's peak, and neither the zero of an outage nor what moved over for an hour
	// from a concentrator that was down.
	usual = 0.9
	// worthTelling is the share by which a number has to move to be told again.
	worthTelling = 0.05
	// censusStep is how finely the last day is looked at.
	censusStep = 10 * time.Minute
	// tellAll is how often all numbers are told, moved or not, so that what is left of a journal that is
	// pruned has them.
	tellAll = 24 * time.Hour
)

// Census counts the subscribers of each device, so that an outage's weight is known when they are gone.
type Census struct {
	asker
	o   CensusOptions
	log *slog.Logger
	// told is what was committed, and allAt when all of it was.
	told  map[string]int
	allAt time.Time
}

// NewCensus checks the options and makes a Census.
func NewCensus(o CensusOptions) (*Census, error) {
	if o.Submitter == nil || o.Transport == nil || o.Logger == nil || o.Metrics == nil || o.Now == nil || o.Sessions == "" || o.DeviceLabel == "" {
		return nil, errors.New("promwatch: Submitter, Transport, Logger, Metrics, Now, Sessions and DeviceLabel are required")
	}
	if o.Interval == 0 {
		o.Interval = defaultCensusInterval
	}
	a, err := newAsker(o.URL, o.Transport, o.Matchers)
	if err != nil {
		return nil, err
	}
	o.Metrics.prepare(o.Tenant, o.Name)
	return &Census{asker: a, o: o, told: map[string]int{}, log: o.Logger.With(slog.String("tenant", o.Tenant), slog.String("source", o.Name))}, nil
}

// Run counts until ctx is done. Trouble is logged when it begins and when it ends.
func (c *Census) Run(ctx context.Context) {
	ticker := time.NewTicker(c.o.Interval)
	defer ticker.Stop()
	failing := false
	for {
		err := c.count(ctx)
		if ctx.Err() != nil {
			return
		}
		c.o.Metrics.counted(c.o.Tenant, c.o.Name, err)
		switch {
		case err != nil && !failing:
			c.log.ErrorContext(ctx, "Cannot count subscribers; their last known numbers stay, will keep trying", slog.Any("err", err))
		case err == nil && failing:
			c.log.InfoContext(ctx, "Counts subscribers again")
		}
		failing = err != nil
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// count asks for the numbers, and commits those that moved.
func (c *Census) count(ctx context.Context) error {
	sessions := fmt.Sprintf("sum by (%s) (%s)", c.o.DeviceLabel, c.selector(c.o.Sessions))
	// A day of steps; where sessions have begun after the last of them, what there is now.
	vector, err := c.ask(ctx, fmt.Sprintf("quantile_over_time(%g, (%s)[%s:%s]) or (%s)", usual, sessions, model.Duration(lookBack), model.Duration(censusStep), sessions))
	if err != nil {
		return err
	}
	news, all := c.news(vector), !c.o.Now().Before(c.allAt.Add(tellAll))
	if all {
		news = countsIn(vector, c.o.DeviceLabel)
	}
	if len(news) > 0 {
		if err := c.submit(ctx, news); err != nil {
			return err
		}
	}
	for device, n := range news {
		c.told[device] = n
	}
	if all {
		c.allAt = c.o.Now()
	}
	return nil
}

// news are the numbers that moved enough to be told. A device that is missing keeps the number that it had:
// it is not known to have lost its subscribers for good.
func (c *Census) news(vector model.Vector) map[string]int {
	news := map[string]int{}
	for device, n := range countsIn(vector, c.o.DeviceLabel) {
		before, known := c.told[device]
		if !known || (n == 0) != (before == 0) || math.Abs(float64(n-before)) > worthTelling*float64(before) {
			news[device] = n
		}
	}
	return news
}

// countsIn are the numbers by device.
func countsIn(vector model.Vector, label string) map[string]int {
	counts := make(map[string]int, len(vector))
	for _, sample := range vector {
		device, n := string(sample.Metric[model.LabelName(label)]), math.Round(float64(sample.Value))
		if device != "" && n >= 0 && n <= math.MaxInt32 { // NaN is neither
			counts[device] = int(n)
		}
	}
	return counts
}

func (c *Census) submit(ctx context.Context, counts map[string]int) error {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	if _, err := c.o.Submitter.Submit(ctx, c.o.Tenant, engine.SubscribersInput{Counts: counts}); err != nil {
		return fmt.Errorf("commit the numbers of subscribers: %w", err)
	}
	c.o.Metrics.told(c.o.Tenant, c.o.Name, len(counts))
	return nil
}
