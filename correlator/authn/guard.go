package authn

import (
	"context"
	"errors"
	"log/slog"
	"net/http"

	"connectrpc.com/connect/v2"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

// Guard stands before every endpoint: it authenticates, checks the permission, and logs and counts
// what it refuses.
type Guard struct {
	auth    *Authenticator
	logger  *slog.Logger
	refused *prometheus.CounterVec
}

// NewGuard makes a Guard over auth. Its counter is registered with reg.
func NewGuard(auth *Authenticator, logger *slog.Logger, reg prometheus.Registerer) *Guard {
	g := &Guard{auth: auth, logger: logger, refused: promauto.With(reg).NewCounterVec(prometheus.CounterOpts{
		Name: "ispvm_auth_refusals_total",
		Help: "Requests refused before they were read, by reason.",
	}, []string{"reason"})}
	for _, reason := range []string{reasonNoToken, reasonWrongToken, reasonOnBehalfOf, reasonForbidden} {
		g.refused.WithLabelValues(reason)
	}
	return g
}

const (
	reasonNoToken    = "no_token"
	reasonWrongToken = "wrong_token"
	reasonOnBehalfOf = "on_behalf_of"
	reasonForbidden  = "forbidden"
)

// check answers the context that carries the caller, or the refusal.
func (g *Guard) check(ctx context.Context, authorization, onBehalfOf string, need Permission, what, peer string) (context.Context, error) {
	id, err := g.auth.Authenticate(authorization, onBehalfOf)
	if err == nil {
		err = id.Require(need)
	}
	if err == nil {
		return NewContext(ctx, id), nil
	}
	reason := reasonOf(err)
	g.refused.WithLabelValues(reason).Inc()
	attrs := []slog.Attr{slog.String("reason", reason), slog.String("endpoint", what), slog.String("peer", peer)}
	if forbidden := new(Forbidden); errors.As(err, &forbidden) {
		attrs = append(attrs, slog.String("token", forbidden.Identity.Name), slog.String("tenant", forbidden.Identity.Tenant))
	}
	g.logger.LogAttrs(ctx, slog.LevelWarn, "Refused a request", attrs...)
	return nil, err
}

func reasonOf(err error) string {
	switch {
	case errors.Is(err, ErrNoToken):
		return reasonNoToken
	case errors.Is(err, ErrWrongToken):
		return reasonWrongToken
	case errors.As(err, new(*Forbidden)):
		return reasonForbidden
	default:
		return reasonOnBehalfOf
	}
}

// Interceptor guards RPCs: permissions names what each procedure needs, and one that it does not
// name is refused to everybody. It runs before the message is read, so that a stranger cannot make
// the service decompress or decode anything.
func (g *Guard) Interceptor(permissions map[string]Permission) connect.ServerInterceptor {
	return func(next connect.ServerFunc) connect.ServerFunc {
		return func(ctx context.Context, spec connect.Spec, stream connect.ServerStream) error {
			need, ok := permissions[spec.Procedure]
			if !ok {
				return connect.Errorf(connect.CodeUnimplemented, "there is no procedure %s", spec.Procedure)
			}
			info, ok := connect.CallInfoForServerContext(ctx)
			if !ok {
				return connect.NewError(connect.CodeInternal, "the call has no metadata")
			}
			header := info.RequestHeader()
			ctx, err := g.check(ctx, header.Get("Authorization"), header.Get(OnBehalfOfHeader), need, spec.Procedure, info.PeerAddr)
			if err != nil {
				return connect.NewError(connectCode(err), err.Error())
			}
			return next(ctx, spec, stream)
		}
	}
}

func connectCode(err error) connect.Code {
	if errors.As(err, new(*Forbidden)) {
		return connect.CodePermissionDenied
	}
	return connect.CodeUnauthenticated
}

// Handler guards a plain HTTP handler. refuse writes the answer to a refused request.
func (g *Guard) Handler(need Permission, next http.Handler, refuse func(w http.ResponseWriter, status int, err error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, err := g.check(r.Context(), r.Header.Get("Authorization"), r.Header.Get(OnBehalfOfHeader), need, r.URL.Path, r.RemoteAddr)
		if err == nil {
			next.ServeHTTP(w, r.WithContext(ctx))
			return
		}
		if errors.As(err, new(*Forbidden)) {
			refuse(w, http.StatusForbidden, err)
			return
		}
		w.Header().Set("WWW-Authenticate", `Bearer realm="ispvm"`)
		refuse(w, http.StatusUnauthorized, err)
	})
}
