// Package correlatortest is a stand-in of the correlator for the tests of the plugin: a real HTTP
// server that speaks the API of api/v1 over a small state in memory. It checks tokens and roles,
// filters by range, device and site, and keeps to the life of a change as the API describes it.
package correlatortest

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"time"

	"connectrpc.com/connect/v2"
	"connectrpc.com/connect/v2/connecthttp"

	apiv1 "github.com/ispvisualmonitor/ispvisualmonitor/api/v1"
	"github.com/ispvisualmonitor/ispvisualmonitor/api/v1/apiv1connect"
)

// Tokens that the server knows, by role.
const (
	OperatorToken = "operator-token-of-the-tests"
	ViewerToken   = "viewer-token-of-the-tests"
)

// Tenant is whom the tokens belong to.
const Tenant = "example-isp"

// Call is one call that the server received.
type Call struct {
	// Method: such as CreateChange.
	Method string
	// OnBehalfOf: the value of X-Ispvm-On-Behalf-Of.
	OnBehalfOf string
}

// Server holds the state. Its handlers may be called from several goroutines.
type Server struct {
	unimplemented

	// Now: the server's clock.
	Now func() time.Time

	mu     sync.Mutex
	state  State
	calls  []Call
	keys   map[string]string
	nextID int
}

// unimplemented refuses what the plugin does not call.
type unimplemented struct {
	apiv1connect.UnimplementedChangeServiceHandler
	apiv1connect.UnimplementedIncidentServiceHandler
}

// State is all that the server knows.
type State struct {
	Devices       []*apiv1.Device
	Changes       []*apiv1.Change
	ConfigChanges []*apiv1.ConfigChange
	Incidents     []*apiv1.Incident
	// Annotations: answered by range and filter; made from the above when nil.
	Annotations []*apiv1.Annotation
}

// New makes a server over a state, which it owns from then on.
func New(state State, now func() time.Time) *Server {
	return &Server{Now: now, state: state, keys: map[string]string{}, nextID: 100}
}

// Handler serves the API.
func (s *Server) Handler() http.Handler {
	server := connect.NewServer(s.authenticate)
	apiv1connect.RegisterAnnotationServiceHandler(server, s)
	apiv1connect.RegisterChangeServiceHandler(server, s)
	apiv1connect.RegisterConfigChangeServiceHandler(server, s)
	apiv1connect.RegisterIncidentServiceHandler(server, s)
	apiv1connect.RegisterInventoryServiceHandler(server, s)
	apiv1connect.RegisterStatusServiceHandler(server, s)

	mux := http.NewServeMux()
	connecthttp.Mount(mux, server)

	return mux
}

// Calls are the calls that were let in, in order.
func (s *Server) Calls() []Call {
	s.mu.Lock()
	defer s.mu.Unlock()

	return append([]Call{}, s.calls...)
}

type roleKey struct{}

// authenticate refuses unknown tokens and records who was let in.
func (s *Server) authenticate(next connect.ServerFunc) connect.ServerFunc {
	return func(ctx context.Context, spec connect.Spec, stream connect.ServerStream) error {
		call, _ := connect.CallInfoForServerContext(ctx)

		var role string

		switch strings.TrimPrefix(call.RequestHeader().Get("Authorization"), "Bearer ") {
		case OperatorToken:
			role = "operator"
		case ViewerToken:
			role = "viewer"
		default:
			return connect.NewError(connect.CodeUnauthenticated, "unknown token")
		}

		s.mu.Lock()
		s.calls = append(s.calls, Call{
			Method:     spec.Procedure[strings.LastIndex(spec.Procedure, "/")+1:],
			OnBehalfOf: call.RequestHeader().Get("X-Ispvm-On-Behalf-Of"),
		})
		s.mu.Unlock()

		return next(context.WithValue(ctx, roleKey{}, role), spec, stream)
	}
}

func roleOf(ctx context.Context) string {
	role, _ := ctx.Value(roleKey{}).(string)
	return role
}

func operatorOnly(ctx context.Context) error {
	if roleOf(ctx) != "operator" {
		return connect.NewError(connect.CodePermissionDenied, "role "+roleOf(ctx)+" may not write")
	}

	return nil
}
