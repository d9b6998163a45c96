package httpapi

import (
	"context"
	"errors"
	"log/slog"

	"connectrpc.com/connect/v2"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/engine"
)

// retryAfterSeconds is what a caller is told to wait when the trouble is ours.
const retryAfterSeconds = "5"

// ours turns what a service returned into what its caller is told. Only errors that were written for
// callers get out; the rest is logged and answered as unavailable.
func ours(logger *slog.Logger) connect.ServerInterceptor {
	return func(next connect.ServerFunc) connect.ServerFunc {
		return func(ctx context.Context, spec connect.Spec, stream connect.ServerStream) error {
			err := next(ctx, spec, stream)
			if err == nil {
				return nil
			}
			if told, ok := forCaller(err); ok {
				return told
			}
			if errors.Is(ctx.Err(), context.Canceled) {
				return connect.NewError(connect.CodeCanceled, "the caller went away").WithCause(err)
			}
			logger.ErrorContext(ctx, "Could not serve a call", slog.String("procedure", spec.Procedure),
				slog.String("tenant", tenant(ctx)), slog.Any("err", err))
			if info, ok := connect.CallInfoForServerContext(ctx); ok {
				info.ResponseHeader().Set("Retry-After", retryAfterSeconds)
			}
			return connect.NewError(connect.CodeUnavailable,
				"the correlator cannot do this at the moment (its log says why): try again").WithCause(err)
		}
	}
}

// forCaller answers the error that the caller shall see, and false when it is none of their business.
func forCaller(err error) (*connect.Error, bool) {
	if told := new(connect.Error); errors.As(err, &told) {
		return told, true
	}
	if refusal, ok := engine.AsRefusal(err); ok {
		return connect.NewError(refusalCode(refusal.Kind), refusal.Error()), true
	}
	switch {
	case errors.Is(err, engine.ErrNotFound):
		return connect.NewError(connect.CodeNotFound, "there is nothing with this id: list first, ids are given by the correlator"), true
	case errors.Is(err, engine.ErrPageToken):
		return connect.NewError(connect.CodeInvalidArgument, engine.ErrPageToken.Error()), true
	}
	return nil, false
}

func refusalCode(kind engine.RefusalKind) connect.Code {
	switch kind {
	case engine.NotFound:
		return connect.CodeNotFound
	case engine.Conflict:
		return connect.CodeAlreadyExists
	default:
		return connect.CodeInvalidArgument
	}
}
