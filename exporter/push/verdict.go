package push

import (
	"errors"
	"math/rand/v2"
	"net/http"
	"strconv"
	"time"

	"connectrpc.com/connect/v2"
	"connectrpc.com/connect/v2/connecthttp"
	"connectrpc.com/connect/v2/connectproto"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
)

// verdict is what the end of a call means for the observations that were sent.
// It is the value of the label result of the calls.
type verdict string

const (
	callOK       verdict = "ok"
	callFailed   verdict = "failed"   // no answer, or trouble of the correlator's: the same again, later
	callTooMuch  verdict = "too_much" // too large, or over a quota: less of it, later
	callRefused  verdict = "refused"  // the operator has to mend token, role or address first
	callRejected verdict = "rejected" // invalid: the same would be refused for ever
)

// setback is a call after which the observations still wait.
type setback struct {
	err     error
	verdict verdict
	// wish is how long the correlator asks to be left alone, 0 if it does not.
	wish time.Duration
}

// Error says what went wrong.
func (s *setback) Error() string { return s.err.Error() }

// Unwrap returns the cause.
func (s *setback) Unwrap() error { return s.err }

// tookTooLong reports whether the time for the call was over. Less at a time
// may do, or a network or database that is slow for everybody.
func (s *setback) tookTooLong() bool { return connect.CodeOf(s.err) == connect.CodeDeadlineExceeded }

// judge names what a failed call means. Only what the correlator itself calls
// invalid is: everything else may be better the next time.
func judge(err error, call *connect.CallInfo) *setback {
	s := &setback{err: err, verdict: callFailed, wish: wishOf(err, call.ResponseHeader())}
	// From a proxy on the way that takes no bodies of that size.
	if over, ok := call.TransportInfo.(*connecthttp.ClientInfo); ok && over.ResponseStatus() == http.StatusRequestEntityTooLarge {
		s.verdict = callTooMuch
		return s
	}
	switch connect.CodeOf(err) {
	case connect.CodeInvalidArgument, connect.CodeOutOfRange:
		if remote, ok := errors.AsType[*connect.Error](err); ok && remote.IsRemote() {
			s.verdict = callRejected
		}
	case connect.CodeResourceExhausted:
		s.verdict = callTooMuch
	case connect.CodeUnauthenticated, connect.CodePermissionDenied, connect.CodeUnimplemented, connect.CodeNotFound:
		s.verdict = callRefused
	}
	return s
}

// longestWish bounds what is believed of how long to wait: a clock that is
// wrong must not silence an exporter for a day.
const longestWish = 15 * time.Minute

// wishOf returns how long the correlator asks to be left alone, in the header
// Retry-After (RFC 9110, section 10.2.3) or in the detail
// google.rpc.RetryInfo; 0 without either.
func wishOf(err error, header *connect.Header) time.Duration {
	wish := retryAfter(header.Get("Retry-After"), time.Now())
	if remote, ok := errors.AsType[*connect.Error](err); ok {
		for _, detail := range remote.Details() {
			message, err := connectproto.UnmarshalErrorDetail(detail)
			if info, ok := message.(*errdetails.RetryInfo); ok && err == nil {
				wish = max(wish, info.GetRetryDelay().AsDuration())
			}
		}
	}
	return min(max(wish, 0), longestWish)
}

// retryAfter reads the header's two forms, seconds and a date.
func retryAfter(value string, now time.Time) time.Duration {
	if seconds, err := strconv.ParseUint(value, 10, 31); err == nil {
		return time.Duration(seconds) * time.Second
	}
	if at, err := http.ParseTime(value); err == nil {
		return at.Sub(now)
	}
	return 0
}

// spread makes a wish up to a tenth longer, so that the exporters of a whole
// ISP, who all were told the same, do not come back in the same instant.
func spread(wish time.Duration) time.Duration {
	if wish <= 0 {
		return 0
	}
	return wish + rand.N(wish/10+1)
}
