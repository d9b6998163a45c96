package push

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"connectrpc.com/connect/v2"
	"connectrpc.com/connect/v2/connecthttp"
	"github.com/cenkalti/backoff/v5"
	"golang.org/x/time/rate"

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

	limit    int             // observations in the next batch
	woe      string          // what was last complained of, empty if all is well
	complain *rate.Sometimes // of that
	lament   rate.Sometimes  // of observations that were set aside
}

// repeatComplaint is after how long a trouble that lasts is spoken of again.
const repeatComplaint = 10 * time.Minute

func newSender(o Options, sp *spool, m *metrics) *sender {
	b := backoff.NewExponentialBackOff()
	b.InitialInterval, b.MaxInterval = min(time.Second, o.MaxBackoff), o.MaxBackoff
	b.Multiplier, b.RandomizationFactor = 2, 0.3
	b.Reset()
	httpClient := &http.Client{
		Transport: authorised{o.Transport, o.Token},
		// Wherever an answer would lead to is no place for the token.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return &sender{
		opts: o, spool: sp, metrics: m, rejected: rejectedIn(o.SpoolDir), backoff: b, limit: maxBatch,
		// A clock that is wrong spoils every one of them.
		lament: rate.Sometimes{First: 3, Interval: repeatComplaint},
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
			s.complainOf(err)
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
		batch, err := s.spool.oldest(s.limit, maxBatchBytes)
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
			pause := s.backoff.NextBackOff()
			if back, ok := errors.AsType[*setback](err); ok {
				pause = max(pause, spread(back.wish))
			}
			return pause, err
		}
		s.backoff.Reset()
	}
	return 0, nil
}

// deliver sends a batch and takes it out of the spool.
//
// Of a batch that the correlator calls invalid, each half is delivered by
// itself, down to the one that it will not have. One that was too much is
// tried again, later and in smaller pieces; a single one that is too large
// goes without the configuration that it carries.
func (s *sender) deliver(ctx context.Context, batch []entry) error {
	back := s.send(ctx, batch)
	switch {
	case back == nil:
		s.succeeded(len(batch))
		return s.spool.remove(batch)
	case back.verdict == callRejected && len(batch) > 1:
		half := len(batch) / 2
		if err := s.deliver(ctx, batch[:half]); err != nil {
			return err
		}
		return s.deliver(ctx, batch[half:])
	case back.verdict == callRejected:
		return s.setAside(batch[0], back)
	case len(batch) > 1 && (back.verdict == callTooMuch || back.tookTooLong()):
		s.limit = len(batch) / 2
		return back
	case back.verdict == callTooMuch && batch[0].GetSections() != nil:
		// If it was a quota after all, this fails as well and nothing is lost:
		// what is in the spool has it still.
		if err := s.deliver(ctx, []entry{batch[0].withoutSections()}); err != nil {
			return err
		}
		s.metrics.withoutSections.Inc()
		return nil
	default:
		return back
	}
}

// send makes one call; nil means that all of the batch is committed.
func (s *sender) send(ctx context.Context, batch []entry) *setback {
	ctx, cancel := context.WithTimeout(ctx, s.opts.CallTimeout)
	defer cancel()
	request := &apiv1.ObserveRequest{Observations: make([]*apiv1.Observation, 0, len(batch))}
	for _, e := range batch {
		request.Observations = append(request.Observations, e.Observation)
	}
	began := time.Now()
	ctx, call := connect.NewClientContext(ctx)
	answer, err := s.client.Observe(ctx, request)
	s.metrics.duration.Observe(time.Since(began).Seconds())
	if err == nil && answer.GetAccepted() != int64(len(batch)) {
		err = fmt.Errorf("the correlator says that it took %d of %d observations", answer.GetAccepted(), len(batch))
	}
	if err == nil {
		s.metrics.calls.WithLabelValues(string(callOK)).Inc()
		return nil
	}
	back := judge(err, call)
	s.metrics.calls.WithLabelValues(string(back.verdict)).Inc()
	return back
}

func (s *sender) succeeded(n int) {
	s.limit = min(2*s.limit, maxBatch)
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
	s.lament.Do(func() {
		s.opts.Logger.Error("the correlator calls an observation invalid, it was set aside as others may be after it",
			slog.String("device", e.GetDevice()), slog.String("category", e.GetCategory()),
			slog.String("file", s.rejected.name), slog.Any("err", reason))
	})
	return s.spool.remove([]entry{e})
}

// complainOf logs a failure that is another than the last one, or lasts.
func (s *sender) complainOf(err error) {
	what, hint := "spool", "see that the disk of push.spool_dir is sound"
	if back, ok := errors.AsType[*setback](err); ok {
		what = string(back.verdict) + connect.CodeOf(err).String()
		hint = hintFor(back.verdict)
	}
	if what != s.woe {
		s.woe, s.complain = what, &rate.Sometimes{First: 1, Interval: repeatComplaint}
	}
	s.complain.Do(func() {
		s.opts.Logger.Warn("observations wait in the spool", slog.Any("err", err),
			slog.String("hint", hint+"; it is tried again until it succeeds"))
	})
}

func hintFor(v verdict) string {
	switch v {
	case callRefused:
		return "see push.url and push.token_file: the token's role has to be agent"
	case callTooMuch:
		return "less is sent at a time; a proxy on the way may limit the size of bodies"
	default:
		return "see that the correlator runs and that push.url leads to it"
	}
}

// seconds is a time as Prometheus has it, exact to the millisecond.
func seconds(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }
