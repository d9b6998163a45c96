package authn

import (
	"bytes"
	"context"
	"crypto/sha256"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"connectrpc.com/connect/v2"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"
)

var tokens = []Token{
	{Name: "viewer", Tenant: "acme", Role: Viewer, Hash: HashToken("viewer-token-text")},
	{Name: "grafana", Tenant: "acme", Role: Operator, Plugin: true, Hash: HashToken("grafana-token-text")},
	{Name: "other", Tenant: "globex", Role: Admin, Hash: HashToken("other-token-text")},
}

func TestAuthenticate(t *testing.T) {
	t.Parallel()
	a := New(tokens)
	for name, c := range map[string]struct {
		authorization, onBehalfOf string
		want                      Identity
		err                       string
	}{
		"viewer":             {"Bearer viewer-token-text", "", Identity{Name: "viewer", Tenant: "acme", Role: Viewer}, ""},
		"scheme in any case": {"bearer viewer-token-text", "", Identity{Name: "viewer", Tenant: "acme", Role: Viewer}, ""},
		"on behalf of":       {"Bearer grafana-token-text", "jane", Identity{Name: "grafana", Tenant: "acme", Role: Operator, OnBehalfOf: "jane"}, ""},
		"no header":          {"", "", Identity{}, ErrNoToken.Error()},
		"basic":              {"Basic dXNlcjpwYXNz", "", Identity{}, ErrNoToken.Error()},
		"no text":            {"Bearer ", "", Identity{}, ErrNoToken.Error()},
		"wrong":              {"Bearer viewer-token-tex", "", Identity{}, ErrWrongToken.Error()},
		"a hash is no token": {"Bearer " + string(tokens[0].Hash[:]), "", Identity{}, ErrWrongToken.Error()},
		"not the plugin":     {"Bearer viewer-token-text", "jane", Identity{}, ErrOnBehalfOf.Error()},
		"two lines":          {"Bearer grafana-token-text", "jane\nroot", Identity{}, "the header X-Ispvm-On-Behalf-Of must be one line of at most 200 bytes"},
		"too long":           {"Bearer grafana-token-text", strings.Repeat("x", 201), Identity{}, "the header X-Ispvm-On-Behalf-Of must be one line of at most 200 bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := a.Authenticate(c.authorization, c.onBehalfOf)
			if c.err != "" {
				require.EqualError(t, err, c.err)
			} else {
				require.NoError(t, err)
			}
			require.Equal(t, c.want, got)
		})
	}
}

func TestReplaceRevokes(t *testing.T) {
	t.Parallel()
	a := New(tokens)
	a.Replace(tokens[1:])
	_, err := a.Authenticate("Bearer viewer-token-text", "")
	require.ErrorIs(t, err, ErrWrongToken)
	_, err = a.Authenticate("Bearer other-token-text", "")
	require.NoError(t, err)
}

func TestActor(t *testing.T) {
	t.Parallel()
	require.Equal(t, "grafana", Identity{Name: "grafana"}.Actor())
	require.Equal(t, "jane", Identity{Name: "grafana", OnBehalfOf: "jane"}.Actor())
}

func TestNewTokenText(t *testing.T) {
	t.Parallel()
	a, b := NewTokenText(), NewTokenText()
	require.NotEqual(t, a, b)
	require.Regexp(t, `^ispvm_[A-Za-z0-9_-]{43}$`, a)
	require.Equal(t, sha256.Sum256([]byte(a)), HashToken(a))
}

// TestRoles spells out who may do what, so that a change of the table is a change of this test.
func TestRoles(t *testing.T) {
	t.Parallel()
	all := []Permission{Identify, Read, Operate, Administer, Observe, PostAlerts}
	want := map[Role]string{
		Viewer: "yy----", Auditor: "yy----", Operator: "yyy---", Admin: "yyyy--", Agent: "y---y-", Alertmanager: "y----y",
	}
	require.Len(t, RoleNames(), len(want))
	for role, may := range want {
		for i, p := range all {
			require.Equal(t, may[i] == 'y', role.May(p), "%s, %s", role, p)
		}
	}
	require.False(t, Role("").May(Identify), "no role has no right")
	_, err := ParseRole("root")
	require.EqualError(t, err, `unknown role "root": use one of admin, agent, alertmanager, auditor, operator, viewer`)
}

func newGuard(t *testing.T) (*Guard, *bytes.Buffer, *prometheus.Registry) {
	t.Helper()
	var log bytes.Buffer
	reg := prometheus.NewPedanticRegistry()
	return NewGuard(New(tokens), slog.New(slog.NewTextHandler(&log, nil)), reg), &log, reg
}

func TestHandlerGuardsBeforeTheBodyIsRead(t *testing.T) {
	t.Parallel()
	guard, log, reg := newGuard(t)
	var seen Identity
	handler := guard.Handler(Operate, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		seen, _ = FromContext(r.Context())
	}), func(w http.ResponseWriter, status int, err error) { http.Error(w, err.Error(), status) })

	call := func(token string) *httptest.ResponseRecorder {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/x", unreadable{t})
		r.Header.Set("Authorization", token)
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		return w
	}
	require.Equal(t, http.StatusUnauthorized, call("").Code)
	require.Equal(t, `Bearer realm="ispvm"`, call("Bearer not-a-token-text").Header().Get("WWW-Authenticate"))
	forbidden := call("Bearer viewer-token-text")
	require.Equal(t, http.StatusForbidden, forbidden.Code)
	require.Equal(t, "token \"viewer\" has the role viewer, which may not operate: use a token with the role admin or operator\n", forbidden.Body.String())
	require.Zero(t, seen)
	require.Equal(t, http.StatusOK, call("Bearer grafana-token-text").Code)
	require.Equal(t, "acme", seen.Tenant)

	require.NoError(t, testutil.GatherAndCompare(reg, strings.NewReader(`
# HELP ispvm_auth_refusals_total Requests refused before they were read, by reason.
# TYPE ispvm_auth_refusals_total counter
ispvm_auth_refusals_total{reason="forbidden"} 1
ispvm_auth_refusals_total{reason="no_token"} 1
ispvm_auth_refusals_total{reason="on_behalf_of"} 0
ispvm_auth_refusals_total{reason="wrong_token"} 1
`)))
	require.Equal(t, 3, strings.Count(log.String(), "Refused a request"))
	require.NotContains(t, log.String(), "token-text", "a token never reaches the log, not even a wrong one")
}

// unreadable fails the test when somebody reads it.
type unreadable struct{ t *testing.T }

func (u unreadable) Read([]byte) (int, error) {
	u.t.Error("the body was read before the caller was known")
	return 0, http.ErrBodyReadAfterClose
}

func TestInterceptorRefusesWhatNobodyListed(t *testing.T) {
	t.Parallel()
	guard, _, _ := newGuard(t)
	server := connect.NewServer(guard.Interceptor(map[string]Permission{"/s/Read": Read}))
	var calls int
	for _, procedure := range []string{"/s/Read", "/s/Unlisted"} {
		server.Register(connect.Method{Spec: connect.Spec{Procedure: procedure}, Handler: func(ctx context.Context, _ connect.Spec, _ connect.ServerStream) error {
			calls++
			id, ok := FromContext(ctx)
			require.True(t, ok)
			require.Equal(t, "acme", id.Tenant)
			return nil
		}})
	}
	call := func(procedure, token string) error {
		info := &connect.CallInfo{}
		info.RequestHeader().Set("Authorization", token)
		return server.Call(t.Context(), procedure, info, nil)
	}
	require.NoError(t, call("/s/Read", "Bearer viewer-token-text"))
	require.Equal(t, connect.CodeUnauthenticated, connect.CodeOf(call("/s/Read", "")))
	require.Equal(t, connect.CodeUnimplemented, connect.CodeOf(call("/s/Unlisted", "Bearer viewer-token-text")))
	require.Equal(t, 1, calls)
}
