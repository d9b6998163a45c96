package smoke

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/cenkalti/backoff/v5"
	"github.com/prometheus/common/model"

	apiv1 "github.com/ispvisualmonitor/ispvisualmonitor/api/v1"
)

// every is how often a condition is looked at while it is waited for.
const every = 250 * time.Millisecond

// until repeats f until it answers nil, for as long as limit; the last reason is the error.
func until(ctx context.Context, limit time.Duration, what string, f func() error) error {
	_, err := backoff.Retry(ctx, func() (struct{}, error) { return struct{}{}, f() },
		backoff.WithBackOff(backoff.NewConstantBackOff(every)), backoff.WithMaxElapsedTime(limit))
	if err == nil {
		return nil
	}
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	return fmt.Errorf("%s not within %s: %w", what, limit, err)
}

// awaitHealth waits until everything that can be seen of the network is seen, and nothing alerts.
func (r *runner) awaitHealth(ctx context.Context) error {
	return until(ctx, healthTimeout, "the lab was healthy", func() error {
		devices := len(r.lab.Inventory.Devices)
		if up, err := r.count(ctx, `routeros_up == 1`); err != nil || up != devices {
			return cmpErr(err, "%d of %d routers are up in Prometheus", up, devices)
		}
		if alerting, err := r.count(ctx, `ALERTS{alertname!="Watchdog"}`); err != nil || alerting != 0 {
			return cmpErr(err, "%d alerts", alerting)
		}
		seen, err := r.count(ctx, `routeros_config_fingerprint{category!="all"}`)
		if err != nil {
			return err
		}
		// Every category of every device has one fingerprint, and the correlator knows it.
		known, err := r.knownFingerprints(ctx)
		if err != nil || known < devices || known != seen {
			return cmpErr(err, "the correlator knows %d fingerprints of %d", known, seen)
		}
		return nil
	})
}

func cmpErr(err error, format string, args ...any) error {
	return errors.Join(err, fmt.Errorf(format, args...))
}

// knownFingerprints counts what the correlator knows of the devices' categories.
func (r *runner) knownFingerprints(ctx context.Context) (n int, err error) {
	answer, err := r.correlator.ListDevices(ctx, &apiv1.ListDevicesRequest{})
	if err != nil {
		return 0, err
	}
	for _, device := range answer.GetDevices() {
		n += len(device.GetFingerprints())
	}
	return n, nil
}

// query asks Prometheus for a vector as it is now.
func (r *runner) query(ctx context.Context, expression string) (model.Vector, error) {
	value, _, _, err := r.prometheus.Query(ctx, expression, time.Now())
	if err != nil {
		return nil, err
	}
	vector, ok := value.(model.Vector)
	if !ok {
		return nil, fmt.Errorf("%s is no vector", expression)
	}
	return vector, nil
}

func (r *runner) count(ctx context.Context, expression string) (int, error) {
	vector, err := r.query(ctx, expression)
	return len(vector), err
}
