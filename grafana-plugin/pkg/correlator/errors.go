package correlator

import (
	"context"
	"errors"
	"net/http"

	"connectrpc.com/connect/v2"
)

// Status is the HTTP status that stands for err: 200 for nil, 502 where the correlator could not be
// asked at all.
func Status(err error) int {
	if err == nil {
		return http.StatusOK
	}

	if errors.Is(err, context.DeadlineExceeded) {
		return http.StatusGatewayTimeout
	}

	switch connect.CodeOf(err) {
	case connect.CodeInvalidArgument, connect.CodeOutOfRange:
		return http.StatusBadRequest
	case connect.CodeNotFound:
		return http.StatusNotFound
	case connect.CodeAlreadyExists, connect.CodeAborted:
		return http.StatusConflict
	case connect.CodeFailedPrecondition:
		return http.StatusUnprocessableEntity
	case connect.CodePermissionDenied:
		return http.StatusForbidden
	case connect.CodeResourceExhausted:
		return http.StatusTooManyRequests
	case connect.CodeUnavailable:
		return http.StatusServiceUnavailable
	case connect.CodeDeadlineExceeded:
		return http.StatusGatewayTimeout
	case connect.CodeUnauthenticated:
		// 401 would make Grafana believe that its own user is signed out.
		return http.StatusBadGateway
	default:
		return http.StatusBadGateway
	}
}

// Explain says in one sentence what went wrong and what to do about it. It never contains the token.
func Explain(err error) string {
	if errors.Is(err, context.DeadlineExceeded) {
		return "The correlator did not answer in time: narrow the range, or raise the time-out of the data source."
	}

	var refusal *connect.Error
	if !errors.As(err, &refusal) {
		return "The correlator cannot be asked: " + err.Error()
	}

	switch refusal.Code() {
	case connect.CodeUnauthenticated:
		return "The correlator refuses the token: enter a token that it knows in the settings of the data source."
	case connect.CodePermissionDenied:
		return "The token of the data source may not do this" + because(refusal) + ": give it a role that may."
	case connect.CodeUnavailable:
		if refusal.IsRemote() {
			return "The correlator is not ready" + because(refusal) + ": look at its log and its /-/ready page."
		}

		return "The correlator cannot be reached" + because(refusal) + ": check the URL of the data source and that the service runs."
	case connect.CodeUnimplemented, connect.CodeUnknown:
		return "What answers at the URL of the data source is not a correlator of this version" + because(refusal) + "."
	case connect.CodeResourceExhausted:
		return "The answer is too large or the correlator is overloaded" + because(refusal) + ": narrow the range or add a filter."
	default:
		if refusal.Message() != "" {
			return refusal.Message()
		}

		return "The correlator answered " + refusal.Code().String() + "."
	}
}

// because appends the correlator's own words.
func because(refusal *connect.Error) string {
	if refusal.Message() == "" {
		return ""
	}

	return " (" + refusal.Message() + ")"
}
