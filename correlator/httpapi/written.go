package httpapi

import (
	"context"
	"log/slog"

	"connectrpc.com/connect/v2"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/authn"
)

// written logs every call by which a person changes something, with who it was and what came of it. What
// exactly was said is in the tenant's journal.
func written(logger *slog.Logger) connect.ServerInterceptor {
	return func(next connect.ServerFunc) connect.ServerFunc {
		return func(ctx context.Context, spec connect.Spec, stream connect.ServerStream) error {
			err := next(ctx, spec, stream)
			if need := permissions[spec.Procedure]; need != authn.Operate && need != authn.Administer {
				return err
			}
			outcome := "committed"
			if err != nil {
				outcome = connect.CodeOf(err).String()
			}
			id, _ := authn.FromContext(ctx)
			logger.InfoContext(ctx, "Command", slog.String("procedure", spec.Procedure), slog.String("tenant", id.Tenant),
				slog.String("by", id.Actor()), slog.String("token", id.Name), slog.String("outcome", outcome))
			return err
		}
	}
}
