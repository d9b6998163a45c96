package push

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"connectrpc.com/connect/v2"
	"connectrpc.com/connect/v2/connecthttp"
	"connectrpc.com/connect/v2/connectproto"
	"github.com/stretchr/testify/require"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"

	apiv1 "github.com/ispvisualmonitor/ispvisualmonitor/api/v1"
	"github.com/ispvisualmonitor/ispvisualmonitor/api/v1/apiv1connect"
)

// moody is a correlator that answers each call as the next of its moods says,
// and takes observations when there is none left.
type moody struct {
	correlator *correlator
	rpc        http.Handler // answers with err, in the protocol's own way

	mu    sync.Mutex
	moods []mood
	err   error
	calls []call
}

// mood answers a call; it may leave that to the protocol by returning an error.
type mood func(http.ResponseWriter, *http.Request) error

// call is one that came.
type call struct {
	at    time.Time
	sizes int // observations in it
	bytes int // of their configurations
}

func newMoody(moods ...mood) *moody {
	m := &moody{correlator: nearCorrelator(), moods: moods}
	server, mux := connect.NewServer(), http.NewServeMux()
	apiv1connect.RegisterObservationServiceHandler(server, m)
	connecthttp.Mount(mux, server)
	m.rpc = mux
	return m
}

// ServeHTTP implements http.Handler.
func (m *moody) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	m.mu.Lock()
	var next mood
	if len(m.moods) > 0 {
		next, m.moods = m.moods[0], m.moods[1:]
	}
	m.err = nil
	m.mu.Unlock()
	if next != nil {
		err := next(w, r)
		if err == nil {
			m.note(call{at: time.Now(), sizes: -1}) // it was answered unread
			return
		}
		m.err = err
	}
	m.rpc.ServeHTTP(w, r)
}

// Observe implements the service.
func (m *moody) Observe(ctx context.Context, r *apiv1.ObserveRequest) (*apiv1.ObserveResponse, error) {
	bytes := 0
	for _, o := range r.GetObservations() {
		bytes += proto.Size(o.GetSections())
	}
	m.note(call{time.Now(), len(r.GetObservations()), bytes})
	if m.err != nil {
		return nil, m.err
	}
	return m.correlator.Observe(ctx, r)
}

func (m *moody) note(c call) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.calls = append(m.calls, c)
}

// status answers without looking, as a proxy does.
func status(code int, retryAfter string) mood {
	return func(w http.ResponseWriter, _ *http.Request) error {
		if retryAfter != "" {
			w.Header().Set("Retry-After", retryAfter)
		}
		w.WriteHeader(code)
		return nil
	}
}

// refusal answers in the protocol's own way.
func refusal(code connect.Code, details ...*connect.ErrorDetail) mood {
	return func(http.ResponseWriter, *http.Request) error {
		err := connect.NewError(code, "not now")
		for _, d := range details {
			err = err.WithDetail(d)
		}
		return err
	}
}

// silence answers nothing for as long as the caller waits.
func silence(_ http.ResponseWriter, r *http.Request) error {
	<-r.Context().Done()
	return nil
}

func retryInfo(t *testing.T, wait time.Duration) *connect.ErrorDetail {
	t.Helper()
	d, err := connectproto.NewErrorDetail(&errdetails.RetryInfo{RetryDelay: durationpb.New(wait)})
	require.NoError(t, err)
	return d
}

// deliverTo offers observations to a correlator in simulated time, until all
// have arrived, and returns the calls that it took.
func deliverTo(t *testing.T, m *moody, observations ...Observation) (calls []call, b *bench) {
	t.Helper()
	b = newBench(t, m.correlator.url, t.TempDir(), func(o *Options) {
		o.Transport, o.MaxBackoff = near{m}, time.Minute
	})
	for _, o := range observations {
		b.Offer(o)
	}
	stop := b.start(t)
	for len(m.correlator.sightings()) < len(observations) {
		time.Sleep(time.Second)
		synctest.Wait()
	}
	require.Zero(t, b.metric(t, "observations_dropped_total", "rejected"))
	stop()
	return m.calls, b
}

// Whatever is wrong with the correlator, nothing is thrown away, and it is
// left alone for as long as it asks, or longer and longer.
func TestRetries(t *testing.T) {
	t.Parallel()
	type pause struct{ least, most time.Duration }
	const s = time.Second
	growing := []pause{{700 * time.Millisecond, 1300 * time.Millisecond}, {1400 * time.Millisecond, 2600 * time.Millisecond}, {2800 * time.Millisecond, 5200 * time.Millisecond}}
	for name, c := range map[string]struct {
		moods  []mood
		pauses []pause
		result string
	}{
		"503":                {[]mood{status(503, ""), status(503, ""), status(503, "")}, growing, "failed"},
		"502 of a proxy":     {[]mood{status(502, ""), status(502, ""), status(502, "")}, growing, "failed"},
		"unavailable":        {[]mood{refusal(connect.CodeUnavailable), refusal(connect.CodeUnavailable), refusal(connect.CodeUnavailable)}, growing, "failed"},
		"resource exhausted": {[]mood{refusal(connect.CodeResourceExhausted), refusal(connect.CodeResourceExhausted), refusal(connect.CodeResourceExhausted)}, growing, "too_much"},
		"internal":           {[]mood{refusal(connect.CodeInternal)}, growing[:1], "failed"},
		"aborted":            {[]mood{refusal(connect.CodeAborted)}, growing[:1], "failed"},
		"bad request of a proxy": {
			[]mood{status(400, "")}, growing[:1], "failed",
		},
		"no answer in time": {
			// A call is noted when it ends: the second after its 30 s.
			[]mood{silence, silence}, []pause{{growing[0].least + 30*s, growing[0].most + 30*s}, growing[1]}, "failed",
		},
		"Retry-After in seconds": {[]mood{status(503, "120"), status(429, "7")}, []pause{{120 * s, 132 * s}, {7 * s, 7700 * time.Millisecond}}, "failed"},
		"Retry-After as a date": {
			[]mood{func(w http.ResponseWriter, r *http.Request) error {
				return status(503, time.Now().Add(2*time.Minute).UTC().Format(http.TimeFormat))(w, r)
			}}, []pause{{119 * s, 132 * s}}, "failed",
		},
		"Retry-After below our own pause": {[]mood{status(503, "0"), status(503, "1")}, growing[:2], "failed"},
		"Retry-After without end":         {[]mood{status(503, "999999999")}, []pause{{15 * time.Minute, 16*time.Minute + 30*s}}, "failed"},
		"Retry-After that is none":        {[]mood{status(503, "soon")}, growing[:1], "failed"},
		"RetryInfo":                       {[]mood{refusal(connect.CodeUnavailable, retryInfo(t, 90*s))}, []pause{{90 * s, 99 * s}}, "failed"},
		"wrong token":                     {[]mood{status(401, "")}, growing[:1], "refused"},
		"wrong address":                   {[]mood{status(404, "")}, growing[:1], "refused"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				calls, b := deliverTo(t, newMoody(c.moods...), seen(0, 'a'))
				require.Len(t, calls, len(c.pauses)+1)
				for i, p := range c.pauses {
					waited := calls[i+1].at.Sub(calls[i].at)
					require.GreaterOrEqual(t, waited, p.least, "pause %d", i)
					require.LessOrEqual(t, waited, p.most, "pause %d", i)
				}
				require.InDelta(t, len(c.pauses), b.metric(t, "calls_total", c.result), 0)
				require.Contains(t, b.log.String(), "observations wait in the spool")
				require.Contains(t, b.log.String(), "the correlator takes observations again")
			})
		})
	}
}

// What was too much at once goes in smaller pieces, and the pieces grow again.
func TestTooMuchIsSentInPieces(t *testing.T) {
	t.Parallel()
	for name, m := range map[string]mood{
		"quota": refusal(connect.CodeResourceExhausted), "proxy": status(413, ""), "slow": silence,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var many []Observation
				for minute := range 40 {
					many = append(many, seen(minute, byte('a'+minute%2)))
				}
				moody := newMoody(m, m, m)
				calls, _ := deliverTo(t, moody, many...)
				var sizes []int
				for _, c := range calls[3:] {
					sizes = append(sizes, c.sizes)
				}
				require.Equal(t, []int{5, 10, 20, 5}, sizes)
				require.IsIncreasing(t, minutes(moody.correlator.took))
			})
		})
	}
}

// A single observation that is too large for what is on the way arrives
// without the configuration that it carries.
func TestTooLargeAloneGoesWithoutItsConfiguration(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		large := seen(0, 'a')
		large.Sections = []byte(`{"/x":[{"a":"b"}]}`)
		calls, b := deliverTo(t, newMoody(status(413, "")), large)
		require.Len(t, calls, 2)
		require.Zero(t, calls[1].bytes)
		require.InDelta(t, 1, b.metric(t, "sections_left_out_total"), 0)
	})
	// A quota hits the small one as well: then the configuration is kept.
	synctest.Test(t, func(t *testing.T) {
		large := seen(0, 'a')
		large.Sections = []byte(`{"/x":[{"a":"b"}]}`)
		quota := refusal(connect.CodeResourceExhausted)
		calls, b := deliverTo(t, newMoody(quota, quota), large)
		require.Len(t, calls, 3)
		require.Positive(t, calls[2].bytes)
		require.Zero(t, b.metric(t, "sections_left_out_total"))
	})
}

// A trouble that lasts is spoken of again, but not at each attempt.
func TestTroubleThatLastsIsNotForgotten(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var moods []mood
		for range 60 {
			moods = append(moods, status(503, ""))
		}
		_, b := deliverTo(t, newMoody(moods...), seen(0, 'a'))
		said := strings.Count(b.log.String(), "observations wait in the spool")
		require.GreaterOrEqual(t, said, 4, "in some 55 minutes")
		require.LessOrEqual(t, said, 7)
	})
}

// A redirection is not followed: the token is for the correlator alone.
func TestTheTokenGoesNowhereElse(t *testing.T) {
	t.Parallel()
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("somebody was led astray") }))
	t.Cleanup(elsewhere.Close)
	synctest.Test(t, func(t *testing.T) {
		away := func(w http.ResponseWriter, r *http.Request) error {
			http.Redirect(w, r, elsewhere.URL, http.StatusTemporaryRedirect)
			return nil
		}
		calls, b := deliverTo(t, newMoody(away), seen(0, 'a'))
		require.Len(t, calls, 2)
		require.InDelta(t, 1, b.metric(t, "calls_total", "failed"), 0)
		require.Contains(t, b.log.String(), "307")
	})
}

// A clock that is wrong makes all that is seen invalid: all of it is set
// aside, and the log still has room for other things.
func TestAFloodOfPoisonDoesNotFloodTheLog(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := nearCorrelator()
		c.invalid = func(*apiv1.Observation) bool { return true }
		b := newBench(t, c.url, t.TempDir(), func(o *Options) { o.Transport = near{c.handler} })
		for minute := range 40 {
			b.Offer(seen(minute, byte('a'+minute%2)))
		}
		stop := b.start(t)
		time.Sleep(time.Minute)
		synctest.Wait()
		require.InDelta(t, 40, b.metric(t, "observations_dropped_total", "rejected"), 0)
		require.Zero(t, b.metric(t, "spool_observations"))
		require.Equal(t, 3, strings.Count(b.log.String(), "calls an observation invalid"))
		stop()
	})
}
