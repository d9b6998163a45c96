package push

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"connectrpc.com/connect/v2"
	"connectrpc.com/connect/v2/connecthttp"
	"github.com/cenkalti/backoff/v5"

	apiv1 "github.com/ispvisualmonitor/ispvisualmonitor/api/v1"
	"github.com/ispvisualmonitor/ispvisualmonitor/api/v1/apiv1connect"
)

// sender empties the spool, oldest first.
type sender struct {
	opts     Options
	spool    *spool
	metrics  *metrics
	rejected rejectedFile
	client   apiv1connect.ObservationServiceClient
	backoff  *backoff.ExponentialBackOff

	woe string // what was last complained of
}

func newSender(o Options, sp *spool, m *metrics) *sender {
	b := backoff.NewExponentialBackOff()
	b.InitialInterval, b.MaxInterval = min(time.Second, o.MaxBackoff), o.MaxBackoff
	b.Multiplier, b.RandomizationFactor = 2, 0.3
	b.Reset()
	httpClient := &http.Client{Transport: authorised{o.Transport, o.Token}}
	return &sender{
		opts: o, spool: sp, metrics: m, rejected: rejectedIn(o.SpoolDir), backoff: b,
		client: apiv1connect.NewObservationServiceClient(connect.NewClient(
			connecthttp.NewTransport(httpClient, o.URL, connecthttp.WithSendGzip()))),
	}
}

// authorised adds the bearer token to each call. The token is in no error: an
// error of it is about where it comes from.
type authorised struct {
	next  http.RoundTripper
	token func() (string, error)
}

// RoundTrip implements http.RoundTripper.
func (a authorised) RoundTrip(r *http.Request) (*http.Response, error) {
	token, err := a.token()
	if err != nil {
		return nil, err
	}
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "Bearer "+token)
	return a.next.RoundTrip(r)
}

// run sends what is in the spool, and then whatever is written to it.
func (s *sender) run(ctx context.Context, written <-chan struct{}) error {
	for {
		pause, err := s.drain(ctx)
		if err != nil {
			s.complain(err)
		}
		var again <-chan time.Time
		wake := written
		if pause > 0 { // what is written meanwhile waits as well
			again, wake = time.After(pause), nil
		}
		select {
		case <-ctx.Done():
			return nil
		case <-again:
		case <-wake:
		}
	}
}

// drain sends until the spool is empty; or until something fails, and returns
// how long to wait then.
func (s *sender) drain(ctx context.Context) (time.Duration, error) {
	for ctx.Err() == nil {
		batch, err := s.spool.oldest(maxBatch, maxBatchBytes)
		if err != nil {
			s.metrics.spoolErrors.Inc()
			return s.backoff.NextBackOff(), err
		}
		if len(batch) == 0 {
			s.metrics.oldestAge.Set(0)
			return 0, nil
		}
		s.metrics.oldestAge.Set(seconds(batch[0].GetObservedAt().AsTime()))
		if err := s.deliver(ctx, batch); err != nil {
			if ctx.Err() != nil {
				return 0, nil //nolint:nilerr // we are asked to stop
			}
			return s.backoff.NextBackOff(), err
		}
		s.backoff.Reset()
	}
	return 0, nil
}

// deliver sends a batch and takes it out of the spool. Of a batch that the
// correlator calls invalid, each half is delivered by itself, down to the one
// that it will not have.
func (s *sender) deliver(ctx context.Context, batch []entry) error {
	err := s.send(ctx, batch)
	switch {
	case err == nil:
		s.succeeded(len(batch))
		return s.spool.remove(batch)
	case !isRejection(err):
		return err
	case len(batch) > 1:
		half := len(batch) / 2
		if err := s.deliver(ctx, batch[:half]); err != nil {
			return err
		}
		return s.deliver(ctx, batch[half:])
	default:
		return s.setAside(batch[0], err)
	}
}

func (s *sender) send(ctx context.Context, batch []entry) error {
	ctx, cancel := context.WithTimeout(ctx, s.opts.CallTimeout)
	defer cancel()
	request := &apiv1.ObserveRequest{Observations: make([]*apiv1.Observation, 0, len(batch))}
	for _, e := range batch {
		request.Observations = append(request.Observations, e.Observation)
	}
	began := time.Now()
	answer, err := s.client.Observe(ctx, request)
	s.metrics.duration.Observe(time.Since(began).Seconds())
	if err == nil && answer.GetAccepted() != int64(len(batch)) {
		err = fmt.Errorf("the correlator says that it took %d of %d observations", answer.GetAccepted(), len(batch))
	}
	s.metrics.calls.WithLabelValues(resultOf(err)).Inc()
	return err
}

func (s *sender) succeeded(n int) {
	s.metrics.delivered.Add(float64(n))
	s.metrics.lastSuccess.SetToCurrentTime()
	if s.woe != "" {
		s.woe = ""
		s.opts.Logger.Info("the correlator takes observations again")
	}
}

// setAside takes an observation that is refused for ever out of the way.
func (s *sender) setAside(e entry, reason error) error {
	if err := s.rejected.append(e.Observation, reason); err != nil {
		return err
	}
	s.metrics.dropped.WithLabelValues(droppedRejected).Inc()
	s.opts.Logger.Error("the correlator calls an observation invalid, it was set aside",
		slog.String("device", e.GetDevice()), slog.String("category", e.GetCategory()),
		slog.String("file", s.rejected.name), slog.Any("err", reason))
	return s.spool.remove([]entry{e})
}

// isRejection reports whether sending the same again is of no use.
func isRejection(err error) bool {
	switch connect.CodeOf(err) {
	case connect.CodeInvalidArgument, connect.CodeOutOfRange, connect.CodeResourceExhausted:
		return true
	default:
		return false
	}
}

// isRefusal reports whether the operator has to mend something first.
func isRefusal(err error) bool {
	switch connect.CodeOf(err) {
	case connect.CodeUnauthenticated, connect.CodePermissionDenied, connect.CodeUnimplemented, connect.CodeNotFound:
		return true
	default:
		return false
	}
}

func resultOf(err error) string {
	switch {
	case err == nil:
		return callOK
	case isRejection(err):
		return callRejected
	case isRefusal(err):
		return callRefused
	default:
		return callFailed
	}
}

// complain logs a failure when it is another than the last time.
func (s *sender) complain(err error) {
	what := connect.CodeOf(err).String()
	if what == s.woe {
		return
	}
	s.woe = what
	hint := "it is tried again until it succeeds"
	if isRefusal(err) {
		hint = "see push.url and push.token_file: the token's role has to be agent; " + hint
	}
	s.opts.Logger.Warn("observations wait in the spool", slog.Any("err", err), slog.String("hint", hint))
}

// seconds is a time as Prometheus has it, exact to the millisecond.
func seconds(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }
